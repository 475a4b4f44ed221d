"""Corrected poses as samples for a round: pixels of the key frame and its neighbours, targets, weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import BoolArray, ByteArray, apply_affine, center_and_scale, crop_affine
from core.training.rounds.corrections import CorrectedPose
from core.training.samples.augmentation import (
    AugmentationSettings,
    blurred,
    crop_pixels,
    draw_colour,
    draw_window,
    recolour,
)
from core.training.samples.batches import Batch, Sample, SampleSettings, collate, labelled_sample
from core.training.samples.person import Person

LIGHT_AUGMENTATION = AugmentationSettings(
    flip=0.5, rotation_deg=20.0, rotated=0.5, scale_low=0.85, scale_high=1.2, shift=0.05, half_body=0.0, colour=0.15,
    blur=0.05, occluded=0.0, foreign_background=0.0,
)  # fmt: skip
"""A round sees one clip and is to fit it: the changes stay near what the clip shows."""

_PATCH_REACH = 1.6
_PATCH_SCALE = 2


class CorrectionSampler:
    """Random samples out of corrected poses.

    A patch around each person is kept of every frame of its window, a little finer than the crop and wide enough
    to turn and shift in, so that the video is read once and memory stays small (0.7 MB a person at 96x128).

    Args:
        poses: what to train on.
        taught: (17,) the keypoints that may be trained.
        settings: crop size, sigma, augmentation.
        neighbours: the supporting frames of a frame index.
        frame: the pixels of a frame.
        seed: of everything that is drawn.
    """

    def __init__(
        self,
        poses: Sequence[CorrectedPose],
        taught: BoolArray,
        settings: SampleSettings,
        neighbours: Callable[[int], Sequence[int]],
        frame: Callable[[int], NDArray[np.uint8]],
        *,
        seed: int,
    ) -> None:
        self.settings = settings
        self._rng = np.random.default_rng(seed)
        self._people = [self._cut(pose, taught, neighbours(pose.frame_index), frame) for pose in poses]
        self._queue: list[int] = []

    def _cut(
        self,
        pose: CorrectedPose,
        taught: BoolArray,
        neighbours: Sequence[int],
        frame: Callable[[int], NDArray[np.uint8]],
    ) -> tuple[Person, ByteArray]:
        """The person in pixels of the patch, and the patches (1 + S, H, W, 3)."""
        width, height = self.settings.input_size_wh
        size = (width * _PATCH_SCALE, height * _PATCH_SCALE)
        center, scale = center_and_scale(pose.bbox_xywh, width / height)
        affine = crop_affine(center, scale * _PATCH_REACH, 0.0, size)
        patches = np.stack(
            [
                cv2.warpAffine(frame(index), affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
                for index in (pose.frame_index, *neighbours)
            ]
        ).astype(np.uint8)
        corner = apply_affine(affine, pose.bbox_xywh[:2])
        box = np.concatenate([corner, pose.bbox_xywh[2:] * affine[0, 0]])
        return Person(patches[0], apply_affine(affine, pose.keypoints), pose.known & taught, box), patches

    def _next(self) -> int:
        """Every pose once in each round, in a new order."""
        if not self._queue:
            self._queue = [int(i) for i in self._rng.permutation(len(self._people))]
        return self._queue.pop()

    def _sample(self) -> Sample:
        person, patches = self._people[self._next()]
        rng, size, settings = self._rng, self.settings.input_size_wh, self.settings.augmentation
        window = draw_window(rng, person, settings, size)
        colour = draw_colour(rng, settings)
        frames = [recolour(colour, crop_pixels(window, patch, size)) for patch in patches]
        if rng.random() < settings.blur:
            frames[0] = blurred(rng, frames[0])
        return labelled_sample(np.stack(frames), window, person, self.settings)

    def batch(self, size: int) -> Batch:
        """The next `size` samples as tensors."""
        return collate([self._sample() for _ in range(size)])
