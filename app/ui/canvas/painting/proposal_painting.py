"""Painting what an edit would change, before it is kept: broken lines and white rings over the people as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.ui import theme
from app.ui.canvas.painting.markers import CASING
from app.ui.canvas.view import View
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose

COLOUR = QColor("#ffffff")
"""As of all that the hand is about to do: the box it draws, the peaks it may choose."""
JOINT_PX = 4.2


@dataclass(frozen=True, eq=False)
class Ghosts:
    """What an edit would make of the people in a frame.

    Attributes:
        poses: those who change, as they would be.
        leaving: those who would go away.
    """

    poses: FramePoses
    leaving: FramePoses


def paint_ghosts(painter: QPainter, ghosts: Ghosts, view: View, people: FramePoses | None) -> None:
    """Draws the ghosts, each new joint tied to where it is now."""
    for pose in ghosts.leaving.poses:
        _paint_leaving(painter, pose, view)
    for pose in ghosts.poses.poses:
        now = None if people is None else people.pose(pose.track_id)
        _paint_ghost(painter, pose, now, view)


def _paint_leaving(painter: QPainter, pose: Pose, view: View) -> None:
    """A box that is struck out."""
    x, y, w, h = pose.bbox_xywh.tolist()
    low, high = QPointF(*view.to_viewport(x, y)), QPointF(*view.to_viewport(x + w, y + h))
    corners = QRectF(low, high)
    lines = [QLineF(corners.topLeft(), corners.bottomRight()), QLineF(corners.topRight(), corners.bottomLeft())]
    for pen in (QPen(CASING, 4.0), QPen(theme.CANVAS_ERROR, 2.0)):
        painter.setPen(pen)
        painter.drawLines(lines)


def _paint_ghost(painter: QPainter, pose: Pose, now: Pose | None, view: View) -> None:
    placed = pose.placed
    if now is None:
        changed = placed
        x, y, w, h = pose.bbox_xywh.tolist()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_broken_pen(1.2))
        painter.drawRect(
            QRectF(QPointF(*view.to_viewport(x, y)), QPointF(*view.to_viewport(x + w, y + h))),
        )
    else:
        same_place = (pose.keypoints == now.keypoints).all(axis=1)
        same = same_place & (pose.visibility == now.visibility) & (pose.provenance == now.provenance)
        changed = placed & ~same
    points = [QPointF(*view.to_viewport(x, y)) for x, y in np.nan_to_num(pose.keypoints).tolist()]
    limbs: dict[str, list[QLineF]] = {}
    for a, b in POSETRACK.limbs:
        if placed[a] and placed[b] and (changed[a] or changed[b]):
            sides = {POSETRACK.side(a), POSETRACK.side(b)} - {"centre"}
            limbs.setdefault(sides.pop() if len(sides) == 1 else "centre", []).append(QLineF(points[a], points[b]))
    painter.setPen(QPen(CASING, 4.2))
    painter.drawLines([line for of_side in limbs.values() for line in of_side])
    for side, of_side in limbs.items():
        painter.setPen(_broken_pen(2.0, theme.side_colour(side)))
        painter.drawLines(of_side)
    if now is not None:
        _paint_ties(painter, pose, now, changed, view)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for keypoint in np.flatnonzero(changed).tolist():
        for pen in (QPen(CASING, 3.8), QPen(COLOUR, 1.7)):
            painter.setPen(pen)
            painter.drawEllipse(points[keypoint], JOINT_PX, JOINT_PX)


def _paint_ties(painter: QPainter, pose: Pose, now: Pose, changed: np.ndarray, view: View) -> None:
    """From where each joint is to where it would be."""
    ties = [
        QLineF(
            QPointF(*view.to_viewport(*now.keypoints[keypoint].tolist())),
            QPointF(*view.to_viewport(*pose.keypoints[keypoint].tolist())),
        )
        for keypoint in np.flatnonzero(changed & now.placed).tolist()
    ]
    painter.setPen(QPen(COLOUR, 1.0, Qt.PenStyle.DotLine))
    painter.drawLines(ties)


def _broken_pen(width: float, colour: QColor = COLOUR) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([3.2, 2.4])
    return pen
