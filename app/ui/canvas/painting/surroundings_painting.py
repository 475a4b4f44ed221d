"""Painting what stands around a frame: below the people, thin and pale, so that nobody takes it for a label."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.ui import theme
from app.ui.canvas.painting.markers import CASING
from app.ui.canvas.view import View
from core.judging.surroundings import Surroundings, Trajectory
from core.keypoints import POSETRACK
from core.poses import FloatArray, Pose, Provenance

DOT_PX, SAID_PX = 2.4, 4.2
LEAST_MOVED_PX = 1.5
"""On the screen: where a person moved a joint by less, its old place is not drawn."""


def paint_surroundings(painter: QPainter, around: Surroundings, view: View, people: list[Pose]) -> None:
    """Draws trajectories, the poses of the frame before, and where a machine had what a person moved.

    Args:
        painter: in viewport pixels.
        around: of the frame shown.
        view: where full-frame pixels lie.
        people: who is drawn; of the others nothing is.
    """
    shown = {pose.track_id for pose in people}
    if around.before is not None:
        for pose in around.before.poses:
            if pose.track_id in shown:
                _paint_ghost(painter, pose, view)
    painter.setOpacity(1.0 if len(around.trajectories) == 1 else 0.6)
    for trajectory in around.trajectories:
        _paint_trajectory(painter, trajectory, around.frame_index, view, dots=len(around.trajectories) == 1)
    painter.setOpacity(1.0)
    for pose in people:
        if pose.track_id in around.said:
            _paint_said(painter, pose, around.said[pose.track_id], view)


def _points(places_xy: FloatArray, view: View) -> list[QPointF]:
    return [QPointF(*view.to_viewport(x, y)) for x, y in np.nan_to_num(places_xy).tolist()]


def _paint_ghost(painter: QPainter, pose: Pose, view: View) -> None:
    placed, points = pose.placed, _points(pose.keypoints, view)
    lines = [QLineF(points[a], points[b]) for a, b in POSETRACK.limbs if placed[a] and placed[b]]
    painter.setOpacity(0.55)
    for pen in (QPen(CASING, 3.0), QPen(theme.GHOST, 1.4)):
        painter.setPen(pen)
        painter.drawLines(lines)
    painter.setOpacity(1.0)


def _paint_trajectory(painter: QPainter, of: Trajectory, frame_index: int, view: View, *, dots: bool) -> None:
    """The way here as a line, the way on as a broken one; dots in the colours of who set each place."""
    points = _points(of.places_xy, view)
    split = int(np.searchsorted(of.frame_indices, frame_index, side="right"))
    on = Qt.PenStyle.DotLine
    for part, style in ((points[:split], Qt.PenStyle.SolidLine), (points[max(split - 1, 0) :], on)):
        for colour, width in ((CASING, 3.0), (theme.GHOST, 1.3)):
            painter.setPen(QPen(QColor(colour), width, style))
            painter.drawPolyline(QPolygonF(part))
    if dots:
        painter.setPen(QPen(CASING, 1.0))
        for point, index, who in zip(points, of.frame_indices.tolist(), of.provenance.tolist(), strict=True):
            if index != frame_index:
                painter.setBrush(theme.provenance_colour(Provenance(who)))
                painter.drawEllipse(point, DOT_PX, DOT_PX)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_said(painter: QPainter, pose: Pose, said_xy: FloatArray, view: View) -> None:
    """A ring where the machine had a joint, tied to where a person put it."""
    placed = pose.placed & np.isfinite(said_xy).all(axis=1)
    here, there = _points(pose.keypoints, view), _points(said_xy, view)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for keypoint in np.flatnonzero(placed).tolist():
        tie = QLineF(here[keypoint], there[keypoint])
        if tie.length() < LEAST_MOVED_PX:
            continue
        for pen in (QPen(CASING, 3.0), QPen(theme.colour_of(theme.Meaning.PREDICTED), 1.3, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawLine(tie)
        for pen in (QPen(CASING, 3.6), QPen(theme.colour_of(theme.Meaning.PREDICTED), 1.6)):
            painter.setPen(pen)
            painter.drawEllipse(there[keypoint], SAID_PX, SAID_PX)


def paint_unusual_limbs(painter: QPainter, around: Surroundings, view: View, people: list[Pose]) -> list[QPointF]:
    """A broken line in the colour of doubt along each limb of an unusual length; returns the middle of each."""
    poses = {pose.track_id: pose for pose in people}
    middles: list[QPointF] = []
    for limb in around.unusual:
        pose = poses.get(limb.track_id)
        if pose is None or not pose.placed[list(limb.ends)].all():
            middles.append(QPointF(-1, -1))
            continue
        line = QLineF(*_points(pose.keypoints[list(limb.ends)], view))
        for pen in (QPen(CASING, 5.4), QPen(theme.colour_of(theme.Meaning.DOUBTFUL), 3.0, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawLine(line)
        middles.append(line.center())
    return middles
