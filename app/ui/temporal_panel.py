"""Which frames fed a prediction, and how the network aligned them with the frame shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.alignment import IDENTITY, Alignment, Scales, scales_of
from app.ui.alignment_legend import AlignmentLegend
from app.ui.alignment_painting import Layer, LayerChoice
from app.ui.temporal_closeup import TemporalCloseup
from app.ui.temporal_grid import GridColumn, TemporalGrid
from core.geometry import apply_affine

NOTHING = "Select a person to see which frames fed the prediction."
BUSY = "Working out how the network saw this person …"
TITLE = "Person #{person} in frame {frame}"
STALE = TITLE + " · updating …"
MARGIN_PX = 10
ALONE = "This network looks at one frame only."
LAYER_ACTIONS = {
    Layer.GRID: "action_show_theta",
    Layer.OFFSETS: "action_show_offsets",
    Layer.MODULATION: "action_show_modulation",
}


@dataclass(frozen=True, eq=False)
class TemporalView:
    """One prediction's window of frames. Row 0 of every array is the key frame, then the neighbours.

    Attributes:
        frame_index: the key frame.
        track_id: whose prediction it is.
        frame_indices: the S + 1 frames, the key frame first; at a clip's end a frame may stand twice.
        offsets: where each frame lies from the key frame, 0 first, such as 0, -2, -1, 1, 2.
        crops: (S + 1, H, W, 3) uint8, what the network saw.
        features_before: (S + 1, h, w, 3) uint8, its features by a fixed projection to colour.
        features_after: (S + 1, h, w, 3) uint8, the same once aligned with the key frame's.
        neighbour_from_key: (S, 2, 3) Theta of each neighbour as an affine of crop pixels; None without one.
        tap_offsets: (S, 9, h, w, 2) offsets of the nine taps, x, y in crop pixels; None without local calibration.
        modulation: (S, 9, h, w) from 0 to 2; None without local calibration.
        tap_weights: (9,) how strong each tap's kernel is; None without local calibration.
    """

    frame_index: int
    track_id: int
    frame_indices: tuple[int, ...]
    offsets: tuple[int, ...]
    crops: NDArray[np.uint8]
    features_before: NDArray[np.uint8]
    features_after: NDArray[np.uint8]
    neighbour_from_key: NDArray[np.float64] | None = None
    tap_offsets: NDArray[np.floating] | None = None
    modulation: NDArray[np.floating] | None = None
    tap_weights: NDArray[np.float64] | None = None

    def all_offsets(self) -> tuple[int, ...]:
        """S + 1 offsets, the key frame's 0 first, also where `offsets` names the neighbours only."""
        return self.offsets if len(self.offsets) == len(self.frame_indices) else (0, *self.offsets)

    def alignment(self, row: int) -> Alignment:
        """How a frame was aligned; the key frame, row 0, stands as it is."""
        if row == 0:
            return Alignment(IDENTITY if self.neighbour_from_key is not None else None)
        theta, offsets, modulation = (
            None if values is None else values[row - 1]
            for values in (self.neighbour_from_key, self.tap_offsets, self.modulation)
        )
        return Alignment(theta, offsets, modulation, self.tap_weights)

    def shift_px(self, row: int) -> tuple[float, float] | None:
        """How far Theta moves the sampling point of a neighbour's middle, in pixels of the crop (x, y)."""
        if self.neighbour_from_key is None:
            return None
        height, width = self.crops.shape[1:3]
        middle = np.array([[(width - 1) / 2, (height - 1) / 2]])
        x, y = (apply_affine(self.neighbour_from_key[row - 1], middle) - middle)[0]
        return float(x), float(y)

    def present_layers(self) -> frozenset[Layer]:
        """The layers that there is something to draw of."""
        present = {
            Layer.GRID: self.neighbour_from_key,
            Layer.OFFSETS: self.tap_offsets,
            Layer.MODULATION: self.modulation,
        }
        return frozenset(layer for layer, values in present.items() if values is not None)

    def scales(self) -> Scales:
        """The ranges of colour that all neighbours share."""
        return scales_of([self.alignment(row) for row in range(1, len(self.frame_indices))])


