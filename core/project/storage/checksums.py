"""Checksums of what the journal says, and how a project of an earlier version gets them."""

from __future__ import annotations

import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from core.project.records import ProjectDamagedError
from core.project.storage.codec import POSE_DTYPE, is_sealed_for, seal
from core.project.storage.frame_state import mark_of_bytes


def checksum(said: Sequence[Any], changes: Iterable[Sequence[Any]]) -> int:
    """Of an entry: what never changes of it, and all its changes.

    Args:
        said: its kind, action, label, time, run and target.
        changes: position, what, frame index, before and after of each, by rising position.
    """
    total = zlib.crc32("\x1f".join(map(str, said)).encode())
    for position, what, frame_index, before, after in changes:
        lengths = [None if blob is None else len(blob) for blob in (before, after)]
        total = zlib.crc32(f"{position} {what} {frame_index} {lengths}".encode(), total)
        total = zlib.crc32(after or b"", zlib.crc32(before or b"", total))
    return total


def seal_everything(connection: sqlite3.Connection) -> None:
    """Gives every pose and every entry a checksum; to be called inside a transaction."""
    poses = connection.execute("SELECT frame_index, track_id, pose FROM poses").fetchall()
    connection.executemany(
        "UPDATE poses SET pose = ? WHERE frame_index = ? AND track_id = ?",
        ((_sealed(pose, frame_index), frame_index, track_id) for frame_index, track_id, pose in poses),
    )
    changes = connection.execute(
        "SELECT frame_index, before, after, entry_id, position FROM changes WHERE what = 'pose'"
    ).fetchall()
    connection.executemany(
        "UPDATE changes SET before = ?, after = ? WHERE entry_id = ? AND position = ?",
        ((_sealed(before, index), _sealed(after, index), *place) for index, before, after, *place in changes),
    )
    connection.executemany("UPDATE entries SET checksum = ? WHERE entry_id = ?", list(sums(connection)))


def sums(connection: sqlite3.Connection) -> Iterable[tuple[int, int]]:
    """The checksum that each entry should have, and its number."""
    rows = connection.execute(
        "SELECT entry_id, e.kind, e.action, e.label, e.created_s, e.run_id, e.target, c.position, c.what,"
        " c.frame_index, c.before, c.after FROM entries e LEFT JOIN changes c USING (entry_id)"
        " ORDER BY entry_id, c.position"
    )
    for head, of_entry in groupby(rows, key=lambda row: row[:7]):
        yield checksum(head[1:], (row[7:] for row in of_entry if row[7] is not None)), head[0]


def _sealed(blob: bytes | None, frame_index: int) -> bytes | None:
    return seal(blob, frame_index) if blob is not None and len(blob) == POSE_DTYPE.itemsize else blob


def require_all(connection: sqlite3.Connection, name: str) -> None:
    """Compares every checksum of a project of the current version.

    Raises:
        ProjectDamagedError: something is not as it was written; says what first.
        sqlite3.Error: the file cannot be read.
    """
    wrong = _first_wrong(connection)
    if wrong is not None:
        raise ProjectDamagedError(
            f"{name} is damaged: {wrong} is not as it was written; “Repair a project…” saves what is whole "
            f"(python main.py repair {name})."
        )


def _first_wrong(connection: sqlite3.Connection) -> str | None:
    people: Counter[int] = Counter()
    for frame_index, track_id, pose in connection.execute("SELECT frame_index, track_id, pose FROM poses"):
        people[frame_index] += 1
        if not is_sealed_for(pose, frame_index) or int.from_bytes(pose[:8], "little", signed=True) != track_id:
            return f"the pose of person {track_id} in frame {frame_index}"
    known = dict(connection.execute("SELECT entry_id, checksum FROM entries"))
    for right, entry_id in sums(connection):
        if known[entry_id] != right:
            return f"entry {entry_id} of its journal"
    stray = connection.execute(
        "SELECT entry_id FROM changes WHERE entry_id NOT IN (SELECT entry_id FROM entries) LIMIT 1"
    ).fetchone()
    if stray is not None:
        return f"entry {stray[0]} of its journal"
    marks = dict(
        connection.execute("SELECT frame_index, after FROM changes WHERE what = 'review' ORDER BY entry_id, position")
    )
    for frame_index, num_people, reviewed in connection.execute("SELECT frame_index, num_people, reviewed FROM frames"):
        if people.pop(frame_index, 0) != num_people or mark_of_bytes(marks.get(frame_index)) != reviewed:
            return f"what it says of frame {frame_index}"
    return None if not people else f"what it says of frame {min(people)}"
