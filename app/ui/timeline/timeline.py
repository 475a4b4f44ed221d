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
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui import theme
from app.ui.timeline.columns import STATE_NAMES, FrameState, TimelineColumns
from core.poses import Provenance

__all__ = ["FrameState", "Timeline", "TimelineColumns"]

GUTTER_PX = 76
MARGIN_PX = 10
DOUBT_TOP, DOUBT_HEIGHT = 5, 6
STATE_TOP, STATE_HEIGHT = 13, 22
SCORE_TOP, SCORE_HEIGHT = 40, 22
RULER_TOP, RULER_HEIGHT = 64, 15
HEIGHT_PX = RULER_TOP + RULER_HEIGHT
FEWEST_FRAMES_SHOWN = 10

STATE_COLOURS: dict[FrameState, QColor] = {
    FrameState.PREDICTED: theme.PROVENANCE_COLOURS[Provenance.PREDICTED],
    FrameState.ACCEPTED: theme.PROVENANCE_COLOURS[Provenance.ACCEPTED],
    FrameState.CORRECTED: theme.PROVENANCE_COLOURS[Provenance.CORRECTED],
}
STATE_FILL: dict[FrameState, float] = {FrameState.PREDICTED: 0.4, FrameState.ACCEPTED: 0.7, FrameState.CORRECTED: 1.0}
REVIEWED_COLOUR = theme.TEXT


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
        self._num_frames = 0
        self._timestamps_s: NDArray[np.float64] | None = None
        self._dense = TimelineColumns.empty()
        self._gaps: dict[int, int] = {}
        self._current = 0
        self._hovered: int | None = None
        self._shown = (0.0, 1.0)
        self._lanes: QPixmap | None = None

    # What to show ---------------------------------------------------------------------------------------------------

    @property
    def num_frames(self) -> int:
        """Frames of the clip, 0 without one."""
        return self._num_frames

    @property
    def current(self) -> int:
        """The frame that the marker stands on."""
        return self._current

    def set_num_frames(self, num_frames: int, timestamps_s: NDArray[np.float64] | None = None) -> None:
        """Starts a clip of so many frames, with the time of each where it is known; forgets the last summary."""
        self._num_frames = num_frames
        self._timestamps_s = timestamps_s
        self._shown = (0.0, float(max(num_frames, 1)))
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
        self._dense = columns.dense(self._num_frames)
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
        start, stop = self._shown
        if not start <= frame_index < stop:
            self._show_range(frame_index - (stop - start) / 2, stop - start)
        self.update()
        self.current_changed.emit(frame_index)

    def seconds(self, frame_index: int) -> float | None:
        """The time of a frame, None where it is not known."""
        if self._timestamps_s is None or not 0 <= frame_index < len(self._timestamps_s):
            return None
        return float(self._timestamps_s[frame_index])

    # Where things are -----------------------------------------------------------------------------------------------

    def _strip(self) -> tuple[float, float]:
        return float(GUTTER_PX), float(max(self.width() - MARGIN_PX - GUTTER_PX, 1))

    def x_of_frame(self, frame_index: float) -> float:
        """The middle of a frame, in the widget's pixels."""
        left, width = self._strip()
        start, stop = self._shown
        return left + (frame_index + 0.5 - start) / (stop - start) * width

    def frame_at(self, x: float) -> int:
        """The frame under a place, the nearest one where it is outside the strip."""
        left, width = self._strip()
        start, stop = self._shown
        frame_index = int(np.floor(start + (x - left) / width * (stop - start)))
        return int(np.clip(frame_index, 0, max(self._num_frames - 1, 0)))

    def _show_range(self, start: float, length: float) -> None:
        length = float(np.clip(length, min(FEWEST_FRAMES_SHOWN, self._num_frames), self._num_frames))
        start = float(np.clip(start, 0.0, self._num_frames - length))
        self._shown = (start, start + length)
        self._redraw()

    # The hand -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts to scrub."""
        if event.button() == Qt.MouseButton.LeftButton and self._num_frames:
            self.frame_dragged.emit(self.frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrubs with the button down, else tells about the frame under the pointer."""
        if not self._num_frames:
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
        if event.button() == Qt.MouseButton.LeftButton and self._num_frames:
            self.frame_chosen.emit(self.frame_at(event.position().x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Shows the whole clip again."""
        if self._num_frames:
            self._show_range(0.0, float(self._num_frames))

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        self._hovered = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Spreads or gathers the frames about the pointer; with Shift or a sideways wheel it slides along."""
        if not self._num_frames:
            return
        start, stop = self._shown
        length = stop - start
        turn = event.angleDelta()
        if turn.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._show_range(start - (turn.x() or turn.y()) / 1200 * length, length)
        else:
            left, width = self._strip()
            share = float(np.clip((event.position().x() - left) / width, 0.0, 1.0))
            shorter = float(np.clip(length * 0.8 ** (turn.y() / 120), FEWEST_FRAMES_SHOWN, self._num_frames))
            self._show_range(start + share * (length - shorter), shorter)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Answers Qt's question for a tooltip with the words for the frame under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.description(self.frame_at(event.pos().x())) if self._num_frames else "Open a clip first."
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def description(self, frame_index: int) -> str:
        """A frame in words: "frame 120, 4.00 s: 2 people, predicted, lowest score 0.31"."""
        seconds = self.seconds(frame_index)
        time = "" if seconds is None else f", {seconds:.2f} s"
        people = int(self._dense.num_people[frame_index])
        parts = ["nobody" if people == 0 else "1 person" if people == 1 else f"{people} people"]
        state = FrameState(int(self._dense.state[frame_index]))
        if state != FrameState.NOTHING:
            parts.append(STATE_NAMES[state])
        if not np.isnan(self._dense.min_score[frame_index]):
            parts.append(f"lowest score {self._dense.min_score[frame_index]:.2f}")
        if self._dense.doubtful[frame_index]:
            parts.append("doubtful")
        if self._dense.reviewed[frame_index]:
            parts.append("reviewed")
        for at, side in ((frame_index, "before"), (frame_index + 1, "after")):
            if at in self._gaps:
                count = self._gaps[at]
                parts.append(f"{'1 frame is' if count == 1 else f'{count} frames are'} missing {side} it")
        return f"frame {frame_index}{time}: {', '.join(parts)}"

    # Drawing --------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(800, HEIGHT_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draws the lanes for the new width."""
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
        if self._num_frames:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_marker(painter)
        painter.end()

    def _drawn_lanes(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap((QSize(self.width(), HEIGHT_PX).toSizeF() * ratio).toSize())
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.BACKGROUND)
        painter = QPainter(picture)
        left, width = self._strip()
        painter.fillRect(QRectF(left, STATE_TOP, width, STATE_HEIGHT), theme.CANVAS_BACKGROUND)
        painter.fillRect(QRectF(left, SCORE_TOP, width, SCORE_HEIGHT), theme.CANVAS_BACKGROUND)
        self._paint_names(painter)
        if self._num_frames:
            num_pixels = max(int(width * ratio), 1)
            self._paint_columns(painter, self._dense.binned(*self._shown, num_pixels), left, width / num_pixels)
            self._paint_ruler(painter, left, width)
            self._paint_gaps(painter)
        painter.end()
        return picture

    def _paint_names(self, painter: QPainter) -> None:
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(theme.TEXT_MUTED)
        beside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(0, STATE_TOP, GUTTER_PX - 8, STATE_HEIGHT), beside, "Labels")
        painter.drawText(QRect(0, SCORE_TOP, GUTTER_PX - 8, SCORE_HEIGHT), beside, "Score")

    def _paint_columns(self, painter: QPainter, pixels: TimelineColumns, left: float, pixel: float) -> None:
        for state, colour in STATE_COLOURS.items():
            height = STATE_HEIGHT * STATE_FILL[state]
            for first, last in _runs(pixels.state == state):
                area = QRectF(left + first * pixel, STATE_TOP + STATE_HEIGHT - height, (last - first) * pixel, height)
                painter.fillRect(area, colour)
        for first, last in _runs(pixels.reviewed):
            foot = QRectF(left + first * pixel, STATE_TOP + STATE_HEIGHT - 3, (last - first) * pixel, 3)
            painter.fillRect(foot.adjusted(0, -1, 0, 0), theme.CANVAS_BACKGROUND)
            painter.fillRect(foot, REVIEWED_COLOUR)
        frame_px = len(pixels.frame_index) * pixel / (self._shown[1] - self._shown[0])
        if frame_px >= 5:
            painter.setPen(QPen(theme.CANVAS_BACKGROUND, 1))
            for frame_index in range(int(self._shown[0]), int(self._shown[1]) + 1):
                x = round(self.x_of_frame(frame_index - 0.5))
                painter.drawLine(x, STATE_TOP, x, STATE_TOP + STATE_HEIGHT - 1)
        for first, last in _runs(pixels.doubtful):
            width = max((last - first) * pixel - (1 if frame_px >= 5 else 0), 2.0)
            painter.fillRect(QRectF(left + first * pixel, DOUBT_TOP, width, DOUBT_HEIGHT), theme.DOUBTFUL)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_scores(painter, pixels, left, pixel)

    def _paint_scores(self, painter: QPainter, pixels: TimelineColumns, left: float, pixel: float) -> None:
        """The lowest score as a shade, the mean as a line; 1 is the lane's top, 0 its foot."""
        foot = SCORE_TOP + SCORE_HEIGHT
        shade = QColor(theme.ACCENT)
        shade.setAlpha(130)
        for first, last in _runs(~np.isnan(pixels.min_score)):
            xs = left + np.arange(first, last + 1) * pixel
            lows = np.append(pixels.min_score[first:last], pixels.min_score[last - 1])
            outline = QPolygonF([QPointF(xs[0], foot)])
            for x, low in zip(xs, foot - np.clip(lows, 0, 1) * (SCORE_HEIGHT - 1), strict=True):
                outline.append(QPointF(x, low))
            outline.append(QPointF(xs[-1], foot))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shade)
            painter.drawPolygon(outline)
        painter.setPen(QPen(theme.TEXT, 1.2))
        for first, last in _runs(~np.isnan(pixels.mean_score)):
            means = np.append(pixels.mean_score[first:last], pixels.mean_score[last - 1])
            ys = foot - np.clip(means, 0, 1) * (SCORE_HEIGHT - 1)
            xs = left + np.arange(first, last + 1) * pixel
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(xs, ys, strict=True)]))

    def _paint_ruler(self, painter: QPainter, left: float, width: float) -> None:
        start, stop = self._shown
        step = _round_step((stop - start) / max(width / 90, 1))
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        for frame_index in range(int(np.ceil(start / step)) * step, int(np.ceil(stop)), step):
            x = self.x_of_frame(frame_index)
            painter.setPen(theme.BORDER_STRONG)
            painter.drawLine(QPointF(x, RULER_TOP - 1), QPointF(x, RULER_TOP + 2))
            painter.setPen(theme.TEXT_MUTED)
            area = QRectF(np.clip(x - 35, left - 35, left + width - 62), RULER_TOP + 1, 70, RULER_HEIGHT - 1)
            painter.drawText(area, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, str(frame_index))

    def _paint_gaps(self, painter: QPainter) -> None:
        """A broken line over all lanes between the two frames that stand beside a gap."""
        start, stop = self._shown
        for frame_index in self._gaps:
            if start <= frame_index <= stop:
                x = self.x_of_frame(frame_index - 0.5)
                painter.setPen(QPen(theme.CANVAS_BACKGROUND, 4))
                painter.drawLine(QPointF(x, STATE_TOP), QPointF(x, SCORE_TOP + SCORE_HEIGHT))
                painter.setPen(QPen(theme.ERROR, 2, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(x, STATE_TOP), QPointF(x, SCORE_TOP + SCORE_HEIGHT))

    def _paint_marker(self, painter: QPainter) -> None:
        if self._hovered is not None and self._hovered != self._current:
            x = self.x_of_frame(self._hovered)
            painter.setPen(QPen(theme.TEXT_MUTED, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, 2), QPointF(x, RULER_TOP - 1))
        x = self.x_of_frame(self._current)
        painter.setPen(QPen(theme.CANVAS_BACKGROUND, 4))
        painter.drawLine(QPointF(x, 6), QPointF(x, RULER_TOP - 1))
        painter.setPen(QPen(Qt.GlobalColor.white, 2))
        painter.drawLine(QPointF(x, 4), QPointF(x, RULER_TOP - 1))
        painter.setPen(QPen(theme.CANVAS_BACKGROUND, 1))
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawPolygon(QPolygonF([QPointF(x - 6, 1), QPointF(x + 6, 1), QPointF(x, 10)]))


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The stretches [first, last) of pixels where `mask` holds."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... that is not below `least`."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= least:
                return step * factor
        step *= 10
