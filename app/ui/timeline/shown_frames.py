"""Which frames of a clip the timeline shows, and over which pixels: its zoom and its place. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST = 10
"""The timeline is never spread further than until so many frames fill it."""


@dataclass
class ShownFrames:
    """The frames from `start` to `stop` over the pixels from `left` on; both may lie within a frame.

    Attributes:
        num_frames: of the clip, 0 without one.
        start: the first place shown, in frames.
        stop: the end of what is shown, in frames.
        left: where the strip begins, in the widget's pixels.
        width: of the strip, in the widget's pixels.
    """

    num_frames: int = 0
    start: float = 0.0
    stop: float = 1.0
    left: float = 0.0
    width: float = 1.0

    @property
    def length(self) -> float:
        """How many frames are shown."""
        return self.stop - self.start

    @property
    def frame_px(self) -> float:
        """How wide a frame is."""
        return self.width / self.length

    @property
    def are_all(self) -> bool:
        """True where the whole clip is shown."""
        return self.start <= 0.0 and self.stop >= self.num_frames

    def begin(self, num_frames: int) -> None:
        """Shows all of a clip of so many frames."""
        self.num_frames = num_frames
        self.start, self.stop = 0.0, float(max(num_frames, 1))

    def x_of(self, frame_index: float) -> float:
        """The middle of a frame, in the widget's pixels."""
        return self.left + (frame_index + 0.5 - self.start) * self.frame_px

    def frame_at(self, x: float) -> int:
        """The frame under a place, the nearest one where it is outside the strip."""
        frame_index = int(np.floor(self.start + (x - self.left) / self.frame_px))
        return int(np.clip(frame_index, 0, max(self.num_frames - 1, 0)))

    def show(self, start: float, length: float) -> None:
        """Shows `length` frames from `start` on, as far as the clip and the closest look allow."""
        if not self.num_frames:
            return
        length = float(np.clip(length, min(FEWEST, self.num_frames), self.num_frames))
        self.start = float(np.clip(start, 0.0, self.num_frames - length))
        self.stop = self.start + length

    def show_all(self) -> None:
        """Shows the whole clip."""
        self.show(0.0, float(self.num_frames))

    def slide(self, frames: float) -> None:
        """Moves along the clip."""
        self.show(self.start + frames, self.length)

    def zoom_about(self, x: float, factor: float) -> None:
        """Spreads the frames (`factor` over 1) or gathers them; what is at `x` stays there."""
        share = float(np.clip((x - self.left) / self.width, 0.0, 1.0))
        length = float(np.clip(self.length / factor, min(FEWEST, self.num_frames), max(self.num_frames, 1)))
        self.show(self.start + share * (self.length - length), length)

    def reveal(self, frame_index: int) -> bool:
        """Moves so that a frame is shown in the middle, if it is not shown; True if it moved."""
        if self.start <= frame_index < self.stop:
            return False
        self.show(frame_index - self.length / 2, self.length)
        return True
