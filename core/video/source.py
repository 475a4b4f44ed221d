"""Source: frames of one clip by number, wherever they come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.video.soundness.gaps import Gap

Frame = NDArray[np.uint8]
"""(H, W, 3) RGB as displayed, read-only."""

OnProgress = Callable[[int, int], None]
"""Called with (done, total) of the pass under way; only their ratio has a meaning."""

IsCancelled = Callable[[], bool]


@contextmanager
def reading(what: str, advice: str) -> Iterator[None]:
    """Whatever the libraries that decode may raise leaves this block as a SourceError, which a person can act on.

    Args:
        what: that is read, as the first words of the sentence.
        advice: its last words, for what is damaged or gone; one for what is too large is known here.

    Raises:
        SourceError: in place of any error of FFmpeg, OpenCV, the file system or the memory.
    """
    try:
        yield
    except MemoryError as error:  # first: FFmpeg's own is also one of its errors
        raise SourceError(f"{what} does not fit into memory; close other programs and try again.") from error
    except (av.FFmpegError, cv2.error, OSError) as error:
        reason = getattr(error, "strerror", None)  # OpenCV's errors have none, and their text is no plain English
        raise SourceError(f"{what} cannot be read{f' ({reason})' if reason else ''}; {advice}.") from error


class Source(ABC):
    """The frames of a video file or of a folder of images. Used by one thread at a time; close it after use.

    Attributes:
        path: absolute path of the file or folder.
        kind: "video" or "images".
        size: width and height in pixels as displayed, after rotation.
        pixel_aspect: width / height of one pixel as displayed. Frames are never stretched by it.
        timestamps: (N,) seconds, as the file presents them; index / rate where it has no usable ones.
        damaged: a sentence for people where only a part of the file can be read, else None.
        notes: sentences on what was decided at opening, such as which of two pictures was taken.
        gaps: where frames are missing.
        num_listed: how many frames its file lists, also those that turned out to be missing; None: as many as it has.
        is_checked: the numbers of the frames are sure; where not, `open_source(path, checked=True)` makes sure.
    """

    path: Path
    kind: Literal["video", "images"]
    size: tuple[int, int]
    pixel_aspect: float
    timestamps: NDArray[np.float64]
    damaged: str | None
    notes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    num_listed: int | None = None
    is_checked: bool = True

    def __len__(self) -> int:
        """Number of frames that can be read."""
        return len(self.timestamps)

    def frame(self, frame_index: int) -> Frame:
        """Frame `frame_index` (from 0), the same pixels however it was reached.

        Raises:
            IndexError: if there is no such frame.
            SourceError: if the frame cannot be read, for whatever reason.
        """
        frame_index = self._checked(frame_index)
        with reading(f"Frame {frame_index} of {self.path.name}", "the file is damaged or was changed: open it again"):
            return self._read(frame_index)

    @abstractmethod
    def _read(self, frame_index: int) -> Frame:
        """A frame that exists; errors of the libraries that decode may come out of it, `frame` turns them."""

    @abstractmethod
    def frame_name(self, frame_index: int) -> str:
        """File name of a frame: its own in a folder of images, "000012.jpg" for frame 12 of a video."""

    @abstractmethod
    def close(self) -> None:
        """Releases the file. Reading frames afterwards opens it again."""

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1) -> Iterator[tuple[int, Frame]]:
        """(frame_index, frame) for range(start, stop, step), decoded in one pass where step is positive."""
        for frame_index in range(start, len(self) if stop is None else stop, step):
            yield frame_index, self.frame(frame_index)

    def _checked(self, frame_index: int) -> int:
        """The index as int. Raises IndexError outside 0..N-1: a negative index is a mistake of the caller here."""
        if not 0 <= frame_index < len(self):
            raise IndexError(f"frame {frame_index} of {self.path.name}, which has {len(self)}")
        return int(frame_index)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
