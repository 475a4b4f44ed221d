"""What may stand in each column of a project file: whoever opens one did not necessarily write it with this program."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from core.project.records import ProjectDamagedError, RunKind
from core.project.storage.bounds import MOST_FRAMES, MOST_TRACK_ID

_MOST_TEXT = 2**26
"""Bytes: more than any label file keeps in one place."""
_ENTRY = "BETWEEN 0 AND 9007199254740992"
_FRAME = f"BETWEEN 0 AND {MOST_FRAMES - 1}"
_FRAME_OR_NONE = f"BETWEEN -{2**62} AND {MOST_FRAMES - 1}"
_PERSON = f"BETWEEN -{2**62} AND {MOST_TRACK_ID}"
_COUNT = "BETWEEN 0 AND 1000000000"
_RUN_KINDS = ", ".join(f"'{kind}'" for kind in RunKind)


class _Column(NamedTuple):
    """A column: the types that SQLite may have stored in it, and what must hold where it is not NULL."""

    name: str
    types: tuple[str, ...]
    holds: str = ""


def _whole(name: str, holds: str, *, or_none: bool = False) -> _Column:
    return _Column(name, ("integer", "null") if or_none else ("integer",), f"{name} {holds}")


def _text(name: str, holds: str = "", *, or_none: bool = False) -> _Column:
    is_short = f"length({name}) <= {_MOST_TEXT}"
    return _Column(name, ("text", "null") if or_none else ("text",), f"{is_short} AND {holds}" if holds else is_short)


def _json(name: str, kind: str) -> _Column:
    """`json_type` alone raises an error where the text is none; a CASE looks at it only where it is."""
    return _text(name, f"CASE WHEN json_valid({name}) THEN json_type({name}) = '{kind}' ELSE 0 END")


def _time(name: str, *, or_none: bool = False) -> _Column:
    types = ("real", "integer", "null") if or_none else ("real", "integer")
    return _Column(name, types, f"abs({name}) < 1e15")


def _score(name: str) -> _Column:
    return _Column(name, ("real", "integer", "null"), f"abs({name}) < 1e9")


def _blob(name: str) -> _Column:
    return _Column(name, ("blob", "null"), f"length({name}) <= {_MOST_TEXT}")


_COLUMNS: dict[str, tuple[_Column, ...]] = {
    "meta": (_text("key"), _text("value")),
    "entries": (
        _text("kind", "kind IN ('edit', 'undo', 'redo', 'run', 'remove_run')"), _text("action"), _text("label"),
        _time("created_s"), _text("status", "status IN ('', 'done', 'undone', 'dropped')"),
        _whole("applied_by", _ENTRY, or_none=True), _whole("run_id", _ENTRY, or_none=True),
        _whole("target", _ENTRY, or_none=True),
    ),
    "changes": (
        _whole("entry_id", _ENTRY), _whole("position", _ENTRY),
        _text("what", "what IN ('pose', 'review', 'regions', 'move', 'cut')"), _whole("frame_index", _FRAME_OR_NONE),
        _blob("before"), _blob("after"),
    ),
    "poses": (_whole("frame_index", _FRAME), _whole("track_id", _PERSON), _Column("pose", ("blob",))),
    "frames": (
        _whole("frame_index", _FRAME), _whole("reviewed", f"BETWEEN -{2**53} AND 1"), _whole("num_people", _COUNT),
        _whole("num_predicted", _COUNT), _whole("num_accepted", _COUNT), _whole("num_corrected", _COUNT),
        _whole("num_imported", _COUNT), _score("min_score"),
        _score("mean_score"),
    ),
    "removals": (
        _whole("frame_index", _FRAME), _whole("entry_id", _ENTRY), _whole("track_id", _PERSON),
        _whole("moved_to", _PERSON, or_none=True), _whole("lasting", "IN (0, 1)"),
    ),
    "cuts": (
        _whole("track_id", _PERSON), _whole("entry_id", _ENTRY), _whole("from_frame", _FRAME),
        _whole("moved_to", _PERSON, or_none=True), _whole("lasting", "IN (0, 1)"),
    ),
    "creations": (_whole("entry_id", _ENTRY), _whole("track_id", _PERSON), _whole("frame_index", _FRAME)),
    "proofs": (
        _whole("frame_index", _FRAME), _text("pixel_hash", "length(pixel_hash) <= 64"), _time("timestamp_s"),
        _whole("entry_id", _ENTRY),
    ),
    "runs": (
        _whole("run_id", _ENTRY), _text("kind", f"kind IN ({_RUN_KINDS})"),
        _text("weights_sha256", or_none=True), _json("settings", "object"), _text("program_version"),
        _time("started_s"), _time("ended_s", or_none=True), _text("status"), _whole("began_after", _ENTRY),
    ),
    "rounds": (
        _time("created_s"), _json("report", "object"), _text("weights_sha256"), _text("parent_sha256", or_none=True),
    ),
    "ignore_regions": (_whole("frame_index", _FRAME), _whole("run_id", _ENTRY), _json("polygons", "array")),
    "kept_fields": (
        _whole("frame_index", _FRAME_OR_NONE), _whole("track_id", _PERSON), _whole("run_id", _ENTRY),
        _json("fields", "object"),
    ),
    "persons_regions": (_whole("frame_index", _FRAME), _json("drawn", "array"), _json("removed", "array")),
    "done_marks": (_text("what"), _whole("frame_index", _FRAME), _whole("print", f"BETWEEN 0 AND {2**32 - 1}")),
}  # fmt: skip


def check(connection: sqlite3.Connection, name: str) -> None:
    """Looks at every row of every table; pictures of poses are looked at where they are read.

    Raises:
        ProjectDamagedError: something is of another kind or size than this program writes; says where.
        sqlite3.Error: the file cannot be read.
    """
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, columns in _COLUMNS.items():
        if table not in there:
            continue  # of a project of an earlier version, open to read
        is_wrong = [_is_wrong(column) for column in columns]
        row = connection.execute(
            f"SELECT {', '.join(is_wrong)} FROM {table} WHERE {' OR '.join(is_wrong)} LIMIT 1"  # noqa: S608 - constant
        ).fetchone()
        if row is not None:
            column = columns[next(place for place, wrong in enumerate(row) if wrong)]
            raise ProjectDamagedError(
                f"{name} is damaged: “{column.name}” in its table “{table}” holds what this program does not write; "
                f"“Repair a project…” saves what is whole of it (python main.py repair {name})."
            )


def drop_wrong(connection: sqlite3.Connection) -> int:
    """Deletes what `check` refuses, and returns how many rows that were."""
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return sum(
        connection.execute(f"DELETE FROM {table} WHERE {' OR '.join(map(_is_wrong, columns))}").rowcount  # noqa: S608 - constant
        for table, columns in _COLUMNS.items()
        if table in there
    )


def _is_wrong(column: _Column) -> str:
    types = ", ".join(f"'{kind}'" for kind in column.types)
    is_of_kind = f"typeof({column.name}) IN ({types})"
    if not column.holds:
        return f"NOT {is_of_kind}"
    return f"NOT ({is_of_kind} AND ({column.name} IS NULL OR ({column.holds})))"
