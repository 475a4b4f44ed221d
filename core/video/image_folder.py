"""ImageFolder: the images of a folder, in natural order of their names, as the frames of a clip."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from natsort import natsort_keygen, ns
from numpy.typing import NDArray

from core.errors import Cancelled, SourceError
from core.video.image_size import image_size
from core.video.source import IsCancelled, OnProgress, Source, reading

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
IMAGES_PER_SECOND = 30.0
"""Images tell no time; this rate stands in for it."""


_by_words_and_numbers = natsort_keygen(alg=ns.IGNORECASE)


def natural_key(name: str) -> tuple[object, str]:
    """Sort key by which frame2 comes before frame10; equal but for case or zeros, the plain name decides."""
    return _by_words_and_numbers(name), name


def read_image(path: Path) -> NDArray[np.uint8]:
    """An image as (H, W, 3) RGB, turned as its EXIF orientation says.

    Raises:
        SourceError: if it is missing, cannot be decoded in full, or is larger than OpenCV or the memory takes.
    """
    with reading(f"The image {path}", "put it back"):
        encoded = np.fromfile(path, np.uint8)
    with reading(f"The image {path}", "replace it with an intact or smaller one, or remove it from the folder"):
        bgr = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
        if bgr is None or _is_cut_off(encoded):
            raise SourceError(
                f"The image {path} is damaged; replace it with an intact one or remove it from the folder."
            )
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _is_cut_off(encoded: NDArray[np.uint8]) -> bool:
    """True for a JPEG without an end marker or a PNG without its end chunk: decoders fill the rest with grey."""
    if encoded[:2].tobytes() == b"\xff\xd8":
        return encoded.tobytes().rfind(b"\xff\xd9") < 0
    if encoded[:4].tobytes() == b"\x89PNG":
        return encoded.tobytes().rfind(b"IEND") < 0
    return False


class ImageFolder(Source):
    """The images of a folder; all have the size of the first."""

    def __init__(self, path: Path, on_progress: OnProgress | None = None, cancelled: IsCancelled | None = None) -> None:
        self.path = path
        self.kind = "images"
        self.pixel_aspect = 1.0
        self.damaged = None
        names = [p.name for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")]
        if not names:
            raise SourceError(f"The folder {path} holds no images; choose a folder of JPEG or PNG images, or a video.")
        self._names = sorted(names, key=natural_key)
        self.timestamps = np.arange(len(names)) / IMAGES_PER_SECOND
        self.size = self._common_size(on_progress, cancelled)

    def _common_size(self, on_progress: OnProgress | None, cancelled: IsCancelled | None) -> tuple[int, int]:
        """Width and height of all images. Raises SourceError at the first that differs or cannot be read."""
        common = (0, 0)
        for done, name in enumerate(self._names):
            if cancelled is not None and cancelled():
                raise Cancelled
            if on_progress is not None:
                on_progress(done, len(self._names))
            size = image_size(self.path / name)
            if size is None:
                height, width = read_image(self.path / name).shape[:2]
                size = (width, height)
            if done > 0 and size != common:
                raise SourceError(
                    f"The images of {self.path} differ in size ({self._names[0]} is {common[0]}x{common[1]}, {name} is "
                    f"{size[0]}x{size[1]}); put images of one size into the folder."
                )
            common = size
        return common

    def _read(self, frame_index: int) -> NDArray[np.uint8]:
        path = self.path / self.frame_name(frame_index)
        rgb = read_image(path)
        if (rgb.shape[1], rgb.shape[0]) != self.size:
            raise SourceError(f"The image {path} has changed its size; put back the one that was there.")
        return rgb

    def frame_name(self, frame_index: int) -> str:
        """See Source.frame_name."""
        return self._names[self._checked(frame_index)]

    def close(self) -> None:
        """See Source.close: nothing is held open."""
