"""Gaps: where frames of a damaged clip are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_STRETCHES = 3
"""More are told as a number only."""


@dataclass(frozen=True)
class Gap:
    """A place where frames are missing.

    Attributes:
        frame_index: the first frame after it; the number of frames where the end is missing.
        num_missing: how many frames.
    """

    frame_index: int
    num_missing: int


def stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Rising numbers as stretches (first, last)."""
    starts = [0, *(at + 1 for at, (one, other) in enumerate(pairwise(numbers)) if other > one + 1)]
    ends = [*(start - 1 for start in starts[1:]), len(numbers) - 1]
    return [(numbers[start], numbers[end]) for start, end in zip(starts, ends, strict=True)] if numbers else []


def gaps_of(missing: Sequence[int]) -> tuple[Gap, ...]:
    """The gaps that missing frames leave, by their rising numbers in a count that has them."""
    gaps, before = [], 0
    for first, last in stretches(missing):
        gaps.append(Gap(first - before, last - first + 1))
        before += last - first + 1
    return tuple(gaps)


def in_words(numbers: Sequence[int], one: str, several: str) -> str:
    """Frames by their numbers: "frame 150 is missing", "frames 150 to 155 and 160 are missing"."""
    found = stretches(numbers)
    if len(found) > MOST_STRETCHES:
        return f"{len(numbers)} frames in {len(found)} places {several}"
    parts = [str(first) if first == last else f"{first} to {last}" for first, last in found]
    named = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"frame {named} {one}" if len(numbers) == 1 else f"frames {named} {several}"
