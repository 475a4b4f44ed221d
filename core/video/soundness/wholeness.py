"""Whether a file is whole by its own structure: headers that lead from one to the next, up to its very end.

Demuxers jump over what they cannot read and say nothing, so that frames are gone without a word.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import numpy as np

_Next = Callable[[mmap.mmap, int], int | None]
"""Where the header after the one at a place lies; None where there is no header."""


class Wholeness(Enum):
    """How whole a file is, as far as its structure tells."""

    WHOLE = "whole"
    CUT_OFF = "cut off"
    BROKEN = "broken"
    """Some of its headers lead nowhere."""


def wholeness_of(path: Path) -> Wholeness:
    """Follows a file's headers; files of a kind that is not known here are taken for whole."""
    if path.stat().st_size < _LEAST_BYTES:
        return Wholeness.WHOLE
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _of_content(content)


def is_cut_off_mp4(path: Path) -> bool:
    """True for an MP4 or MOV without a whole "moov" box."""
    if path.stat().st_size < _LEAST_BYTES:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at: int | None = 0
        while content[4:8] in _FIRST_BOXES and at is not None and at + 8 <= len(content):
            start, at = at, _next_box(content, at)
            if content[start + 4 : start + 8] == b"moov" and at is not None and at <= len(content):
                return False
        return content[4:8] in _FIRST_BOXES


def _of_content(content: mmap.mmap) -> Wholeness:
    for at, magics, read in _KINDS:
        if any(content[at : at + len(magic)] == magic for magic in magics):
            return read(content)
    for size, offset in _TRANSPORT_PACKETS:
        if all(content[at : at + 1] == _SYNC for at in range(offset, min(8 * size, len(content)), size)):
            return _of_transport(content, size, offset)
    return Wholeness.WHOLE


def _follow(content: mmap.mmap, start: int, find_next: _Next) -> Wholeness:
    at, length = start, len(content)
    while at < length:
        following = find_next(content, at)
        if following is None:  # also where only the beginning of a last header is there
            return Wholeness.CUT_OFF if length - at < _LEAST_BYTES else Wholeness.BROKEN
        at = following
    return Wholeness.WHOLE if at == length else Wholeness.CUT_OFF


# ---- MP4, MOV ----

_LEAST_BYTES = 16
_FIRST_BOXES = (b"ftyp", b"wide", b"mdat", b"free", b"skip", b"moov")


def _next_box(content: mmap.mmap, at: int) -> int | None:
    size, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
    if not (name.isascii() and name.isalnum()):
        return None
    if size == 1:
        size = int.from_bytes(content[at + 8 : at + 16], "big")
    elif size == 0:
        return len(content)
    return at + size if size >= 8 else None


def _of_mp4(content: mmap.mmap) -> Wholeness:
    found = _follow(content, 0, _next_box)
    # What cameras append behind the boxes is their own affair; only fragments are lost where boxes lead nowhere.
    return Wholeness.WHOLE if found is Wholeness.BROKEN and content.find(b"moof") < 0 else found


# ---- AVI ----


def _of_riff(content: mmap.mmap) -> Wholeness:
    """By its first part alone: further ones may follow it."""
    end = int.from_bytes(content[4:8], "little") + 8
    return Wholeness.CUT_OFF if end > len(content) else Wholeness.WHOLE


# ---- Matroska, WebM ----

_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _CLUSTER = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"


def _of_matroska(content: mmap.mmap) -> Wholeness:
    segment = _next_element(content, 0) or 0
    length = 9 - content[segment + 4].bit_length() if content[segment : segment + 4] == _SEGMENT else 0
    size_bits = (1 << 7 * length) - 1
    size = int.from_bytes(content[segment + 4 : segment + 4 + length], "big") & size_bits
    is_live = size == size_bits
    if not is_live and segment + 4 + length + size > len(content):
        return Wholeness.CUT_OFF
    return _follow(content, 0, _next_element)


def _next_element(content: mmap.mmap, at: int) -> int | None:
    """The next element, or the first inside one that holds others, whose end its last one has to meet."""
    first = content[at]
    id_length = 9 - first.bit_length()
    size_at = at + id_length
    if not 1 <= id_length <= 4 or size_at >= len(content):
        return None
    length = 9 - content[size_at].bit_length()
    if length > 8:
        return None
    start = size_at + length
    if content[at:size_at] in (_SEGMENT, _CLUSTER):
        return start
    size = int.from_bytes(content[size_at:start], "big") & ((1 << 7 * length) - 1)
    return start + size


# ---- PNG ----

_PNG = b"\x89PNG\r\n\x1a\n"


def _next_chunk(content: mmap.mmap, at: int) -> int | None:
    if not content[at + 4 : at + 8].isalpha():
        return None
    if content[at + 4 : at + 8] == b"IEND":
        return len(content)
    after = at + 12 + int.from_bytes(content[at : at + 4], "big")
    return after if after < len(content) else len(content) + 1


