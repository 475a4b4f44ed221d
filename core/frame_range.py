"""FrameRange: a stretch of frames that a person chose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FrameRange:
    """The frames from `start` up to `stop`, which is not one of them; at least one frame.

    Attributes:
        start: the first frame's index.
        stop: the index behind the last frame.
    """

    start: int
    stop: int

    def __post_init__(self) -> None:
        """Raises ValueError where it would hold no frame."""
        if not 0 <= self.start < self.stop:
            raise ValueError(
                f"a range holds at least one frame, and none before the first; not {self.start}:{self.stop}"
            )

    @classmethod
    def between(cls, first: int, last: int) -> FrameRange:
        """The frames from one to another, both included, whichever comes first."""
        return cls(min(first, last), max(first, last) + 1)

    @property
    def last(self) -> int:
        """The last frame's index."""
        return self.stop - 1

    @property
    def indices(self) -> range:
        """All of its frame indices."""
        return range(self.start, self.stop)

    @property
    def words(self) -> str:
        """Says "frame 12" or "frames 12 to 30"."""
        return f"frame {self.start}" if len(self) == 1 else f"frames {self.start} to {self.last}"

    def within(self, num_frames: int) -> FrameRange | None:
        """What of it lies in a clip of so many frames, None if nothing does."""
        stop = min(self.stop, num_frames)
        return FrameRange(self.start, stop) if self.start < stop else None

    def __len__(self) -> int:
        """The number of frames."""
        return self.stop - self.start

    def __contains__(self, frame_index: object) -> bool:
        """True for one of its frames' indices."""
        return frame_index in self.indices
