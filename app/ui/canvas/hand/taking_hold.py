"""What lies under the pointer of the hand that selects and drags, and what a press makes of it. No Qt."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.ui.canvas.gestures import BoxResize, Gesture, JointDrag
from app.ui.canvas.hand.transforming import (
    PersonDrag,
    PersonScale,
    PersonTransform,
    PersonTurn,
    is_on_turn_handle,
    turn_handle,
)
from app.ui.canvas.hit_test import HANDLES, Handle, JointHit, Selection, handle_at, handle_position, joint_at, person_at
from app.ui.canvas.view import View
from core.poses import FramePoses, Pose

Held = Gesture | PersonTransform


@dataclass(frozen=True)
class Under:
    """What a press would take hold of; joints go before all else.

    Attributes:
        joint: the joint.
        turns: the handle that turns the selected person.
        head_handle: a corner of the selected person's head box.
        handle: a corner or edge of the selected person's box.
        person: the selected person, around the place.
    """

    joint: JointHit | None = None
    turns: bool = False
    head_handle: Handle | None = None
    handle: Handle | None = None
    person: int | None = None

    @property
    def anything(self) -> bool:
        """False on the bare picture, where a drag pans."""
        return self.joint is not None or self.turns or (self.head_handle or self.handle) is not None


def under_pointer(
    poses: FramePoses,
    view: View,
    at_px: tuple[float, float],
    selection: Selection,
    *,
    ignored: AbstractSet[int],
    viewport_height: float,
    heads: bool,
) -> Under:
    """What lies at a place of the viewport.

    Args:
        poses: the people, without joints that cannot be touched.
        view: how the frame lies in the viewport.
        at_px: the place.
        selection: who and what is selected.
        ignored: track ids of people who cannot be touched.
        viewport_height: in pixels, for handles that keep in sight.
        heads: whether head boxes are shown.
    """
    joint = joint_at(poses, view, at_px, selection, ignored=ignored)
    pose = None if selection.track_id is None or selection.track_id in ignored else poses.pose(selection.track_id)
    if pose is None:
        return Under(joint)
    turn_px = turn_handle(pose, view, viewport_height)
    head = pose.bbox_head_xywh if heads else None
    head_handle = None if head is None else handle_at(head, view, at_px)
    x, y = view.to_picture(*at_px)
    inside = person_at(FramePoses(poses.frame_index, (pose,)), x, y)
    return Under(
        joint,
        turn_px is not None and is_on_turn_handle(turn_px, at_px),
        head_handle if head_handle in HANDLES[:4] else None,
        handle_at(pose.bbox_xywh, view, at_px),
        inside,
    )


def taken_hold(
    under: Under,
    poses: FramePoses,
    selection: Selection,
    xy: tuple[float, float],
    *,
    whole: bool,
    still: frozenset[int],
    pixel_aspect: float,
) -> Held | None:
    """What a press begins, None where it pans.

    Args:
        under: what lies under the pointer.
        poses: the people.
        selection: who is selected once the press has selected the joint under it.
        xy: the place in full-frame pixels.
        whole: Ctrl is held: the whole person is meant.
        still: that person's locked keypoints.
        pixel_aspect: of the picture.
    """
    pose = None if selection.track_id is None else poses.pose(selection.track_id)
    if pose is None:
        return None
    if under.joint is not None:
        return PersonDrag(pose.track_id, still, xy) if whole else _joint_drag(pose, under.joint.keypoint, xy)
    if under.turns:
        return PersonTurn.begun(pose, still, xy, pixel_aspect)
    if under.head_handle is not None and pose.bbox_head_xywh is not None:
        head = pose.bbox_head_xywh
        return BoxResize(pose.track_id, under.head_handle, head, head, is_head=True)
    if under.handle is not None:
        return _on_box(pose, under.handle, whole=whole, still=still)
    return PersonDrag(pose.track_id, still, xy) if whole and under.person == pose.track_id else None


def _joint_drag(pose: Pose, keypoint: int, xy: tuple[float, float]) -> JointDrag:
    joint_xy = float(pose.keypoints[keypoint, 0]), float(pose.keypoints[keypoint, 1])
    return JointDrag(pose.track_id, keypoint, joint_xy, xy, joint_xy)


def _on_box(pose: Pose, handle: Handle, *, whole: bool, still: frozenset[int]) -> Held:
    if whole and handle in HANDLES[:4]:
        opposite = -handle[0], -handle[1]
        anchor, corner = handle_position(pose.bbox_xywh, opposite), handle_position(pose.bbox_xywh, handle)
        return PersonScale(pose.track_id, still, anchor, corner)
    return BoxResize(pose.track_id, handle, pose.bbox_xywh, pose.bbox_xywh)
