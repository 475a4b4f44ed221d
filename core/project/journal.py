"""The append-only journal: writing an entry and, in the same transaction, the state that it adds up to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import NamedTuple

from core.errors import ProjectError
from core.poses import FloatArray
from core.project.records import (
    Change,
    CutChange,
    JournalEntry,
    MoveChange,
    PoseChange,
    RegionsChange,
    RegionsOfFrame,
    ReviewChange,
    RowMove,
    Touched,
    TrackCut,
)
from core.project.storage import state
from core.project.storage.checksums import checksum
from core.project.storage.codec import opened, sealed
from core.project.storage.frame_state import bytes_of_mark, mark_of, mark_of_bytes, run_of
from core.project.storage.in_words import reading
from core.project.storage.proofs import write as write_proofs
from core.project.storage.store import Store
from core.project.storage.summary import SummaryRow

_PERSONS_KINDS = ("edit", "undo", "redo")
RENUMBER = "renumber"
"""The action of an edit that gives pictures other frame indices; nobody is taken away by it."""


class Written(NamedTuple):
    """What an entry changed, and the new rows of the summary."""

    touched: Touched
    rows: Sequence[SummaryRow]


def append(
    store: Store,
    kind: str,
    action: str,
    label: str,
    changes: Sequence[Change],
    *,
    proofs: Mapping[int, tuple[float, str]] | None = None,
    run_id: int | None = None,
    target: int | None = None,
) -> Written:
    """Writes one entry with what it truly changed, and applies it. To be called inside a transaction."""
    rows_of_changes = [(position, *_encode_change(change)) for position, change in enumerate(changes)]
    said = (kind, action, label, time.time(), run_id, target)
    entry_id = store.execute(
        "INSERT INTO entries (kind, action, label, created_s, run_id, target, status, checksum)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*said, "done" if kind == "edit" else "", checksum(said, rows_of_changes)),
    )
    store.execute_many(
        "INSERT INTO changes (entry_id, position, what, frame_index, before, after) VALUES (?, ?, ?, ?, ?, ?)",
        ((entry_id, *row) for row in rows_of_changes),
    )
    touched = _touched(entry_id, label, changes)
    write_proofs(store, entry_id, proofs or {})
    rows = state.apply(store, changes)
    if kind in _PERSONS_KINDS and action != RENUMBER:
        _remember_removals(store, entry_id, kind, changes)
    return Written(touched, rows)


def _touched(entry_id: int, label: str, changes: Iterable[Change]) -> Touched:
    frames: set[int] = set()
    tracks: set[int] = set()
    people_changed = False
    for change in changes:
        if isinstance(change, CutChange):
            continue
        if isinstance(change, MoveChange):
            frames.update(*change.places)
            continue
        frames.add(change.frame_index)
        if isinstance(change, PoseChange):
            ids = {None if pose is None else pose.track_id for pose in (change.before, change.after)}
            people_changed |= len(ids) > 1
            tracks |= {track_id for track_id in ids if track_id is not None}
    return Touched(tuple(sorted(frames)), tuple(sorted(tracks)), people_changed, entry_id, label)


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
            if change.after is not None and kind == "undo":  # who comes back is no longer gone by an earlier undo
                store.execute(
                    "DELETE FROM removals WHERE frame_index = ? AND track_id = ? AND moved_to IS NULL AND NOT lasting",
                    (change.frame_index, change.after.track_id),
                )
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
    moved = moves(store)
    named_then = {place[0] for _, places in moved for place in places.items()}  # may be frames of the range by now
    rows = store.rows(
        "SELECT c.entry_id, c.frame_index, c.before FROM changes c JOIN entries e USING (entry_id)"
        " WHERE e.kind IN ('edit', 'redo') AND c.what = 'pose' AND c.before IS NOT NULL AND c.after IS NULL"
        " AND e.action != ? AND (c.frame_index >= ? AND c.frame_index < ?"
        " OR c.frame_index IN (SELECT value FROM json_each(?))) ORDER BY c.entry_id",
        (RENUMBER, start, stop, json.dumps(sorted(named_then))),
    )
    boxes: dict[int, dict[int, FloatArray]] = {}
    for entry_id, then, before in rows:
        pose, frame_index = opened(before, then), frame_now(moved, then, entry_id)
        if not start <= frame_index < stop:
            continue
        boxes.setdefault(frame_index, {})[pose.track_id] = pose.bbox_xywh
    return {
        frame_index: gone
        for frame_index, people in boxes.items()
        if (gone := {who: box for who, box in people.items() if is_taken_away(store, frame_index, who)})
    }


def moves(store: Store) -> list[tuple[int, Mapping[int, int]]]:
    """Where pictures went by each recount that stands: its entry, and frame index before and after."""
    rows = store.rows(
        "SELECT entry_id, c.after FROM changes c JOIN entries e USING (entry_id)"
        " WHERE e.kind = 'edit' AND e.action = ? AND e.status = 'done' AND c.what = 'move' ORDER BY entry_id",
        (RENUMBER,),
    )
    with reading("a recount in its journal", store.path):
        return [(entry_id, dict(_decode_move(after).places)) for entry_id, after in rows]


def frame_now(moved: Iterable[tuple[int, Mapping[int, int]]], frame_index: int, since: int) -> int:
    """The index that a frame of entry `since` has after `moves`."""
    for entry_id, places in moved:
        if entry_id > since:
            frame_index = places.get(frame_index, frame_index)
    return frame_index


def changes_of(store: Store, entry_id: int) -> list[Change]:
    """What an entry changed, in order."""
    rows = store.rows(
        "SELECT what, frame_index, before, after FROM changes WHERE entry_id = ? ORDER BY position", (entry_id,)
    )
    with reading(f"entry {entry_id} of its journal", store.path):
        return [_decode_change(*row) for row in rows]


def entries(store: Store, after: int = 0) -> list[JournalEntry]:
    """All entries after a given one, in order."""
    rows = store.rows(
        "SELECT entry_id, kind, action, label, created_s, status, run_id, target FROM entries"
        " WHERE entry_id > ? ORDER BY entry_id",
        (after,),
    )
    return [JournalEntry(*row) for row in rows]


def marks_before(store: Store, run_id: int) -> dict[int, int]:
    """The mark that each frame had before a run brought its own, by frame index."""
    rows = store.rows(
        "SELECT c.frame_index, c.before FROM changes c JOIN entries e USING (entry_id)"
        " WHERE e.kind = 'run' AND e.run_id = ? AND c.what = 'review' ORDER BY c.entry_id DESC",
        (run_id,),
    )
    with reading(f"what run {run_id} marked", store.path):
        return {frame_index: mark_of_bytes(before) for frame_index, before in rows}


def _encode_change(change: Change) -> tuple[str, int, bytes | None, bytes | None]:
    if isinstance(change, PoseChange):
        before, after = (
            None if pose is None else sealed(pose, change.frame_index) for pose in (change.before, change.after)
        )
        return "pose", change.frame_index, before, after
    if isinstance(change, ReviewChange):
        was, becomes = mark_of(change.before, change.before_run), mark_of(change.after, change.after_run)
        return "review", change.frame_index, bytes_of_mark(was), bytes_of_mark(becomes)
    if isinstance(change, RegionsChange):
        return "regions", change.frame_index, _encode_regions(change.before), _encode_regions(change.after)
    if isinstance(change, MoveChange):
        return "move", -1, None, json.dumps({"places": change.places, "rows": change.rows}).encode()
    return "cut", -1, _encode_cut(change.before), _encode_cut(change.after)


def _encode_regions(regions: RegionsOfFrame) -> bytes:
    return json.dumps(regions).encode()


def _decode_regions(text: bytes | None) -> RegionsOfFrame:
    drawn, removed = json.loads(text or b"[[], []]")
    return tuple(drawn), tuple(removed)


def _decode_move(text: bytes | None) -> MoveChange:
    move = json.loads(text or b'{"places": [], "rows": []}')
    rows = (RowMove(table, tuple(before), tuple(after)) for table, before, after in move["rows"])
    return MoveChange(tuple((before, after) for before, after in move["places"]), tuple(rows))


def _encode_cut(cut: TrackCut | None) -> bytes | None:
    return None if cut is None else json.dumps(asdict(cut)).encode()


def _decode_change(what: str, frame_index: int, before: bytes | None, after: bytes | None) -> Change:
    if what == "pose":
        return PoseChange(
            frame_index, *(None if blob is None else opened(blob, frame_index) for blob in (before, after))
        )
    if what == "review":
        return review_change(frame_index, mark_of_bytes(before), mark_of_bytes(after))
    if what == "regions":
        return RegionsChange(frame_index, _decode_regions(before), _decode_regions(after))
    if what == "move":
        return _decode_move(after)
    if what == "cut":
        return CutChange(*(None if text is None else TrackCut(**json.loads(text)) for text in (before, after)))
    raise ProjectError(
        f"The journal holds a change of an unknown kind ({what}); update the program to open this project."
    )


def review_change(frame_index: int, before: int, after: int) -> ReviewChange:
    """The change from one mark to another, as `core.project.storage.frame_state` keeps them."""
    return ReviewChange(frame_index, bool(before), bool(after), run_of(before), run_of(after))
