"""Many clips to be predicted: which they are, what their results are called, and which process takes which."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import FormatError
from core.work.collection import SUFFIX, clips_in, read_collection

_LARGEST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class SetClip:
    """A clip of a set.

    Attributes:
        name: what its label file is called, without the ending; no two of a set have the same.
        source: the video or folder of images.
        boxes: a label file that says where people are, None where a detector finds them.
    """

    name: str
    source: Path
    boxes: Path | None = None


def read_set(path: Path, boxes_folder: Path | None = None) -> tuple[SetClip, ...]:
    """The clips of a folder, of a collection, or of a list: a text file with one clip a line.

    In a list a tab and a label file with boxes may follow the clip; empty lines and those that begin with # are left
    out, and paths are as seen from the list's folder.

    Args:
        path: the folder, `.famiset` file or list.
        boxes_folder: holds label files by the clips' names (`walk.json` for `walk.mp4`), for clips without boxes.

    Raises:
        FormatError: it cannot be read, names no clip, or two of its clips would get the same name.
    """
    if path.is_dir():
        listed: list[tuple[Path, Path | None]] = [
            (clip, None) for clip in clips_in(path) if clip.suffix.lower() != ".fami"
        ]
    elif path.suffix.lower() == SUFFIX:
        listed = [(clip, None) for clip in read_collection(path) if clip.suffix.lower() != ".fami"]
    else:
        listed = _lines_of(path)
    if not listed:
        raise FormatError(f"{path} names no clip: give a folder with videos, or a text file with one clip a line.")
    names = _names([clip for clip, _ in listed])
    return tuple(
        SetClip(name, clip, boxes or _boxes_in(boxes_folder, clip))
        for name, (clip, boxes) in zip(names, listed, strict=True)
    )


def _lines_of(path: Path) -> list[tuple[Path, Path | None]]:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FormatError(f"{path.name} is too large for a list of clips: give a text file with one clip a line.")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror}): give a list or a folder of clips.") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path.name} is no list of clips: give a text file with one clip a line.") from error
    folder = path.absolute().parent
    listed: list[tuple[Path, Path | None]] = []
    for line in lines:
        clip, _, boxes = line.strip().partition("\t")
        if clip and not clip.startswith("#"):
            if "\0" in line:
                raise FormatError(f"{path.name} is no list of clips: give a text file with one clip a line.")
            listed.append((folder / clip.strip(), folder / boxes.strip() if boxes.strip() else None))
    return listed


def _names(clips: Sequence[Path]) -> list[str]:
    """The clips' own names; where several have the same, their folders' names come before them."""
    short = [_own_name(clip) for clip in clips]
    times = Counter(name.casefold() for name in short)
    names = [
        name if times[name.casefold()] == 1 else f"{clip.absolute().parent.name}_{name}"
        for name, clip in zip(short, clips, strict=True)
    ]
    for name, count in Counter(name.casefold() for name in names).items():
        if count > 1:
            same = [str(clip) for clip, own in zip(clips, names, strict=True) if own.casefold() == name]
            raise FormatError(f"{same[0]} and {same[1]} would get the same label file: rename one, or its folder.")
    return names


def _own_name(clip: Path) -> str:
    return clip.name if clip.is_dir() else clip.stem


def _boxes_in(folder: Path | None, clip: Path) -> Path | None:
    boxes = None if folder is None else folder / f"{_own_name(clip)}.json"
    return boxes if boxes is not None and boxes.is_file() else None


def shares(lengths: Sequence[int], processes: int) -> list[int]:
    """Which process takes each clip, so that all have about as much to do.

    The longest clip goes first, each to whoever has the least until then.

    Args:
        lengths: of the clips, in frames.
        processes: how many share the work.

    Returns:
        The number of the process, from 0, for each clip.
    """
    taken = [0] * len(lengths)
    loads = [(0, process) for process in range(processes)]
    for clip in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        load, process = heapq.heappop(loads)
        taken[clip] = process
        heapq.heappush(loads, (load + lengths[clip], process))
    return taken
