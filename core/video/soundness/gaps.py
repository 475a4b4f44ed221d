"""Gaps: where frames of a damaged clip are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

MOST_STRETCHES = 3
"""More are told as a number only."""
LEAST_STEPS = 11
"""Fewer steps between frames tell no rate."""
MOST_JUMPS = 0.05
"""Of all steps. Where more are longer than one frame, the rate varies, as that of a screen's recording does."""


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


def usual_step(steps: IntArray) -> tuple[float, NDArray[np.bool_]]:
    """The step between frames that most have, and (N,) which of N steps are it, up to the rounding of times."""
    median = float(np.median(steps))
    even = np.abs(steps - median) <= max(min(1.0, 0.4 * median), 0.02 * median)
    # Rounded times, such as the milliseconds of Matroska, hold it as their mean.
    return (float(steps[even].mean()) if even.any() else median), even


def frames_lost(times: IntArray) -> IntArray:
    """(N,) how many frames are missing before each of N frames, by their rising times in the stream's time base.

    Only a constant rate tells: nearly all steps are alike, up to the rounding of times, and the few longer ones are
    whole multiples of them. A jump longer than all the rest comes of recordings that were joined.
    """
    none = np.zeros(len(times), np.int64)
    steps = np.diff(times)
    if len(steps) < LEAST_STEPS or (steps <= 0).any():
        return none
    step, even = usual_step(steps)
    multiples = np.rint(steps / step).astype(np.int64)
    jumps = (
        ~even & (multiples >= 2) & (np.abs(steps - multiples * step) <= np.maximum(min(1.5, 0.4 * step), 0.02 * steps))
    )
    if jumps.sum() > max(2, MOST_JUMPS * len(steps)) or (~even & ~jumps).sum() > 1:
        return none
    lost = np.where(jumps & (multiples <= len(times)), multiples - 1, 0)
    return np.concatenate([none[:1], lost])


def missing_frames(order: Sequence[int], shown: set[int], lost_before: Sequence[int], num_lost_after: int) -> list[int]:
    """Which numbers the missing frames would have, in a count that has them.

    Args:
        order: packets as they would be shown if all could be decoded.
        shown: those that are.
        lost_before: of each in `order`, how many frames are missing altogether before it.
        num_lost_after: how many after the last.
    """
    missing: list[int] = []
    number = 0
    for packet, num_lost in zip(order, lost_before, strict=True):
        missing += range(number, number + num_lost)
        number += num_lost
        if packet not in shown:
            missing.append(number)
        number += 1
    return [*missing, *range(number, number + num_lost_after)]
