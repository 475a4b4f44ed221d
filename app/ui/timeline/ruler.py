"""Paints what stands over or beside all lanes: the frames' numbers, gaps of damaged clips, and where one is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.ui import theme
from app.ui.timeline.lanes import STATE_TOP
from app.ui.timeline.shown_frames import ShownFrames

RULER_TOP, RULER_HEIGHT = 0, 17
NUMBERS_APART_PX = 90
MARK_PX = 5.0
"""Half the size of what marks a mended frame; less where frames are narrower."""


class MendedMarks(NamedTuple):
    """What followed a correction, as it is marked in the person's row.

    Attributes:
        track_id: the person.
        corrected: the frame that was corrected.
        frames: those that were mended after it, rising.
    """

    track_id: int
    corrected: int
    frames: tuple[int, ...]


def paint_ruler(painter: QPainter, shown: ShownFrames) -> None:
    """Numbers of frames, as many as have room."""
    step = round_step(shown.length / max(shown.width / NUMBERS_APART_PX, 1))
    font = painter.font()
    font.setPixelSize(10)
    painter.setFont(font)
    for frame_index in range(int(np.ceil(shown.start / step)) * step, int(np.ceil(shown.stop)), step):
        x = shown.x_of(frame_index)
        painter.setPen(theme.BORDER_STRONG)
        painter.drawLine(QPointF(x, RULER_HEIGHT - 3), QPointF(x, RULER_HEIGHT))
        painter.setPen(theme.TEXT_MUTED)
        start = np.clip(x - 35, shown.left - 35, shown.left + shown.width - 62)
        area = QRectF(start, RULER_TOP, 70, RULER_HEIGHT - 2)
        painter.drawText(area, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, str(frame_index))


def paint_gaps(painter: QPainter, gaps: Iterable[int], foot: float, shown: ShownFrames) -> None:
    """A broken line over all lanes and rows between the two frames that stand beside a gap."""
    for frame_index in gaps:
        if shown.start <= frame_index <= shown.stop:
            x = shown.x_of(frame_index - 0.5)
            painter.setPen(QPen(theme.CANVAS_BACKGROUND, 4))
            painter.drawLine(QPointF(x, STATE_TOP), QPointF(x, foot))
            painter.setPen(QPen(theme.CANVAS_ERROR, 2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, STATE_TOP), QPointF(x, foot))


def paint_range(painter: QPainter, start: int, stop: int, foot: float, shown: ShownFrames) -> None:
    """The selected range: a band on the ruler with edges to drag, a faint one below."""
    left = max(shown.x_of(start - 0.5), shown.left)
    right = min(shown.x_of(stop - 0.5), shown.left + shown.width)
    if right <= left:
        return
    tint = QColor(theme.CANVAS_ACCENT)
    tint.setAlpha(36)
    painter.fillRect(QRectF(left, RULER_HEIGHT, right - left, foot - RULER_HEIGHT), tint)
    tint.setAlpha(110)
    painter.fillRect(QRectF(left, RULER_TOP + 2, right - left, RULER_HEIGHT - 3), tint)
    painter.setPen(QPen(theme.CANVAS_ACCENT, 2))
    for frame_index in (start, stop):
        x = shown.x_of(frame_index - 0.5)
        if shown.left <= x <= shown.left + shown.width:
            painter.drawLine(QPointF(x, RULER_TOP + 1), QPointF(x, foot))


def paint_mended(painter: QPainter, marks: MendedMarks, y: float, shown: ShownFrames) -> None:
    """Joins the frames that were mended to the corrected one: the forms and colours that their joints have.

    Args:
        painter: of the whole timeline.
        marks: what is marked.
        y: the middle of the person's row.
        shown: which frames lie where.
    """
    ends = [shown.x_of(index) for index in (min(*marks.frames, marks.corrected), max(*marks.frames, marks.corrected))]
    painter.save()
    painter.setClipRect(QRectF(shown.left, 0, shown.width, y + MARK_PX + 3))
    mended = theme.colour_of(theme.Meaning.PROPAGATED)
    for pen in (QPen(theme.CANVAS_BACKGROUND, 5), QPen(mended, 2)):
        painter.setPen(pen)
        painter.drawLine(QPointF(ends[0], y), QPointF(ends[1], y))
    painter.setPen(QPen(theme.CANVAS_BACKGROUND, 1.5))
    painter.setBrush(mended)
    half = min(MARK_PX, max(shown.frame_px * 0.45, 1.5))
    for index in marks.frames:
        x = shown.x_of(index)
        painter.drawPolygon(QPolygonF([QPointF(x - half, y + half), QPointF(x + half, y + half), QPointF(x, y - half)]))
    x = shown.x_of(marks.corrected)
    painter.setBrush(theme.colour_of(theme.Meaning.CORRECTED))
    size = MARK_PX + 1
    corners = [QPointF(x - size, y), QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size)]
    painter.drawPolygon(QPolygonF(corners))
    painter.restore()


def paint_marker(painter: QPainter, current: int, hovered: int | None, foot: float, shown: ShownFrames) -> None:
    """Where one is, and a dotted line under the pointer."""
    if hovered is not None and hovered != current:
        x = shown.x_of(hovered)
        painter.setPen(QPen(theme.TEXT_MUTED, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, RULER_HEIGHT), QPointF(x, foot))
    x = shown.x_of(current)
    if not shown.left <= x <= shown.left + shown.width:
        return
    painter.setPen(QPen(theme.CANVAS_BACKGROUND, 4))
    painter.drawLine(QPointF(x, 8), QPointF(x, foot))
    painter.setPen(QPen(Qt.GlobalColor.white, 2))
    painter.drawLine(QPointF(x, 6), QPointF(x, foot))
    painter.setPen(QPen(theme.CANVAS_BACKGROUND, 1))
    painter.setBrush(Qt.GlobalColor.white)
    painter.drawPolygon(QPolygonF([QPointF(x - 6, 2), QPointF(x + 6, 2), QPointF(x, 11)]))


def round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... that is not below `least`."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= least:
                return step * factor
        step *= 10
