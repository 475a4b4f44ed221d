"""Boxes, crop windows, affines and their inverses. Points are x, y in pixels; affines are (2, 3)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.uint8]

PIXEL_STD = 200.0
"""HRNet's unit of scale: a person's scale is the crop's side divided by this."""
CROP_ENLARGEMENT = 1.25
"""The crop is the person's box enlarged by 25 % (paper, section 4)."""
BOX_MARGIN = 0.15
"""How far a box made around joints reaches beyond them on each side, as a fraction of their extent."""


def center_and_scale(
    bbox_xywh: ArrayLike, aspect: float = 0.75, enlargement: float = CROP_ENLARGEMENT
) -> tuple[FloatArray, FloatArray]:
    """A box as HRNet's centre and scale: the shorter side padded to the crop's aspect, then enlarged.

    Args:
        bbox_xywh: (4,) left, top, width, height.
        aspect: width / height of the crop.
        enlargement: factor by which the padded box grows about its centre.

    Returns:
        (2,) centre in pixels, and (2,) scale: the crop's width and height divided by 200.
    """
    x, y, w, h = np.asarray(bbox_xywh, dtype=np.float64)
    center = np.array([x + w * 0.5, y + h * 0.5])
    if w > aspect * h:
        h = w / aspect
    elif w < aspect * h:
        w = h * aspect
    return center, np.array([w, h]) / PIXEL_STD * enlargement


def crop_affine(center: ArrayLike, scale: ArrayLike, rotation_deg: float, size_wh: tuple[int, int]) -> FloatArray:
    """The affine from full-frame pixels to a crop (or a heatmap) of size `size_wh`, as HRNet computes it.

    The crop's centre maps to size / 2, its width scale[0] * 200 to size_wh[0], without change of aspect;
    a positive rotation turns the crop window clockwise on screen.
    """
    center = np.asarray(center, dtype=np.float64)
    width_px = float(np.asarray(scale, dtype=np.float64)[0]) * PIXEL_STD
    factor = size_wh[0] / width_px
    angle = np.deg2rad(rotation_deg)
    cos, sin = np.cos(angle), np.sin(angle)
    linear = factor * np.array([[cos, sin], [-sin, cos]])
    offset = np.array(size_wh, dtype=np.float64) * 0.5 - linear @ center
    return np.column_stack([linear, offset])


def invert_affine(affine: ArrayLike) -> FloatArray:
    """The inverse of a (2, 3) affine, as (2, 3). Raises numpy.linalg.LinAlgError if it has none."""
    matrix = np.vstack([np.asarray(affine, dtype=np.float64), [0.0, 0.0, 1.0]])
    return np.linalg.inv(matrix)[:2]


def apply_affine(affine: ArrayLike, points: ArrayLike) -> FloatArray:
    """Maps (..., 2) points by a (2, 3) affine."""
    matrix = np.asarray(affine, dtype=np.float64)
    return np.asarray(points, dtype=np.float64) @ matrix[:, :2].T + matrix[:, 2]


def bbox_of_points(points: ArrayLike, margin: float = 0.0) -> FloatArray:
    """(4,) xywh box of the finite points among (N, 2), each side moved out by `margin` of the box's size.

    Raises ValueError if no point is finite.
    """
    array = np.asarray(points, dtype=np.float64)
    finite = array[np.isfinite(array).all(axis=1)]
    if not len(finite):
        raise ValueError("no finite point")
    low, high = finite.min(axis=0), finite.max(axis=0)
    grow = (high - low) * margin
    return np.concatenate([low - grow, high - low + 2 * grow])


def pairwise_iou(first_xywh: ArrayLike, second_xywh: ArrayLike) -> FloatArray:
    """(N, M) intersection over union of (N, 4) with (M, 4) xywh boxes, 0 where both are empty."""
    a = np.asarray(first_xywh, dtype=np.float64)[:, None]
    b = np.asarray(second_xywh, dtype=np.float64)[None]
    low, high = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = a[..., 2:].prod(axis=2) + b[..., 2:].prod(axis=2) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def intersection_over_union(first_xywh: ArrayLike, second_xywh: ArrayLike) -> float:
    """Intersection over union of two xywh boxes, 0 where both are empty."""
    return float(pairwise_iou(np.asarray(first_xywh)[None], np.asarray(second_xywh)[None])[0, 0])
