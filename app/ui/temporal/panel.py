"""Which frames fed a prediction, and how the network aligned them with the frame shown."""

from __future__ import annotations

from collections.abc import Mapping

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
from app.ui.temporal.alignment_legend import AlignmentLegend
from app.ui.temporal.alignment_painting import Layer, LayerChoice
from app.ui.temporal.alignment_shapes import Scales, alignment_of, scales_of
from app.ui.temporal.closeup import TemporalCloseup
from app.ui.temporal.grid import GridColumn, TemporalGrid
from core.predictions import Explanation

NOTHING = "Select a person to see which frames fed the prediction."
BUSY = "Computing how the network saw this person …"
TITLE = "Person #{person} in frame {frame}"
STALE = TITLE + " · updating …"
MARGIN_PX = 10
ALONE = "This network looks at one frame only."
LAYER_ACTIONS = {
    Layer.GRID: "action_show_theta",
    Layer.OFFSETS: "action_show_offsets",
    Layer.MODULATION: "action_show_modulation",
}


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
        self.setAccessibleName("Frames that fed the prediction")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._explanation: Explanation | None = None
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

    def set_explanation(self, explanation: Explanation | None) -> None:
        """Shows one prediction's window; None where nobody with a prediction is selected."""
        self._explanation = explanation
        self._is_busy = False
        self._columns = _columns(explanation) if explanation is not None else []
        self._scales = scales_of([column.alignment for column in self._columns if column.offset])
        if explanation is not None:
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
        explanation = self._explanation
        is_stale = explanation is not None and self._is_busy
        large = self._large if self._large is not None and self._large[0] < len(self._columns) else None
        self._title.setVisible(explanation is not None)
        self._words.setVisible(explanation is None or len(self._columns) == 1)
        self._switches.setVisible(explanation is not None)
        self._grid.setVisible(explanation is not None and large is None)
        self._grid.set_faint(is_stale)
        self._closeup.setVisible(explanation is not None and large is not None)
        self._closeup.setEnabled(not is_stale)
        self._shifts.setVisible(
            explanation is not None and explanation.neighbour_from_key is not None and large is None
        )
        self._shifts.setEnabled(not is_stale)
        if explanation is None:
            self._legend.hide()
            self._words.setText(BUSY if self._is_busy else NOTHING)
            return
        self._words.setText(ALONE)
        self._title.setText(
            (STALE if is_stale else TITLE).format(frame=explanation.frame_index, person=explanation.track_id)
        )
        self._shifts.setText(_shifts_in_words(explanation))
        layers = frozenset(layer for layer, action in self._layer_actions.items() if action.isChecked())
        present = _present_layers(explanation)
        choice = LayerChoice(layers & present, self._scales)
        self._grid.set_layers(choice)
        self._closeup.set_layers(choice)
        self._legend.show_layers(layers, present, self._scales)
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


def _columns(explanation: Explanation) -> list[GridColumn]:
    """The columns in the order of time; row 0, the key frame, lands among its neighbours."""
    offsets = explanation.all_offsets
    order = sorted(range(len(offsets)), key=lambda row: offsets[row])
    return [
        GridColumn(
            frame_index=explanation.frame_indices[row],
            offset=offsets[row],
            pictures=(
                explanation.crops[row],
                explanation.features_before[row],
                explanation.features_after[row],
            ),
            tooltip=_tooltip(explanation, row, offsets[row]),
            alignment=alignment_of(explanation, row),
        )
        for row in order
    ]


def _present_layers(explanation: Explanation) -> frozenset[Layer]:
    """The layers that there is something to draw of."""
    present = {
        Layer.GRID: explanation.neighbour_from_key,
        Layer.OFFSETS: explanation.tap_offsets,
        Layer.MODULATION: explanation.modulation,
    }
    return frozenset(layer for layer, values in present.items() if values is not None)


def _tooltip(explanation: Explanation, row: int, offset: int) -> str:
    if row == 0:
        return f"Frame {explanation.frame_index}: the key frame, whose pose is predicted."
    shift = explanation.shift_px(row)
    side = "before" if offset < 0 else "after"
    frames = f"{abs(offset)} frame{'s' if abs(offset) > 1 else ''}"
    words = f"Frame {explanation.frame_indices[row]}: {frames} {side} the key frame"
    return f"{words}." if shift is None else f"{words}, shift {shift[0]:.1f}, {shift[1]:.1f} px."


def _shifts_in_words(explanation: Explanation) -> str:
    offsets = explanation.all_offsets
    rows = sorted(range(1, len(offsets)), key=lambda row: offsets[row])
    shifts = ((offsets[row], explanation.shift_px(row)) for row in rows)
    parts = [f"t{offset:+d}: {shift[0]:.1f}, {shift[1]:.1f} px" for offset, shift in shifts if shift is not None]
    unbroken = (part.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}") for part in parts)
    return "Shift  " + "   ".join(unbroken) if parts else ""
