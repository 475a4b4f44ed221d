"""Whether two neighbouring frames are of one scene."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray

CUT_LIKENESS = 0.5
"""Thumbnails of neighbouring frames that correlate less than this are of two scenes: real motion stays above 0.8."""
_THUMBNAIL_WH = (32, 32)


def thumbnail(gray: NDArray[np.uint8]) -> FloatArray:
    """(32, 32) of a gray picture (H, W)."""
    return cv2.resize(gray, _THUMBNAIL_WH, interpolation=cv2.INTER_AREA).astype(np.float64)


def correlation(first: FloatArray, second: FloatArray) -> float:
    """Normalised correlation of two patches where both are finite, 0 where that says nothing."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 0.1 * both.size:
        return 0.0
    a, b = first[both] - first[both].mean(), second[both] - second[both].mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b / norm) if norm > 0 else 0.0


def is_cut(before: FloatArray, after: FloatArray) -> bool:
    """True where the thumbnails of two neighbouring frames are of two scenes."""
    return correlation(before, after) < CUT_LIKENESS
