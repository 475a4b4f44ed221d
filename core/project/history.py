"""What an edit, its undoing or a run truly changes, given what the project holds now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from core.errors import ProjectError
from core.poses import Pose
from core.project import journal
from core.project.codec import identical
from core.project.merging import holds_human_work, merge_run, overlay, take_back, transfer, without_runs
from core.project.records import Change, CutChange, PoseChange, ReviewChange
from core.project.store import Store


class _Frames:
    """The poses of the frames at hand, each read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._poses: dict[int, dict[int, Pose]] = {}

    def __getitem__(self, frame_index: int) -> dict[int, Pose]:
        if frame_index not in self._poses:
            self._poses[frame_index] = journal.frame_state(self._store, frame_index)
        return self._poses[frame_index]


def of_edit(store: Store, changes: Sequence[Change]) -> list[Change]:
    """A person's edit on top of what the project holds now, which a machine may have changed since it was read.

    Raises:
        ProjectError: somebody whom the edit changes is no longer there, or a new number is taken.
    """
    frames = _Frames(store)
    leaving = {(c.frame_index, c.before.track_id) for c in changes if isinstance(c, PoseChange) and c.before}
    actual: list[Change] = []
    for change in changes:
        if isinstance(change, ReviewChange):
            before = journal.is_reviewed(store, change.frame_index)
            if before != change.after:
                actual.append(ReviewChange(change.frame_index, before, change.after))
        elif isinstance(change, CutChange):
            actual.append(change)
        elif not identical(change.before, change.after):
            actual.append(_of_edited_pose(frames[change.frame_index], change, leaving))
    return actual


def _of_edited_pose(poses: Mapping[int, Pose], change: PoseChange, leaving: Collection[tuple[int, int]]) -> PoseChange:
    current = None if change.before is None else poses.get(change.before.track_id)
    if change.before is not None and current is None:
        raise ProjectError(
            f"Person {change.before.track_id} is no longer in frame {change.frame_index}; look at the frame again."
        )
    if change.after is None or current is None or change.before is None:
        after = change.after
    else:
        after = transfer(current, change.before, change.after, always=True)
    number_stays = current is not None and after is not None and after.track_id == current.track_id
    if after is not None and not number_stays:
        occupied = after.track_id in poses and (change.frame_index, after.track_id) not in leaving
        if occupied:
            raise ProjectError(
                f"Person {after.track_id} is already in frame {change.frame_index}; choose another number or swap them."
            )
    return PoseChange(change.frame_index, current, after)


def of_reverting(store: Store, entry_id: int, removed_runs: Collection[int]) -> list[Change]:
    """What takes an entry of a person back: only what it changed, and nothing that a machine wrote since."""
    frames = _Frames(store)
    changes = journal.changes_of(store, entry_id)
    leaving = {(c.frame_index, c.after.track_id) for c in changes if isinstance(c, PoseChange) and c.after}
    actual: list[Change] = []
    for change in changes:
        if isinstance(change, CutChange):
            actual.append(CutChange(change.after, change.before))
        elif isinstance(change, ReviewChange):
            if journal.is_reviewed(store, change.frame_index) == change.after:
                actual.append(ReviewChange(change.frame_index, change.after, change.before))
        else:
            actual += [
                reverted
                for reverted in _of_reverted_pose(frames[change.frame_index], change, leaving, removed_runs)
                if not identical(reverted.before, reverted.after)
            ]
    return actual


def _of_reverted_pose(
    poses: Mapping[int, Pose],
    change: PoseChange,
    leaving: Collection[tuple[int, int]],
    removed_runs: Collection[int],
) -> list[PoseChange]:
    """One change taken back; nothing where that would lose what was imported since."""
    was, frame_index = change.after, change.frame_index
    target = None if change.before is None else without_runs(change.before, removed_runs)
    in_the_way = None
    if target is not None and (frame_index, target.track_id) not in leaving:
        in_the_way = poses.get(target.track_id)  # a machine has put somebody there meanwhile
    if was is None:  # a deletion: the person comes back
        after = target if target is None or in_the_way is None else overlay(in_the_way, target)
        return [PoseChange(frame_index, in_the_way, after)]
    current = poses.get(was.track_id)
    if current is None or (in_the_way is not None and holds_human_work(in_the_way)):
        return []
    if change.before is None:  # a creation: the person goes, but not what was imported for the person since
        imported = current.human & (current.provenance != was.provenance)
        return [] if imported.any() else [PoseChange(frame_index, current, None)]
    if target is None:  # all that it was has been removed with its run: what the edit set is blanked
        blank = Pose.empty(change.before.track_id, change.before.bbox_xywh, change.before.bbox_provenance)
        target = blank.replaced(bbox_head_xywh=change.before.bbox_head_xywh)
    reverted: Pose | None = transfer(current, was, target)
    if reverted is not None and reverted.run_id is None and not reverted.labelled.any():
        nothing_left = change.before.run_id in removed_runs and not holds_human_work(reverted)
        reverted = None if nothing_left else reverted
    displaced = [] if in_the_way is None else [PoseChange(frame_index, in_the_way, None)]
    return [*displaced, PoseChange(frame_index, current, reverted)]


def of_run(
    store: Store, run_id: int, kind: str, began_after: int, poses_by_frame: Mapping[int, Iterable[Pose]]
) -> list[Change]:
    """What a batch of a run changes: nothing that a person set, and nobody whom a person took away."""
    actual: list[Change] = []
    for frame_index, written in poses_by_frame.items():
        current = journal.frame_state(store, frame_index)
        merged: dict[int, Pose] = {}
        for pose in written:
            track_id = journal.track_now(store, frame_index, pose.track_id, began_after)
            if track_id is None or (track_id not in current and journal.is_taken_away(store, frame_index, track_id)):
                continue
            merged[track_id] = merge_run(current.get(track_id), pose.replaced(track_id=track_id), kind, run_id)
        actual += [
            PoseChange(frame_index, current.get(track_id), pose)
            for track_id, pose in merged.items()
            if not identical(current.get(track_id), pose)
        ]
    return actual


def of_removing_run(store: Store, run_id: int, removed_runs: Collection[int]) -> list[Change]:
    """What takes a whole run back: all that it wrote and nobody changed since, the newest batch first."""
    frames = _Frames(store)
    first: dict[tuple[int, int], Pose] = {}
    batches = store.rows(
        "SELECT entry_id FROM entries WHERE kind = 'run' AND run_id = ? ORDER BY entry_id DESC", (run_id,)
    )
    for (entry_id,) in batches:
        for change in journal.changes_of(store, entry_id):
            if not isinstance(change, PoseChange) or change.after is None:
                continue
            poses = frames[change.frame_index]
            track_id = journal.track_now(store, change.frame_index, change.after.track_id, entry_id)
            if track_id is None or track_id not in poses:
                continue
            current = poses[track_id]
            before = None if change.before is None else without_runs(change.before, removed_runs)
            rest = take_back(current, before, change.after)
            first.setdefault((change.frame_index, track_id), current)
            if rest is None:
                del poses[track_id]
            else:
                poses[track_id] = rest
    return [
        PoseChange(frame_index, before, frames[frame_index].get(track_id))
        for (frame_index, track_id), before in first.items()
        if not identical(before, frames[frame_index].get(track_id))
    ]