class TemporalPanel(QScrollArea):
    """A grid of the prediction's frames in the order of time, how they were aligned, and their features.

    A click on a picture shows it large; a click on a frame's header goes to that frame.

    Signals:
        wanted_changed(bool): the panel came into sight, or left it: what it shows costs a pass of the network.
        frame_chosen(int): a frame is wanted in the window.
    """

    wanted_changed = Signal(bool)
    frame_chosen = Signal(int)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("temporal_panel")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view: TemporalView | None = None
        self._large: tuple[int, int] | None = None
        self._layer_actions = {layer: actions[name] for layer, name in LAYER_ACTIONS.items()}
        self._layer_actions[Layer.GRID].setChecked(True)
        self._columns: list[GridColumn] = []
        self._scales = Scales()
        self._is_busy = False
        self._is_wanted = False
        self._title = QLabel()
        self._title.setObjectName("temporal_title")
        self._title.setStyleSheet("font-size: 13px; font-weight: 600;")
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._words = QLabel()
        self._words.setObjectName("temporal_words")
        self._words.setWordWrap(True)
        self._words.setProperty("muted", True)
        self._switches = QWidget()
        self._switches.setObjectName("temporal_layers")
        self._grid = TemporalGrid()
        self._closeup = TemporalCloseup()
        self._legend = AlignmentLegend()
        self._shifts = QLabel()
        self._shifts.setObjectName("temporal_shifts")
        self._shifts.setWordWrap(True)
        self._shifts.setProperty("muted", True)
        self._shifts.setToolTip(
            "The global part of the alignment: how far from the crop's middle the network looks in each neighbour, "
            "in pixels of the crop"
        )
        self._lay_out()
        self._grid.column_chosen.connect(self.frame_chosen)
        self._grid.picture_chosen.connect(self.show_large)
        self._closeup.closed.connect(self.show_all)
        self._closeup.stepped.connect(self._step)
        self._closeup.frame_chosen.connect(self.frame_chosen)
        for action in self._layer_actions.values():
            action.toggled.connect(lambda _: self._refresh())
        self._refresh()

    def _lay_out(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        layout.setSpacing(theme.SPACING)
        switches = QHBoxLayout(self._switches)
        switches.setContentsMargins(0, 0, 0, 0)
        switches.setSpacing(theme.SPACING_SMALL)
        over = QLabel("Over the crops")
        over.setProperty("muted", True)
        switches.addWidget(over)
        for layer, action in self._layer_actions.items():
            button = QToolButton()
            button.setDefaultAction(action)
            button.setObjectName(f"temporal_show_{layer.value}")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            switches.addWidget(button)
        switches.addStretch(1)
        for widget in (
            self._title,
            self._words,
            self._switches,
            self._legend,
            self._grid,
            self._closeup,
            self._shifts,
        ):
            layout.addWidget(widget)
        layout.addStretch(1)
        content.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setWidget(content)

    @property
    def is_wanted(self) -> bool:
        """Whether the panel is in sight."""
        return self._is_wanted

    def set_explanation(self, view: TemporalView | None) -> None:
        """Shows one prediction's window; None where nobody with a prediction is selected."""
        self._view = view
        self._is_busy = False
        self._columns = _columns(view) if view is not None else []
        self._scales = view.scales() if view is not None else Scales()
        if view is not None:
            self._grid.set_columns(self._columns)
        self._refresh()

    def show_large(self, column: int, row: int) -> None:
        """Shows one picture of the grid in place of all: the column's frame, a row of `temporal_grid.ROWS`."""
        self._large = column, row
        self._refresh()

    def show_all(self) -> None:
        """Shows all frames again."""
        self._large = None
        self._refresh()

    def _step(self, columns: int) -> None:
        if self._large is not None and 0 <= self._large[0] + columns < len(self._columns):
            self.show_large(self._large[0] + columns, self._large[1])

    def set_busy(self, busy: bool) -> None:
        """Says that an explanation is on its way; the one shown so far stays in sight, faint."""
        self._is_busy = busy
        self._refresh()

    def _refresh(self) -> None:
        view = self._view
        is_stale = view is not None and self._is_busy
        large = self._large if self._large is not None and self._large[0] < len(self._columns) else None
        self._title.setVisible(view is not None)
        self._words.setVisible(view is None or len(self._columns) == 1)
        self._switches.setVisible(view is not None)
        self._grid.setVisible(view is not None and large is None)
        self._grid.set_faint(is_stale)
        self._closeup.setVisible(view is not None and large is not None)
        self._closeup.setEnabled(not is_stale)
        self._shifts.setVisible(view is not None and view.neighbour_from_key is not None and large is None)
        self._shifts.setEnabled(not is_stale)
        if view is None:
            self._legend.hide()
            self._words.setText(BUSY if self._is_busy else NOTHING)
            return
        self._words.setText(ALONE)
        self._title.setText((STALE if is_stale else TITLE).format(frame=view.frame_index, person=view.track_id))
        self._shifts.setText(_shifts_in_words(view))
        layers = frozenset(layer for layer, action in self._layer_actions.items() if action.isChecked())
        choice = LayerChoice(layers & view.present_layers(), self._scales)
        self._grid.set_layers(choice)
        self._closeup.set_layers(choice)
        self._legend.show_layers(layers, view.present_layers(), self._scales)
        if large is not None:
            self._closeup.show_picture(self._columns[large[0]], large[1])
            self._fit_closeup()

    def _fit_closeup(self) -> None:
        """The large picture ends where the panel does: an overview that has to be scrolled is none."""
        above = [widget for widget in (self._title, self._switches, self._legend) if not widget.isHidden()]
        used = sum(widget.sizeHint().height() + theme.SPACING for widget in above)
        self._closeup.fit_height(self.viewport().height() - used - 2 * MARGIN_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The large picture follows the panel's height."""
        super().resizeEvent(event)
        self._fit_closeup()

    def showEvent(self, event: QShowEvent) -> None:
        """Asks for an explanation."""
        super().showEvent(event)
        self._set_wanted(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Asks for none any more."""
        super().hideEvent(event)
        self._set_wanted(False)

    def _set_wanted(self, wanted: bool) -> None:
        if wanted != self._is_wanted:
            self._is_wanted = wanted
            self.wanted_changed.emit(wanted)


def _columns(view: TemporalView) -> list[GridColumn]:
    """The columns in the order of time; row 0 of the view, the key frame, lands in the middle."""
    offsets = view.all_offsets()
    order = sorted(range(len(offsets)), key=lambda row: offsets[row])
    return [
        GridColumn(
            frame_index=view.frame_indices[row],
            offset=offsets[row],
            pictures=(view.crops[row], view.features_before[row], view.features_after[row]),
            tooltip=_tooltip(view, row, offsets[row]),
            alignment=view.alignment(row),
        )
        for row in order
    ]


def _tooltip(view: TemporalView, row: int, offset: int) -> str:
    if row == 0:
        return f"Frame {view.frame_index}: the key frame, whose pose is predicted."
    shift = view.shift_px(row)
    side = "before" if offset < 0 else "after"
    words = f"Frame {view.frame_indices[row]}: {abs(offset)} frame{'s' if abs(offset) > 1 else ''} {side} the key frame"
    return f"{words}." if shift is None else f"{words}, shift {shift[0]:.1f}, {shift[1]:.1f} px."


def _shifts_in_words(view: TemporalView) -> str:
    offsets = view.all_offsets()
    rows = sorted(range(1, len(offsets)), key=lambda row: offsets[row])
    shifts = ((offsets[row], view.shift_px(row)) for row in rows)
    parts = [f"t{offset:+d}: {shift[0]:.1f}, {shift[1]:.1f} px" for offset, shift in shifts if shift is not None]
    unbroken = (part.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}") for part in parts)
    return "Shift  " + "   ".join(unbroken) if parts else ""
