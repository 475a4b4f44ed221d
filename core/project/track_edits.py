"""Assigning, swapping, splitting and merging people over a clip: what it would come to, and the edit that does it."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import ProjectError
from core.poses import Pose
from core.project.project import Project
from core.project.reader import ProjectReader
from core.project.records import Change, CutChange, PoseChange, Touched, TrackCut
from core.track_changes import Both, TrackChange, TrackEffect, Verb

_ACTIONS = {
    Verb.ASSIGN: "change_track_id_from",
    Verb.SWAP: "swap_track_ids",
    Verb.SPLIT: "split_track",
    Verb.MERGE: "merge_tracks",
}


def effect_of(project: ProjectReader, change: TrackChange) -> TrackEffect:
    """What a change would come to; reads where the two people are, and no pose."""
    moved = project.frames_of(change.old, change.start, change.stop)
    new = -1 if change.new is None else change.new
    there = project.frames_of(new, change.start, change.stop)
    return TrackEffect(
        change,
        moved,
        there,
        len(project.frames_of(change.old)) - len(moved),
        len(project.frames_of(new)) - len(there),
    )


def change_tracks(project: Project, change: TrackChange) -> Touched:
    """Makes the change as one edit.

    In the undo menu "Change person 3 to 5 from frame 12 on", "Swap numbers 3 and 5 in frames 12 to 40", "Split person 3
    from frame 12 on", "Merge person 7 into 3". Who is somebody new is the highest of `Touched.track_ids`.

    Raises:
        ProjectError: the number is negative, the person is in none of the frames, or it cannot be written.
    """
    if change.new is not None and change.new < 0:
        raise ProjectError("A person's number cannot be negative; choose 0 or more.")
    if change.old == change.new:
        return Touched()
    with project.undisturbed():
        olds, news = _poses(project, change.old, change), {}
        if change.new is not None:
            news = _poses(project, change.new, change)
        if not olds and not (change.verb == Verb.SWAP and news):
            raise ProjectError(
                f"Person {change.old} is not in frame {change.start} or later; choose somebody who is there."
                if change.stop >= project.source.num_frames
                else f"Person {change.old} is in none of these frames; choose somebody who is there."
            )
        new = project.reserve_track_ids(1)[0] if change.new is None else change.new
        changes = _changes(olds, news, change, new)
        if change.stop >= project.source.num_frames:
            changes += _cuts(change, new, exchanged=any(index in news for index in olds))
        return project.commit(_label(project, change, new), changes, None, _ACTIONS[change.verb])


def _poses(project: Project, track_id: int, change: TrackChange) -> dict[int, Pose]:
    found: dict[int, Pose] = {}
    for index, pose in project.track(track_id, change.start):
        if index >= change.stop:
            break
        found[index] = pose
    return found


def _changes(olds: Mapping[int, Pose], news: Mapping[int, Pose], change: TrackChange, new: int) -> list[Change]:
    swaps = change.verb == Verb.SWAP
    changes: list[Change] = []
    for index, pose in olds.items():
        stays = index in news and not swaps and change.both == Both.KEEP_THERE
        changes.append(PoseChange(index, pose, None if stays else pose.replaced(track_id=new)))
    for index, pose in news.items():
        if swaps or (index in olds and change.both == Both.SWAP):
            changes.append(PoseChange(index, pose, pose.replaced(track_id=change.old)))
        elif index in olds and change.both == Both.KEEP_MOVED:
            changes.append(PoseChange(index, pose, None))
    return changes


def _cuts(change: TrackChange, new: int, *, exchanged: bool) -> list[Change]:
    """What runs that still write the old numbers are to know, where the change reaches to the clip's end."""
    if change.verb == Verb.SWAP:
        return [
            CutChange(None, TrackCut(change.old, change.start, new, lasting=False)),
            CutChange(None, TrackCut(new, change.start, change.old, lasting=False)),
        ]
    lasting = not (exchanged and change.both == Both.SWAP)
    return [CutChange(None, TrackCut(change.old, change.start, new, lasting=lasting))]


def _label(project: Project, change: TrackChange, new: int) -> str:
    where = f"in frames {change.start} to {change.stop - 1}"
    if change.stop >= project.source.num_frames:
        where = f"from frame {change.start} on"
    match change.verb:
        case Verb.SWAP:
            return f"Swap numbers {change.old} and {new} {where}"
        case Verb.SPLIT:
            return f"Split person {change.old} {where}"
        case Verb.MERGE:
            return f"Merge person {change.old} into {new}"
        case _:
            return f"Change person {change.old} to {new} {where}"
