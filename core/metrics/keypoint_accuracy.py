"""PCK: the share of joints that lie near where they are labelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.judging.sizes import PCK_OF_TORSO, joints_right
from core.keypoints import POSETRACK, Skeleton


def pck(
    truth: ArrayLike,
    labelled: ArrayLike,
    predicted: ArrayLike,
    threshold: float = PCK_OF_TORSO,
    skeleton: Skeleton = POSETRACK,
    *,
    sizes_px: ArrayLike | None = None,
) -> dict[str, float]:
    """Percentage of correct keypoints, as benchmarks print it.

    Args:
        truth: (N, K, 2) in pixels.
        labelled: (N, K) True where the keypoint is labelled.
        predicted: (N, K, 2) in the same pixels; a keypoint that is NaN is wrong.
        threshold: as a fraction of the size.
        skeleton: that the K keypoints are in.
        sizes_px: (N,) people's sizes, such as `box_sizes`; a pose whose size is NaN or 0 is left out. Without them
            the torsos.

    Returns:
        Percent by keypoint name, NaN where a keypoint is nowhere labelled, and "mean" over the other keypoints.
    """
    measured, right = joints_right(predicted, truth, labelled, threshold, skeleton, sizes_px=sizes_px)
    totals = measured.sum(axis=0)
    percent = 100 * right.sum(axis=0) / np.where(totals > 0, totals, np.nan)
    by_name = dict(zip(skeleton.keypoint_names, percent.tolist(), strict=True))
    return {**by_name, "mean": float(np.nanmean(percent)) if totals.any() else float("nan")}
