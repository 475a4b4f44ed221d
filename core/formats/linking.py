"""Which person is which from frame to frame, where a file doesn't say."""

from __future__ import annotations

from collections.abc import Sequence

from core.poses import FloatArray
from core.tracking import associate


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
        free = {i: box for i, box in enumerate(frame_boxes) if ids[i] is None and box is not None}
        candidates = {track_id: box for track_id, box in previous.items() if track_id not in ids}
        for before, now in associate(list(candidates.values()), list(free.values())):
            ids[list(free)[now]] = list(candidates)[before]
        numbered = []
        for track_id in ids:
            numbered.append(next_id if track_id is None else track_id)
            next_id += track_id is None
        result.append(numbered)
        previous = {i: box for i, box in zip(numbered, frame_boxes, strict=True) if box is not None}
    return result
