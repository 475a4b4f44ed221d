"""What the timeline shows, where it lies, and its picture; `timeline` adds the hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QScrollBar, QSizePolicy, QWidget

from app.ui import theme
from app.ui.timeline import lanes, ruler
from app.ui.timeline.columns import TimelineColumns, pixel_edges
from app.ui.timeline.range_hand import RangeHand
from app.ui.timeline.row_painting import ROW_PX
from app.ui.timeline.rows import RowsArea
from app.ui.timeline.shown_frames import ShownFrames
from app.ui.timeline.track_rows import RowCells, RowEnds
from app.ui.timeline.words import cell_in_words, frame_in_words
from core.frame_range import FrameRange

GUTTER_PX = 76
MARGIN_PX = 12
BAR_PX = 10
ROWS_TOP = lanes.LANES_FOOT + 4
LEAST_ROWS, WINDOW_PX_A_ROW = 2, 360
"""So many rows are in sight at least, more in a higher window; whoever wants more drags the timeline's upper border."""


class TimelineView(QWidget):
    """What the timeline shows, and its picture.

    Signals:
        current_changed(int): `set_current` showed another frame.
        clip_changed(): the number of frames or their times were set.
    """

    current_changed = Signal(int)
    clip_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self.setAccessibleName("Timeline")
        self.setMouseTracking(True)
        self.setMinimumWidth(GUTTER_PX + 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._timestamps_s: NDArray[np.float64] | None = None
        self._dense = TimelineColumns.empty()
        self._gaps: dict[int, int] = {}
        self._current = 0
        self._hovered: tuple[int, int | None] | None = None
        self._shown = ShownFrames(left=GUTTER_PX)
        self._lanes: QPixmap | None = None
        self._people = RowsArea(ROWS_TOP)
        self._range = RangeHand()
        self._speeds: NDArray[np.float64] | None = None
        self._speed_name = ""
        self._window_height = 720
        self._mended: ruler.MendedMarks | None = None
        self._along = QScrollBar(Qt.Orientation.Horizontal, self)
        self._along.setObjectName("timeline_along")
        self._along.setAccessibleName("The part of the clip that is shown")
        self._along.valueChanged.connect(self._slide_to)
        self._down = QScrollBar(Qt.Orientation.Vertical, self)
        self._down.setObjectName("timeline_down")
        self._down.setAccessibleName("The people whose rows are shown")
        self._down.valueChanged.connect(self._scroll_to)
        for bar in (self._along, self._down):
            bar.setCursor(Qt.CursorShape.ArrowCursor)
        self._fit_height()

    # What to show ---------------------------------------------------------------------------------------------------

    @property
    def num_frames(self) -> int:
        """Frames of the clip, 0 without one."""
        return self._shown.num_frames

    @property
    def current(self) -> int:
        """The frame that the marker stands on."""
        return self._current

    def set_num_frames(self, num_frames: int, timestamps_s: NDArray[np.float64] | None = None) -> None:
        """Starts a clip of so many frames, with the time of each where it is known; forgets the last summary."""
        self._shown.begin(num_frames)
        self._timestamps_s = timestamps_s
        self._current = 0
        self._gaps = {}
        self._speeds = None
        self._people.begin(num_frames)
        self._fit_height()
        self.set_summary(TimelineColumns.empty())
        self.clip_changed.emit()
        self.current_changed.emit(0)

    def set_gaps(self, gaps: Mapping[int, int]) -> None:
        """Marks where frames of a damaged clip are missing.

        Args:
            gaps: how many frames are missing in front of a frame, by its index; the clip's end has the index after
                the last frame's.
        """
        self._gaps = dict(gaps)
        self._redraw()

    def set_summary(self, columns: TimelineColumns) -> None:
        """Shows what the frames have come to."""
        self._dense = columns.dense(self.num_frames)
        self._redraw()

    def set_frames(self, columns: TimelineColumns) -> None:
        """Shows what these frames have come to; the others stay as they are."""
        self._dense.put(columns)
        self._redraw()

    def set_rows(self, frame_indices: NDArray[np.int64], cells: RowCells, ends: RowEnds | None) -> None:
        """Shows who is in these frames; the others stay as they are.

        Args:
            frame_indices: the frames.
            cells: everybody in them.
            ends: why people are missing, None where that did not change.
        """
        if self._people.put(frame_indices, cells, ends):
            self._fit_height()
        self._redraw()

    @property
    def track_ids(self) -> list[int]:
        """Who has a row, from the first to the last."""
        return self._people.rows.track_ids

    def set_selected(self, track_id: int | None) -> None:
        """Marks the selected person's row and keeps it in sight."""
        self._people.selected = track_id
        self._people.reveal_selected()
        self._redraw()

    def set_range(self, frames: FrameRange | None) -> None:
        """Shows the selected range."""
        self._range.selected = frames
        self.update()

    def set_speeds(self, speeds: NDArray[np.float64] | None, name: str = "") -> None:
        """Shows a joint's speed in place of the scores.

        Args:
            speeds: (N,) for every frame, in the person's sizes a second, NaN where not known; None for the scores.
            name: whose speed, in words.
        """
        self._speeds, self._speed_name = speeds, name
        self._redraw()

    def set_window_height(self, height: int) -> None:
        """A higher window has room for more rows."""
        self._window_height = height
        self._fit_height()

    def zoom(self, factor: float) -> None:
        """Spreads the frames about the current one (`factor` over 1), or gathers them."""
        self._shown.reveal(self._current)
        self._shown.zoom_about(self._shown.x_of(self._current), factor)
        self._redraw()

    def show_all(self) -> None:
        """Shows the whole clip."""
        self._shown.show_all()
        self._redraw()

    def show_range(self) -> None:
        """Spreads the selected range over the timeline, with a little around it."""
        selected = self._range.selected
        if selected is not None:
            around = max(len(selected) * 0.05, 1.0)
            self._shown.show(selected.start - around, len(selected) + 2 * around)
            self._redraw()

    def slide(self, pages: float) -> None:
        """Slides along the clip by so many of what is shown."""
        self._shown.slide(pages * self._shown.length)
        self._redraw()

    def set_current(self, frame_index: int) -> None:
        """Moves the marker, and the part shown if the marker would be outside it."""
        if frame_index == self._current:
            return
        self._current = frame_index
        if self._shown.reveal(frame_index):
            self._redraw()
        self.update()
        self.current_changed.emit(frame_index)

    def seconds(self, frame_index: int) -> float | None:
        """The time of a frame, None where it is not known."""
        if self._timestamps_s is None or not 0 <= frame_index < len(self._timestamps_s):
            return None
        return float(self._timestamps_s[frame_index])

    def set_mended(self, marks: ruler.MendedMarks | None) -> None:
        """Marks what followed a correction in the person's row; None takes the marks away."""
        self._mended = marks
        self.update()

    # Where things are -----------------------------------------------------------------------------------------------

    def x_of_frame(self, frame_index: float) -> float:
        """The middle of a frame, in the widget's pixels."""
        return self._shown.x_of(frame_index)

    def frame_at(self, x: float) -> int:
        """The frame under a place, the nearest one where it is outside the strip."""
        return self._shown.frame_at(x)

    def y_of_row(self, track_id: int) -> float:
        """The middle of a person's row, in the widget's pixels. Raises ValueError where they have none."""
        return self._people.y_of(track_id)

    @property
    def _foot(self) -> float:
        return float(ROWS_TOP + self._people.height)

    def words_at(self, x: float, y: float) -> str:
        """What lies at a place, in words."""
        frame_index, track_id = self.frame_at(x), self._people.track_at(y)
        row = None if track_id is None else self._people.rows.row(track_id)
        if track_id is not None and row is not None:
            words = cell_in_words(track_id, frame_index, row)
            marks = self._mended
            if marks is not None and marks.track_id == track_id and frame_index in marks.frames:
                words += f"; mended after the correction in frame {marks.corrected}"
            return words
        if self._speeds is not None and lanes.SCORE_TOP <= y < lanes.LANES_FOOT:
            speed = self._speeds[frame_index]
            known = "not known" if np.isnan(speed) else f"{speed:.2f} of the person's size a second"
            return f"frame {frame_index}: speed of the {self._speed_name} {known}. Click Speed for the scores."
        return self.description(frame_index)

    def description(self, frame_index: int) -> str:
        """A frame in words: "frame 120, 4.00 s: 2 people, predicted, lowest score 0.31"."""
        return frame_in_words(frame_index, self.seconds(frame_index), self._dense, self._gaps)

    # Drawing --------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(800, self.minimumHeight())

    def _fit_height(self) -> None:
        """High enough for some rows, at most for all; what is between is the hand's to choose.

        There is room for the first people before they come: the picture above must not move when somebody is added.
        """
        least = max(LEAST_ROWS, self._window_height // WINDOW_PX_A_ROW)
        rest = ROWS_TOP + BAR_PX + 2 + 1  # a dock is a pixel lower than what it holds
        self.setMinimumHeight(rest + least * ROW_PX)
        self.setMaximumHeight(rest + max(least, len(self._people.rows.track_ids)) * ROW_PX)
        self._lay_out()

    def _lay_out(self) -> None:
        self._shown.width = float(max(self.width() - MARGIN_PX - GUTTER_PX, 1))
        self._people.height = max(self.height() - ROWS_TOP - BAR_PX - 2, 0)
        self._people.reveal_selected()
        self._along.setGeometry(GUTTER_PX, self.height() - BAR_PX - 1, round(self._shown.width), BAR_PX)
        self._down.setGeometry(self.width() - MARGIN_PX + 1, ROWS_TOP, MARGIN_PX - 2, self._people.height)
        self._down.setVisible(self._people.content_px > self._people.height)

    def _slide_to(self, start: int) -> None:
        self._shown.show(float(start), self._shown.length)
        self._redraw()

    def _scroll_to(self, offset: int) -> None:
        self._people.scroll_to(offset)
        self._redraw()

    def _show_bars(self) -> None:
        """Puts the scroll bars where the frames and rows are."""
        rest_px = max(self._people.content_px - self._people.height, 0)
        for bar, most, page, step, value in (
            (
                self._along,
                self.num_frames - self._shown.length,
                self._shown.length,
                self._shown.length / 10,
                self._shown.start,
            ),
            (self._down, rest_px, self._people.height, ROW_PX, self._people.offset),
        ):
            bar.blockSignals(True)
            bar.setRange(0, max(int(np.ceil(most)), 0))
            bar.setPageStep(max(int(page), 1))
            bar.setSingleStep(max(int(step), 1))
            bar.setValue(round(value))
            bar.blockSignals(False)

    def changeEvent(self, event: QEvent) -> None:
        """Draws the lanes in the colours that are in use now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draws the lanes for the new width."""
        self._lay_out()
        self._redraw()

    def _redraw(self) -> None:
        self._lanes = None
        self._show_bars()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the lanes once into a picture and the marker over it, so that playing costs next to nothing."""
        painter = QPainter(self)
        if self._lanes is None or self._lanes.devicePixelRatio() != self.devicePixelRatioF():
            self._lanes = self._drawn_lanes()
        painter.drawPixmap(0, 0, self._lanes)
        if self.num_frames:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._range.selected is not None:
                ruler.paint_range(
                    painter, self._range.selected.start, self._range.selected.stop, self._foot, self._shown
                )
            self._paint_mended(painter)
            hovered = None if self._hovered is None else self._hovered[0]
            ruler.paint_marker(painter, self._current, hovered, self._foot, self._shown)
        painter.end()

    def _paint_mended(self, painter: QPainter) -> None:
        marks = self._mended
        if marks is None or not marks.frames or marks.track_id not in self.track_ids:
            return
        y = self.y_of_row(marks.track_id) - 1
        if self._people.top < y < self._foot:
            ruler.paint_mended(painter, marks, y, self._shown)

    def _drawn_lanes(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap((self.size().toSizeF() * ratio).toSize())
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.BACKGROUND)
        painter = QPainter(picture)
        lanes.paint_grounds(painter, self._shown)
        lanes.paint_names(painter, GUTTER_PX - 8, "Score" if self._speeds is None else "Speed")
        if self.num_frames:
            num_pixels = max(int(self._shown.width * ratio), 1)
            pixels = self._dense.binned(self._shown.start, self._shown.stop, num_pixels)
            lanes.paint_states(painter, pixels, self._shown, ratio)
            if self._speeds is None:
                lanes.paint_scores(painter, pixels, self._shown, ratio)
            else:
                self._paint_speeds(painter, self._speeds, num_pixels, ratio)
            ruler.paint_ruler(painter, self._shown)
            self._people.paint(painter, self._shown, ratio)
            ruler.paint_gaps(painter, self._gaps, self._foot, self._shown)
        painter.end()
        return picture

    def _paint_speeds(self, painter: QPainter, speeds: NDArray[np.float64], num_pixels: int, ratio: float) -> None:
        known = speeds[~np.isnan(speeds)]
        if len(known):
            low, end = pixel_edges(self._shown.start, self._shown.stop, num_pixels, self.num_frames)
            highest = max(float(np.quantile(known, 0.995)), 1e-6)  # one jump leaves the rest its height
            lanes.paint_speeds(painter, np.fmax.reduceat(speeds[:end], low), highest, self._shown, ratio)
