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
CAMERA = re.compile(r"(c|cam|camera|kamera|view|viewpoint|kinect|gopro|left|right|front|side|rear|back|top)\d{0,3}")
"""A word of a name, in small letters, that says which camera took the picture."""
_PADDED = re.compile(r"[^\W\d]*0\d{3,}")
"""A number in four or more digits with a zero before it, as frames are counted."""
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
    number 7), else the last that is neither a version nor a total (clip_0007_v2.png, 7_of_300.png). A camera's number
    is none (cam1_0005.png), nor is one before a number that has zeros before it as frames have.
    """
    found = [_number_words(name) for name in names]
    columns = set(map(len, found))
    if len(names) > 1 and len(columns) == 1:
        for column in reversed(range(columns.pop())):
            words = [of_name[column] for of_name in found]
            values = [_number_of(word) for word in words]
            if len(set(values)) == len(values) and not all(map(CAMERA.fullmatch, words)):
                return list(values)
            if all(map(_PADDED.fullmatch, words)):
                break
    shortened = [_number_words(name, _VERSION_OR_TOTAL) for name in names]
    return [_number_of(words[-1]) if words else None for words in shortened]


def words_of(name: str, without: re.Pattern[str] | None = None) -> list[str]:
    """The words of a name without its folders, suffix and hash, in small letters."""
    text = without_hash(parts_of(name)[-1]) if parts_of(name) else ""
    return [word for word in re.split(r"[\W_]+", without.sub("", text) if without else text) if word]


def _number_words(name: str, without: re.Pattern[str] | None = None) -> list[str]:
    return [word for word in words_of(name, without) if re.fullmatch(r"[^\W\d]*\d{1,15}", word)]


def _number_of(word: str) -> int:
    return int(re.sub(r"\D", "", word))


def posetrack_frame(frame_id: int) -> tuple[str, int]:
    """A frame_id as the number of its video ("" where it names none) and that of its frame."""
    found = _POSETRACK_ID.fullmatch(str(frame_id))
    return (found["video"], int(found["frame"])) if found else ("", frame_id)
