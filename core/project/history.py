"""What an edit, its undoing or a run truly changes, given what the project holds now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from core.errors import ProjectError
from core.poses import Pose, Provenance
from core.project import journal
from core.project.merging import holds_human_work, merge_run, overlay, take_back, transfer, without_runs
from core.project.records import (
    Change,
    CutChange,
    MoveChange,
    PoseChange,
    RegionsChange,
    RegionsOfFrame,
    ReviewChange,
    Run,
    RunKind,
)
from core.project.storage import frame_rows, ledger, regions, state
from core.project.storage.codec import identical
from core.project.storage.frame_state import NOT_REVIEWED, REVIEWED_BY_A_PERSON, mark_of, run_of
from core.project.storage.store import Store


class _Marks:
    """Marks of reviewed frames without those that removed runs had brought."""

    def __init__(self, store: Store, removed_runs: Collection[int]) -> None:
        self._store = store
        self._removed = removed_runs
        self._before: dict[int, dict[int, int]] = {}

    def standing(self, frame_index: int, mark: int) -> int:
        """The mark, or what was there before the removed run that brought it."""
        while (run_id := run_of(mark)) is not None and run_id in self._removed:
            if run_id not in self._before:
                self._before[run_id] = journal.marks_before(self._store, run_id)
            mark = self._before[run_id].get(frame_index, NOT_REVIEWED)
        return mark


def of_edit(store: Store, changes: Sequence[Change]) -> list[Change]:
    """A person's edit on top of what the project holds now, which a machine may have changed since it was read.

    Raises:
        ProjectError: somebody whom the edit changes is no longer there, or a new number is taken.
    """
    leaving = {(c.frame_index, c.before.track_id) for c in changes if isinstance(c, PoseChange) and c.before}
    held = state.held_at(store, (c.frame_index for c in changes if isinstance(c, PoseChange | ReviewChange)))
    actual: list[Change] = []
    for change in changes:
        if isinstance(change, ReviewChange):
            before, after = held[change.frame_index].mark, mark_of(change.after, None)
            if before != after:
                actual.append(journal.review_change(change.frame_index, before, after))
        elif isinstance(change, CutChange | MoveChange):
            actual.append(change)
        elif isinstance(change, RegionsChange):
            actual += _of_regions(store, change.frame_index, change.after)
        elif not identical(change.before, change.after):
            actual.append(_of_edited_pose(held[change.frame_index].poses, change, leaving))
    return actual


def _of_regions(store: Store, frame_index: int, after: RegionsOfFrame) -> list[Change]:
    before: RegionsOfFrame = regions.of_person(store, frame_index)
    return [] if before == after else [RegionsChange(frame_index, before, after)]


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
    marks = _Marks(store, removed_runs)
    changes = journal.changes_of(store, entry_id)
    leaving = {(c.frame_index, c.after.track_id) for c in changes if isinstance(c, PoseChange) and c.after}
    held = state.held_at(store, (c.frame_index for c in changes if isinstance(c, PoseChange | ReviewChange)))
    actual: list[Change] = []
    for change in changes:
        if isinstance(change, CutChange):
            actual.append(CutChange(change.after, change.before))
        elif isinstance(change, MoveChange):
            back = tuple((after, before) for before, after in change.places)
            actual.append(MoveChange(back, frame_rows.reverted(store, change.rows)))
        elif isinstance(change, ReviewChange):
            actual += _of_reverted_mark(held[change.frame_index].mark, change, marks)
        elif isinstance(change, RegionsChange):
            actual += _of_regions(store, change.frame_index, change.before)
        else:
            actual += [
                reverted
                for reverted in _of_reverted_pose(held[change.frame_index].poses, change, leaving, removed_runs)
                if not identical(reverted.before, reverted.after)
            ]
    return actual


def _of_reverted_mark(current: int, change: ReviewChange, marks: _Marks) -> list[ReviewChange]:
    """A mark as it was before; nothing where somebody has marked the frame since, save that a person outdoes a run."""
    frame_index = change.frame_index
    was = marks.standing(frame_index, mark_of(change.after, change.after_run))
    target = marks.standing(frame_index, mark_of(change.before, change.before_run))
    outdone = run_of(current) is not None and target == REVIEWED_BY_A_PERSON
    if target == current or not (current == was or outdone):
        return []
    return [journal.review_change(frame_index, current, target)]


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
    store: Store,
    run: Run,
    poses_by_frame: Mapping[int, Iterable[Pose]],
    reviewed: Iterable[int],
    *,
    as_of: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Change]:
    """What a batch of a run changes: nothing that a person set, and nobody whom a person took away.

    People's numbers in `poses_by_frame` are those after entry `as_of`.
    """
    done = sorted(set(reviewed))
    held = state.held_at(store, [*poses_by_frame, *done])
    actual: list[Change] = []
    for place, (frame_index, written) in enumerate(poses_by_frame.items()):
        if on_progress is not None:
            on_progress(place, len(poses_by_frame))
        current = held[frame_index].poses
        merged: dict[int, Pose] = {}
        for pose in written:
            track_id = journal.track_now(store, frame_index, pose.track_id, as_of)
            if track_id is None or (
                track_id not in current
                and (_adds_nobody(pose, run) or journal.is_taken_away(store, frame_index, track_id))
            ):
                continue
            merged[track_id] = merge_run(current.get(track_id), pose.replaced(track_id=track_id), run.kind, run.run_id)
        actual += [
            PoseChange(frame_index, current.get(track_id), pose)
            for track_id, pose in merged.items()
            if not identical(current.get(track_id), pose)
        ]
    own = mark_of(True, run.run_id)
    for frame_index in done:
        mark = held[frame_index].mark
        if mark not in (REVIEWED_BY_A_PERSON, own):
            actual.append(journal.review_change(frame_index, mark, own))
    return actual


class ImportsTakenBack:
    """What imports wrote that were taken back since: a later import replaced some of it, and must not bring it back."""

    def __init__(self, store: Store, removed_runs: Collection[int]) -> None:
        self._wrote: dict[tuple[int, int], list[tuple[int, PoseChange]]] = {}
        removed = {run.run_id for run in ledger.runs(store) if run.kind == RunKind.IMPORT} & set(removed_runs)
        for run_id, entry_id in store.rows(
            "SELECT run_id, entry_id FROM entries WHERE kind = 'run' ORDER BY entry_id DESC"
        ):
            for change in journal.changes_of(store, entry_id) if run_id in removed else ():
                if isinstance(change, PoseChange) and change.after is not None:
                    place = (change.frame_index, change.after.track_id)
                    self._wrote.setdefault(place, []).append((entry_id, change))

    def without(self, pose: Pose | None, frame_index: int, entry_id: int) -> Pose | None:
        """The pose, as it was before an entry, without what they had written before that; None if nothing remains."""
        for written_by, change in () if pose is None else self._wrote.get((frame_index, pose.track_id), ()):
            if written_by < entry_id and pose is not None and change.after is not None:
                pose = take_back(pose, change.before, change.after)
        return pose


def _adds_nobody(pose: Pose, run: Run) -> bool:
    """True of joints for a box that the project had: without the box (its run was removed) they are nobody's."""
    return run.kind in (RunKind.PREDICT, RunKind.MEND) and pose.bbox_provenance == Provenance.NONE


