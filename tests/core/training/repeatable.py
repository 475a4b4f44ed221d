"""Chance that can be repeated."""

from collections.abc import Callable

import numpy as np

from core.training.samples.batches import CropSampler


def check_depends_on_seed_and_number_only(sampler: Callable[[int], CropSampler], shape: tuple[int, ...]) -> None:
    """What was sampled before makes no difference; another seed does."""
    first, second = sampler(1), sampler(1)
    first.sample(3)
    a, b, c = first.sample(7), second.sample(7), sampler(2).sample(7)
    assert a.frames.shape == shape
    assert np.array_equal(a.frames, b.frames)
    assert np.array_equal(a.targets, b.targets)
    assert not np.array_equal(a.frames, c.frames)
