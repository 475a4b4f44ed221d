"""After a long clip turned out to be damaged: its project counts as a plain decode, labels stay with their pictures."""

from __future__ import annotations

import numpy as np

from core.poses import Pose
from core.project import Change, PoseChange, Project, RegionsChange, RegionsOfFrame, ReviewChange, SourceRecord, Touched
from core.video import Source
from core.work.source_record import record_of

SAME_TIME_S = 1e-6


def is_to_be_recounted(record: SourceRecord, source: Source) -> bool:
    """Whether a project counts frames of this very clip that are missing from it."""
    return (
        source.num_listed is not None
        and source.num_listed > len(source)
        and record.num_frames == source.num_listed
        and (record.width, record.height) == source.size
        and record.kind == source.kind
    )


def recount(project: Project, source: Source) -> Touched:
    """Has a project count the frames of its clip as they are.

    Labels that were made on a picture go where this picture is now: the time in their frame proof says where. Others,
    such as imported ones, stay at their number, which their file counted.

    Raises:
        ProjectError: the project cannot be written.
    """
    places = _places(project, source)
    frames = sorted({*places, *places.values()})
    held = {frame: project.frame(frame) for frame in frames}
    people: dict[int, dict[int, Pose]] = {frame: {} for frame in frames}
    reviewed = dict.fromkeys(frames, False)
    said = {frame: project.said_of_regions(frame) for frame in frames}
    regions: dict[int, RegionsOfFrame] = dict.fromkeys(frames, ((), ()))
    for stays in (True, False):  # who comes with the picture has precedence over who stays at the number
        for frame in frames:
            if (frame not in places) == stays:
                target = places.get(frame, frame)
                people[target] |= {pose.track_id: pose for pose in held[frame].poses}
                reviewed[target] |= held[frame].reviewed
                drawn, removed = (
                    tuple(dict.fromkeys(a + b)) for a, b in zip(regions[target], said[frame], strict=True)
                )
                regions[target] = drawn, removed
    changes: list[Change] = []
    for frame in frames:
        before = {pose.track_id: pose for pose in held[frame].poses}
        changes += [
            PoseChange(frame, before.get(track_id), people[frame].get(track_id))
            for track_id in sorted({*before, *people[frame]})
        ]
        if held[frame].reviewed != reviewed[frame]:
            changes.append(ReviewChange(frame, held[frame].reviewed, reviewed[frame]))
        if said[frame] != regions[frame]:
            changes.append(RegionsChange(frame, said[frame], regions[frame]))
    return project.renumber("Move labels to their pictures", changes, places, record_of(source))


def _places(project: Project, source: Source) -> dict[int, int]:
    """Of each frame where something was made on a picture that is elsewhere: where that picture is now."""
    places = {}
    for frame_index in project.frames_with_proofs():
        proofs = project.frame_proofs(frame_index)
        if proofs:
            now = int(np.abs(source.timestamps - proofs[-1].timestamp_s).argmin())
            if now != frame_index and abs(source.timestamps[now] - proofs[-1].timestamp_s) < SAME_TIME_S:
                places[frame_index] = now
    return places
