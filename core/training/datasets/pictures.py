"""Where the pictures of a video lie, and which of them is the neighbour of a key frame."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from core.training.datasets.config import Labelling
from core.training.datasets.videos import LabelledVideo
from core.video.image_folder import natural_key
from core.video.pictures import IMAGE_SUFFIXES


@dataclass(frozen=True, eq=False)
class PictureClip:
    """The pictures of a video that exist.

    Attributes:
        name: of the video.
        positions: the place of each picture in time, counted in frames, rising.
        paths: where each lies.
    """

    name: str
    positions: tuple[int, ...]
    paths: tuple[Path, ...]

    def nearest(self, position: int, toward: int) -> Path:
        """The picture at a place in time, or the nearest that exists; of two as near, the one nearer to `toward`."""
        after = bisect_left(self.positions, position)
        candidates = [i for i in (after - 1, after) if 0 <= i < len(self.positions)]
        best = min(candidates, key=lambda i: (abs(self.positions[i] - position), abs(self.positions[i] - toward)))
        return self.paths[best]


@dataclass(frozen=True, eq=False)
class PlacedVideo:
    """A video with its pictures: `positions[i]` is the place of the i-th listed frame, None where it has no picture."""

    clip: PictureClip
    positions: tuple[int | None, ...]
    remark: str | None = None


class PictureFinder:
    """Finds pictures under a folder; each folder is listed once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listing = lru_cache(maxsize=None)(_pictures_in)

    def place(self, video: LabelledVideo, labelling: Labelling) -> PlacedVideo:
        """The pictures of a video. The clip is empty where none was found.

        A file name is tried whole, then its last two parts, then its last (see docs/datasets.md).
        """
        paths = next((found for length in (None, 2, 1) if any(found := self._find(video, length))), [])
        remark = None
        if labelling == "sparse":
            placed = self._among_all(video, paths)
            if placed is not None:
                return placed
            remark = "the order of frame_id is not that of the pictures' names: neighbours are the listed frames"
        listed = [(i, path) for i, path in enumerate(paths) if path is not None]
        clip = PictureClip(video.name, tuple(i for i, _ in listed), tuple(path for _, path in listed))
        positions = tuple(None if path is None else i for i, path in enumerate(paths))
        return PlacedVideo(clip, positions or (None,) * len(video.frames), remark)

    def _find(self, video: LabelledVideo, length: int | None) -> list[Path | None]:
        """The picture of each frame by the last `length` parts of its name (None: all), None where there is none."""
        found: list[Path | None] = []
        for frame in video.frames:
            parts = PurePosixPath(frame.file_name).parts
            if length is not None:
                parts = parts[-length:]
            if not parts or parts[0] == "/" or ".." in parts:
                found.append(None)
                continue
            folder = self._root.joinpath(*parts[:-1])
            found.append(folder / parts[-1] if parts[-1] in self._listing(folder) else None)
        return found

    def _among_all(self, video: LabelledVideo, paths: list[Path | None]) -> PlacedVideo | None:
        """The video among all pictures of its folder, None where these contradict the order of the listed frames."""
        folder = next((path.parent for path in paths if path is not None), None)
        if folder is None:
            return PlacedVideo(PictureClip(video.name, (), ()), (None,) * len(video.frames))
        names = sorted(self._listing(folder), key=natural_key)
        numbers = [_number(name) for name in names]
        in_order = None not in numbers and len(set(numbers)) == len(numbers)
        place = dict(zip(names, [n or 0 for n in numbers] if in_order else range(len(names)), strict=True))
        ordered = sorted(names, key=place.__getitem__)
        clip = PictureClip(video.name, tuple(place[name] for name in ordered), tuple(folder / name for name in ordered))
        positions = tuple(place[p.name] if p is not None and p.parent == folder else None for p in paths)
        known = [position for position in positions if position is not None]
        return PlacedVideo(clip, positions) if known == sorted(set(known)) else None


def _pictures_in(folder: Path) -> frozenset[str]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return frozenset()
    return frozenset(name for name in names if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES and name[0] != ".")


def _number(name: str) -> int | None:
    """The last number in a picture's name."""
    digits = re.findall(r"\d+", PurePosixPath(name).stem)
    return int(digits[-1]) if digits else None
