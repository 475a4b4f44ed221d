"""Changes of who is who over a clip, as values: what is to change, what that comes to in words, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Verb(StrEnum):
    """What happens to a person's track."""

    ASSIGN = "assign"
    SWAP = "swap"
    SPLIT = "split"
    MERGE = "merge"


class Both(StrEnum):
    """What happens in the frames where both people are already."""

    SWAP = "swap"
    KEEP_MOVED = "keep_moved"
    KEEP_THERE = "keep_there"


@dataclass(frozen=True)
class TrackChange:
    """One change of tracks; one edit.

    Attributes:
        verb: what to do.
        old: the person whose frames get another number.
        new: that number; None with SPLIT, where it is somebody new.
        start: the first frame.
        stop: the first frame that is left out.
        both: what happens where both are; with SWAP they always swap.
    """

    verb: Verb
    old: int
    new: int | None
    start: int
    stop: int
    both: Both = Both.SWAP


@dataclass(frozen=True, eq=False)
class TrackEffect:
    """What a change comes to.

    Attributes:
        change: the change.
        moved: (N,) the frames of the change in which `old` is, rising.
        there: (M,) likewise of `new`.
        old_elsewhere: the frames in which `old` is besides.
        new_elsewhere: likewise of `new`.
    """

    change: TrackChange
    moved: NDArray[np.int64]
    there: NDArray[np.int64]
    old_elsewhere: int
    new_elsewhere: int

    @property
    def both(self) -> NDArray[np.int64]:
        """The frames in which both are."""
        return np.intersect1d(self.moved, self.there)

    @property
    def has_conflict(self) -> bool:
        """Whether a person has to say what happens where both are."""
        return self.change.verb in (Verb.ASSIGN, Verb.MERGE) and len(self.both) > 0

    @property
    def is_possible(self) -> bool:
        """Whether anything would change, and nobody becomes whom they are."""
        swaps = self.change.verb == Verb.SWAP and len(self.there) > 0
        return self.change.old != self.change.new and (len(self.moved) > 0 or swaps)

    def in_words(self) -> str:
        """The effect on the clip, before it is made: "#3 becomes #1 in 192 frames, 120 to 311."."""
        old, new, verb = f"#{self.change.old}", f"#{self.change.new}", self.change.verb
        if self.change.old == self.change.new:
            return f"This is already {old}: choose another number."
        if not self.is_possible:
            return f"{old} is in none of these frames."
        moved = spans_in_words(self.moved)
        if verb == Verb.SWAP:
            there = spans_in_words(self.there)
            return f"{old} becomes {new} in {moved}; {new} becomes {old} in {there}."
        if verb == Verb.SPLIT:
            rest = f"stays in {_frames(self.old_elsewhere)}" if self.old_elsewhere else "is then in no frame"
            return f"Somebody new takes {old}'s {moved}; {old} {rest}."
        if verb == Verb.MERGE:
            total = len(np.union1d(self.moved, self.there)) + self.new_elsewhere
            said = f"{new} takes all of {old}'s {moved}, and is then in {_frames(total)}."
        else:
            known = self.new_elsewhere + len(self.there)
            said = f"{new} takes {old}'s {moved}."
            said += "" if known else f" Nobody is {new} yet."
        return said + (f" {self._of_both(old, new)}" if len(self.both) else "")

    def _of_both(self, old: str, new: str) -> str:
        what = {
            Both.SWAP: "they swap there",
            Both.KEEP_MOVED: f"{old}'s poses stay there as {new}'s, and {new}'s own are deleted",
            Both.KEEP_THERE: f"{new}'s own poses stay there, and {old}'s are deleted",
        }[self.change.both]
        return f"Both are in {spans_in_words(self.both)}: {what}."


def spans_in_words(frames: NDArray[np.int64]) -> str:
    """Rising frames: "frame 7", "12 frames, 120 to 131", "12 frames between 120 and 311", "no frame"."""
    if not len(frames):
        return "no frame"
    first, last, count = int(frames[0]), int(frames[-1]), len(frames)
    if count == 1:
        return f"frame {first}"
    if last - first + 1 == count:
        return f"{_frames(count)}, {first} to {last}"
    return f"{_frames(count)} between {first} and {last}"


def _frames(count: int) -> str:
    return f"{count:,} frame{'' if count == 1 else 's'}"


class Thumbnail(NamedTuple):
    """A person cut out of a frame, rgb (H, W, 3)."""

    frame_index: int
    rgb: NDArray[np.uint8]


class StripRow(NamedTuple):
    """One person as the clip will show them: the last frames before the place of the change, and the first from it on.

    Attributes:
        track_id: the number that the person has then, None for somebody new.
        before, after: by rising frame; empty where nobody is.
    """

    track_id: int | None
    before: tuple[Thumbnail, ...]
    after: tuple[Thumbnail, ...]
