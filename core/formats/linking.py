"""Which person is which from frame to frame, where a file doesn't say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from core.geometry import intersection_over_union
from core.poses import FloatArray

LEAST_OVERLAP = 0.3
"""Boxes of neighbouring frames that overlap less (intersection over union) are different people."""


def link_people(
    boxes: Sequence[Sequence[FloatArray | None]], known_ids: Sequence[Sequence[int | None]]
) -> list[list[int]]:
    """Gives everybody a track id: the known one, else that of the best overlapping box of the frame before.

    Args:
        boxes: for each frame, everybody's box (4,) xywh, None where unknown.
        known_ids: likewise, track ids, None where unknown; distinct within a frame.

    Returns:
        Likewise, track ids, distinct within a frame. New ids follow the highest known one.
    """
    next_id = max((track_id for ids in known_ids for track_id in ids if track_id is not None), default=-1) + 1
    previous: dict[int, FloatArray] = {}
    result = []
    for frame_boxes, frame_ids in zip(boxes, known_ids, strict=True):
        ids = list(frame_ids)
        free = [i for i, track_id in enumerate(ids) if track_id is None]
        candidates = [track_id for track_id in previous if track_id not in ids]
        for person, place in _pairs([frame_boxes[i] for i in free], [previous[c] for c in candidates]):
            ids[free[person]] = candidates[place]
        numbered = []
        for track_id in ids:
            numbered.append(next_id if track_id is None else track_id)
            next_id += track_id is None
        result.append(numbered)
        previous = {i: box for i, box in zip(numbered, frame_boxes, strict=True) if box is not None}
    return result


def _pairs(boxes: Sequence[FloatArray | None], previous: Sequence[FloatArray]) -> list[tuple[int, int]]:
    if not boxes or not previous:
        return []
    overlap = np.array([[0.0 if a is None else intersection_over_union(a, b) for b in previous] for a in boxes])
    pairs = zip(*linear_sum_assignment(overlap, maximize=True), strict=True)
    return [(int(i), int(j)) for i, j in pairs if overlap[i, j] >= LEAST_OVERLAP]
