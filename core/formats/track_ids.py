"""Which person is which from frame to frame, where a file doesn't say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.formats.texts.records import step
from core.people.linking import DEFAULT_RULES, link_boxes
from core.people.tracking import PersonBox
from core.poses import FloatArray

Place = tuple[int, int]
"""A person of a file: frame index, and index in the frame's list."""

RULES = replace(DEFAULT_RULES, min_boxes=1)
"""A labelled person is there, however short."""


def link_people(
    boxes: Sequence[Sequence[FloatArray | None]], known_ids: Sequence[Sequence[int | None]]
) -> list[list[int]]:
    """Gives everybody a track id: the known one, else the nearest known one along the track of linked boxes.

    Args:
        boxes: for each frame, everybody's box (4,) xywh, None where unknown.
        known_ids: likewise, track ids, None where unknown; distinct within a frame.

    Returns:
        Likewise, track ids, distinct within a frame. New ids follow the highest known one.
    """
    ids = [list(of_frame) for of_frame in known_ids]
    next_id = max((track_id for of_frame in ids for track_id in of_frame if track_id is not None), default=-1) + 1
    unlinked = [[(frame, at)] for frame, of_frame in enumerate(boxes) for at, box in enumerate(of_frame) if box is None]
    for track in _tracks(boxes) + unlinked:
        known = {frame: track_id for frame, at in track if (track_id := known_ids[frame][at]) is not None}
        fresh = False
        for frame, at in track:
            if ids[frame][at] is not None:
                continue
            nearest = known[min(known, key=lambda other: abs(other - frame))] if known else next_id
            is_taken = nearest in ids[frame]
            ids[frame][at] = next_id if is_taken else nearest
            fresh |= ids[frame][at] == next_id
        next_id += fresh
    return [[track_id for track_id in of_frame if track_id is not None] for of_frame in ids]


def _tracks(boxes: Sequence[Sequence[FloatArray | None]]) -> list[list[Place]]:
    """Everybody with a box, each list one person by rising frame."""

    def frames() -> Iterator[tuple[int, list[PersonBox]]]:
        for frame, of_frame in enumerate(boxes):
            step()
            yield frame, [PersonBox(box) for box in of_frame if box is not None]

    tracks = link_boxes(frames(), rules=RULES)
    places = {id(box): (frame, at) for frame, of_frame in enumerate(boxes) for at, box in enumerate(of_frame)}
    return [[places[id(box.bbox_xywh)] for box in track if id(box.bbox_xywh) in places] for track in tracks]
