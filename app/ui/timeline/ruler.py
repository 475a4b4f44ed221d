"""Paints what stands over or beside all lanes: the frames' numbers, gaps of damaged clips, and where one is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from app.ui import theme
from app.ui.timeline.lanes import LANES_FOOT, STATE_TOP
from app.ui.timeline.shown_frames import ShownFrames

RULER_TOP, RULER_HEIGHT = 64, 15
NUMBERS_APART_PX = 90


def paint_ruler(painter: QPainter, shown: ShownFrames) -> None:
    """Numbers of frames, as many as have room."""
    step = round_step(shown.length / max(shown.width / NUMBERS_APART_PX, 1))
    font = painter.font()
    font.setPixelSize(10)
    painter.setFont(font)
    for frame_index in range(int(np.ceil(shown.start / step)) * step, int(np.ceil(shown.stop)), step):
        x = shown.x_of(frame_index)
        painter.setPen(theme.BORDER_STRONG)
        painter.drawLine(QPointF(x, RULER_TOP - 1), QPointF(x, RULER_TOP + 2))
        painter.setPen(theme.TEXT_MUTED)
        start = np.clip(x - 35, shown.left - 35, shown.left + shown.width - 62)
        area = QRectF(start, RULER_TOP + 1, 70, RULER_HEIGHT - 1)
        painter.drawText(area, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, str(frame_index))


def paint_gaps(painter: QPainter, gaps: Iterable[int], shown: ShownFrames) -> None:
    """A broken line over all lanes between the two frames that stand beside a gap."""
    for frame_index in gaps:
        if shown.start <= frame_index <= shown.stop:
            x = shown.x_of(frame_index - 0.5)
            painter.setPen(QPen(theme.CANVAS_BACKGROUND, 4))
            painter.drawLine(QPointF(x, STATE_TOP), QPointF(x, LANES_FOOT))
            painter.setPen(QPen(theme.ERROR, 2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, STATE_TOP), QPointF(x, LANES_FOOT))


def paint_marker(painter: QPainter, current: int, hovered: int | None, shown: ShownFrames) -> None:
    """Where one is, and a dotted line under the pointer."""
    if hovered is not None and hovered != current:
        x = shown.x_of(hovered)
        painter.setPen(QPen(theme.TEXT_MUTED, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, 2), QPointF(x, RULER_TOP - 1))
    x = shown.x_of(current)
    painter.setPen(QPen(theme.CANVAS_BACKGROUND, 4))
    painter.drawLine(QPointF(x, 6), QPointF(x, RULER_TOP - 1))
    painter.setPen(QPen(Qt.GlobalColor.white, 2))
    painter.drawLine(QPointF(x, 4), QPointF(x, RULER_TOP - 1))
    painter.setPen(QPen(theme.CANVAS_BACKGROUND, 1))
    painter.setBrush(Qt.GlobalColor.white)
    painter.drawPolygon(QPolygonF([QPointF(x - 6, 1), QPointF(x + 6, 1), QPointF(x, 10)]))


def round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... that is not below `least`."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= least:
                return step * factor
        step *= 10
