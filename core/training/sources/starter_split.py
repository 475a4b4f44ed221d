"""Which of the starter's people are trained on, which choose, and which are only measured: drawn once, by seed.

| part | of LSP Extended | of the photographs | of the real clips |
|---|---|---|---|
| held out: only measured | a tenth, as ever | none | a fifth of JHMDB's labelled clips, whole videos |
| choosing: backbone, steps, scores | a twentieth, as ever | a twentieth | a tenth of JHMDB's labelled clips, likewise |
| trained on | the rest | the rest | the rest |

The paddleboarders and COCO's and MPII's samples are in none of these files. Drawn before the first training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geometry import BoolArray

HELD_OUT_CLIPS, CHOOSING_CLIPS, CHOOSING_PICTURES = 0.2, 0.1, 0.05
STARTER_PEOPLE = "data/starter"
"""The folder of pictures.h5 and clips.h5 under the shared data."""

SPLIT_SEED = 14
"""Of the photographs and clips, whatever the recipe's: a part that was trained on once is never measured on later."""

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class PartOf:
    """Indices of what is trained on, of what chooses, and of what is only measured; no group is in two of them."""

    train: Indices
    choosing: Indices
    held_out: Indices


def split_pictures(groups: Sequence[str], seed: int = SPLIT_SEED) -> PartOf:
    """Parts photographs; all of one group go the same way.

    Args:
        groups: of each photograph.
        seed: the same seed gives the same parts.
    """
    every = np.arange(len(groups))
    choosing = _drawn(groups, np.ones(len(groups), dtype=bool), round(CHOOSING_PICTURES * len(groups)), seed)
    in_choosing = np.isin(groups, sorted(choosing))
    return PartOf(every[~in_choosing], every[in_choosing], every[:0])


def split_clips(videos: Sequence[str], has_person: BoolArray, seed: int = SPLIT_SEED) -> PartOf:
    """Parts clips by whole videos. The parts that are measured hold only clips that a person labelled.

    Args:
        videos: of each clip.
        has_person: (clips,) which of them a person labelled.
        seed: the same seed gives the same parts.
    """
    every, count = np.arange(len(videos)), int(has_person.sum())
    held_out = _drawn(videos, has_person, round(HELD_OUT_CLIPS * count), seed)
    left = has_person & ~np.isin(videos, sorted(held_out))
    choosing = _drawn(videos, left, round(CHOOSING_CLIPS * count), seed + 1)
    is_held_out, is_choosing = np.isin(videos, sorted(held_out)), np.isin(videos, sorted(choosing))
    return PartOf(every[~is_held_out & ~is_choosing], every[is_choosing & has_person], every[is_held_out & has_person])


def _drawn(groups: Sequence[str], counted: BoolArray, wanted: int, seed: int) -> set[str]:
    """Groups in a random order, each taken where it does not bring more than `wanted` of what is counted."""
    sizes: dict[str, int] = {}
    for group, counts in zip(groups, counted, strict=True):
        if counts:
            sizes[group] = sizes.get(group, 0) + 1
    names = sorted(sizes)
    taken: set[str] = set()
    total = 0
    for place in np.random.default_rng(seed).permutation(len(names)):
        if total + sizes[names[place]] <= wanted:
            taken.add(names[place])
            total += sizes[names[place]]
    return taken
