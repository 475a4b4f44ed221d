"""Which frames fed a prediction, and how the network aligned them with the frame shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.temporal_grid import GridColumn, TemporalGrid

NOTHING = "Select a person to see which frames fed the prediction."
BUSY = "Working out how the network saw this person …"
TITLE = "Person #{person} in frame {frame}"
STALE = TITLE + " · updating …"


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
        theta: (S, 2, 3) affine of each neighbour's global alignment, in coordinates from -1 to 1.
    """

    frame_index: int
    track_id: int
    frame_indices: tuple[int, ...]
    offsets: tuple[int, ...]
    crops: NDArray[np.uint8]
    features_before: NDArray[np.uint8]
    features_after: NDArray[np.uint8]
    theta: NDArray[np.floating]

    def all_offsets(self) -> tuple[int, ...]:
        """S + 1 offsets, the key frame's 0 first, also where `offsets` names the neighbours only."""
        return self.offsets if len(self.offsets) == len(self.frame_indices) else (0, *self.offsets)

    def shift_px(self, row: int) -> tuple[float, float]:
        """How far theta moves the sampling point of a neighbour's middle, in pixels of the crop (x, y)."""
        height, width = self.crops.shape[1:3]
        x, y = np.asarray(self.theta, dtype=np.float64)[row - 1, :, 2]
        return float(x) * width / 2, float(y) * height / 2


class TemporalPanel(QScrollArea):
    """A grid of the prediction's frames in the order of time, and their features before and after alignment.

    Signals:
        wanted_changed(bool): the panel came into sight, or left it: what it shows costs a pass of the network.
        frame_chosen(int): a column was clicked.
    """

    wanted_changed = Signal(bool)
    frame_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("temporal_panel")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view: TemporalView | None = None
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
        self._grid = TemporalGrid()
        self._shifts = QLabel()
        self._shifts.setObjectName("temporal_shifts")
        self._shifts.setWordWrap(True)
        self._shifts.setProperty("muted", True)
        self._shifts.setToolTip(
            "The global part of the alignment: how far the network shifts each neighbour, in pixels of its crop"
        )
        self._lay_out()
        self._grid.column_chosen.connect(self.frame_chosen)
        self._refresh()

    def _lay_out(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(theme.SPACING)
        for widget in (self._title, self._words, self._grid, self._shifts):
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
        if view is not None:
            self._grid.set_columns(_columns(view))
        self._refresh()

    def set_busy(self, busy: bool) -> None:
        """Says that an explanation is on its way; the one shown so far stays in sight, faint."""
        self._is_busy = busy
        self._refresh()

    def _refresh(self) -> None:
        view = self._view
        is_stale = view is not None and self._is_busy
        self._title.setVisible(view is not None)
        self._words.setVisible(view is None)
        self._grid.setVisible(view is not None)
        self._grid.set_faint(is_stale)
        self._shifts.setVisible(view is not None)
        self._shifts.setEnabled(not is_stale)
        if view is None:
            self._words.setText(BUSY if self._is_busy else NOTHING)
            return
        self._title.setText((STALE if is_stale else TITLE).format(frame=view.frame_index, person=view.track_id))
        self._shifts.setText(_shifts_in_words(view))

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
        )
        for row in order
    ]


def _tooltip(view: TemporalView, row: int, offset: int) -> str:
    if row == 0:
        return f"Frame {view.frame_index}: the key frame, whose pose is predicted. Click to go there."
    x, y = view.shift_px(row)
    side = "before" if offset < 0 else "after"
    count = f"{abs(offset)} frame{'s' if abs(offset) > 1 else ''} {side} the key frame"
    return f"Frame {view.frame_indices[row]}: {count}, shift {x:.1f}, {y:.1f} px. Click to go there."


def _shifts_in_words(view: TemporalView) -> str:
    offsets = view.all_offsets()
    rows = sorted(range(1, len(offsets)), key=lambda row: offsets[row])
    parts = [f"t{offsets[row]:+d}: {view.shift_px(row)[0]:.1f}, {view.shift_px(row)[1]:.1f} px" for row in rows]
    unbroken = (part.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}") for part in parts)
    return "Shift  " + "   ".join(unbroken) if parts else ""
