"""Object keypoint similarity of two poses, as COCO counts it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.geometry import FloatArray
from core.keypoints import POSETRACK


def keypoint_similarities(
    distances_px: ArrayLike, areas_px: ArrayLike, sigmas: ArrayLike = POSETRACK.sigmas
) -> FloatArray:
    """How alike two places of each keypoint are; their mean over a pose's keypoints is its OKS.

    Args:
        distances_px: (..., K) between the two places, NaN where a place is missing.
        areas_px: (...) people's areas in square pixels.
        sigmas: (K,) constants of the keypoints (COCO's k/2).

    Returns:
        (..., K) from 0 to 1, which is no distance at all; NaN where the distance is.
    """
    distances = np.asarray(distances_px, dtype=np.float64)
    variances = (2 * np.asarray(sigmas, dtype=np.float64)) ** 2
    areas = np.asarray(areas_px, dtype=np.float64)[..., None] + np.spacing(1)  # as COCO does, against a division by 0
    similarities: FloatArray = np.exp(-(distances**2) / variances / areas / 2)
    return similarities
