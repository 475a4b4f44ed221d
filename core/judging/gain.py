"""Where a look would mend most: the wrong joints that are expected around each frame and that no look was near.

A correction mends its neighbours, at once where the picture allows (`core.people.repair`) and with the next round
elsewhere: poses nearby are alike. How many joints of a frame are wrong is not known, but expected: a joint with a score
of 0.7 is wrong in three cases of ten. docs/loop.md measures what comes of looking in this order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray
from core.judging.doubts import Reason
from core.judging.entries import Entry, Marks, Places
from core.poses import FramePoses, Pose

REACH_FRAMES = 8.0
"""So far away a look mends only a part of 1/e of what is wrong: measured with frames mended in place."""
_FARTHEST = round(3 * REACH_FRAMES)
_KERNEL = np.exp(-np.abs(np.arange(-_FARTHEST, _FARTHEST + 1)) / REACH_FRAMES)

FEWEST_ELSEWHERE = 3.0
"""A frame is named where at least so many wrong joints are expected in others that a look there may mend."""
LOOKED_AT = "frame looked at"
"""What a mark of done says where a person let such a frame be."""


class ExpectedGain:
    """The frames of a clip: how many joints of each are expected to be wrong, and which a person has looked at.

    Kept up to date frame by frame; a question costs as much as a few passes over as many numbers as there are frames.
    """

    def __init__(self) -> None:
        self._wrong = np.zeros(0)
        self._is_seen = np.zeros(0, np.bool_)
        self._marked = np.zeros(0, np.int64)

    def note(self, frame: FramePoses) -> None:
        """Takes what a frame holds now."""
        index = frame.frame_index
        if index >= len(self._wrong):
            room = max(index + 1, 2 * len(self._wrong)) - len(self._wrong)
            self._wrong, self._is_seen = np.pad(self._wrong, (0, room)), np.pad(self._is_seen, (0, room))
        self._is_seen[index] = frame.reviewed or any(pose.human.any() for pose in frame.poses)
        self._wrong[index] = 0.0 if frame.reviewed else sum(_expected_wrong(pose) for pose in frame.poses)

    def mark(self, marks: Marks) -> None:
        """Takes the frames that a person let be."""
        self._marked = marks.get(LOOKED_AT, np.zeros(0, np.int64)) >> 32

    def at(self, frame_indices: NDArray[np.int64]) -> FloatArray:
        """(N,) how many wrong joints a look at each of these frames may mend, there and around."""
        gains = self._gains()
        inside = frame_indices < len(gains)
        found: FloatArray = np.where(inside, gains[np.where(inside, frame_indices, 0)] if len(gains) else 0.0, 0.0)
        return found

    def most_to_mend(self) -> Entry | None:
        """The frame where a look mends most; None where next to nothing is expected elsewhere."""
        if not len(self._wrong):
            return None
        gains, seen = self._gains(), self._seen()
        best = int(np.argmax(np.where(seen | (self._wrong <= 0), -1.0, gains)))
        if seen[best] or gains[best] - self._wrong[best] < FEWEST_ELSEWHERE:
            return None
        sentence = f"a look here may mend most: about {gains[best]:.0f} joints around are probably wrong"
        places = Places(LOOKED_AT, np.array([best], np.int64), np.zeros(1, np.uint32))
        return Entry(Reason.MOST, best, best, best, None, None, sentence, 1.0, gain=float(gains[best]), places=places)

    def _seen(self) -> NDArray[np.bool_]:
        seen = self._is_seen.copy()
        seen[self._marked[self._marked < len(seen)]] = True
        return seen

    def _gains(self) -> FloatArray:
        if not len(self._wrong):
            return self._wrong
        expected = self._wrong * _novelty(self._seen())
        gains: FloatArray = np.convolve(expected, _KERNEL, "full")[_FARTHEST : _FARTHEST + len(expected)]
        return gains


def _expected_wrong(pose: Pose) -> float:
    """How many of the joints that a machine set are expected to be wrong."""
    with np.errstate(invalid="ignore"):
        return float(np.nansum(np.where(pose.by_machine, 1 - pose.scores, 0.0)))


def _novelty(seen: NDArray[np.bool_]) -> FloatArray:
    """(N,) from 0 in frames that were looked at to 1 far from them: what a look nearby left wrong, another one will."""
    frames = np.arange(len(seen))
    before = np.maximum.accumulate(np.where(seen, frames, -len(seen) - 1000))
    behind = np.minimum.accumulate(np.where(seen, frames, 2 * len(seen) + 1000)[::-1])[::-1]
    novelty: FloatArray = 1 - np.exp(-np.minimum(frames - before, behind - frames) / REACH_FRAMES)
    return novelty
