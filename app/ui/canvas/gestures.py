"""What a hand is doing between press and release, as values: each knows how the people look meanwhile. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from app.ui.canvas.hit_test import Handle
from app.ui.canvas.view import Picture
from core.poses import FloatArray, FramePoses, Pose, Visibility

CLICK_TOLERANCE_PX = 3.0
"""A press that moves less than this, in viewport pixels, is a click."""
MIN_BOX_PX = 8.0
"""A box narrower or lower than this, in full-frame pixels, is not a person."""


def with_pose(poses: FramePoses, pose: Pose) -> FramePoses:
    """The frame with one person's pose replaced."""
    return replace(poses, poses=tuple(pose if old.track_id == pose.track_id else old for old in poses.poses))


@dataclass(frozen=True)
class Pan:
    """The picture follows the hand; without a move, the left button's press is a click."""

    is_left: bool

    def preview(self, poses: FramePoses) -> FramePoses:
        """The people as they are: nobody changes while the picture moves."""
        return poses


@dataclass(frozen=True)
class JointDrag:
    """A joint follows the hand.

    Attributes:
        track_id: whose joint.
        keypoint: which joint.
        start_xy: where the joint was, in full-frame pixels.
        grip_xy: where the hand took hold; the joint keeps its distance from the hand, so that it never jumps.
        xy: where the joint is now.
    """

    track_id: int
    keypoint: int
    start_xy: tuple[float, float]
    grip_xy: tuple[float, float]
    xy: tuple[float, float]

    def moved(self, x: float, y: float, picture: Picture) -> JointDrag:
        """The drag with the hand at (x, y); the joint stays on the picture."""
        target = self.start_xy[0] + x - self.grip_xy[0], self.start_xy[1] + y - self.grip_xy[1]
        return replace(self, xy=picture.clamped(*target))

    def preview(self, poses: FramePoses) -> FramePoses:
        """The people as they are while the hand holds the joint."""
        pose = poses.pose(self.track_id)
        if pose is None:
            return poses
        keypoints, visibility = pose.keypoints.copy(), pose.visibility.copy()
        keypoints[self.keypoint] = self.xy
        if visibility[self.keypoint] == Visibility.NOT_LABELLED:
            visibility[self.keypoint] = Visibility.VISIBLE
        return with_pose(poses, pose.replaced(keypoints=keypoints, visibility=visibility))


@dataclass(frozen=True)
class PersonDrag:
    """A whole person follows the hand, by (dx, dy) full-frame pixels so far."""

    track_id: int
    grip_xy: tuple[float, float]
    dx: float = 0.0
    dy: float = 0.0

    def moved(self, x: float, y: float, picture: Picture) -> PersonDrag:
        """The drag with the hand at (x, y), as far as the picture goes."""
        x, y = picture.clamped(x, y)
        return replace(self, dx=x - self.grip_xy[0], dy=y - self.grip_xy[1])

    def preview(self, poses: FramePoses) -> FramePoses:
        """The people as they are while the hand holds the person."""
        pose = poses.pose(self.track_id)
        if pose is None:
            return poses
        shift = np.array([self.dx, self.dy])
        bbox_xywh = np.concatenate([pose.bbox_xywh[:2] + shift, pose.bbox_xywh[2:]])
        return with_pose(poses, pose.replaced(keypoints=pose.keypoints + shift, bbox_xywh=bbox_xywh))


@dataclass(frozen=True)
class BoxResize:
    """An edge or a corner of a person's box follows the hand."""

    track_id: int
    handle: Handle
    start_xywh: FloatArray
    bbox_xywh: FloatArray

    def moved(self, x: float, y: float, picture: Picture) -> BoxResize:
        """The box with its handle at (x, y), never smaller than a person can be."""
        x, y = picture.clamped(x, y)
        left, top = self.start_xywh[:2]
        right, bottom = self.start_xywh[:2] + self.start_xywh[2:]
        if self.handle[0] < 0:
            left = min(x, right - MIN_BOX_PX)
        elif self.handle[0] > 0:
            right = max(x, left + MIN_BOX_PX)
        if self.handle[1] < 0:
            top = min(y, bottom - MIN_BOX_PX)
        elif self.handle[1] > 0:
            bottom = max(y, top + MIN_BOX_PX)
        return replace(self, bbox_xywh=np.array([left, top, right - left, bottom - top]))

    def preview(self, poses: FramePoses) -> FramePoses:
        """The people as they are while the hand holds the handle."""
        pose = poses.pose(self.track_id)
        return poses if pose is None else with_pose(poses, pose.replaced(bbox_xywh=self.bbox_xywh))


@dataclass(frozen=True)
class BoxDraw:
    """A new box between the place of the press and the hand."""

    start_xy: tuple[float, float]
    xy: tuple[float, float]

    def moved(self, x: float, y: float, picture: Picture) -> BoxDraw:
        """The box with its free corner at (x, y), on the picture."""
        return replace(self, xy=picture.clamped(x, y))

    def preview(self, poses: FramePoses) -> FramePoses:
        """The people as they are: nobody changes while a box is drawn."""
        return poses

    @property
    def bbox_xywh(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the box so far."""
        (x0, y0), (x1, y1) = self.start_xy, self.xy
        return min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)

    @property
    def is_a_person(self) -> bool:
        """False for a box too small to hold anybody, drawn by a slip of the hand."""
        return min(self.bbox_xywh[2:]) >= MIN_BOX_PX


Gesture = Pan | JointDrag | PersonDrag | BoxResize | BoxDraw
