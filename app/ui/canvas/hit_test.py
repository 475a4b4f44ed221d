"""What lies under the pointer: pure functions of poses and a view. No Qt."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.ui.canvas.view import View
from core.poses import FramePoses, Pose

JOINT_RADIUS_PX = 10.0
OVERLAP_PX = 5.0
"""Joints nearer to each other than this lie one over the other: the selected one is then on top."""
HANDLE_RADIUS_PX = 7.0

Handle = tuple[int, int]
"""A box's handle: (-1, 0, 1) for left, middle, right and (-1, 0, 1) for top, middle, bottom."""
HANDLES: tuple[Handle, ...] = ((-1, -1), (1, -1), (1, 1), (-1, 1), (0, -1), (1, 0), (0, 1), (-1, 0))


@dataclass(frozen=True)
class Selection:
    """The person and the joint that a hand works on; either may be None, a joint never stands alone."""

    track_id: int | None = None
    keypoint: int | None = None


@dataclass(frozen=True)
class JointHit:
    """A joint under the pointer, and how far from it in viewport pixels."""

    track_id: int
    keypoint: int
    distance_px: float


def reachable_joints(pose: Pose, selection: Selection) -> NDArray[np.bool_]:
    """(K,) True for each joint that a pointer finds: the drawn ones, and the selected one where it last stood.

    A joint that was set to "not labelled" a moment ago can so be brought back by the same click.
    """
    reachable = pose.placed
    if pose.track_id == selection.track_id and selection.keypoint is not None:
        reachable[selection.keypoint] |= bool(np.isfinite(pose.keypoints[selection.keypoint]).all())
    return reachable


def joint_at(
    poses: FramePoses,
    view: View,
    at_px: tuple[float, float],
    selection: Selection,
    *,
    ignored: AbstractSet[int] = frozenset(),
    radius_px: float = JOINT_RADIUS_PX,
) -> JointHit | None:
    """The joint under the pointer.

    Args:
        poses: the people of the frame shown.
        view: how the frame lies in the viewport.
        at_px: the pointer, in viewport pixels.
        selection: the selected person's joints win over those of others that lie nearer, and the selected joint over
            those that it overlaps.
        ignored: track ids of people who are hidden or locked.
        radius_px: how near a joint has to be, in viewport pixels.

    Returns:
        The nearest joint within the radius, or None.
    """
    hits = [
        hit
        for pose in poses.poses
        if pose.track_id not in ignored
        and (hit := _nearest_joint(pose, selection, view, at_px)) is not None
        and hit.distance_px <= radius_px
    ]
    return min(hits, key=lambda hit: (hit.track_id != selection.track_id, hit.distance_px), default=None)


def _nearest_joint(pose: Pose, selection: Selection, view: View, at_px: tuple[float, float]) -> JointHit | None:
    indices = np.flatnonzero(reachable_joints(pose, selection))
    if not len(indices):
        return None
    x, y = view.to_picture(*at_px)
    scale = np.array([view.zoom * view.pixel_aspect, view.zoom])
    distances = np.linalg.norm((pose.keypoints[indices] - [x, y]) * scale, axis=1)
    is_selected = (indices == selection.keypoint) & (pose.track_id == selection.track_id)
    nearest = int((distances - OVERLAP_PX * is_selected).argmin())
    return JointHit(pose.track_id, int(indices[nearest]), float(distances[nearest]))


def handle_position(bbox_xywh: ArrayLike, handle: Handle) -> tuple[float, float]:
    """Where a handle of a box lies, in full-frame pixels."""
    x, y, w, h = (float(value) for value in np.asarray(bbox_xywh))
    return x + w * (handle[0] + 1) / 2, y + h * (handle[1] + 1) / 2


def handle_at(
    bbox_xywh: ArrayLike, view: View, at_px: tuple[float, float], radius_px: float = HANDLE_RADIUS_PX
) -> Handle | None:
    """The handle of a box under the pointer, corners first."""
    for handle in HANDLES:
        x, y = view.to_viewport(*handle_position(bbox_xywh, handle))
        if max(abs(x - at_px[0]), abs(y - at_px[1])) <= radius_px:
            return handle
    return None


def person_at(poses: FramePoses, x: float, y: float, ignored: AbstractSet[int] = frozenset()) -> int | None:
    """The track id of the smallest box around a place of the picture, or None."""
    around = [
        pose
        for pose in poses.poses
        if pose.track_id not in ignored
        and pose.bbox_xywh[0] <= x <= pose.bbox_xywh[0] + pose.bbox_xywh[2]
        and pose.bbox_xywh[1] <= y <= pose.bbox_xywh[1] + pose.bbox_xywh[3]
    ]
    return min(around, key=lambda pose: float(pose.bbox_xywh[2:].prod())).track_id if around else None
