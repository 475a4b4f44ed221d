"""Which corrected frames only measure: blocks of time, apart from all that is trained on, for the life of a project.

What was held out once stays so in every later round: the blocks are remembered in the rounds' reports. A later round
adds blocks where people corrected since, never where an earlier round trained.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import TrainingError
from core.training.rounds.report import FinetuneSettings

FEWEST_FRAMES = 4
"""With fewer corrected frames there is no round: one is held out, and three are too few already."""

MOST_HELD_OUT_FRAMES = 40
"""More would only make the round wait longer for the same answer."""

FEWEST_TRAINING_FRAMES = 2
_MOST_LOST = 0.25
"""No more of the corrected frames than this are given up because they neighbour a held-out block, where that can be."""


class TooFewFramesError(TrainingError):
    """There are too few corrected frames for a round, or all lie too close together: correct more, elsewhere."""


Span = tuple[int, int]
"""Frames from the first on and before the second."""


@dataclass(frozen=True)
class History:
    """What earlier rounds of a project held out and trained on.

    Attributes:
        spans: held-out blocks.
        trained: frames that were trained on.
    """

    spans: tuple[Span, ...] = ()
    trained: frozenset[int] = frozenset()

    @classmethod
    def of(cls, reports: Sequence[Mapping[str, Any]]) -> History:
        """That of the reports of a project's rounds; rounds from before there were blocks held single frames out."""
        spans: list[Span] = []
        trained: set[int] = set()
        for report in reports:
            trained.update(int(index) for index in report.get("train_frames", ()))
            spans += [(int(start), int(stop)) for start, stop in report.get("held_out_blocks", ())]
        return cls(tuple(dict.fromkeys(spans)), frozenset(trained))


@dataclass(frozen=True)
class Parts:
    """How a round divides the corrected frames.

    Attributes:
        spans: the blocks that are held out, those of earlier rounds too.
        held_out: corrected frames in them that are measured.
        train: corrected frames that are trained on: outside all blocks, and no neighbours of one.
        flattered: frames are measured that an earlier round trained on, since there are no others.
    """

    spans: tuple[Span, ...]
    held_out: tuple[int, ...]
    train: tuple[int, ...]
    flattered: bool = False

    def may_teach(self, frame: int, choosing: Sequence[int], reach: int) -> bool:
        """Whether something may be trained on in a frame without a person's word, too."""
        return not is_in(frame, self.spans, reach) and not _near(frame, choosing, reach)


def is_in(frame: int, spans: Sequence[Span], reach: int = 0) -> bool:
    """Whether a frame lies in one of the spans, or no further than `reach` frames from one."""
    return any(start - reach <= frame < stop + reach for start, stop in spans)


def divide(frames: Sequence[int], history: History, part: float, reach: int, seed: int) -> Parts:
    """Divides the corrected frames of a clip.

    Args:
        frames: all corrected frames, in order.
        history: of the project's rounds.
        part: of the frames, to be held out.
        reach: of a supporting frame: as near to a block nothing is trained on, so that no pixel of it ever is.
        seed: draws where blocks lie; nobody looks.

    Raises:
        TooFewFramesError: if there are too few frames, or all lie too close together.
    """
    if len(frames) < FEWEST_FRAMES:
        raise TooFewFramesError(
            f"Correct or accept poses in at least {FEWEST_FRAMES} frames first ({len(frames)} so far): "
            "some of them are held out to measure the error."
        )
    spans = _with_new_blocks(frames, history, part, reach, seed)
    flattered = not any(is_in(frame, spans) for frame in frames)
    if flattered:
        spans = _with_new_blocks(frames, History(), part, reach, seed)
    held_out = [frame for frame in frames if is_in(frame, spans)]
    train = tuple(frame for frame in frames if not is_in(frame, spans, reach))
    if len(train) < FEWEST_TRAINING_FRAMES:
        raise TooFewFramesError(
            "The corrected frames lie too close together to hold some of them out: correct frames further away, too."
        )
    if len(held_out) > MOST_HELD_OUT_FRAMES:
        places = np.linspace(0, len(held_out) - 1, MOST_HELD_OUT_FRAMES).round().astype(int)
        held_out = [held_out[place] for place in places]
    return Parts(tuple(spans), tuple(held_out), train, flattered)


def choosing_frames(
    train: Sequence[int], settings: FinetuneSettings, reach: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Divides the frames that may be trained on once more: those that choose the best step, and those that teach.

    Args:
        train: frames, in order.
        settings: of the round: how many choose, and from how many frames on.
        reach: of a supporting frame.
    """
    if len(train) < settings.fewest_to_choose or not settings.choosing_part:
        return (), tuple(train)
    spans = _with_new_blocks(train, History(), settings.choosing_part, reach, settings.seed + 1)
    return (
        tuple(frame for frame in train if is_in(frame, spans)),
        tuple(frame for frame in train if not is_in(frame, spans, reach)),
    )


def _with_new_blocks(frames: Sequence[int], history: History, part: float, reach: int, seed: int) -> list[Span]:
    """The blocks from before and as many frames in new ones as are lacking, in as many blocks as cost little."""
    kept = list(history.spans)
    fresh = [f for f in frames if not is_in(f, kept, reach) and not _near(f, history.trained, reach)]
    measured = sum(is_in(frame, kept) for frame in frames)
    wanted = min(min(max(1, round(part * len(frames))), MOST_HELD_OUT_FRAMES) - measured, max(1, len(fresh) // 2))
    if wanted <= 0 or not fresh:
        return kept
    for count in range(max(1, round(wanted**0.5)), 0, -1):
        spans = kept + _blocks(frames, fresh, _shares(wanted, count), reach, np.random.default_rng(seed))
        lost = sum(is_in(f, spans, reach) and not is_in(f, spans) for f in frames)
        if lost <= _MOST_LOST * len(frames):
            break
    return spans


def _near(frame: int, others: Collection[int], reach: int) -> bool:
    return any(frame + step in others for step in range(-reach, reach + 1))


def _blocks(
    frames: Sequence[int], fresh: Sequence[int], sizes: Sequence[int], reach: int, rng: np.random.Generator
) -> list[Span]:
    """One block in each of as many stretches of the fresh frames, drawn among the places that cost fewest frames."""
    place = {frame: index for index, frame in enumerate(frames)}
    spans: list[Span] = []
    for stretch, size in zip(np.array_split(fresh, len(sizes)), sizes, strict=True):
        runs = np.split(stretch, np.flatnonzero(np.diff([place[int(f)] for f in stretch]) > 1) + 1)
        length = min(size, max(len(run) for run in runs))
        choices = [
            (int(run[first]), int(run[first + length - 1]) + 1)
            for run in runs
            for first in range(len(run) - length + 1)
        ]
        costs = np.array([sum(is_in(f, [choice], reach) for f in frames) for choice in choices])
        cheapest = np.flatnonzero(costs == costs.min())
        spans.append(choices[int(rng.choice(cheapest))])
    return spans


def _shares(total: int, count: int) -> list[int]:
    return [len(part) for part in np.array_split(np.arange(total), count)]
