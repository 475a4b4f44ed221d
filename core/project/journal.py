"""The append-only journal: writing an entry and, in the same transaction, the state that it adds up to."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from core.errors import ProjectError
from core.poses import FloatArray, FramePoses, Pose
from core.project.codec import decode, encode
from core.project.records import (
    Change,
    CutChange,
    FrameProof,
    JournalEntry,
    PoseChange,
    ReviewChange,
    Touched,
    TrackCut,
)
from core.project.store import Store
from core.project.summary import write_rows

_PERSONS_KINDS = ("edit", "undo", "redo")


def append(
    store: Store,
    kind: str,
    action: str,
    label: str,
    changes: Sequence[Change],
    *,
    proofs: Mapping[int, FrameProof] | None = None,
    run_id: int | None = None,
    target: int | None = None,
) -> Touched:
    """Writes one entry with what it truly changed, and applies it. To be called inside a transaction."""
    entry_id = store.execute(
        "INSERT INTO entries (kind, action, label, created_s, status, run_id, target) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind, action, label, time.time(), "done" if kind == "edit" else "", run_id, target),
    )
    store.execute_many(
        "INSERT INTO changes (entry_id, position, what, frame_index, before, after) VALUES (?, ?, ?, ?, ?, ?)",
        ((entry_id, position, *_encode_change(change)) for position, change in enumerate(changes)),
    )
    touched = _touched(entry_id, label, changes)
    _write_proofs(store, entry_id, proofs or {})
    _apply_poses(store, [change for change in changes if isinstance(change, PoseChange)])
    write_rows(store, touched.frame_indices)
    _apply_reviews(store, [change for change in changes if isinstance(change, ReviewChange)])
    if kind in _PERSONS_KINDS:
        _remember_removals(store, entry_id, kind, changes)
    return touched


def _touched(entry_id: int, label: str, changes: Iterable[Change]) -> Touched:
    frames: set[int] = set()
    tracks: set[int] = set()
    people_changed = False
    for change in changes:
        if isinstance(change, CutChange):
            continue
        frames.add(change.frame_index)
        if isinstance(change, PoseChange):
            ids = {None if pose is None else pose.track_id for pose in (change.before, change.after)}
            people_changed |= len(ids) > 1
            tracks |= {track_id for track_id in ids if track_id is not None}
    return Touched(tuple(sorted(frames)), tuple(sorted(tracks)), people_changed, entry_id, label)


def _apply_poses(store: Store, changes: Sequence[PoseChange]) -> None:
    # All deletions come first, so that people can exchange their numbers.
    store.execute_many(
        "DELETE FROM poses WHERE frame_index = ? AND track_id = ?",
        ((change.frame_index, change.before.track_id) for change in changes if change.before is not None),
    )
    store.execute_many(
        "INSERT INTO poses (frame_index, track_id, pose) VALUES (?, ?, ?)",
        (
            (change.frame_index, change.after.track_id, encode(change.after))
            for change in changes
            if change.after is not None
        ),
    )
    highest = max((change.after.track_id for change in changes if change.after is not None), default=0)
    store.execute(
        "INSERT INTO meta (key, value) VALUES ('highest_track_id', ?) ON CONFLICT (key) DO UPDATE"
        " SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
        (highest,),
    )


def _apply_reviews(store: Store, changes: Sequence[ReviewChange]) -> None:
    for change in changes:
        if change.after:
            store.execute(
                "INSERT INTO frames (frame_index, reviewed, num_people, num_predicted, num_accepted, num_corrected,"
                " num_imported) VALUES (?, 1, 0, 0, 0, 0, 0) ON CONFLICT (frame_index) DO UPDATE SET reviewed = 1",
                (change.frame_index,),
            )
        else:
            store.execute("UPDATE frames SET reviewed = 0 WHERE frame_index = ?", (change.frame_index,))
            store.execute("DELETE FROM frames WHERE frame_index = ? AND num_people = 0", (change.frame_index,))


def _write_proofs(store: Store, entry_id: int, proofs: Mapping[int, FrameProof]) -> None:
    store.execute_many(
        "INSERT OR IGNORE INTO proofs (frame_index, pixel_hash, timestamp_s, entry_id) VALUES (?, ?, ?, ?)",
        ((frame_index, pixel_hash, timestamp_s, entry_id) for frame_index, (timestamp_s, pixel_hash) in proofs.items()),
    )


def _remember_removals(store: Store, entry_id: int, kind: str, changes: Sequence[Change]) -> None:
    """Keeps where a person took track ids away, so that no machine brings them back."""
    cuts = [change for change in changes if isinstance(change, CutChange)]
    poses = [change for change in changes if isinstance(change, PoseChange)]
    taken = {(change.frame_index, change.after.track_id) for change in poses if change.after is not None}
    cut_from = {cut.after.track_id: cut.after.from_frame for cut in cuts if cut.after is not None and cut.after.lasting}
    for change in poses:
        if change.before is None and change.after is not None and kind != "undo":
            store.execute(
                "INSERT OR IGNORE INTO creations (entry_id, track_id, frame_index) VALUES (?, ?, ?)",
                (entry_id, change.after.track_id, change.frame_index),
            )
        if change.before is None:
            continue
        gone, moved_to = change.before.track_id, None if change.after is None else change.after.track_id
        if gone == moved_to:
            continue
        # What an undo takes away may be written again by a later run, and a cut says itself what lasts.
        lasting = (
            kind != "undo"
            and (change.frame_index, gone) not in taken
            and not (gone in cut_from and change.frame_index >= cut_from[gone])
        )
        store.execute(
            "INSERT OR REPLACE INTO removals (frame_index, entry_id, track_id, moved_to, lasting)"
            " VALUES (?, ?, ?, ?, ?)",
            (change.frame_index, entry_id, gone, moved_to, lasting),
        )
    for cut_change in cuts:
        cut = cut_change.after or _reversed(cut_change.before)
        if cut is not None:
            store.execute(
                "INSERT OR REPLACE INTO cuts (track_id, entry_id, from_frame, moved_to, lasting)"
                " VALUES (?, ?, ?, ?, ?)",
                (cut.track_id, entry_id, cut.from_frame, cut.moved_to, cut.lasting),
            )


def _reversed(cut: TrackCut | None) -> TrackCut | None:
    """What a cut that is taken back means for a run that began before: the number moves back."""
    if cut is None or cut.moved_to is None:
        return None
    return TrackCut(cut.moved_to, cut.from_frame, cut.track_id, lasting=False)


def forget_removals(store: Store, entry_id: int, changes: Iterable[Change]) -> None:
    """Takes back what `_remember_removals` kept of an entry that is now undone.

    Renumberings stay as history (a run that began before them reads them in order); they only stop to last.
    """
    for change in changes:
        if isinstance(change, CutChange):
            for cut in (change.before, change.after):
                if cut is not None:
                    whose = (cut.track_id, entry_id)
                    store.execute("DELETE FROM cuts WHERE track_id = ? AND entry_id = ? AND moved_to IS NULL", whose)
                    store.execute("UPDATE cuts SET lasting = 0 WHERE track_id = ? AND entry_id = ?", whose)
        elif isinstance(change, PoseChange):
            where = (change.frame_index, entry_id)
            store.execute("DELETE FROM removals WHERE frame_index = ? AND entry_id = ? AND moved_to IS NULL", where)
            store.execute("UPDATE removals SET lasting = 0 WHERE frame_index = ? AND entry_id = ?", where)
            if change.before is None and change.after is not None:
                created = (change.after.track_id, entry_id, change.frame_index)
                store.execute("DELETE FROM creations WHERE track_id = ? AND entry_id = ? AND frame_index = ?", created)


def track_now(store: Store, frame_index: int, track_id: int, since: int) -> int | None:
    """Who a track id, as it was after entry `since`, is now in a frame; None if a person took it away."""
    steps: dict[int, dict[int, int | None]] = {}
    for entry_id, old, new in store.rows(
        "SELECT entry_id, track_id, moved_to FROM removals WHERE frame_index = ? AND entry_id > ?",
        (frame_index, since),
    ):
        steps.setdefault(entry_id, {})[old] = new
    current = track_id
    seen = since
    while True:
        cut = store.one(
            "SELECT entry_id, moved_to FROM cuts WHERE track_id = ? AND entry_id > ? AND from_frame <= ?"
            " ORDER BY entry_id LIMIT 1",
            (current, seen, frame_index),
        )
        steps_here = [entry_id for entry_id, moves in steps.items() if entry_id > seen and current in moves]
        candidates = [*steps_here, *([cut[0]] if cut else [])]
        if not candidates:
            return current
        seen = min(candidates)
        moved_to = steps[seen][current] if seen in steps and current in steps[seen] else cut[1] if cut else None
        if moved_to is None:
            return None
        current = moved_to


def is_taken_away(store: Store, frame_index: int, track_id: int) -> bool:
    """True if a person said that this track id is not in this frame, and nobody took that back."""
    if store.one(
        "SELECT 1 FROM removals WHERE frame_index = ? AND track_id = ? AND lasting LIMIT 1", (frame_index, track_id)
    ):
        return True
    cut = store.one(
        "SELECT max(entry_id) FROM cuts WHERE track_id = ? AND lasting AND from_frame <= ?", (track_id, frame_index)
    )
    if cut is None or cut[0] is None:
        return False
    redrawn = store.one(
        "SELECT 1 FROM creations WHERE track_id = ? AND entry_id > ? AND frame_index <= ? LIMIT 1",
        (track_id, cut[0], frame_index),
    )
    return redrawn is None


def deleted_boxes(store: Store, start: int, stop: int) -> dict[int, dict[int, FloatArray]]:
    """The last boxes (4,) of people whom a person deleted from the frames `start` to `stop`, who are still gone."""
    rows = store.rows(
        "SELECT c.frame_index, c.before FROM changes c JOIN entries e USING (entry_id)"
        " WHERE e.kind IN ('edit', 'redo') AND c.what = 'pose' AND c.before IS NOT NULL AND c.after IS NULL"
        " AND c.frame_index >= ? AND c.frame_index < ? ORDER BY c.entry_id",
        (start, stop),
    )
    boxes: dict[int, dict[int, FloatArray]] = {}
    for frame_index, before in rows:
        pose = decode(before)
        boxes.setdefault(frame_index, {})[pose.track_id] = pose.bbox_xywh
    return {
        frame_index: gone
        for frame_index, people in boxes.items()
        if (gone := {who: box for who, box in people.items() if is_taken_away(store, frame_index, who)})
    }


def frame(store: Store, frame_index: int) -> FramePoses:
    """All people of a frame and whether it is reviewed; every frame that holds something has a row of its own."""
    return next(iter(frames(store, frame_index, frame_index + 1, 1)), FramePoses(frame_index))


def frames(store: Store, start: int, stop: int, limit: int) -> list[FramePoses]:
    """The first `limit` frames of `start` to `stop` that hold somebody or are reviewed, in one statement."""
    rows = store.rows(
        "SELECT frame_index, reviewed, pose FROM (SELECT frame_index, reviewed FROM frames WHERE frame_index >= ?"
        " AND frame_index < ? ORDER BY frame_index LIMIT ?) LEFT JOIN poses USING (frame_index)"
        " ORDER BY frame_index, track_id",
        (start, stop, limit),
    )
    return [
        FramePoses(frame_index, tuple(decode(blob) for *_, blob in of_frame if blob is not None), bool(reviewed))
        for (frame_index, reviewed), of_frame in itertools.groupby(rows, key=lambda row: row[:2])
    ]


def frame_state(store: Store, frame_index: int) -> dict[int, Pose]:
    """The poses of a frame by track id."""
    rows = store.rows("SELECT track_id, pose FROM poses WHERE frame_index = ? ORDER BY track_id", (frame_index,))
    return {track_id: decode(blob) for track_id, blob in rows}


def is_reviewed(store: Store, frame_index: int) -> bool:
    """True if a person marked the frame as reviewed."""
    return store.one("SELECT 1 FROM frames WHERE frame_index = ? AND reviewed", (frame_index,)) is not None


def changes_of(store: Store, entry_id: int) -> list[Change]:
    """What an entry changed, in order."""
    rows = store.rows(
        "SELECT what, frame_index, before, after FROM changes WHERE entry_id = ? ORDER BY position", (entry_id,)
    )
    return [_decode_change(*row) for row in rows]


def entries(store: Store, after: int = 0) -> list[JournalEntry]:
    """All entries after a given one, in order."""
    rows = store.rows(
        "SELECT entry_id, kind, action, label, created_s, status, run_id, target FROM entries"
        " WHERE entry_id > ? ORDER BY entry_id",
        (after,),
    )
    return [JournalEntry(*row) for row in rows]


def _encode_change(change: Change) -> tuple[str, int, bytes | None, bytes | None]:
    def encoded(value: object) -> bytes | None:
        if isinstance(value, Pose):
            return encode(value)
        if isinstance(value, TrackCut):
            return json.dumps(asdict(value)).encode()
        return None if value is None else bytes([bool(value)])

    names: Mapping[type, str] = {PoseChange: "pose", ReviewChange: "review", CutChange: "cut"}
    frame_index = -1 if isinstance(change, CutChange) else change.frame_index
    return names[type(change)], frame_index, encoded(change.before), encoded(change.after)


def _decode_change(what: str, frame_index: int, before: bytes | None, after: bytes | None) -> Change:
    if what == "pose":
        return PoseChange(frame_index, before and decode(before), after and decode(after))  # type: ignore[arg-type]
    if what == "review":
        return ReviewChange(frame_index, before == b"\x01", after == b"\x01")
    if what == "cut":
        return CutChange(*(None if text is None else TrackCut(**json.loads(text)) for text in (before, after)))
    raise ProjectError(
        f"The journal holds a change of an unknown kind ({what}); update the program to open this project."
    )
