"""Which frame comes when while a clip plays: speed, loop, and what happens where decoding cannot keep up. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.frame_range import FrameRange

SHORTEST_GAP_S, LONGEST_GAP_S = 0.001, 1.0
"""Between two frames; a still that lasts a minute is not waited for."""
LONGEST_LAG_S = 1.0


class Pace:
    """The clock of a playing clip.

    Up to normal speed every frame is shown, later where it is decoded late. Faster than that, frames whose time has
    passed are left out, so that the speed is the one that was chosen.

    Attributes:
        speed: how many times as fast as the clip.
        loop: the frames that are played over and over, None to play to the clip's end.
    """

    def __init__(self, timestamps_s: NDArray[np.float64]) -> None:
        """Starts at normal speed, without a loop.

        Args:
            timestamps_s: (N,) the time of each frame.
        """
        self.speed = 1.0
        self.loop: FrameRange | None = None
        self._timestamps_s = timestamps_s
        self._due_s = 0.0

    def begin(self, now_s: float) -> None:
        """The frame on screen was due now."""
        self._due_s = now_s

    def start(self, current: int) -> int:
        """The frame to play from: the current one, where anything follows it there."""
        if self.loop is not None:
            return current if current in self.loop else self.loop.start
        return 0 if current >= len(self._timestamps_s) - 1 else current

    def following(self, current: int, now_s: float) -> tuple[int, float] | None:
        """The next frame and when it is due, None at the clip's end.

        Args:
            current: the frame on screen.
            now_s: the time on the clock that `begin` was told.
        """
        index, due_s = current, max(self._due_s, now_s - LONGEST_LAG_S)
        while (following := self._after(index)) is not None:
            due_s += self._gap_s(index) / self.speed
            index = following
            if due_s >= now_s or self.speed <= 1:
                break
        if index == current and following is None:
            return None
        self._due_s = max(due_s, now_s)
        return index, self._due_s

    def _after(self, index: int) -> int | None:
        if self.loop is not None:
            return index + 1 if index + 1 in self.loop else self.loop.start
        return index + 1 if index + 1 < len(self._timestamps_s) else None

    def _gap_s(self, index: int) -> float:
        """How long a frame stays; of the last one nobody knows, and it stays as long as the one before."""
        first = min(index, len(self._timestamps_s) - 2)
        if first < 0:
            return LONGEST_GAP_S
        gap_s = float(self._timestamps_s[first + 1] - self._timestamps_s[first])
        return min(max(gap_s, SHORTEST_GAP_S), LONGEST_GAP_S)