def batches_of(store: Store, run_id: int) -> list[int]:
    """The entries that a run wrote, the newest first."""
    rows = store.rows(
        "SELECT entry_id FROM entries WHERE kind = 'run' AND run_id = ? ORDER BY entry_id DESC", (run_id,)
    )
    return [entry_id for (entry_id,) in rows]


def of_removing_run(store: Store, run_id: int, removed_runs: Collection[int]) -> list[Change]:
    """What takes a whole run back: all that it wrote and nobody changed since."""
    earlier = ImportsTakenBack(store, removed_runs)
    poses_back = of_removing_batches(store, batches_of(store, run_id), removed_runs, earlier)
    return [*poses_back, *marks_of_removed_run(store, run_id, removed_runs)]


def of_removing_batches(
    store: Store, batches: Sequence[int], removed_runs: Collection[int], earlier: ImportsTakenBack
) -> list[Change]:
    """What takes entries of a run back that follow one another, the newest first."""
    frames: dict[int, dict[int, Pose]] = {}
    first: dict[tuple[int, int], Pose] = {}
    moved = journal.moves(store)
    for entry_id in batches:
        changes = journal.changes_of(store, entry_id)
        written = {
            journal.frame_now(moved, change.frame_index, entry_id)
            for change in changes
            if isinstance(change, PoseChange)
        }
        for frame_index, held in state.held_at(store, written - frames.keys()).items():
            frames[frame_index] = dict(held.poses)
        for change in changes:
            if not isinstance(change, PoseChange) or change.after is None:
                continue
            frame_index = journal.frame_now(moved, change.frame_index, entry_id)
            poses = frames[frame_index]
            track_id = journal.track_now(store, frame_index, change.after.track_id, entry_id)
            if track_id is None or track_id not in poses:
                continue
            current = poses[track_id]
            before = earlier.without(change.before, change.frame_index, entry_id)
            before = None if before is None else without_runs(before, removed_runs)
            rest = take_back(current, before, change.after)
            first.setdefault((frame_index, track_id), current)
            if rest is None:
                del poses[track_id]
            else:
                poses[track_id] = rest
    return [
        PoseChange(frame_index, before, frames[frame_index].get(track_id))
        for (frame_index, track_id), before in first.items()
        if not identical(before, frames[frame_index].get(track_id))
    ]


def marks_of_removed_run(store: Store, run_id: int, removed_runs: Collection[int]) -> list[Change]:
    """The frames that are still marked because the run said so, as they were marked before it."""
    own, marks = mark_of(True, run_id), _Marks(store, {*removed_runs, run_id})
    rows = store.rows("SELECT frame_index FROM frames WHERE reviewed = ? ORDER BY frame_index", (own,))
    return [journal.review_change(index, own, marks.standing(index, own)) for (index,) in rows]
