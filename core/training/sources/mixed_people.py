"""People of several files as one sequence, and samples of them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.training.samples.augmentation import draw_window
from core.training.samples.batches import Batch, CropSampler, Sample, collate, labelled_sample
from core.training.samples.cut_people import draw_cut, seen_from_afar
from core.training.samples.person import PeopleInPictures, Person
from core.training.sources.starter_split import Indices


class MixedPeople:
    """People of several files, numbered one file after another.

    Args:
        parts: each file's people, and which of them; one that stands there twice is seen twice as often.
    """

    def __init__(self, parts: Sequence[tuple[PeopleInPictures, Indices]]) -> None:
        self.parts = tuple(parts)
        self._ends = np.cumsum([len(indices) for _, indices in self.parts])

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def person(self, index: int) -> Person:
        """The picture and labels of one person."""
        part = int(np.searchsorted(self._ends, index, side="right"))
        people, indices = self.parts[part]
        return people.person(int(indices[index - (self._ends[part] - len(indices))]))


class PictureSampler(CropSampler):
    """Samples of people who may be cut by the frame or far away. The same seed and number give the same sample."""

    def sample(self, number: int) -> Sample:
        """Sample `number` of an endless sequence."""
        rng = np.random.default_rng((*self.seed, 0, number))
        settings, size = self.settings.augmentation, self.settings.input_size_wh
        seen = draw_cut(rng, self.crops.person(self.index_of(number)), settings)
        person = seen_from_afar(rng, seen.person, settings)
        window = draw_window(rng, person, settings, size)
        background = None
        if not seen.is_cut and rng.random() < settings.foreign_background:
            background = self.crops.person(int(rng.choice(self.indices))).rgb
        border = cv2.BORDER_CONSTANT if seen.is_cut else None  # beyond the frame, prediction sees black
        return labelled_sample(self._frames(rng, window, person, background, border), window, person, self.settings)


class MixedClips:
    """Made and real clips in turn, numbered without end. The same number is the same clip.

    Args:
        made: gives the made ones.
        real: gives the real ones.
        real_part: 0 to 1, how many of all are real.
    """

    def __init__(self, made: CropSampler, real: CropSampler, real_part: float) -> None:
        self.made, self.real, self.real_part = made, real, real_part

    def sample(self, number: int) -> Sample:
        """Sample `number`: each kind in its own order, none left out."""
        before, after = (int(count * self.real_part + _ROUNDING) for count in (number, number + 1))
        return self.real.sample(before) if after > before else self.made.sample(number - before)

    def batch(self, start: int, size: int) -> Batch:
        """Samples `start` to `start + size` as tensors."""
        return collate([self.sample(number) for number in range(start, start + size)])


_ROUNDING = 1e-9
"""Ten times a tenth is one, not a little less."""
