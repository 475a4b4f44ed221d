"""How large a person is (the size of a person, and the torso), and which joints are near enough by that.

It needs no library but NumPy, since what trains the starter counts by it, too. `core.metrics` has it all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.geometry import FloatArray
from core.keypoints import POSETRACK, Skeleton
from core.poses import Pose

PCK_OF_TORSO = 0.2
"""A joint is right within this part of the torso, or of another size."""

_TORSO = (("left_shoulder", "right_hip"), ("right_shoulder", "left_hip"))


def box_sizes(bbox_xywh: ArrayLike) -> FloatArray:
    """(N,) people's sizes in pixels: the longer side of each of the boxes (N, 4), left, top, width, height."""
    sizes: FloatArray = np.asarray(bbox_xywh, dtype=np.float64).reshape(-1, 4)[:, 2:].max(axis=1)
    return sizes


def person_size_px(pose: Pose) -> float:
    """A person's size in pixels: of the box, or of the rectangle around the joints where the box has no area.

    Returns:
        0 where neither the box nor the joints have any extent.
    """
    size_px = float(box_sizes(pose.bbox_xywh)[0])
    if pose.bbox_xywh[2:].min() > 0 and np.isfinite(size_px):
        return size_px
    points = pose.keypoints[pose.placed]
    return float(np.ptp(points, axis=0).max()) if len(points) else 0.0


def torso_sizes(
    keypoints: ArrayLike, labelled: NDArray[np.bool_] | None = None, skeleton: Skeleton = POSETRACK
) -> FloatArray:
    """(N,) torsos: the mean length of the two diagonals from a shoulder to the other side's hip, of those labelled.

    Args:
        keypoints: (N, K, 2) in any pixels.
        labelled: (N, K); all by default.
        skeleton: of the keypoints.

    Returns:
        In the keypoints' pixels; NaN for people without a labelled diagonal.
    """
    points = np.asarray(keypoints, dtype=np.float64).reshape(-1, len(skeleton), 2)
    known = np.ones(points.shape[:2], dtype=bool) if labelled is None else labelled
    total, count = np.zeros(len(points)), np.zeros(len(points))
    for shoulder, hip in _TORSO:
        a, b = skeleton.index(shoulder), skeleton.index(hip)
        there = known[:, a] & known[:, b]
        total += np.where(there, np.linalg.norm(points[:, a] - points[:, b], axis=1), 0.0)
        count += there
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def joints_right(
    found: ArrayLike,
    truth: ArrayLike,
    labelled: ArrayLike,
    threshold: float = PCK_OF_TORSO,
    skeleton: Skeleton = POSETRACK,
    *,
    sizes_px: ArrayLike | None = None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which joints can be measured, and which of them are right: what every PCK counts.

    Args:
        found: (N, K, 2) in pixels; a keypoint that is NaN is wrong.
        truth: (N, K, 2) in the same pixels.
        labelled: (N, K) True where the keypoint is labelled.
        threshold: a joint is right within this part of the size.
        skeleton: that the K keypoints are in.
        sizes_px: (N,) people's sizes, such as `box_sizes`; without them the torsos.

    Returns:
        (N, K) labelled joints of people whose size is a number and not 0, and (N, K) those near enough.
    """
    truth_xy = np.asarray(truth, dtype=np.float64).reshape(-1, len(skeleton), 2)
    known = np.asarray(labelled, dtype=bool).reshape(-1, len(skeleton))
    found_xy = np.asarray(found, dtype=np.float64).reshape(-1, len(skeleton), 2)
    sizes = torso_sizes(truth_xy, known, skeleton) if sizes_px is None else np.asarray(sizes_px, dtype=np.float64)
    measured = known & (sizes > 0)[:, None]
    distances = np.linalg.norm(np.where(np.isnan(found_xy), np.inf, found_xy) - truth_xy, axis=2)
    return measured, measured & (distances <= threshold * np.nan_to_num(sizes)[:, None])