# ---- FLV, Ogg, MXF ----

_KLV = b"\x06\x0e\x2b\x34"


def _of_flv(content: mmap.mmap) -> Wholeness:
    return _follow(content, int.from_bytes(content[5:9], "big") + 4, _next_tag)


def _next_tag(content: mmap.mmap, at: int) -> int | None:
    if content[at] & 0x1F not in (8, 9, 18):
        return None
    size = int.from_bytes(content[at + 1 : at + 4], "big")
    return at + 11 + size + 4


def _next_page(content: mmap.mmap, at: int) -> int | None:
    if content[at : at + 4] != b"OggS" or at + 27 > len(content):
        return None
    num_segments = content[at + 26]
    return at + 27 + num_segments + sum(content[at + 27 : at + 27 + num_segments])


def _next_triplet(content: mmap.mmap, at: int) -> int | None:
    if content[at : at + 4] != _KLV or at + 17 > len(content):
        return None
    first = content[at + 16]
    num_bytes = first & 0x7F if first & 0x80 else 0
    size = int.from_bytes(content[at + 17 : at + 17 + num_bytes], "big") if first & 0x80 else first
    return at + 17 + num_bytes + size


# ---- GIF ----


def _of_gif(content: mmap.mmap) -> Wholeness:
    return _follow(content, 13 + (_colours(content[10]) if content[10] & 0x80 else 0), _next_block)


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1


def _next_block(content: mmap.mmap, at: int) -> int | None:
    kind = content[at]
    if kind == 0x3B:
        return len(content)
    if kind == 0x21:
        at += 2
    elif kind == 0x2C and at + 10 <= len(content):
        flags = content[at + 9]
        at += 11 + (_colours(flags) if flags & 0x80 else 0)
    else:
        return None
    while at < len(content) and content[at]:
        at += content[at] + 1
    # A file that ends here has no trailer: it goes on, as it seems, behind its end.
    return at + 1 if at + 1 < len(content) else len(content) + 1


# ---- WMV, ASF ----

_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")


def _of_asf(content: mmap.mmap) -> Wholeness:
    """By the size that the header tells, and by the first byte of the packets, which all have one size."""
    at, data = content.find(_ASF_PROPERTIES, 0, 65536), content.find(_ASF_DATA, 0, 2**20)
    if at < 0 or data < 0:
        return Wholeness.WHOLE
    told = int.from_bytes(content[at + 40 : at + 48], "little")
    packet = int.from_bytes(content[at + 92 : at + 96], "little")
    num_packets = int.from_bytes(content[data + 40 : data + 48], "little")
    start = data + 50
    is_live = bool(content[at + 88] & 1)
    if not is_live and max(told, start + packet * num_packets) > len(content):
        return Wholeness.CUT_OFF
    whole_packets = min(num_packets, (len(content) - start) // packet) if packet else 0
    firsts = {content[start + packet * number] for number in range(whole_packets)}
    return Wholeness.BROKEN if len(firsts) > 1 else Wholeness.WHOLE


# ---- MPEG transport streams ----

_SYNC = b"\x47"
_TRANSPORT_PACKETS = ((188, 0), (192, 4), (204, 0))
"""Bytes of a packet, and where in it the sync byte lies."""


def _of_transport(content: mmap.mmap, size: int, offset: int) -> Wholeness:
    num_whole = (len(content) - offset - 188) // size + 1
    step = 2**16
    for first in range(0, num_whole, step):  # in parts: a view of the whole would hold the whole file in memory
        start = first * size
        part = np.frombuffer(content[start : min(start + step * size, len(content))], np.uint8)
        if (part[offset::size] != _SYNC[0]).any():
            return Wholeness.BROKEN
    end = num_whole * size
    return Wholeness.WHOLE if end >= len(content) or size != 188 else Wholeness.CUT_OFF


_KINDS: tuple[tuple[int, tuple[bytes, ...], Callable[[mmap.mmap], Wholeness]], ...] = (
    (0, (b"RIFF",), _of_riff),
    (0, (_ASF,), _of_asf),
    (4, _FIRST_BOXES, _of_mp4),
    (0, (_EBML,), _of_matroska),
    (0, (b"FLV",), _of_flv),
    (0, (b"OggS",), lambda content: _follow(content, 0, _next_page)),
    (0, (_KLV,), lambda content: _follow(content, 0, _next_triplet)),
    (0, (_PNG,), lambda content: _follow(content, len(_PNG), _next_chunk)),
    (0, (b"GIF87a", b"GIF89a"), _of_gif),
)
"""By which bytes at which place a kind of file is known, and what follows its headers."""
