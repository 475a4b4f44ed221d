"""The timeline: what every frame of the clip has come to, where to look, and where one is.

Three lanes over a ruler. Labels: a bar whose colour and height both say nothing, predicted, accepted or corrected,
with a bright line along the foot of reviewed frames. Doubt: a tick above every frame that needs a look. Score:
the mean score as a line, the lowest as a shade below it. A broken line over the lanes stands where frames of a damaged
clip are missing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui import theme
from app.ui.timeline import lanes, ruler
from app.ui.timeline.columns import TimelineColumns
from app.ui.timeline.shown_frames import ShownFrames
from app.ui.timeline.words import frame_in_words

GUTTER_PX = 76
MARGIN_PX = 10
HEIGHT_PX = ruler.RULER_TOP + ruler.RULER_HEIGHT


class Timeline(QWidget):
    """The strip below the picture.

    Signals:
        frame_dragged(int): the hand moves over this frame, button down; many in a second.
        frame_chosen(int): the hand let go on this frame.
        current_changed(int): `set_current` showed another frame.
        clip_changed(): the number of frames or their times were set.
    """

    frame_dragged = Signal(int)
    frame_chosen = Signal(int)
    current_changed = Signal(int)
    clip_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self.setAccessibleName("Timeline")
        self.setMouseTracking(True)
        self.setFixedHeight(HEIGHT_PX)
        self.setMinimumWidth(GUTTER_PX + 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._timestamps_s: NDArray[np.float64] | None = None
        self._dense = TimelineColumns.empty()
        self._gaps: dict[int, int] = {}
        self._current = 0
        self._hovered: int | None = None
        self._shown = ShownFrames(left=GUTTER_PX)
        self._lanes: QPixmap | None = None

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

    # Where things are -----------------------------------------------------------------------------------------------

    def x_of_frame(self, frame_index: float) -> float:
        """The middle of a frame, in the widget's pixels."""
        return self._shown.x_of(frame_index)

    def frame_at(self, x: float) -> int:
        """The frame under a place, the nearest one where it is outside the strip."""
        return self._shown.frame_at(x)

    # The hand -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts to scrub."""
        if event.button() == Qt.MouseButton.LeftButton and self.num_frames:
            self.frame_dragged.emit(self.frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrubs with the button down, else tells about the frame under the pointer."""
        if not self.num_frames:
            return
        frame_index = self.frame_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.frame_dragged.emit(frame_index)
        if frame_index != self._hovered:
            self._hovered = frame_index
            QToolTip.showText(event.globalPosition().toPoint(), self.description(frame_index), self)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends on the exact frame."""
        if event.button() == Qt.MouseButton.LeftButton and self.num_frames:
            self.frame_chosen.emit(self.frame_at(event.position().x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Shows the whole clip again."""
        if self.num_frames:
            self._shown.show_all()
            self._redraw()

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        self._hovered = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Spreads or gathers the frames about the pointer; with Shift or a sideways wheel it slides along."""
        if not self.num_frames:
            return
        turn = event.angleDelta()
        if turn.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._shown.slide(-(turn.x() or turn.y()) / 1200 * self._shown.length)
        else:
            self._shown.zoom_about(event.position().x(), 1.25 ** (turn.y() / 120))
        self._redraw()
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Answers Qt's question for a tooltip with the words for the frame under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.description(self.frame_at(event.pos().x())) if self.num_frames else "Open a clip first."
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def description(self, frame_index: int) -> str:
        """A frame in words: "frame 120, 4.00 s: 2 people, predicted, lowest score 0.31"."""
        return frame_in_words(frame_index, self.seconds(frame_index), self._dense, self._gaps)

    # Drawing --------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(800, HEIGHT_PX)

    def changeEvent(self, event: QEvent) -> None:
        """Draws the lanes in the colours that are in use now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draws the lanes for the new width."""
        self._shown.width = float(max(self.width() - MARGIN_PX - GUTTER_PX, 1))
        self._redraw()

    def _redraw(self) -> None:
        self._lanes = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the lanes once into a picture and the marker over it, so that playing costs next to nothing."""
        painter = QPainter(self)
        if self._lanes is None or self._lanes.devicePixelRatio() != self.devicePixelRatioF():
            self._lanes = self._drawn_lanes()
        painter.drawPixmap(0, 0, self._lanes)
        if self.num_frames:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ruler.paint_marker(painter, self._current, self._hovered, self._shown)
        painter.end()

    def _drawn_lanes(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap((QSize(self.width(), HEIGHT_PX).toSizeF() * ratio).toSize())
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.BACKGROUND)
        painter = QPainter(picture)
        lanes.paint_grounds(painter, self._shown)
        lanes.paint_names(painter, GUTTER_PX - 8)
        if self.num_frames:
            num_pixels = max(int(self._shown.width * ratio), 1)
            pixels = self._dense.binned(self._shown.start, self._shown.stop, num_pixels)
            lanes.paint_states(painter, pixels, self._shown)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            lanes.paint_scores(painter, pixels, self._shown)
            ruler.paint_ruler(painter, self._shown)
            ruler.paint_gaps(painter, self._gaps, self._shown)
        painter.end()
        return picture
