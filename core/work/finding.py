"""Finding people in a stretch of a clip and writing them into the project, without Qt: for window and command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray, pairwise_iou
from core.people.assignment import pair_by_overlap
from core.people.linking import link_boxes
from core.people.tracking import PersonBox, PersonBoxSource, TrackedBox
from core.poses import Pose, Provenance
from core.project import Project, RunKind, Touched
from core.video import Source, frame_proof

People = Mapping[int, Mapping[int, FloatArray]]
"""Boxes (4,) xywh that are known already, by frame index and track id."""

SAME_IOU = 0.5
"""A found box that overlaps a person's own box this much is that person."""
NEAR_IOU = 0.3
"""Likewise of the person's last box before, or first box after, the frames in which a track was found."""
REACH_S = 1.0
"""How far before and after the frames looked at people are looked for who may be the same."""
BATCH_FRAMES = 64


@dataclass(frozen=True)
class Found:
    """What finding people came to.

    Attributes:
        num_people: people with a box in the frames looked at, as found.
        num_new: those of them who were not in the project before.
        first_frame: the first frame with somebody in it, None if nobody was found.
    """

    num_people: int
    num_new: int
    first_frame: int | None


def find_people(
    project: Project,
    source: Source,
    box_source: PersonBoxSource,
    start: int,
    stop: int,
    *,
    every: int = 1,
    weights_sha256: str | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_part: Callable[[Touched], None] = lambda touched: None,
) -> Found:
    """Finds people from `start` to `stop`, links them into tracks, and writes these as one run.

    Who overlaps a person of the project gets that person's number, everybody else a new one. Boxes that a person
    drew stay as they are, a frame that a person has marked as reviewed is left alone, and somebody whom a person
    deleted is not found again where they were.

    Args:
        project: takes the boxes.
        source: opened for this thread alone.
        box_source: says where people are.
        start: the first frame.
        stop: the first frame that is left out.
        every: looks at every so many frames, and at the last one; the boxes between are bridged.
        weights_sha256: what the run remembers of the detector's weights.
        on_progress: called with the frames done and in all; may raise Cancelled, what was found before is written.
        on_part: called after each part that was written.

    Raises:
        Cancelled: as `on_progress` raised it.
        FamiError: the clip could not be read, or the box source failed.
    """
    settings = {"method": box_source.method, "frames": [start, stop], "every": every}
    proofs: dict[int, tuple[float, str]] = {}
    looks: list[tuple[int, list[PersonBox]]] = []
    with project.run(RunKind.TRACK, weights_sha256, settings) as run_id:
        try:
            for look in box_source.boxes(_looked_at(source, start, stop, every, proofs)):
                looks.append(look)
                on_progress(look[0] - start + 1, stop - start)
        finally:  # what was found before a cancel, or a fault, is worth keeping
            found = _write(project, run_id, looks, proofs, on_part=on_part, frame_s=_frame_s(source))
    return found


