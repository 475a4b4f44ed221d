"""Reads a table that pandas wrote into HDF5, in both of its layouts, without pandas and without unpickling anything."""

from __future__ import annotations

import pickletools
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from core.files.hdf5 import check_contents

KINDS = ("frame", "frame_table")
MOST_CELLS = 2**26
"""A day of video of one person takes a tenth of it."""


class NamedColumns(NamedTuple):
    """A table: each column's names by level, each row's label (its levels joined by "/"), values (rows, columns)."""

    columns: list[tuple[str, ...]]
    rows: list[str]
    values: NDArray[np.float64]


def has_table(path: str) -> bool:
    """Whether pandas wrote a table into a file."""
    with h5py.File(path, "r") as file:
        return _group(file) is not None


def plain_table(path: str) -> tuple[list[tuple[str, ...]], list[str], list[list[float]]]:
    """The first table: its columns' names, its rows' labels, its values by row. Raises whatever a damaged one makes."""
    with h5py.File(path, "r") as file:
        check_contents(file)
        group = _group(file)
        if group is None:
            raise ValueError("it holds none that pandas wrote")
        read = _fixed if _text(group.attrs["pandas_type"]) == "frame" else _appendable
        table = read(group)
        return table.columns, table.rows, table.values.tolist()


def _group(file: h5py.File) -> h5py.Group | None:
    groups = (item for item in file.values() if isinstance(item, h5py.Group))
    return next((group for group in groups if _text(group.attrs.get("pandas_type", "")) in KINDS), None)


def _text(value: Any) -> str:  # noqa: ANN401 - bytes, text or a number
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _fixed(group: h5py.Group) -> NamedColumns:
    """Pandas' fixed layout: an axis as arrays, and the values in blocks of columns of one type."""
    columns, rows = _axis(group, "axis0"), ["/".join(names) for names in _axis(group, "axis1")]
    places = {names: place for place, names in enumerate(columns)}
    if len(rows) * len(columns) > MOST_CELLS:
        raise ValueError(f"it has {len(rows)} rows of {len(columns)} columns")
    values = np.full((len(rows), len(columns)), np.nan)
    for block in range(int(group.attrs["nblocks"])):
        stored = group[f"block{block}_values"]
        array = np.asarray(stored[()], dtype=np.float64)
        array = array if stored.attrs.get("transposed") else array.T
        for column, names in enumerate(_axis(group, f"block{block}_items")):
            values[:, places[names]] = array[:, column]
    return NamedColumns(columns, rows, values)


def _axis(group: h5py.Group, name: str) -> list[tuple[str, ...]]:
    if _text(group.attrs.get(f"{name}_variety", "regular")) != "multi":
        return [(_text(value),) for value in group[name][()].tolist()]
    levels = []
    for level in range(int(group.attrs[f"{name}_nlevels"])):
        words = [_text(value) for value in group[f"{name}_level{level}"][()].tolist()]
        levels.append([words[label] for label in group[f"{name}_label{level}"][()].tolist()])
    return list(zip(*levels, strict=True))


def _appendable(group: h5py.Group) -> NamedColumns:
    """Pandas' appendable layout: one table of rows, whose column names are pickled text."""
    table = group["table"]
    names = [field for field in table.dtype.names if field != "index"]
    rows = [_text(value) for value in table["index"].tolist()]
    columns: list[tuple[str, ...]] = []
    blocks = []
    for name in names:
        columns += _pickled_names(bytes(table.attrs[f"{name}_kind"]))
        blocks.append(np.asarray(table[name], dtype=np.float64).reshape(len(rows), -1))
    values = np.concatenate(blocks, axis=1)
    if values.shape[1] != len(columns):
        raise ValueError("its columns are not those that it names")
    return NamedColumns(columns, rows, values)


def _pickled_names(pickled: bytes) -> list[tuple[str, ...]]:
    """The tuples of words in a pickled list of them: the opcodes are read one by one, and nothing is ever run.

    Raises:
        ValueError: it holds anything but words in tuples in one list.
    """
    words = _PickledWords()
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name == "STOP":
            break
        words.take(opcode.name, argument)
    (names,) = words.stack
    if not all(isinstance(name, tuple) and all(isinstance(word, str) for word in name) for name in names):
        raise ValueError("its columns are not named by words")
    return list(names)


class _PickledWords:
    """Follows the opcodes that put words, tuples and lists on pickle's stack; refuses all others."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._marks: list[int] = []

    def take(self, name: str, argument: Any) -> None:  # noqa: ANN401 - a word, a number or nothing
        """One opcode. Raises ValueError if it is none of those."""
        kind = name.removeprefix("SHORT_").removeprefix("LONG_").removeprefix("BIN")
        if kind in ("UNICODE", "STRING"):
            self.stack.append(argument)
        elif kind in ("PUT", "MEMOIZE"):
            self._memo[len(self._memo) if argument is None else int(argument)] = self.stack[-1]
        elif kind == "GET":
            self.stack.append(self._memo[int(argument)])
        elif kind == "MARK":
            self._marks.append(len(self.stack))
        else:
            self._gather(kind)

    def _gather(self, kind: str) -> None:
        if kind in ("TUPLE", "LIST", "APPENDS"):
            start = self._marks.pop()
            items, self.stack[start:] = self.stack[start:], []
            if kind == "APPENDS":
                self.stack[-1].extend(items)
            else:
                self.stack.append(tuple(items) if kind == "TUPLE" else items)
        elif kind in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(kind[-1])
            self.stack[-count:] = [tuple(self.stack[-count:])]
        elif kind == "EMPTY_LIST":
            self.stack.append([])
        elif kind == "APPEND":
            item = self.stack.pop()
            self.stack[-1].append(item)
        elif kind not in ("PROTO", "FRAME"):
            raise ValueError(f"its columns are not named by words ({kind})")
