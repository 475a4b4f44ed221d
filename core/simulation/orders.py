"""In what order a labeller looks at frames: where the queue sends them, evenly spaced, or at random."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import numpy as np

from core.judging.entries import Order, by_gain, in_order
from core.project import Project, Touched
from core.work.clip_review import ClipReview

QUEUE, EVEN, RANDOM = "queue", "even", "random"
ORDERS = (QUEUE, EVEN, RANDOM)
KNOWING = "knowing"
"""Beside them, for comparison: it goes where the most wrong joints are, which nobody but the bench knows."""


class FrameOrder(Protocol):
    """Says which frame comes next."""

    def note(self, touched: Touched) -> None:
        """Hears what changed in the project."""

    def next_frame(self, unseen: Collection[int]) -> int:
        """One of the frames that were not looked at."""


def order_of(
    name: str, project: Project, frame_indices: Sequence[int], seed: int, wrong: Mapping[int, int]
) -> FrameOrder:
    """The order of that name.

    Args:
        name: one of ORDERS, or KNOWING.
        project: what the queue is of.
        frame_indices: all frames of the clip that count, rising.
        seed: of a random order.
        wrong: how many joints of each frame are wrong at the time.
    """
    if name == QUEUE:
        return QueueOrder(project, frame_indices)
    if name == KNOWING:
        return KnowingOrder(wrong)
    return FixedOrder(fixed_order(name, frame_indices, seed))


def fixed_order(name: str, frame_indices: Sequence[int], seed: int) -> list[int]:
    """All frames in an even or a random order."""
    if name == EVEN:
        return evenly_spaced(frame_indices)
    return [int(index) for index in np.random.default_rng(seed).permutation(np.array(frame_indices))]


class FixedOrder:
    """Frames in an order that nothing changes."""

    def __init__(self, frame_indices: Sequence[int]) -> None:
        self._frame_indices = frame_indices

    def note(self, touched: Touched) -> None:
        """It makes no difference."""

    def next_frame(self, unseen: Collection[int]) -> int:
        """The first one that is left."""
        return next(index for index in self._frame_indices if index in unseen)


class KnowingOrder:
    """The frame with the most wrong joints each time; no order that a program could have, but one to compare with."""

    def __init__(self, wrong: Mapping[int, int]) -> None:
        self._wrong = wrong

    def note(self, touched: Touched) -> None:
        """It knows anyway."""

    def next_frame(self, unseen: Collection[int]) -> int:
        """The frame with the most wrong joints, the first of several."""
        return min(unseen, key=lambda index: (-self._wrong[index], index))


class QueueOrder:
    """The first entry of the queue, ranked anew after whatever changed; where it is empty, the rest evenly spaced.

    An entry that leads to a frame that was looked at before (a track that may be lost, say) asks for no drags and is
    passed over.
    """

    def __init__(self, project: Project, frame_indices: Sequence[int], order: Order = by_gain) -> None:
        self._review = ClipReview(project)
        self._rest = FixedOrder(evenly_spaced(frame_indices))
        self._order = order

    def note(self, touched: Touched) -> None:
        """The queue looks at these frames again."""
        self._review.note(touched.frame_indices, people=touched.people_changed)

    def next_frame(self, unseen: Collection[int]) -> int:
        """Where the first entry leads."""
        columns = self._review.entries()
        rows = in_order(columns, np.flatnonzero(~columns.is_done), self._order)
        frames = columns.frame_index[rows]
        left = frames[np.isin(frames, list(unseen))]
        return int(left[0]) if len(left) else self._rest.next_frame(unseen)


def evenly_spaced(frame_indices: Sequence[int]) -> list[int]:
    """The frames so that whatever comes first is spread evenly: each next one halves a widest gap."""
    count = len(frame_indices)
    bits = max(1, (count - 1).bit_length())
    places = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(2**bits))
    return [frame_indices[place] for place in places if place < count]
