"""Samples and batches: pixels, targets and weights of single pictures and of clips cut out of them.

Letters: B batch, S supporting frames, K keypoints, H W the crop, h w the heatmap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.geometry import BoolArray, ByteArray, FloatArray, apply_affine
from core.heatmaps import STRIDE, gaussian_targets
from core.keypoints import POSETRACK
from core.model.prediction.crops import normalised
from core.training.samples.augmentation import (
    AugmentationSettings,
    WindowDraw,
    blurred,
    crop_labels,
    crop_pixels,
    draw_colour,
    draw_motion,
    draw_window,
    occlude,
    plain_window,
    recolour,
)
from core.training.samples.person import PeopleInPictures, Person


@dataclass(frozen=True)
class Sample:
    """One training sample.

    Attributes:
        frames: (1 + S, H, W, 3) uint8, the key frame first.
        targets: (K, h, w) Gaussians of peak 1 in the key frame.
        weights: (K,) 0 where nothing is known of the joint, 1 where it is certain.
        motion: (S, 2, 3) how the person as a whole goes from the key frame's crop to each neighbour's, in crop pixels:
            what the global transformation has to find. None where nobody knows.
    """

    frames: ByteArray
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    motion: FloatArray | None = None


@dataclass(frozen=True)
class Batch:
    """Tensors of some samples.

    Attributes:
        key: (B, 3, H, W).
        supporting: (B, S, 3, H, W).
        targets: (B, K, h, w).
        weights: (B, K).
        motion: (B, S, 2, 3) as a sample's; NaN where nobody knows.
    """

    key: Tensor
    supporting: Tensor
    targets: Tensor
    weights: Tensor
    motion: Tensor

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True)
class SampleSettings:
    """What all samples of a training share: crop size, sigma in heatmap pixels, augmentation."""

    input_size_wh: tuple[int, int]
    sigma: float
    augmentation: AugmentationSettings

    @property
    def heatmap_size_wh(self) -> tuple[int, int]:
        """Width and height of the heatmaps."""
        return self.input_size_wh[0] // STRIDE, self.input_size_wh[1] // STRIDE


def collate(samples: Sequence[Sample]) -> Batch:
    """Stacks samples; key frames are channels-last in memory, which convolutions on a processor prefer."""
    windows = np.stack([sample.frames for sample in samples])
    crops = normalised(windows.reshape(-1, *windows.shape[2:]), torch.device("cpu"))
    frames = crops.reshape(*windows.shape[:2], *crops.shape[1:])
    unknown = np.full((windows.shape[1] - 1, 2, 3), np.nan)
    motions = [unknown if sample.motion is None else sample.motion for sample in samples]
    return Batch(
        frames[:, 0].contiguous(memory_format=torch.channels_last),
        frames[:, 1:],
        torch.from_numpy(np.stack([sample.targets for sample in samples])),
        torch.from_numpy(np.stack([sample.weights for sample in samples])),
        torch.from_numpy(np.stack(motions).astype(np.float32)),
    )


class CropSampler:
    """Samples of the people in `crops`. The same seed and number give the same sample.

    Args:
        crops: the people.
        indices: which of them may be used.
        settings: crop size, sigma, augmentation.
        seed: numbers of the caller's own choice.
        offsets: times of supporting frames; empty for single pictures.
    """

    def __init__(
        self,
        crops: PeopleInPictures,
        indices: NDArray[np.int64],
        settings: SampleSettings,
        seed: tuple[int, ...],
        offsets: tuple[int, ...] = (),
    ) -> None:
        self.crops, self.indices, self.settings, self.seed, self.offsets = crops, indices, settings, seed, offsets
        self._order: tuple[int, NDArray[np.int64]] = (-1, indices)

    def index_of(self, number: int) -> int:
        """Which person sample `number` shows: every person once in each round, in a new order."""
        round_number, place = divmod(number, len(self.indices))
        if self._order[0] != round_number:
            rng = np.random.default_rng((*self.seed, 1, round_number))
            self._order = round_number, rng.permutation(self.indices)
        return int(self._order[1][place])

    def sample(self, number: int) -> Sample:
        """Sample `number` of an endless sequence."""
        rng = np.random.default_rng((*self.seed, 0, number))
        person = self.crops.person(self.index_of(number))
        settings = self.settings.augmentation
        window = draw_window(rng, person, settings, self.settings.input_size_wh)
        background = None
        if rng.random() < settings.foreign_background:
            background = self.crops.person(int(rng.choice(self.indices))).rgb
        frames = self._frames(rng, window, person, background)
        return labelled_sample(frames, window, person, self.settings)

    def _frames(
        self,
        rng: np.random.Generator,
        window: WindowDraw,
        person: Person,
        background: ByteArray | None,
        border: int | None = None,
    ) -> ByteArray:
        """(1 + S, H, W, 3) the key frame and its moving neighbours, with the changes of one draw.

        What stands beyond the picture, where no background does, is drawn unless `border` says it.
        """
        size, settings = self.settings.input_size_wh, self.settings.augmentation
        colour = draw_colour(rng, settings)
        drawn = (cv2.BORDER_REFLECT_101, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT)[rng.choice(3, p=(0.4, 0.3, 0.3))]
        border = drawn if border is None else border
        frames = [
            recolour(colour, crop_pixels(moved, person.rgb, size, background, border))
            for moved in [window, *moving_windows(rng, window, self.offsets, size)]
        ]
        # Only the key frame is degraded in a clip: there the neighbours have something to tell.
        if rng.random() < settings.blur:
            frames[0] = blurred(rng, frames[0])
        if rng.random() < settings.occluded:
            frames[0] = occlude(rng, frames[0])
        return np.stack(frames)

    def batch(self, start: int, size: int) -> Batch:
        """Samples `start` to `start + size` as tensors."""
        return collate([self.sample(number) for number in range(start, start + size)])


def moving_windows(
    rng: np.random.Generator, window: WindowDraw, offsets: tuple[int, ...], size_wh: tuple[int, int]
) -> list[WindowDraw]:
    """The windows through which the neighbours see a person who moves about the crop's centre."""
    windows = []
    for motion in draw_motion(rng, offsets, size_wh) if offsets else []:
        crop_from_image = window.crop_from_image
        linear = motion[:, :2] @ crop_from_image[:, :2]
        offset: FloatArray = apply_affine(motion, crop_from_image[:, 2])
        windows.append(WindowDraw(np.column_stack([linear, offset]), window.flipped))
    return windows


