"""Samples of real clips: a labelled frame and its true neighbours through one window."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import ByteArray
from core.training.clips.degradations import draw_occluder, draw_spoiling, noisy
from core.training.clips.real_clips import RealClips
from core.training.clips.synthetic_clips import ClipSettings
from core.training.samples.augmentation import (
    WindowDraw,
    crop_labels,
    crop_pixels,
    draw_colour,
    draw_window,
    recolour,
)
from core.training.samples.batches import CropSampler, Sample, SampleSettings, labelled_sample
from core.training.samples.person import Person


class RealClipSampler(CropSampler):
    """Samples of real clips. The same seed and number give the same sample; nobody knows its motion.

    Args:
        clips: the clips.
        indices: the key frames.
        settings: crop size, sigma, and the augmentation of window and colours; its blur and occlusion are not used.
        seed: numbers of the caller's own choice.
        offsets: times of supporting frames; beyond the clip's end its nearest frame stands, as in prediction.
        spoiling: how often frames are spoilt badly, and how; the rest of it is not used.
    """

    def __init__(  # noqa: PLR0917 - the order is CropSampler's
        self,
        clips: RealClips,
        indices: NDArray[np.int64],
        settings: SampleSettings,
        seed: tuple[int, ...],
        offsets: tuple[int, ...],
        spoiling: ClipSettings,
    ) -> None:
        super().__init__(clips, indices, settings, seed, offsets)
        self.clips, self.spoiling = clips, spoiling

    def window_of(self, key: int) -> list[int]:
        """The frames of a sample in its file, the key frame first."""
        clip = int(np.searchsorted(self.clips.first, key, side="right")) - 1
        first, end = self.clips.frames(clip)
        return [min(max(key + offset, first), end - 1) for offset in (0, *self.offsets)]

    def sample(self, number: int) -> Sample:
        """Sample `number` of an endless sequence, with the key frame's targets."""
        rng = np.random.default_rng((*self.seed, 0, number))
        key = self.index_of(number)
        person = self.clips.person(key)
        size, settings = self.settings.input_size_wh, self.settings.augmentation
        window = draw_window(rng, person, settings, size)
        colour = draw_colour(rng, settings)
        border = (cv2.BORDER_REFLECT_101, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT)[rng.choice(3, p=(0.4, 0.3, 0.3))]
        frames = [
            recolour(colour, crop_pixels(window, self.clips.rgb(index), size, border=border))
            for index in self.window_of(key)
        ]
        return labelled_sample(self._spoilt(rng, np.stack(frames), window, person), window, person, self.settings)

    def _spoilt(self, rng: np.random.Generator, frames: ByteArray, window: WindowDraw, person: Person) -> ByteArray:
        """(1 + S, H, W, 3) the frames, of which some may be blurred, dark or hidden in part."""
        how, size = self.spoiling, self.settings.input_size_wh
        drawn = draw_spoiling(
            rng, len(frames), size[0],
            degraded=how.degraded, kinds=how.kinds, on_key=how.on_key, on_neighbours=how.on_neighbours,
        )  # fmt: skip
        spoilt = list(frames)
        for place in np.flatnonzero(drawn.frames):
            changed = drawn.on(frames[place])
            spoilt[place] = noisy(rng, changed, drawn.noise) if drawn.noise else changed
        if drawn.kind != "occluded":
            return np.stack(spoilt)
        times = (0, *self.offsets)
        at = 0 if drawn.frames[0] else int(rng.integers(1, len(frames)))
        occluder = draw_occluder(
            rng, self.clips.rgb(int(rng.choice(self.indices))), *crop_labels(window, person), size,
            at_time=times[at], sudden=not drawn.frames.all(),
        )  # fmt: skip
        return np.stack([occluder.on(frame, time) for frame, time in zip(spoilt, times, strict=True)])
