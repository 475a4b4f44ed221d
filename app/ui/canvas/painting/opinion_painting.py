"""Painting a second opinion: thin, broken, in a colour that no side and no provenance has, below the people's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.ui import theme
from app.ui.canvas.painting.markers import CASING
from app.ui.canvas.view import View
from core.judging.opinions import differences
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose

COLOUR = QColor("#ff8ce6")
"""Light pink: apart from blue, orange, white and yellow also to colour-blind eyes by its broken line."""
JOINT_PX = 3.4
KEY_SAMPLE_PX = 26.0


@dataclass(frozen=True, eq=False)
class Opinion:
    """What other weights say of the people in a frame.

    Attributes:
        poses: the same people, by track id.
        name: whose opinion it is.
        alone: people whom only they have.
    """

    poses: FramePoses
    name: str
    alone: tuple[Pose, ...] = ()


def paint_opinion(painter: QPainter, opinion: Opinion, view: View, people: list[Pose], selected: int | None) -> None:
    """Draws the second skeleton of these people; the selected person's differences are tied to their joints."""
    for pose in people:
        second = opinion.poses.pose(pose.track_id)
        if second is None:
            continue
        is_selected = pose.track_id == selected
        painter.setOpacity(1.0 if is_selected or selected is None else 0.55)
        _paint_skeleton(painter, second, view)
        if is_selected:
            _paint_ties(painter, pose, second, view)
    painter.setOpacity(1.0)
    for pose in opinion.alone:
        _paint_skeleton(painter, pose, view)


def _paint_skeleton(painter: QPainter, pose: Pose, view: View) -> None:
    placed = pose.placed
    points = [QPointF(*view.to_viewport(x, y)) for x, y in np.nan_to_num(pose.keypoints).tolist()]
    lines = [QLineF(points[a], points[b]) for a, b in POSETRACK.limbs if placed[a] and placed[b]]
    painter.setPen(QPen(CASING, 3.4))
    painter.drawLines(lines)
    painter.setPen(_broken_pen())
    painter.drawLines(lines)
    for keypoint in np.flatnonzero(placed).tolist():
        square = QRectF(-JOINT_PX, -JOINT_PX, 2 * JOINT_PX, 2 * JOINT_PX).translated(points[keypoint])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(CASING, 3.6), QPen(COLOUR, 1.5)):
            painter.setPen(pen)
            painter.drawRect(square)


def _paint_ties(painter: QPainter, pose: Pose, second: Pose, view: View) -> None:
    """A straight line from each joint to where the second opinion has it, where the two differ."""
    ties = [
        QLineF(
            QPointF(*view.to_viewport(*pose.keypoints[found.keypoint].tolist())),
            QPointF(*view.to_viewport(*second.keypoints[found.keypoint].tolist())),
        )
        for found in differences(pose, second)
        if np.isfinite(found.distance_px)
    ]
    for pen in (QPen(CASING, 3.0), QPen(QColor("#ffffff"), 1.2)):
        painter.setPen(pen)
        painter.drawLines(ties)


def _broken_pen() -> QPen:
    pen = QPen(COLOUR, 1.7)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([3.2, 2.4])
    return pen


def paint_opinion_key(painter: QPainter, name: str, viewport_wh: tuple[float, float]) -> None:
    """Says at the foot of the picture whose the broken skeleton is."""
    font = painter.font()
    font.setPixelSize(11)
    font.setBold(False)
    painter.setFont(font)
    width = QFontMetricsF(font).horizontalAdvance(name) + KEY_SAMPLE_PX + 26
    ground = QRectF(8, viewport_wh[1] - 30, width, 22)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(16, 18, 21, 225))
    painter.drawRoundedRect(ground, theme.RADIUS, theme.RADIUS)
    middle = ground.center().y()
    painter.setPen(_broken_pen())
    painter.drawLine(QPointF(ground.left() + 8, middle), QPointF(ground.left() + 8 + KEY_SAMPLE_PX, middle))
    painter.setPen(theme.CANVAS_TEXT)
    words = ground.adjusted(KEY_SAMPLE_PX + 16, 0, 0, 0)
    painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
