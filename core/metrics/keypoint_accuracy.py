"""PCK: the share of joints that lie near where they are labelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.keypoints import POSETRACK, Skeleton
from core.poses import FloatArray


def torso_sizes(keypoints: ArrayLike, skeleton: Skeleton = POSETRACK) -> FloatArray:
    """(N,) distance in pixels from left shoulder to right hip of (N, K, 2) keypoints."""
    points = np.asarray(keypoints, dtype=np.float64)
    diagonal = points[:, skeleton.index("left_shoulder")] - points[:, skeleton.index("right_hip")]
    sizes: FloatArray = np.linalg.norm(diagonal, axis=-1)
    return sizes


def box_sizes(bbox_xywh: ArrayLike) -> FloatArray:
    """(N,) the longer side in pixels of (N, 4) boxes: a person's size, as Sub-JHMDB's papers measure it."""
    sizes: FloatArray = np.asarray(bbox_xywh, dtype=np.float64).reshape(-1, 4)[:, 2:].max(axis=1)
    return sizes


def pck(
    truth: ArrayLike,
    labelled: ArrayLike,
    predicted: ArrayLike,
    threshold: float = 0.2,
    skeleton: Skeleton = POSETRACK,
    *,
    sizes_px: ArrayLike | None = None,
) -> dict[str, float]:
    """Percentage of correct keypoints: predicted within `threshold` person sizes of where they are labelled.

    Args:
        truth: (N, K, 2) in pixels.
        labelled: (N, K) True where the keypoint is labelled.
        predicted: (N, K, 2) in the same pixels; a keypoint that is NaN is wrong.
        threshold: as a fraction of the size.
        skeleton: that the K keypoints are in.
        sizes_px: (N,) people's sizes, such as `box_sizes`; a pose whose size is NaN or 0 is left out. Without them
            the torso sizes: a pose whose left shoulder or right hip is not labelled has none.

    Returns:
        Percent by keypoint name, NaN where a keypoint is nowhere labelled, and "mean" over the other keypoints.
    """
    truth_xy = np.asarray(truth, dtype=np.float64).reshape(-1, len(skeleton), 2)
    known = np.asarray(labelled, dtype=bool).reshape(-1, len(skeleton))
    guess_xy = np.asarray(predicted, dtype=np.float64).reshape(-1, len(skeleton), 2)
    if sizes_px is None:
        has_torso = known[:, skeleton.index("left_shoulder")] & known[:, skeleton.index("right_hip")]
        sizes = np.where(has_torso, torso_sizes(truth_xy, skeleton), np.nan)
    else:
        sizes = np.asarray(sizes_px, dtype=np.float64)
    counted = known & (sizes > 0)[:, None]
    correct = counted & (np.linalg.norm(guess_xy - truth_xy, axis=-1) <= threshold * sizes[:, None])
    totals = counted.sum(axis=0)
    percent = 100 * correct.sum(axis=0) / np.where(totals > 0, totals, np.nan)
    by_name = dict(zip(skeleton.keypoint_names, percent.tolist(), strict=True))
    return {**by_name, "mean": float(np.nanmean(percent)) if totals.any() else float("nan")}
