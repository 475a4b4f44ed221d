"""The size of an image from its header, which is much faster than decoding it."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


def image_size(path: Path) -> tuple[int, int] | None:
    """Width and height of a JPEG or PNG; None where only decoding tells (other formats, EXIF, a strange header)."""
    try:
        with path.open("rb") as file:
            head = file.read(24)
            if head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR" and len(head) == 24:
                return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
            if head[:2] == b"\xff\xd8":
                file.seek(2)
                return _jpeg_size(file)
    except OSError:
        return None  # decoding will say what is wrong with the file
    return None


def _jpeg_size(file: BinaryIO) -> tuple[int, int] | None:
    """Walks the segments up to the start of the frame; None at an EXIF segment, whose orientation may swap sides."""
    while True:
        marker = file.read(2)
        while marker[:1] == b"\xff" and marker[1:] == b"\xff":
            marker = marker[1:] + file.read(1)
        if len(marker) < 2 or marker[0] != 0xFF:
            return None
        if marker[1] in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(file.read(2), "big")
        segment = file.read(length - 2) if length >= 2 else b""
        if length < 2 or len(segment) < length - 2 or segment[:4] == b"Exif":
            return None
        if marker[1] in _START_OF_FRAME:
            if len(segment) < 5:
                return None
            return int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[1:3], "big")
