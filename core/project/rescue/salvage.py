"""Every row of a damaged project that can still be read, whatever happened to the pages around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from core.project.disk.pages import Pages, Row, Value
from core.project.disk.place import log_of
from core.project.storage.codec import POSE_DTYPE, SEALED_BYTES, is_sealed_for

Place = tuple[int, int]
"""A frame index and a track id."""
Cells = tuple[Value, ...]
"""The columns of a row, in the order of its table."""

_WHATS = ("pose", "review", "regions", "move", "cut")


@dataclass
class Salvaged:
    """What was read. Of two rows with one key, the one that the file's own order leads to counts.

    Attributes:
        version: of the format, 0 where the file does not say.
        meta: settings by key.
        entries: of the journal, by number, without it.
        changes: what, frame index, before and after, by entry and position.
        poses: as they are stored, each with the right checksum where the version has one.
        broken_poses: places of poses whose bytes are not what was written.
        frames: whether a frame is marked, and how many people it should hold, by frame index.
        others: rows of the other tables by table, by key.
        num_entries: how many entries the journal had at least.
    """

    version: int = 0
    meta: dict[str, str] = field(default_factory=dict)
    entries: dict[int, Cells] = field(default_factory=dict)
    changes: dict[Place, Cells] = field(default_factory=dict)
    poses: dict[Place, bytes] = field(default_factory=dict)
    broken_poses: set[Place] = field(default_factory=set)
    frames: dict[int, tuple[int, int]] = field(default_factory=dict)
    others: dict[str, dict[Cells, Cells]] = field(default_factory=dict)
    num_entries: int = 0

    def take(self, table: str, row: Row) -> None:
        """Keeps a row of a table if it is one; of a key that is known already, nothing."""
        cells = _cells(row, has_alias=table != "sqlite_sequence")
        fits = _SHAPES.get(table)
        if fits is None or not fits(cells):
            return
        match table, cells:
            case "meta", (str(key), str(value)):
                self.meta.setdefault(key, value)
            case "entries", (int(entry_id), *rest):
                self.entries.setdefault(entry_id, (*rest, None)[:9])
            case "changes", (int(entry_id), int(position), *rest):
                self.changes.setdefault((entry_id, position), tuple(rest))
            case "poses", (int(frame_index), int(track_id), bytes(blob)):
                self._take_pose((frame_index, track_id), blob)
            case "frames", (int(frame_index), int(reviewed), int(num_people), *_):
                self.frames.setdefault(frame_index, (reviewed, num_people))
            case "sqlite_sequence", (_, "entries", int(number)):
                self.num_entries = max(self.num_entries, number)
            case "sqlite_sequence", _:
                pass  # SQLite counts anew
            case _:
                self.others.setdefault(table, {}).setdefault(cells[: _KEYS.get(table, 1)], cells)

    def _take_pose(self, place: Place, blob: bytes) -> None:
        if is_pose(blob, place[0]) and int.from_bytes(blob[:8], "little", signed=True) == place[1]:
            self.poses.setdefault(place, blob)
        elif -1 < place[0] < 2**32:
            self.broken_poses.add(place)


def is_pose(blob: bytes, frame_index: int) -> bool:
    """True if these are a pose's bytes: with the right checksum, or of a version that had none."""
    return is_sealed_for(blob, frame_index) or len(blob) == POSE_DTYPE.itemsize


def salvage(path: Path) -> Salvaged:
    """Reads everything that can be read of a project and of its log. Raises OSError."""
    pages = Pages.read(path, log_of(path))
    found = Salvaged()
    if 1 in pages.pages:
        found.version = int.from_bytes(pages.pages[1][60:64], "big")
    for name, root in pages.roots().items():
        for row in pages.rows(root):
            found.take(name, row)
    for row in pages.strays():
        table = _table_of(row)
        if table is not None:
            found.take(table, row)
    found.num_entries = max(found.num_entries, *found.entries, *(entry for entry, _ in found.changes), 0)
    found.broken_poses -= found.poses.keys()
    return found


# ---- which rows a table has ----


def _are(cells: Cells, *kinds: type | tuple[type, ...]) -> bool:
    return len(cells) == len(kinds) and all(isinstance(cell, kind) for cell, kind in zip(cells, kinds, strict=True))


_NONE = type(None)
_NUMBER = (float, int)
_MAY_BE_INT, _MAY_BE_BYTES, _MAY_BE_TEXT = (int, _NONE), (bytes, _NONE), (str, _NONE)
_ENTRY = (int, str, str, str, _NUMBER, str, _MAY_BE_INT, _MAY_BE_INT, _MAY_BE_INT)


def _is_change(cells: Cells) -> bool:
    return _are(cells, int, int, str, int, _MAY_BE_BYTES, _MAY_BE_BYTES) and cells[2] in _WHATS


def _is_pose_row(cells: Cells) -> bool:
    return _are(cells, int, int, bytes) and len(bytes(cells[2] or b"")) in (POSE_DTYPE.itemsize, SEALED_BYTES)  # type: ignore[arg-type]  # _are says that it is bytes


_SHAPES: dict[str, Callable[[Cells], bool]] = {
    "meta": lambda cells: _are(cells, str, str),
    "entries": lambda cells: _are(cells, *_ENTRY) or _are(cells, *_ENTRY, _MAY_BE_INT),
    "changes": _is_change,
    "poses": _is_pose_row,
    "frames": lambda cells: _are(cells, *[int] * 7, (*_NUMBER, _NONE), (*_NUMBER, _NONE)),
    "removals": lambda cells: _are(cells, int, int, int, _MAY_BE_INT, int),
    "cuts": lambda cells: _are(cells, int, int, int, _MAY_BE_INT, int),
    "creations": lambda cells: _are(cells, int, int, int),
    "proofs": lambda cells: _are(cells, int, str, int, _NUMBER),
    "runs": lambda cells: _are(cells, int, str, _MAY_BE_TEXT, str, str, _NUMBER, (*_NUMBER, _NONE), str, int),
    "rounds": lambda cells: _are(cells, int, _NUMBER, str, str, _MAY_BE_TEXT),
    "ignore_regions": lambda cells: _are(cells, int, int, str),
    "kept_fields": lambda cells: _are(cells, int, int, int, str),
    "persons_regions": lambda cells: _are(cells, int, str, str),
    "done_marks": lambda cells: _are(cells, str, int, int),
    "sqlite_sequence": lambda cells: _are(cells, int, str, int),
}
_KEYS = {"removals": 3, "cuts": 2, "creations": 3, "proofs": 3, "ignore_regions": 2, "kept_fields": 3, "done_marks": 3}

_TOLD_BY_SHAPE = (
    "poses", "changes", "entries", "frames", "runs", "rounds", "proofs", "kept_fields", "ignore_regions", "meta",
)  # fmt: skip
"""Tables whose rows cannot be taken for another's, nor for those of an index. Removals look like cuts; creations and
done marks like an index."""


def _cells(row: Row, *, has_alias: bool = True) -> Cells:
    """The columns of a row; the first one of a table with row ids is another name of these, and stored as NULL."""
    return row.values if row.row_id is None else (row.row_id, *row.values[1 if has_alias else 0 :])


def _table_of(row: Row) -> str | None:
    """Whose a row is that no table led to."""
    cells = _cells(row)
    for table in _tables(row.row_id is not None):
        if _SHAPES[table](cells):
            return table
    return None


def _tables(has_row_id: bool) -> Iterable[str]:
    with_row_id = ("entries", "frames", "runs", "rounds")
    return [table for table in _TOLD_BY_SHAPE if (table in with_row_id) == has_row_id]
