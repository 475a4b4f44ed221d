"""Files of several pictures that were cut off: what is whole of them, as a file that their readers take.

Pillow refuses a WebP that is shorter than it says, and libtiff writes to the terminal where a page leads nowhere.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO

MOST_PAGES = 1_000_000
"""Pages that lead in a circle end somewhere."""
_TIFF = {b"II*\0": "little", b"MM\0*": "big"}
_ENTRY_BYTES = 12


def is_cut_off(path: Path) -> bool:
    """Whether a WebP is shorter than it says, or a TIFF's pages lead behind its end."""
    num_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if _is_webp(head):
            return int.from_bytes(head[4:8], "little") + 8 > num_bytes
        return _loose_end(file, head, num_bytes) is not None


def whole_part(path: Path) -> io.BytesIO:
    """What is whole of a file that is cut off. Where that is nothing, it is as damaged as before."""
    content = bytearray(path.read_bytes())
    if not _is_webp(bytes(content[:12])):
        end = _loose_end(io.BytesIO(content), bytes(content[:12]), len(content))
        if end is not None:
            content[end : end + 4] = bytes(4)
        return io.BytesIO(content)
    at = 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + size > len(content):
            break
        at += 8 + size + size % 2
    at = min(at, len(content))
    return io.BytesIO(b"RIFF" + (at - 8).to_bytes(4, "little") + content[8:at])


def _is_webp(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:] == b"WEBP"


def _loose_end(file: IO[bytes], head: bytes, num_bytes: int) -> int | None:
    """Where a TIFF says that a page lies which is not there; None where all are, or where it is the first."""
    order = _TIFF.get(head[:4])
    if order is None:
        return None

    def number(at: int, size: int) -> int:
        file.seek(at)
        return int.from_bytes(file.read(size), "little" if order == "little" else "big")

    told_at, seen = 4, 0
    while seen < MOST_PAGES:
        start = number(told_at, 4)
        if start == 0:
            return None
        after = start + 2 + _ENTRY_BYTES * number(start, 2)
        if start + 2 > num_bytes or after + 4 > num_bytes:
            return told_at if seen else None
        told_at, seen = after, seen + 1
    return None
