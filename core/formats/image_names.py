"""What the name of an image says: its folder, its name as other programs change it, and its number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote

Parts = tuple[str, ...]
"""A path's folders and its name."""

_ROBOFLOW = re.compile(r"^(?P<stem>.+)_(?P<suffix>[A-Za-z0-9]{2,5})\.rf\.[0-9A-Za-z]{8,}$")
"""Roboflow writes clip-0012_jpg.rf.<hash>.jpg for clip-0012.jpg."""
_VERSION_OR_TOTAL = re.compile(r"(?<=\d)[\W_]*(v\d|of[\W_]*\d+)$")
_POSETRACK_ID = re.compile(r"1(?P<video>\d{6})(?P<frame>\d{4,})")
"""PoseTrack18's frame_id: a 1, six digits of the video, and the frame."""


def parts_of(name: str) -> Parts:
    """A path's parts, whichever slashes it has; without "." and ".."."""
    return tuple(part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in (".", ".."))


def normalised(name: str) -> str:
    """A name in Unicode's composed form, with %20 and the like as the characters that they stand for."""
    return unicodedata.normalize("NFC", unquote(name))


def stem(name: str) -> str:
    """A name without its suffix; a suffix of digits, as in clip.0012, is none."""
    path = PurePosixPath(normalised(name))
    return path.name if re.fullmatch(r"\.\d*", path.suffix) else path.stem


def without_suffix(name: str) -> str:
    """A name without its suffix, without regard to case."""
    return stem(name).casefold()


def without_hash(name: str) -> str:
    """A name without the suffix and the hash that Roboflow adds, without regard to case."""
    found = _ROBOFLOW.match(stem(name))
    return found["stem"].casefold() if found else without_suffix(name)


def folder_of(name: str) -> Parts:
    """The parts of a path before its last."""
    return tuple(normalised(part) for part in parts_of(name)[:-1])


def numbers_of(names: Sequence[str]) -> list[int | None]:
    """The number of the frame that each name holds, None where it holds none.

    A number stands at the end of a word of the name: frame0012 and clip-0012 hold one, 1080p and a hash hold none.
    Where all names hold equally many, it is the last of them that differs from image to image (a clip_0007_v2.png is
    number 7), else the last that is neither a version nor a total (clip_0007_v2.png, 7_of_300.png).
    """
    found = [_numbers_in(name) for name in names]
    columns = set(map(len, found))
    if len(names) > 1 and len(columns) == 1:
        for column in reversed(range(columns.pop())):
            values = [numbers[column] for numbers in found]
            if len(set(values)) == len(values):
                return list(values)
    shortened = [_numbers_in(name, _VERSION_OR_TOTAL) for name in names]
    return [numbers[-1] if numbers else None for numbers in shortened]


def _numbers_in(name: str, without: re.Pattern[str] | None = None) -> list[int]:
    text = without_hash(parts_of(name)[-1]) if parts_of(name) else ""
    words = re.split(r"[\W_]+", without.sub("", text) if without else text)
    return [int(found[1]) for word in words if (found := re.fullmatch(r"[^\W\d]*(\d{1,15})", word))]


def posetrack_frame(frame_id: int) -> tuple[str, int]:
    """A frame_id as the number of its video ("" where it names none) and that of its frame."""
    found = _POSETRACK_ID.fullmatch(str(frame_id))
    return (found["video"], int(found["frame"])) if found else ("", frame_id)
