"""The state that the journal adds up to, frame by frame: read once, kept at hand, written with every entry."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence

from core.errors import ProjectError
from core.poses import Pose
from core.project.records import Change, MoveChange, PoseChange, RegionsChange, ReviewChange
from core.project.storage import frame_rows, regions
from core.project.storage.codec import opened, sealed
from core.project.storage.frame_state import NOT_REVIEWED, HeldFrame, mark_of
from core.project.storage.store import Store
from core.project.storage.summary import SummaryRow, rows_of


def of_frame(store: Store, frame_index: int) -> HeldFrame:
    """A frame as it was last written, also by the transaction under way. To be called holding the store's mutex."""
    store.require_open()
    state: HeldFrame | None = store.at_hand.get(frame_index)
    if state is None:
        rows = store.rows(
            "SELECT track_id, pose FROM poses WHERE frame_index = ?1"
            " UNION ALL SELECT NULL, reviewed FROM frames WHERE frame_index = ?1",
            (frame_index,),
        )
        poses = {track_id: opened(blob, frame_index) for track_id, blob in rows if track_id is not None}
        mark = next((value for track_id, value in rows if track_id is None), NOT_REVIEWED)
        state = HeldFrame(dict(sorted(poses.items())), mark)
        if not store.read_only:
            store.at_hand[frame_index] = state
    return state


def held_at(store: Store, frame_indices: Iterable[int]) -> dict[int, HeldFrame]:
    """`of_frame` of many frames; those that are not at hand are read together. To be called holding the mutex."""
    wanted = sorted(set(frame_indices))
    missing = [index for index in wanted if index not in store.at_hand]
    if len(missing) <= 1:
        return {index: of_frame(store, index) for index in wanted}
    store.require_open()
    chosen = "SELECT value FROM json_each(?1)"
    poses: dict[int, dict[int, Pose]] = {}
    marks: dict[int, int] = {}
    for frame_index, track_id, value in store.rows(
        f"SELECT frame_index, track_id, pose FROM poses WHERE frame_index IN ({chosen})"  # noqa: S608 - constant
        f" UNION ALL SELECT frame_index, NULL, reviewed FROM frames WHERE frame_index IN ({chosen})",
        (json.dumps(missing),),
    ):
        if track_id is None:
            marks[frame_index] = value
        else:
            poses.setdefault(frame_index, {})[track_id] = opened(value, frame_index)
    found = {index: store.at_hand[index] for index in wanted if index in store.at_hand}
    for index in missing:
        found[index] = HeldFrame(dict(sorted(poses.get(index, {}).items())), marks.get(index, NOT_REVIEWED))
    if not store.read_only:
        store.at_hand.update(found)
    return found


def of_frames(store: Store, start: int, stop: int, limit: int) -> list[tuple[int, HeldFrame]]:
    """The first `limit` frames of `start` to `stop` that hold somebody or are reviewed, in one statement."""
    rows = store.rows(
        "SELECT frame_index, reviewed, track_id, pose FROM (SELECT frame_index, reviewed FROM frames"
        " WHERE frame_index >= ? AND frame_index < ? ORDER BY frame_index LIMIT ?) LEFT JOIN poses USING (frame_index)"
        " ORDER BY frame_index, track_id",
        (start, stop, limit),
    )
    return [
        (index, HeldFrame({who: opened(blob, index) for *_, who, blob in of_frame if blob is not None}, mark))
        for (index, mark), of_frame in itertools.groupby(rows, key=lambda row: row[:2])
    ]


def apply(store: Store, changes: Sequence[Change]) -> list[SummaryRow]:
    """Brings poses, marks, regions and the summary's rows up to date with an entry, inside its transaction.

    Returns:
        The new summary rows of the frames that it changes.

    Raises:
        ProjectError: two people of a frame would have one number.
    """
    for change in changes:
        if isinstance(change, RegionsChange):
            regions.set_persons(store, change.frame_index, regions.PersonsRegions(*change.after))
        elif isinstance(change, MoveChange):
            frame_rows.apply(store, change.rows)
    pose_changes = [change for change in changes if isinstance(change, PoseChange)]
    marks = {c.frame_index: mark_of(c.after, c.after_run) for c in changes if isinstance(c, ReviewChange)}
    held = held_at(store, {c.frame_index for c in pose_changes} | set(marks))
    frames = {index: dict(state.poses) for index, state in held.items()}
    # All who leave go first, so that people can exchange their numbers.
    for change in pose_changes:
        if change.before is not None:
            frames[change.frame_index].pop(change.before.track_id, None)
    for change in pose_changes:
        if change.after is not None:
            _enter(frames[change.frame_index], change.frame_index, change.after)
    _write_poses(store, pose_changes)
    states = {
        index: HeldFrame(dict(sorted(poses.items())), marks.get(index, held[index].mark))
        for index, poses in sorted(frames.items())
    }
    rows = rows_of(states)
    store.execute_many(
        "INSERT OR REPLACE INTO frames (frame_index, num_people, num_predicted, num_accepted, num_corrected,"
        " num_imported, min_score, mean_score, reviewed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [row for row in rows if states[row.frame_index].poses or row.reviewed],
    )
    store.execute_many(
        "DELETE FROM frames WHERE frame_index = ?",
        [(index,) for index, state in states.items() if not state.poses and state.mark == NOT_REVIEWED],
    )
    store.at_hand.update(states)
    return rows


def _enter(poses: dict[int, Pose], frame_index: int, pose: Pose) -> None:
    if pose.track_id in poses:
        raise ProjectError(f"Person {pose.track_id} is already in frame {frame_index}; choose another number.")
    poses[pose.track_id] = pose


def _write_poses(store: Store, changes: Sequence[PoseChange]) -> None:
    left = {(c.frame_index, c.before.track_id) for c in changes if c.before is not None}
    written = {
        (c.frame_index, c.after.track_id): sealed(c.after, c.frame_index) for c in changes if c.after is not None
    }
    store.execute_many("DELETE FROM poses WHERE frame_index = ? AND track_id = ?", sorted(left - written.keys()))
    store.execute_many(
        "INSERT OR REPLACE INTO poses (frame_index, track_id, pose) VALUES (?, ?, ?)",
        [(*place, blob) for place, blob in written.items()],
    )
    newcomers = {track_id for _, track_id in written.keys() - left}
    if newcomers:
        store.execute(
            "INSERT INTO meta (key, value) VALUES ('highest_track_id', ?) ON CONFLICT (key) DO UPDATE"
            " SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
            (max(newcomers),),
        )
