"""A whole person in the hand: moved, scaled by a corner of the box, turned by the handle above it. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from app.ui.canvas.view import Picture, View
from core.geometry import FloatArray
from core.poses import FramePoses, Pose
from core.transforming import scaling, transformed, translation, turning

TURN_HANDLE_PX = 28.0
"""How far above the box the handle that turns a person is, in viewport pixels."""
TURN_RADIUS_PX = 9.0
SMALLEST_FACTOR = 0.05


def turn_handle(pose: Pose, view: View, viewport_height: float) -> tuple[float, float] | None:
    """Where the handle that turns a person is, in viewport pixels: above the box, below it where there is no room.

    None for a person without joints, for whom there is nothing to turn.
    """
    if not pose.placed.any():
        return None
    x, y, w, h = (float(value) for value in pose.bbox_xywh)
    at_x, top = view.to_viewport(x + w / 2, y)
    _, bottom = view.to_viewport(x + w / 2, y + h)
    above, below = top - TURN_HANDLE_PX, bottom + TURN_HANDLE_PX
    return at_x, below if above < TURN_RADIUS_PX and below < viewport_height - TURN_RADIUS_PX else above


def is_on_turn_handle(handle_px: tuple[float, float], at_px: tuple[float, float]) -> bool:
    """True where a press takes hold of the handle."""
    return math.dist(handle_px, at_px) <= TURN_RADIUS_PX


@dataclass(frozen=True)
class PersonDrag:
    """A whole person follows the hand.

    Attributes:
        track_id: whom.
        still: keypoints that stay where they are.
        grip_xy: where the hand took hold, in full-frame pixels.
        dx, dy: how far the hand has gone.
    """

    track_id: int
    still: frozenset[int]
    grip_xy: tuple[float, float]
    dx: float = 0.0
    dy: float = 0.0

    @property
    def verb(self) -> str:
        """What the edit is called."""
        return "Move"

    @property
    def affine(self) -> FloatArray:
        """(2, 3) what happens to the person."""
        return translation(self.dx, self.dy)

    def moved(self, x: float, y: float, picture: Picture) -> PersonDrag:
        """The drag with the hand at (x, y), as far as the picture goes."""
        x, y = picture.clamped(x, y)
        return replace(self, dx=x - self.grip_xy[0], dy=y - self.grip_xy[1])

    def preview(self, poses: FramePoses) -> FramePoses:
        """The people as they are while the hand holds the person."""
        return _preview(poses, self.track_id, self.affine, self.still)


@dataclass(frozen=True)
class PersonScale:
    """A corner of a person's box follows the hand, and the person with it; the opposite corner stays.

    Attributes:
        track_id: whom.
        still: keypoints that stay where they are.
        anchor_xy: the corner that stays.
        corner_xy: where the other corner was.
        factor: how large the person is compared with before.
    """

    track_id: int
    still: frozenset[int]
    anchor_xy: tuple[float, float]
    corner_xy: tuple[float, float]
    factor: float = 1.0

    @property
    def verb(self) -> str:
        """What the edit is called."""
        return "Scale"

    @property
    def affine(self) -> FloatArray:
        """(2, 3) what happens to the person."""
        return scaling(self.anchor_xy, self.factor)

    def moved(self, x: float, y: float, picture: Picture) -> PersonScale:
        """The person so large that the corner is as near to the hand as the box's diagonal allows."""
        x, y = picture.clamped(x, y)
        diagonal = np.subtract(self.corner_xy, self.anchor_xy)
        along = float(np.dot(np.subtract((x, y), self.anchor_xy), diagonal) / max(np.dot(diagonal, diagonal), 1e-9))
        return replace(self, factor=max(along, SMALLEST_FACTOR))

    def preview(self, poses: FramePoses) -> FramePoses:
        """The people as they are while the hand holds the corner."""
        return _preview(poses, self.track_id, self.affine, self.still)


@dataclass(frozen=True)
class PersonTurn:
    """The handle above a person's box follows the hand around the middle of the box.

    Attributes:
        track_id: whom.
        still: keypoints that stay where they are.
        centre_xy: what the person is turned about.
        start_rad: the direction from there to where the hand took hold, as it is seen.
        angle_rad: how far the hand has gone round.
    """

    track_id: int
    still: frozenset[int]
    centre_xy: tuple[float, float]
    start_rad: float
    pixel_aspect: float = 1.0
    angle_rad: float = 0.0

    @classmethod
    def begun(cls, pose: Pose, still: frozenset[int], at_xy: tuple[float, float], pixel_aspect: float) -> PersonTurn:
        """The turn with the hand at `at_xy`."""
        x, y, w, h = (float(value) for value in pose.bbox_xywh)
        centre = x + w / 2, y + h / 2
        return cls(pose.track_id, still, centre, _direction(centre, at_xy, pixel_aspect), pixel_aspect)

    @property
    def verb(self) -> str:
        """What the edit is called."""
        return "Turn"

    @property
    def affine(self) -> FloatArray:
        """(2, 3) what happens to the person."""
        return turning(self.centre_xy, self.angle_rad, self.pixel_aspect)

    def moved(self, x: float, y: float, picture: Picture) -> PersonTurn:
        """The person turned as far as the hand at (x, y) has gone round."""
        return replace(self, angle_rad=_direction(self.centre_xy, (x, y), self.pixel_aspect) - self.start_rad)

    def preview(self, poses: FramePoses) -> FramePoses:
        """The people as they are while the hand holds the handle."""
        return _preview(poses, self.track_id, self.affine, self.still)


PersonTransform = PersonDrag | PersonScale | PersonTurn


def _direction(centre: tuple[float, float], at: tuple[float, float], pixel_aspect: float) -> float:
    return math.atan2(at[1] - centre[1], (at[0] - centre[0]) * pixel_aspect)


def _preview(poses: FramePoses, track_id: int, affine: FloatArray, still: frozenset[int]) -> FramePoses:
    pose = poses.pose(track_id)
    if pose is None:
        return poses
    # Who set the joints changes only once the hand lets go.
    after = transformed(pose, affine, still).replaced(
        scores=pose.scores, provenance=pose.provenance, bbox_provenance=pose.bbox_provenance
    )
    return replace(poses, poses=tuple(after if old.track_id == track_id else old for old in poses.poses))
