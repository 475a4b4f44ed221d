"""Reads MATLAB files of version 5 to 7, as plain Python values.

scipy's compiled reader believes what a file says of itself: one changed byte kills the process, also in a compressed
variable. This one is Python: nothing in a file can do more than raise an error, or ask for more memory than it brings.
"""

from __future__ import annotations

import math
import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import FormatError

_HEADER_BYTES = 128
_MOST_BYTES = 2**30
"""Of a compressed variable, once it is unpacked: four times the data set's largest."""
_MOST_ARRAYS = 2**23
"""In a variable: the data set's largest has a million."""
_DEEPEST = 32
_NOTHING = np.zeros((0, 0))
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""How numbers are stored, by the type of a data element."""
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
"""What numbers an array has, by its class."""
_TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16"}
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _CHAR = 1, 2, 4
_LOGICAL, _COMPLEX = 0x200, 0x800


class _Element(NamedTuple):
    """A data element: its type, its bytes, and where the next one begins."""

    kind: int
    data: memoryview
    end: int


def load_mat(path: Path, variable: str) -> NDArray[Any]:
    """One variable of a .mat file: numbers, text, cells (arrays of objects), structs (arrays with named fields).

    Raises:
        FormatError: the file is missing, cannot be read, or holds no such variable.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FormatError(f"There is no file {path}; check the path.") from None
    except (OSError, ValueError) as error:  # ValueError: a name that holds a NUL
        raise FormatError(f"{path} cannot be read ({error}).") from error
    if content.startswith(b"MATLAB 7.3"):
        raise FormatError(f"{path.name} is a MATLAB 7.3 file; save it in MATLAB with the option -v7.")
    try:
        found = _variable(content, variable)
    except (ValueError, zlib.error, struct.error) as error:
        raise FormatError(f"{path.name} is not a complete MATLAB file ({error}); download it again.") from error
    if found is None:
        raise FormatError(f"{path.name} holds no variable '{variable}'; it is not the file of labels.")
    return found


def plain(value: object) -> list[Any]:
    """A MATLAB value as nested lists: a struct array as a list of dicts, a cell array as a list of such lists."""
    array = np.asarray(value)
    if array.dtype.names:
        return [{name: plain(entry[name]) for name in array.dtype.names} for entry in array.ravel()]
    if array.dtype == object:
        return [plain(item) for item in array.ravel()]
    if array.dtype == bool:
        array = array.astype(np.uint8)  # MATLAB's logical: a number, as the JSON files have it
    items: list[Any] = array.ravel().tolist()
    return items


def _variable(content: bytes, name: str) -> NDArray[Any] | None:
    """The variable of that name; None if there is none. Raises ValueError and zlib.error for a damaged file."""
    order = {b"IM": "<", b"MI": ">"}.get(content[126:_HEADER_BYTES])
    if order is None:
        raise ValueError("it does not begin as one of version 5 to 7 does")
    reader = _Reader(order)
    view, at = memoryview(content), _HEADER_BYTES
    while at < len(view):
        try:
            outer = element = reader.element(view, at)
            if outer.kind == _COMPRESSED:
                element = reader.element(memoryview(_unpacked(outer.data)), 0)
            if element.kind == _MATRIX and len(element.data) and reader.header(element.data)[2] == name:
                return reader.array(element.data)
        except (ValueError, zlib.error) as error:
            raise ValueError(f"{error}, in the variable at byte {at}") from error
        at = outer.end
    return None


def _unpacked(data: memoryview) -> bytes:
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(data, _MOST_BYTES)
    if not unpacker.eof:
        more = bool(unpacker.unconsumed_tail)
        raise ValueError("a variable is too large to unpack" if more else "a compressed variable is cut off")
    return content


@lru_cache(maxsize=1024)  # a data set of people has the same structs a hundred thousand times
def _fields(names: tuple[str, ...]) -> np.dtype[Any]:
    if len(set(names)) < len(names) or "" in names:
        raise ValueError("a struct has a field twice, or one without a name")
    return np.dtype([(name, object) for name in names])