def labelled_sample(frames: ByteArray, window: WindowDraw, person: Person, settings: SampleSettings) -> Sample:
    """A sample with the targets of the joints that are labelled and lie on the map."""
    sample = sample_of(frames, *crop_labels(window, person), settings)
    if person.trust is None:
        return sample
    trust = person.trust[POSETRACK.flip_order] if window.flipped else person.trust
    return replace(sample, weights=sample.weights * trust.astype(np.float32))


def sample_of(frames: ByteArray, keypoints: FloatArray, labelled: BoolArray, settings: SampleSettings) -> Sample:
    """A sample with the targets of the key frame's joints (17, 2) that are labelled and lie on the map."""
    width, height = settings.input_size_wh
    on_map = ((keypoints >= -STRIDE / 2) & (keypoints <= np.array([width, height]) - STRIDE / 2)).all(axis=1)
    targets, weights = gaussian_targets(
        keypoints, labelled & on_map, settings.heatmap_size_wh, settings.sigma, subpixel=True
    )
    return Sample(frames, targets, weights)


def plain_sample(person: Person, settings: SampleSettings, num_supporting: int = 0) -> Sample:
    """The person as prediction sees it, without chance; a still picture is its own neighbour."""
    window = plain_window(person, settings.input_size_wh)
    crop = crop_pixels(window, person.rgb, settings.input_size_wh, border=cv2.BORDER_CONSTANT)
    frames = np.repeat(crop[None], 1 + num_supporting, axis=0)
    return labelled_sample(frames, window, person, settings)
