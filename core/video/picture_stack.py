"""PictureStack: the pictures of one file, a TIFF's pages or an animated WebP's, as the frames of a clip."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from core.errors import Cancelled, SourceError
from core.video.image_folder import IMAGES_PER_SECOND
from core.video.pictures import PictureHeader, bits_of, decoding, opened, pixels_of
from core.video.soundness.gaps import Gap
from core.video.source import IsCancelled, OnProgress, Source

NO_TIME_MS = 100.0
"""How long a picture of no time is shown, as browsers do."""


class PictureStack(Source):
    """The pictures of a file in their order; the file stays open between frames."""

    def __init__(
        self,
        path: Path,
        header: PictureHeader,
        on_progress: OnProgress | None = None,
        cancelled: IsCancelled | None = None,
    ) -> None:
        self.path = path
        self.kind = "video"
        self.size = header.size
        self.pixel_aspect = 1.0
        self.damaged: str | None = None
        self.notes = _of_others(path, header)
        self._pages = header.pages
        self._exits = ExitStack()
        self._image: ImageFile.ImageFile | None = None
        status = path.stat()
        self._bits = bits_of(path, header.pages, status.st_size, status.st_mtime_ns) if header.is_deep else 8
        self.timestamps = np.arange(len(self._pages)) / IMAGES_PER_SECOND
        if header.is_animated:
            self._read_times(on_progress, cancelled)
        num_missing = len(header.pages) - len(self._pages) + header.num_cut_off
        if num_missing or header.is_cut_off:
            self._tell_damage(num_missing, is_counted=not header.is_cut_off)

    def _tell_damage(self, num_missing: int, *, is_counted: bool) -> None:
        num_readable = len(self._pages)
        of = f" of {num_readable + num_missing}" if is_counted else ""
        end = "" if is_counted else ", its end is missing"
        self.gaps = (Gap(num_readable, num_missing),) if num_missing else ()
        self.damaged = (
            f"{self.path.name} is damaged: {num_readable}{of} {'frame' if num_readable == 1 and not of else 'frames'} "
            f"can be read{end}; copy it again from where it came from to get all."
        )

    def _read_times(self, on_progress: OnProgress | None, cancelled: IsCancelled | None) -> None:
        """Takes each picture's time from the file, which tells it when the picture is decoded."""
        seconds, start_ms = [], 0.0
        try:
            for page in self._pages:
                if cancelled is not None and cancelled():
                    raise Cancelled
                if on_progress is not None:
                    on_progress(page, len(self._pages))
                image = self._at(page)
                with decoding(self.path):
                    image.load()
                seconds.append(start_ms / 1000)
                start_ms += float(image.info.get("duration", 0)) or NO_TIME_MS
        except SourceError:
            if not seconds:
                raise
        finally:
            self.close()
        self._pages = self._pages[: len(seconds)]
        self.timestamps = np.array(seconds)

    def _at(self, page: int) -> ImageFile.ImageFile:
        if self._image is None:
            self._image = self._exits.enter_context(opened(self.path))
        with decoding(self.path):
            self._image.seek(page)
        return self._image

    def _read(self, frame_index: int) -> NDArray[np.uint8]:
        page = self._pages[frame_index]
        image = self._at(page)
        with decoding(self.path):
            rgb = pixels_of(image, self.path, page, self._bits)
        if (rgb.shape[1], rgb.shape[0]) != self.size:
            raise SourceError(f"Picture {page} of {self.path} has another size; put back the file that was there.")
        return rgb

    def frame_name(self, frame_index: int) -> str:
        """See Source.frame_name."""
        return f"{self._checked(frame_index):06d}.jpg"

    def close(self) -> None:
        """See Source.close."""
        self._exits.close()
        self._image = None


def _of_others(path: Path, header: PictureHeader) -> tuple[str, ...]:
    if not header.num_others:
        return ()
    return (
        f"{path.name} holds {len(header.pages)} pictures of {header.size[0]}x{header.size[1]}; "
        f"{header.num_others} more, previews or of another size, are left out.",
    )
