"""FrameCache: decoded frames of one source, shared by threads, within a bound of memory."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from core.video.source import Source

Frame = NDArray[np.uint8]


class FrameCache:
    """Keeps the frames used last, up to `max_bytes`. Any thread may call any method.

    Frames are read-only, as several threads may hold the same one. One frame is decoded at a time; asking for a
    frame that is there never waits for another to be decoded.
    """

    def __init__(self, source: Source | Callable[[], Source], max_bytes: int) -> None:
        """Decodes from `source`, which nobody else may use from now on, or opens one when first needed.

        Args:
            source: a Source, or a function that opens one (called once, in the thread of the first `get`).
            max_bytes: bound of what is kept; the newest frame stays even if it alone is larger.
        """
        self._open = source if callable(source) else lambda: source
        self._source: Source | None = None
        room = max(1, max_bytes)
        # A frame that alone is larger counts as all the room there is: it stays, and everything else goes.
        self._frames: LRUCache[int, Frame] = LRUCache(room, lambda frame: min(frame.nbytes, room))
        self._lock = threading.Lock()
        self._decoding = threading.Lock()

    def __len__(self) -> int:
        """Number of frames kept."""
        with self._lock:
            return len(self._frames)

    @property
    def num_bytes(self) -> int:
        """Memory that the kept frames take; one that alone is larger than the bound counts as the bound."""
        with self._lock:
            return int(self._frames.currsize)

    def peek(self, frame_index: int) -> Frame | None:
        """A frame if it is kept; never decodes."""
        with self._lock:
            return self._frames.get(frame_index)

    def get(self, frame_index: int) -> Frame:
        """A frame, decoded if it is not kept.

        Raises:
            IndexError, SourceError: as Source.frame.
        """
        frame = self.peek(frame_index)
        if frame is not None:
            return frame
        with self._decoding:
            frame = self.peek(frame_index)  # another thread may have decoded it while this one waited
            if frame is None:
                if self._source is None:
                    self._source = self._open()
                frame = self._source.frame(frame_index)
                frame.setflags(write=False)
                with self._lock:
                    self._frames[frame_index] = frame
            return frame

    def nearest(self, frame_index: int) -> tuple[int, Frame] | None:
        """The kept frame nearest to an index, the earlier of two as near; None if nothing is kept."""
        with self._lock:
            if not self._frames:
                return None
            index = min(self._frames, key=lambda kept: (abs(kept - frame_index), kept))
            return index, self._frames[index]

    def clear(self) -> None:
        """Forgets all frames."""
        with self._lock:
            self._frames.clear()

    def close(self) -> None:
        """Forgets all frames and closes the source."""
        with self._decoding:
            self.clear()
            if self._source is not None:
                self._source.close()
