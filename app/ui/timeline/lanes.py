"""Paints the lanes that all people share: what every frame has come to, where to look, and the scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.ui import theme
from app.ui.timeline.columns import FrameState, TimelineColumns
from app.ui.timeline.shown_frames import ShownFrames

DOUBT_TOP, DOUBT_HEIGHT = 19, 5
STATE_TOP, STATE_HEIGHT = 25, 16
SCORE_TOP, SCORE_HEIGHT = 44, 20
LANES_FOOT = SCORE_TOP + SCORE_HEIGHT
FRAMES_APART_PX = 5
"""From this width on frames are drawn apart."""

STATE_MEANINGS: dict[FrameState, theme.Meaning] = {
    FrameState.PREDICTED: theme.Meaning.PREDICTED,
    FrameState.ACCEPTED: theme.Meaning.ACCEPTED,
    FrameState.CORRECTED: theme.Meaning.CORRECTED,
}
STATE_FILL: dict[FrameState, float] = {FrameState.PREDICTED: 0.4, FrameState.ACCEPTED: 0.7, FrameState.CORRECTED: 1.0}
REVIEWED_COLOUR = theme.TEXT


def paint_grounds(painter: QPainter, shown: ShownFrames) -> None:
    """The dark grounds of the lanes."""
    painter.fillRect(QRectF(shown.left, STATE_TOP, shown.width, STATE_HEIGHT), theme.CANVAS_BACKGROUND)
    painter.fillRect(QRectF(shown.left, SCORE_TOP, shown.width, SCORE_HEIGHT), theme.CANVAS_BACKGROUND)


def paint_names(painter: QPainter, right: int, graph: str) -> None:
    """The lanes' names, in front of them; the graph's can be clicked, for another one."""
    font = painter.font()
    font.setPixelSize(11)
    painter.setFont(font)
    painter.setPen(theme.TEXT_MUTED)
    beside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(QRect(0, STATE_TOP, right, STATE_HEIGHT), beside, "Labels")
    painter.drawText(QRect(0, SCORE_TOP, right, SCORE_HEIGHT), beside, f"{graph} ▾")


def paint_states(painter: QPainter, pixels: TimelineColumns, shown: ShownFrames) -> None:
    """A bar a pixel: its colour and height say how far the frames have come; a tick above, that one is doubtful."""
    left, pixel = shown.left, shown.width / len(pixels.frame_index)
    for state, meaning in STATE_MEANINGS.items():
        colour = theme.colour_of(meaning)
        height = STATE_HEIGHT * STATE_FILL[state]
        for first, last in stretches(pixels.state == state):
            area = QRectF(left + first * pixel, STATE_TOP + STATE_HEIGHT - height, (last - first) * pixel, height)
            painter.fillRect(area, colour)
    for first, last in stretches(pixels.reviewed):
        foot = QRectF(left + first * pixel, STATE_TOP + STATE_HEIGHT - 3, (last - first) * pixel, 3)
        painter.fillRect(foot.adjusted(0, -1, 0, 0), theme.CANVAS_BACKGROUND)
        painter.fillRect(foot, REVIEWED_COLOUR)
    apart = shown.frame_px >= FRAMES_APART_PX
    if apart:
        painter.setPen(QPen(theme.CANVAS_BACKGROUND, 1))
        for frame_index in range(int(shown.start), int(shown.stop) + 1):
            x = round(shown.x_of(frame_index - 0.5))
            painter.drawLine(x, STATE_TOP, x, STATE_TOP + STATE_HEIGHT - 1)
    doubtful = theme.colour_of(theme.Meaning.DOUBTFUL)
    for first, last in stretches(pixels.doubtful):
        width = max((last - first) * pixel - (1 if apart else 0), 2.0)
        painter.fillRect(QRectF(left + first * pixel, DOUBT_TOP, width, DOUBT_HEIGHT), doubtful)


def paint_scores(painter: QPainter, pixels: TimelineColumns, shown: ShownFrames) -> None:
    """The lowest score as a shade, the mean as a line; 1 is the lane's top, 0 its foot."""
    left, pixel = shown.left, shown.width / len(pixels.frame_index)
    foot = SCORE_TOP + SCORE_HEIGHT
    shade = QColor(theme.ACCENT)
    shade.setAlpha(130)
    for first, last in stretches(~np.isnan(pixels.min_score)):
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
    for first, last in stretches(~np.isnan(pixels.mean_score)):
        means = np.append(pixels.mean_score[first:last], pixels.mean_score[last - 1])
        ys = foot - np.clip(means, 0, 1) * (SCORE_HEIGHT - 1)
        xs = left + np.arange(first, last + 1) * pixel
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(xs, ys, strict=True)]))


def paint_speeds(painter: QPainter, speeds: NDArray[np.float64], highest: float, shown: ShownFrames) -> None:
    """The speed of a joint as a line over a shade.

    Args:
        painter: of the lanes.
        speeds: (P,) the highest speed at each pixel, NaN where it is not known.
        highest: what reaches the lane's top; what is faster stays there.
        shown: the frames.
    """
    left, pixel = shown.left, shown.width / len(speeds)
    foot = SCORE_TOP + SCORE_HEIGHT
    shade = QColor(theme.ACCENT)
    shade.setAlpha(90)
    for first, last in stretches(~np.isnan(speeds)):
        xs = left + np.arange(first, last + 1) * pixel
        highs = foot - np.clip(np.append(speeds[first:last], speeds[last - 1]) / highest, 0, 1) * (SCORE_HEIGHT - 1)
        line = [QPointF(x, y) for x, y in zip(xs, highs, strict=True)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawPolygon(QPolygonF([QPointF(xs[0], foot), *line, QPointF(xs[-1], foot)]))
        painter.setPen(QPen(theme.TEXT, 1.2))
        painter.drawPolyline(QPolygonF(line))


def stretches(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The stretches [first, last) of pixels where `mask` holds."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
