"""Which box of one set is which box of another: the one assignment by overlap, for tracks, people and labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

from core.geometry import pairwise_iou

MIN_IOU = 0.2


def pair_by_overlap(
    first_xywh: Sequence[ArrayLike], second_xywh: Sequence[ArrayLike], min_iou: float = MIN_IOU
) -> list[tuple[int, int]]:
    """Pairs the boxes of two sets so that the sum of their overlaps is greatest (Hungarian method).

    Args:
        first_xywh: N boxes, for example those of the earlier of two frames.
        second_xywh: M boxes.
        min_iou: least intersection over union of a pair; smaller overlaps count as none.

    Returns:
        (index of a first box, index of a second box) of each pair, by rising first index.
    """
    if not len(first_xywh) or not len(second_xywh):
        return []
    return pair_by_likeness(pairwise_iou(np.asarray(first_xywh), np.asarray(second_xywh)), min_iou)


def pair_by_likeness(likeness: ArrayLike, least: float) -> list[tuple[int, int]]:
    """Pairs two sets so that the sum of their likenesses is greatest, each with at most one (Hungarian method).

    Args:
        likeness: (N, M) from 0 to 1.
        least: likeness of a pair; smaller ones count as none.

    Returns:
        (row, column) of each pair, by rising row.
    """
    counted = np.array(likeness, dtype=np.float64)
    counted[counted < least] = 0.0
    rows, columns = linear_sum_assignment(counted, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if counted[row, column] > 0]