def _looked_at(
    source: Source, start: int, stop: int, every: int, proofs: dict[int, tuple[float, str]]
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The frames to look at; notes the proof of each frame that passes."""
    for index, rgb in source.frames(start, stop):
        proofs[index] = (float(source.timestamps[index]), frame_proof(rgb))
        if (index - start) % every == 0 or index == stop - 1:
            yield index, rgb


def _frame_s(source: Source) -> float:
    """Seconds from one frame to the next."""
    times = np.asarray(source.timestamps, dtype=np.float64)
    steps = np.diff(times)
    return float(np.median(steps)) if len(steps) and np.median(steps) > 0 else 1 / 25


def frames_between_looks(source: Source, looks_per_s: float) -> int:
    """Every how many frames to look so that a second of the clip gets about `looks_per_s` looks."""
    return max(1, round(1 / (_frame_s(source) * looks_per_s)))


def _write(
    project: Project,
    run_id: int,
    looks: Sequence[tuple[int, list[PersonBox]]],
    proofs: Mapping[int, tuple[float, str]],
    *,
    frame_s: float,
    on_part: Callable[[Touched], None],
) -> Found:
    """Links what was found and writes it, part by part."""
    tracks = link_boxes(looks, frame_s)
    if not tracks:
        return Found(0, 0, None)
    reach = max(1, round(REACH_S / frame_s))
    first, last = looks[0][0], looks[-1][0]
    with project.undisturbed():
        as_of = project.last_entry
        frames = list(project.frames(max(first - reach, 0), last + reach + 1))
        deleted = project.deleted_boxes(first, last + 1)
        known = set(project.track_ids())
    people = {frame.frame_index: {pose.track_id: pose.bbox_xywh for pose in frame.poses} for frame in frames}
    reviewed = {frame.frame_index for frame in frames if frame.reviewed}
    gone = {who for boxes in deleted.values() for who in boxes} - known
    named = {
        index: {who: box for who, box in boxes.items() if who not in gone}
        for index, boxes in name_people(tracks, people, _numbers(project, run_id), reach, deleted).items()
    }
    in_order = sorted(index for index, boxes in named.items() if boxes and index not in reviewed)
    for at in range(0, len(in_order), BATCH_FRAMES):
        part = in_order[at : at + BATCH_FRAMES]
        poses = {
            index: [Pose.empty(who, box, Provenance.PROPAGATED) for who, box in named[index].items()] for index in part
        }
        on_part(project.write_run(run_id, poses, {index: proofs[index] for index in part}, as_of=as_of))
    everybody = {who for index in in_order for who in named[index]}
    return Found(len(everybody), len(everybody - known), in_order[0] if in_order else None)


def _numbers(project: Project, run_id: int) -> Iterator[int]:
    """Numbers that nobody else gets, each taken when it is needed, so that none is wasted."""
    while True:
        yield from project.reserve_track_ids(1, run_id=run_id)


def name_people(
    tracks: Sequence[Sequence[TrackedBox]],
    people: People,
    numbers: Iterator[int],
    reach: int,
    deleted: People | None = None,
) -> dict[int, dict[int, FloatArray]]:
    """Gives found people the numbers of those who are there already, and new numbers to the others.

    A found box that overlaps a person's box is that person. The rest of its track is that person, too, wherever the
    person is not somewhere else at that time. A track that overlaps nobody may go on from, or lead to, somebody just
    before or after it.

    Args:
        tracks: found boxes by rising frame, each list one person.
        people: who is known already, also some frames before and after the tracks.
        numbers: numbers that nobody has; one is taken for everybody new.
        reach: how many frames before or after a track somebody may be who is the same.
        deleted: where people were whom a person deleted; a track that overlaps nobody else is one of them.

    Returns:
        The box (4,) of each person, by frame and track id.
    """
    named: dict[int, dict[int, FloatArray]] = {}
    names = _overlapping(tracks, people)
    names_of_deleted = _overlapping(tracks, deleted or {})
    for at, track in enumerate(tracks):
        own = _names_of(at, track, names) or _names_of(at, track, names_of_deleted)
        if not own:
            neighbour = _neighbour(track, people, reach)
            own = {} if neighbour is None else neighbour
        fresh: int | None = None
        for box in track:
            index = box.frame_index
            who = own.get(index)
            if who is None and own:
                nearest = own[min(own, key=lambda frame: abs(frame - index))]
                elsewhere = nearest in people.get(index, {})
                who = None if elsewhere else nearest
            if who is None or who in named.get(index, {}):
                if fresh is None:
                    fresh = next(numbers)
                who = fresh
            named.setdefault(index, {})[who] = box.bbox_xywh
    return named


def _names_of(at: int, track: Sequence[TrackedBox], names: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Who a track is, by frame index, where that is known."""
    return {box.frame_index: names[at, box.frame_index] for box in track if (at, box.frame_index) in names}


def _overlapping(tracks: Sequence[Sequence[TrackedBox]], people: People) -> dict[tuple[int, int], int]:
    """Who is who where both are in a frame: (index of a track, frame index) -> track id."""
    found: dict[int, list[tuple[int, FloatArray]]] = {}
    for at, track in enumerate(tracks):
        for box in track:
            found.setdefault(box.frame_index, []).append((at, box.bbox_xywh))
    names: dict[tuple[int, int], int] = {}
    for index, boxes in found.items():
        known = people.get(index, {})
        track_ids = list(known)
        for row, column in pair_by_overlap([box for _, box in boxes], list(known.values()), SAME_IOU):
            names[boxes[row][0], index] = track_ids[column]
    return names


def _neighbour(track: Sequence[TrackedBox], people: People, reach: int) -> dict[int, int] | None:
    """Whom the track goes on from or leads to: {its first or last frame: track id}, None if nobody."""
    for box, direction in ((track[0], -1), (track[-1], 1)):
        for steps in range(1, reach + 1):
            known = people.get(box.frame_index + direction * steps, {})
            absent = {who: at for who, at in known.items() if who not in people.get(box.frame_index, {})}
            if absent:
                overlaps = pairwise_iou([box.bbox_xywh], list(absent.values()))[0]
                if overlaps.max() >= NEAR_IOU:
                    return {box.frame_index: list(absent)[int(overlaps.argmax())]}
    return None
