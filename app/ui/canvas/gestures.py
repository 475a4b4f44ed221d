"""What a hand is doing between press and release, as values: each knows how the people look meanwhile. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.ui.canvas.hit_test import Handle
from app.ui.canvas.view import Picture
from core.poses import FloatArray, FramePoses, Pose, Visibility

CLICK_TOLERANCE_PX = 3.0
"""A press that moves less than this, in viewport pixels, is a click."""
MIN_BOX_PX, MIN_HEAD_PX = 8.0, 2.0
"""A box narrower or lower than this, in full-frame pixels, is no person, or no head."""


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
        hand_xy: where the joint is where nothing draws it to itself.
    """

    track_id: int
    keypoint: int
    start_xy: tuple[float, float]
    grip_xy: tuple[float, float]
    xy: tuple[float, float]
    hand_xy: tuple[float, float] | None = None

    def moved(self, x: float, y: float, picture: Picture) -> JointDrag:
        """The drag with the hand at (x, y); the joint stays on the picture."""
        target = self.start_xy[0] + x - self.grip_xy[0], self.start_xy[1] + y - self.grip_xy[1]
        here = picture.clamped(*target)
        return replace(self, xy=here, hand_xy=here)

    def snapped(self, places: Sequence[tuple[float, float]]) -> JointDrag:
        """The drag with the joint at the nearest of some places; where the hand is, if there are none."""
        hand_xy = self.hand_xy or self.xy
        return replace(self, xy=min(places, key=lambda place: math.dist(place, hand_xy), default=hand_xy))

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
class BoxResize:
    """An edge or a corner of a person's box, or of their head's, follows the hand."""

    track_id: int
    handle: Handle
    start_xywh: FloatArray
    bbox_xywh: FloatArray
    is_head: bool = False

    def moved(self, x: float, y: float, picture: Picture) -> BoxResize:
        """The box with its handle at (x, y), never smaller than a person can be."""
        x, y = picture.clamped(x, y)
        smallest = MIN_HEAD_PX if self.is_head else MIN_BOX_PX
        left, top = self.start_xywh[:2]
        right, bottom = self.start_xywh[:2] + self.start_xywh[2:]
        if self.handle[0] < 0:
            left = min(x, right - smallest)
        elif self.handle[0] > 0:
            right = max(x, left + smallest)
        if self.handle[1] < 0:
            top = min(y, bottom - smallest)
        elif self.handle[1] > 0:
            bottom = max(y, top + smallest)
        return replace(self, bbox_xywh=np.array([left, top, right - left, bottom - top]))

    def preview(self, poses: FramePoses) -> FramePoses:
        """The people as they are while the hand holds the handle."""
        pose = poses.pose(self.track_id)
        field = "bbox_head_xywh" if self.is_head else "bbox_xywh"
        return poses if pose is None else with_pose(poses, pose.replaced(**{field: self.bbox_xywh}))


@dataclass(frozen=True)
class BoxDraw:
    """A new box between the place of the press and the hand; of a head where that is the tool."""

    start_xy: tuple[float, float]
    xy: tuple[float, float]
    is_head: bool = False

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
    def is_large_enough(self) -> bool:
        """False for a box too small to hold anybody, drawn by a slip of the hand."""
        return min(self.bbox_xywh[2:]) >= (MIN_HEAD_PX if self.is_head else MIN_BOX_PX)


Gesture = Pan | JointDrag | BoxResize | BoxDraw
