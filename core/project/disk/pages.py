"""SQLite's file read page by page, without SQLite: what is left of a damaged one, and whose log lies beside it.

A page that cannot be read costs what is on it and nothing else. See https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

MAGIC = b"SQLite format 3\0"
_WAL_MAGICS = {0x377F0682: "<", 0x377F0683: ">"}
_TABLE_LEAF, _TABLE_INTERIOR, _INDEX_LEAF, _INDEX_INTERIOR = 13, 5, 10, 2
_USUAL_PAGE_SIZE = 4096
_MOST_COLUMNS = 64
_MOST_PAYLOAD = 2**28

Value = int | float | str | bytes | None


class Row(NamedTuple):
    """A row of a table: its row id, None in a table without, and its columns as they are stored."""

    row_id: int | None
    values: tuple[Value, ...]


class _TornError(Exception):
    """What is read here is not what SQLite writes."""


@dataclass
class Pages:
    """The pages of a file, those of its log in place of older ones.

    Attributes:
        pages: content by number, from 1.
        size: of a page, bytes.
        num_short: pages that should be there and are not, or not whole.
    """

    pages: dict[int, bytes]
    size: int
    num_short: int = 0
    visited: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, content: bytes, log: bytes = b"") -> Pages:
        """The pages of a file's content and its log's."""
        size = _page_size(content, log)
        whole, rest = divmod(len(content), size)
        pages = {number + 1: content[number * size : (number + 1) * size] for number in range(whole)}
        if rest:
            pages[whole + 1] = content[whole * size :].ljust(size, b"\0")
        found = cls(pages, size)
        found.pages.update(_pages_of_log(log, size))
        told = struct.unpack(">I", found.pages[1][28:32])[0] if 1 in found.pages else 0
        found.num_short = max(told - len(found.pages), 0) + bool(rest)
        return found

    @classmethod
    def read(cls, path: Path, log: Path | None = None) -> Pages:
        """The pages of a file, and of its log where one is named and there. Raises OSError."""
        return cls.of(path.read_bytes(), log.read_bytes() if log is not None and log.exists() else b"")

    def roots(self) -> dict[str, int]:
        """The first page of every table by name, as far as the list of tables can be read.

        What lies under indices is counted as visited.
        """
        tables: dict[str, int] = {}
        indices: list[int] = []
        for row in self.rows(1):
            match row.values:
                case ("table", str(name), _, int(root), *_):
                    tables[name] = root
                case ("index", _, _, int(root), *_):
                    indices.append(root)
        for root in indices:
            for _ in self.rows(root):
                pass
        return tables

    def rows(self, root: int) -> Iterator[Row]:
        """The rows of a tree, from its first page; what cannot be read is passed over."""
        waiting = [root]
        while waiting:
            number = waiting.pop()
            if number in self.visited or number not in self.pages:
                continue
            self.visited.add(number)
            try:
                rows, children = self._read(number)
            except (_TornError, struct.error, IndexError):
                continue
            yield from rows
            waiting += children

    def strays(self) -> Iterator[Row]:
        """The rows on pages that no tree led to, but for those that SQLite calls free."""
        free = self._free()
        for number in sorted(self.pages.keys() - self.visited - free):
            if self.pages[number][0] in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR):
                yield from self.rows(number)

    def _free(self) -> set[int]:
        free: set[int] = set()
        trunk = struct.unpack(">I", self.pages[1][32:36])[0] if 1 in self.pages else 0
        while trunk in self.pages and trunk not in free:
            free.add(trunk)
            following, count = struct.unpack(">II", self.pages[trunk][:8])
            count = min(count, self.size // 4 - 2)
            free.update(struct.unpack(f">{count}I", self.pages[trunk][8 : 8 + 4 * count]))
            trunk = following
        return free

    def _read(self, number: int) -> tuple[list[Row], list[int]]:
        """The rows of a page, and the pages below it."""
        page = self.pages[number]
        start = 100 if number == 1 else 0
        kind = page[start]
        if kind not in (_TABLE_LEAF, _TABLE_INTERIOR, _INDEX_LEAF, _INDEX_INTERIOR):
            raise _TornError
        is_interior = kind in (_TABLE_INTERIOR, _INDEX_INTERIOR)
        count = struct.unpack(">H", page[start + 3 : start + 5])[0]
        first = start + (12 if is_interior else 8)
        if first + 2 * count > self.size:
            raise _TornError
        children = [struct.unpack(">I", page[start + 8 : start + 12])[0]] if is_interior else []
        rows: list[Row] = []
        for place in struct.unpack(f">{count}H", page[first : first + 2 * count]):
            try:
                at = place
                if is_interior:
                    children.append(struct.unpack(">I", page[at : at + 4])[0])
                    at += 4
                if kind != _TABLE_INTERIOR:
                    rows.append(self._cell(page, at, has_row_id=kind == _TABLE_LEAF))
            except (_TornError, struct.error, IndexError):
                continue
        return rows, children

    def _cell(self, page: bytes, at: int, *, has_row_id: bool) -> Row:
        length, at = _varint(page, at)
        row_id: int | None = None
        if has_row_id:
            row_id, at = _varint(page, at)
            row_id -= (row_id >> 63) << 64
        if not 0 < length <= _MOST_PAYLOAD:
            raise _TornError
        usable = self.size
        most = usable - 35 if has_row_id else (usable - 12) * 64 // 255 - 23
        if length <= most:
            local = length
        else:
            fewest = (usable - 12) * 32 // 255 - 23
            local = fewest + (length - fewest) % (usable - 4)
            local = fewest if local > most else local
        payload = page[at : at + local]
        if local < length:
            payload += self._overflow(struct.unpack(">I", page[at + local : at + local + 4])[0], length - local)
        return Row(row_id, _record(payload))

    def _overflow(self, number: int, wanted: int) -> bytes:
        parts: list[bytes] = []
        seen: set[int] = set()
        while wanted > 0:
            if number not in self.pages or number in seen:
                raise _TornError
            seen.add(number)
            self.visited.add(number)
            page = self.pages[number]
            parts.append(page[4 : 4 + wanted])
            wanted -= self.size - 4
            number = struct.unpack(">I", page[:4])[0]
        return b"".join(parts)


def _page_size(content: bytes, log: bytes) -> int:
    if content.startswith(MAGIC):
        size = struct.unpack(">H", content[16:18])[0]
        size = 65536 if size == 1 else size
        if size >= 512 and size & (size - 1) == 0:
            return int(size)
    if len(log) >= 32 and struct.unpack(">I", log[:4])[0] in _WAL_MAGICS:
        size = struct.unpack(">I", log[8:12])[0]
        if 512 <= size <= 65536 and size & (size - 1) == 0:
            return int(size)
    return _USUAL_PAGE_SIZE


def _pages_of_log(log: bytes, size: int) -> dict[int, bytes]:
    """The newest pages of the log's whole transactions."""
    if len(log) < 32:
        return {}
    magic, _, page_size = struct.unpack(">III", log[:12])
    order = _WAL_MAGICS.get(magic)
    if order is None or page_size != size:
        return {}
    salts = log[16:24]
    total = _checksum(log[:24], order, (0, 0))
    if struct.pack(">II", *total) != log[24:32]:
        return {}
    committed: dict[int, bytes] = {}
    waiting: dict[int, bytes] = {}
    for at in range(32, len(log) - 24 - size + 1, 24 + size):
        header, page = log[at : at + 24], log[at + 24 : at + 24 + size]
        total = _checksum(page, order, _checksum(header[:8], order, total))
        if header[8:16] != salts or struct.pack(">II", *total) != header[16:24]:
            break
        number, pages_then = struct.unpack(">II", header[:8])
        waiting[number] = page
        if pages_then:
            committed |= waiting
            waiting = {}
    return committed


