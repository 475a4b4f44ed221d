"""ImageFolder: the images of a folder, in natural order of their names, as the frames of a clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from natsort import natsort_keygen, ns
from numpy.typing import NDArray

from core.errors import Cancelled, SourceError
from core.video.pictures import IMAGE_SUFFIXES, bits_of, is_stack, read_header, read_image
from core.video.source import IsCancelled, OnProgress, Source

IMAGES_PER_SECOND = 30.0
"""Images tell no time; this rate stands in for it."""
VIDEO_SUFFIXES = {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".wmv", ".flv"}
"""Of files that a folder without images is likely to have been chosen for."""

_by_words_and_numbers = natsort_keygen(alg=ns.IGNORECASE)


def natural_key(name: str) -> tuple[object, str]:
    """Sort key by which frame2 comes before frame10; equal but for case or zeros, the plain name decides."""
    return _by_words_and_numbers(name), name


def image_names(folder: Path) -> list[str]:
    """The names of the images in a folder, in natural order; whatever is hidden or no file is none."""
    return sorted((entry.name for entry in _visible(folder) if entry.suffix.lower() in IMAGE_SUFFIXES), key=natural_key)


def _visible(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.is_file()]


def gifs_in(folder: Path) -> list[str]:
    """The names of the GIFs in a folder, in natural order: each is a clip by itself."""
    return sorted((entry.name for entry in _visible(folder) if entry.suffix.lower() == ".gif"), key=natural_key)


def _no_images(folder: Path) -> str:
    found = gifs_in(folder) or sorted(
        (entry.name for entry in _visible(folder) if entry.suffix.lower() in VIDEO_SUFFIXES), key=natural_key
    )
    if not found:
        return f"The folder {folder} holds no images; choose a folder of JPEG or PNG images, or a video."
    what = "GIFs" if found[0].lower().endswith(".gif") else "videos"
    return f"The folder {folder} holds {what} and no images; open one of them by itself, such as {found[0]}."


class ImageFolder(Source):
    """The images of a folder; all have the size of the first."""

    def __init__(self, path: Path, on_progress: OnProgress | None = None, cancelled: IsCancelled | None = None) -> None:
        self.path = path
        self.kind = "images"
        self.pixel_aspect = 1.0
        self.damaged = None
        self._names = image_names(path)
        if not self._names:
            raise SourceError(_no_images(path))
        self.timestamps = np.arange(len(self._names)) / IMAGES_PER_SECOND
        self._bits = 8
        self.size = self._common_size(on_progress, cancelled)

    def _common_size(self, on_progress: OnProgress | None, cancelled: IsCancelled | None) -> tuple[int, int]:
        """Width and height of all images; sets the bits that those with more than 8 use, one number for the folder.

        Raises:
            SourceError: at the first image that differs or cannot be read.
        """
        common = (0, 0)
        for done, name in enumerate(self._names):
            if cancelled is not None and cancelled():
                raise Cancelled
            if on_progress is not None:
                on_progress(done, len(self._names))
            path = self.path / name
            header = read_header(path)
            if is_stack(header):
                raise SourceError(
                    f"{name} holds {len(header.pages)} pictures; open it by itself, or write them out as single images."
                )
            if done > 0 and header.size != common:
                raise SourceError(
                    f"The images of {self.path} differ in size ({self._names[0]} is {common[0]}x{common[1]}, {name} is "
                    f"{header.size[0]}x{header.size[1]}); put images of one size into the folder."
                )
            common = header.size
            if header.is_deep:
                status = path.stat()
                self._bits = max(self._bits, bits_of(path, header.pages, status.st_size, status.st_mtime_ns))
        return common

    def _read(self, frame_index: int) -> NDArray[np.uint8]:
        path = self.path / self.frame_name(frame_index)
        rgb = read_image(path, bits=self._bits)
        if (rgb.shape[1], rgb.shape[0]) != self.size:
            raise SourceError(f"The image {path} has changed its size; put back the one that was there.")
        return rgb

    def frame_name(self, frame_index: int) -> str:
        """See Source.frame_name."""
        return self._names[self._checked(frame_index)]

    def close(self) -> None:
        """See Source.close: nothing is held open."""
