"""Paints the lanes that all people share: what every frame has come to, where to look, and the scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.ui import theme
from app.ui.timeline import pixels
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
LEAST_SEEN_PX = 2.0
"""Of a part of a bar: one joint among many is seen, too."""
REVIEWED_COLOUR = theme.CANVAS_TEXT


def paint_grounds(painter: QPainter, shown: ShownFrames) -> None:
    """The dark grounds of the lanes."""
    for top, foot in ((DOUBT_TOP, STATE_TOP + STATE_HEIGHT), (SCORE_TOP, LANES_FOOT)):
        painter.fillRect(QRectF(shown.left, top, shown.width, foot - top), theme.CANVAS_BACKGROUND)


def paint_names(painter: QPainter, right: int, graph: str) -> None:
    """The lanes' names, in front of them; the graph's can be clicked, for another one."""
    font = painter.font()
    font.setPixelSize(11)
    painter.setFont(font)
    painter.setPen(theme.TEXT_MUTED)
    beside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(QRect(0, STATE_TOP, right, STATE_HEIGHT), beside, "Labels")
    painter.drawText(QRect(0, SCORE_TOP, right, SCORE_HEIGHT), beside, f"{graph} ▾")


def bar_tops(joints: NDArray[np.int64]) -> NDArray[np.float64]:
    """(P, 3) where the part of each state ends in a bar, in pixels from its foot; (P, 3) counts as in the columns."""
    share = joints / np.maximum(joints.sum(axis=1, keepdims=True), 1)
    parts = np.where(joints > 0, np.maximum(share * STATE_HEIGHT, LEAST_SEEN_PX), 0.0)
    parts *= STATE_HEIGHT / np.maximum(parts.sum(axis=1, keepdims=True), STATE_HEIGHT)
    return np.cumsum(parts[:, ::-1], axis=1)[:, ::-1]


def paint_states(painter: QPainter, columns: TimelineColumns, shown: ShownFrames, ratio: float) -> None:
    """A bar a pixel, whose parts say how much of the frames is done; a tick above, that one is doubtful.

    From the foot up: corrected, accepted (or imported), and what only a machine has said.
    """

    def rows(top: float, height: float) -> slice:
        return slice(round((top - DOUBT_TOP) * ratio), round((top - DOUBT_TOP + height) * ratio))

    foot = STATE_TOP + STATE_HEIGHT
    ground = pixels.rgb(theme.CANVAS_BACKGROUND)
    image = np.full((round((foot - DOUBT_TOP) * ratio), len(columns.joints)), ground, np.uint32)
    bars = image[rows(STATE_TOP, STATE_HEIGHT)]
    from_foot_px = (np.arange(len(bars))[::-1, None] + 0.5) / ratio
    tops = bar_tops(columns.joints)
    for state, meaning in STATE_MEANINGS.items():  # the parts below are drawn over those above
        bars[from_foot_px < tops[:, state]] = pixels.rgb(theme.colour_of(meaning))
    image[rows(foot - 4, 4), columns.reviewed] = pixels.rgb(theme.CANVAS_BACKGROUND)
    image[rows(foot - 3, 3), columns.reviewed] = pixels.rgb(REVIEWED_COLOUR)
    doubtful = columns.doubtful.copy()
    doubtful[1:] |= columns.doubtful[:-1]  # two pixels at least
    image[rows(DOUBT_TOP, DOUBT_HEIGHT), doubtful] = pixels.rgb(theme.colour_of(theme.Meaning.DOUBTFUL))
    if shown.frame_px >= FRAMES_APART_PX:
        apart = np.flatnonzero(np.diff(columns.frame_index)) + 1
        image[:, apart] = ground
    pixels.draw(painter, QPointF(shown.left, DOUBT_TOP), image, ratio)


def paint_scores(painter: QPainter, columns: TimelineColumns, shown: ShownFrames, ratio: float) -> None:
    """The lowest score as a shade, the mean as a line; 1 is the lane's top, 0 its foot."""
    _paint_graph(painter, columns.min_score, columns.mean_score, shown, ratio, alpha=130)


def paint_speeds(
    painter: QPainter, speeds: NDArray[np.float64], highest: float, shown: ShownFrames, ratio: float
) -> None:
    """The speed of a joint as a line over a shade.

    Args:
        painter: of the lanes.
        speeds: (P,) the highest speed at each pixel, NaN where it is not known.
        highest: what reaches the lane's top; what is faster stays there.
        shown: the frames.
        ratio: of the screen's pixels to the widget's.
    """
    _paint_graph(painter, speeds / highest, speeds / highest, shown, ratio, alpha=90)


def _paint_graph(
    painter: QPainter,
    below: NDArray[np.float64],
    line: NDArray[np.float64],
    shown: ShownFrames,
    ratio: float,
    *,
    alpha: int,
) -> None:
    shade = QColor(theme.CANVAS_ACCENT)
    shade.setAlpha(alpha)
    height = round(SCORE_HEIGHT * ratio)
    image = pixels.graph(
        height, below, line, shade_colour=shade, line_colour=theme.CANVAS_TEXT, ground=theme.CANVAS_BACKGROUND
    )
    pixels.draw(painter, QPointF(shown.left, SCORE_TOP), image, ratio)