class _Reader:
    """Reads data elements of one order of bytes; every size is checked against the bytes that are there."""

    def __init__(self, order: str) -> None:
        self._order = order
        self._num_arrays = 0
        self._tag, self._small = struct.Struct(order + "II"), struct.Struct(order + "HH")

    def element(self, data: memoryview, at: int) -> _Element:
        """The element that begins at a place."""
        if at + 8 > len(data):
            raise ValueError("it ends within an element")
        kind, size = self._tag.unpack_from(data, at)
        if kind >> 16:  # up to four bytes lie within the tag
            first, second = self._small.unpack_from(data, at)
            kind, size = (first, second) if self._order == "<" else (second, first)
            start, end = at + 4, at + 8
            if size > 4:
                raise ValueError("a small element is too large")
        else:
            start = at + 8
            end = start + size + (-size % 8 if kind != _COMPRESSED else 0)
        if start + size > len(data):
            raise ValueError("an element is longer than what is left")
        return _Element(kind, data[start : start + size], end)

    def header(self, data: memoryview) -> tuple[int, tuple[int, ...], str, int]:
        """Class and flags, shape and name of an array, and where its content begins."""
        flags = self.element(data, 0)
        shape = self.element(data, flags.end)
        name = self.element(data, shape.end)
        if len(flags.data) != 8 or shape.kind != 5 or not 8 <= len(shape.data) <= 64 or len(shape.data) % 4:
            raise ValueError("an array does not say what it is")
        sizes = tuple(np.frombuffer(shape.data, self._order + "i4").tolist())
        if min(sizes) < 0 or math.prod(sizes) > _MOST_BYTES:
            raise ValueError(f"an array of {' x '.join(map(str, sizes))}")
        return self._tag.unpack(flags.data)[0], sizes, bytes(name.data).decode("latin-1"), name.end

    def array(self, data: memoryview, depth: int = 0) -> NDArray[Any]:
        """The array that an element's data holds."""
        if not len(data):
            return _NOTHING
        if depth > _DEEPEST:
            raise ValueError("cells lie too deep in cells")
        flags, shape, _, at = self.header(data)
        kind = flags & 0xFF
        if kind in _CLASSES:
            return self._numbers(self.element(data, at), shape, kind, flags)
        if kind == _CHAR:
            return self._text(self.element(data, at), shape)
        if kind == _CELL:
            items, _ = self._arrays(data, at, math.prod(shape), depth)
            return _filled(np.empty(len(items), object), items).reshape(shape, order="F")
        if kind == _STRUCT:
            return self._struct(data, at, shape, depth)
        raise ValueError(f"arrays of class {kind} are not read: only numbers, text, cells and structs")

    def _numbers(self, element: _Element, shape: tuple[int, ...], kind: int, flags: int) -> NDArray[Any]:
        stored = _NUMBERS.get(element.kind)
        if stored is None or flags & _COMPLEX:
            raise ValueError("numbers are stored in a way that is not read")
        if len(element.data) != math.prod(shape) * np.dtype(stored).itemsize:
            raise ValueError("an array has other numbers than its shape says")
        values = np.frombuffer(element.data, self._order + stored)
        wanted = np.dtype(bool if flags & _LOGICAL else _CLASSES[kind])
        with np.errstate(invalid="ignore"):
            return values.astype(wanted, copy=False).reshape(shape, order="F")

    def _text(self, element: _Element, shape: tuple[int, ...]) -> NDArray[Any]:
        """(1,) the text of one row; of several rows, and of none, what is there as one."""
        encoding = _TEXTS.get(element.kind)
        if encoding is None or len(element.data) > 4 * max(1, math.prod(shape)):
            raise ValueError("text is stored in a way that is not read")
        if encoding == "utf-16":
            encoding += "-le" if self._order == "<" else "-be"
        text = bytes(element.data).decode(encoding, "replace")
        return np.array([text] if text else [], dtype=np.str_)

    def _arrays(self, data: memoryview, at: int, count: int, depth: int) -> tuple[list[NDArray[Any]], int]:
        """So many arrays that follow each other, and where they end."""
        self._num_arrays += count
        if count * 8 > len(data) - at or self._num_arrays > _MOST_ARRAYS:
            raise ValueError(f"there is no room for {count} arrays")
        arrays = []
        for _ in range(count):
            element = self.element(data, at)
            if element.kind != _MATRIX:
                raise ValueError("something other than an array lies in a cell")
            arrays.append(self.array(element.data, depth + 1))
            at = element.end
        return arrays, at

    def _struct(self, data: memoryview, at: int, shape: tuple[int, ...], depth: int) -> NDArray[Any]:
        size = self.element(data, at)
        listed = self.element(data, size.end)
        length = int.from_bytes(size.data, "little" if self._order == "<" else "big")
        if len(size.data) != 4 or not 1 <= length <= 4096 or len(listed.data) % length:
            raise ValueError("a struct does not say what its fields are")
        words = (bytes(listed.data[i : i + length]) for i in range(0, len(listed.data), length))
        names = tuple(word.partition(b"\0")[0].decode("latin-1") for word in words)
        count = math.prod(shape)
        items, _ = self._arrays(data, listed.end, count * len(names), depth)
        if not names:
            return _NOTHING
        struct_array = np.empty(count, _fields(names))
        for field, name in enumerate(names):
            _filled(struct_array[name], items[field :: len(names)])
        return struct_array.reshape(shape, order="F")


def _filled(array: NDArray[Any], items: list[NDArray[Any]]) -> NDArray[Any]:
    """An array of objects with each of the items in its place: numpy would take them for more axes."""
    for place, item in enumerate(items):
        array[place] = item
    return array
