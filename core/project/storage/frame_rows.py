"""Rows beside the poses that name a frame: how they follow pictures to other indices, and come back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from core.project.records import Row, RowMove
from core.project.storage.store import Store

# The columns of each table, the frame first; what comes after the `_NUM_KEYS` first ones is said of these.
_TABLES: dict[str, tuple[str, ...]] = {
    "proofs": ("frame_index", "pixel_hash", "entry_id", "timestamp_s"),
    "ignore_regions": ("frame_index", "run_id", "polygons"),
    "kept_fields": ("frame_index", "track_id", "run_id", "fields"),
    "done_marks": ("frame_index", "what", "print"),
    "removals": ("frame_index", "entry_id", "track_id", "moved_to", "lasting"),
    "creations": ("frame_index", "entry_id", "track_id"),
    "cuts": ("from_frame", "track_id", "entry_id", "moved_to", "lasting"),
}
_NUM_KEYS = {name: 2 if name == "ignore_regions" else 3 for name in _TABLES}


def moves(store: Store, places: Mapping[int, int]) -> tuple[RowMove, ...]:
    """What becomes of all rows when pictures have other frame indices.

    Args:
        store: the project's file.
        places: frame index now and from then on. Rows that come with a picture have precedence over those that stay.
    """
    found: list[RowMove] = []
    for table, columns in _TABLES.items():
        rows = store.rows(
            f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - constant
            f" WHERE {columns[0]} IN (SELECT value FROM json_each(?)) ORDER BY {', '.join(columns)}",
            (json.dumps(sorted({*places, *places.values()})),),
        )
        becomes: dict[Row, Row] = {}
        for row in sorted(rows, key=lambda row: row[0] in places):
            new = _at(row, places)
            key = new[: _NUM_KEYS[table]]
            becomes[key] = _together(becomes[key], new) if table == "ignore_regions" and key in becomes else new
        for row in rows:
            new = becomes[_at(row, places)[: _NUM_KEYS[table]]]
            if new != tuple(row):
                found.append(RowMove(table, tuple(row), new))
    return tuple(found)


def reverted(store: Store, moved: Iterable[RowMove]) -> tuple[RowMove, ...]:
    """The moves that take others back, without rows that went since, such as with their run."""
    return tuple(RowMove(table, after, before) for table, before, after in moved if _is_there(store, table, after))


def apply(store: Store, moved: Iterable[RowMove]) -> None:
    """Moves rows, inside a transaction."""
    moved = list(moved)
    for table, columns in _TABLES.items():
        of_table = [one for one in moved if one.table == table]
        where = " AND ".join(f"{column} IS ?" for column in columns)
        # All leave before any arrives, as one frame's new index is another one's old.
        store.execute_many(
            f"DELETE FROM {table} WHERE {where}",  # noqa: S608 - constant
            [one.before for one in of_table],
        )
        store.execute_many(
            f"INSERT OR REPLACE INTO {table} ({', '.join(columns)})"  # noqa: S608 - constant
            f" VALUES ({', '.join('?' * len(columns))})",
            [one.after for one in of_table],
        )
    store.has_regions = None


def _at(row: Row, places: Mapping[int, int]) -> Row:
    return (places.get(row[0], row[0]), *row[1:])


def _together(stays: Row, comes: Row) -> Row:
    """The polygons of two rows of one run."""
    polygons = json.loads(stays[-1])
    return (*stays[:-1], json.dumps([*polygons, *(one for one in json.loads(comes[-1]) if one not in polygons)]))


def _is_there(store: Store, table: str, row: Row) -> bool:
    where = " AND ".join(f"{column} IS ?" for column in _TABLES[table])
    return store.one(f"SELECT 1 FROM {table} WHERE {where}", row) is not None  # noqa: S608 - constant