def _checksum(data: bytes, order: str, total: tuple[int, int]) -> tuple[int, int]:
    first, second = total
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for one, two in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + two + first) & 0xFFFFFFFF
    return first, second


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(9):
        byte = data[at + place]
        if place == 8:
            return (value << 8) | byte, at + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, at + place + 1
    raise _TornError


def _record(payload: bytes) -> tuple[Value, ...]:
    header, at = _varint(payload, 0)
    if header > len(payload):
        raise _TornError
    kinds: list[int] = []
    while at < header:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if at != header or len(kinds) > _MOST_COLUMNS:
        raise _TornError
    values: list[Value] = []
    for kind in kinds:
        value, at = _value(payload, at, kind)
        values.append(value)
    return tuple(values)


_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in (8, 9):
        return kind - 8, at
    if kind in (10, 11):
        raise _TornError
    length = _INTEGER_BYTES.get(kind, 8 if kind == 7 else (kind - 12) // 2)
    data = payload[at : at + length]
    if len(data) != length:
        raise _TornError
    if kind == 7:
        return struct.unpack(">d", data)[0], at + 8
    if kind in _INTEGER_BYTES:
        return int.from_bytes(data, "big", signed=True), at + length
    if kind % 2 == 0:
        return data, at + length
    try:
        return data.decode("utf-8"), at + length
    except UnicodeDecodeError as error:
        raise _TornError from error
