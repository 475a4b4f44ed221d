"""Corrected poses as samples for a round: pixels of the key frame and its neighbours, targets, weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, eq=False)
class CutPerson:
    """A corrected pose with its pixels.

    Attributes:
        person: the person in pixels of the patch.
        patches: (1 + S, H, W, 3) the key frame's patch, and those of its supporting frames.
        is_human: whether a person vouches for any of the joints.
    """

    person: Person
    patches: ByteArray
    is_human: bool


def cut_people(
    poses: Sequence[CorrectedPose],
    taught: BoolArray,
    input_size_wh: tuple[int, int],
    neighbours: Callable[[int], Sequence[int]],
    frame: Callable[[int], NDArray[np.uint8]],
) -> list[CutPerson]:
    """The pixels of people of one clip, so that the video is read once and memory stays small.

    A patch around each person is kept of every frame of its window, a little finer than the crop and wide enough
    to turn and shift in (0.7 MB a person at 96x128).

    Args:
        poses: what to train on.
        taught: (17,) the keypoints that may be trained.
        input_size_wh: width and height of the crop.
        neighbours: the supporting frames of a frame index.
        frame: the pixels of a frame.
    """
    return [_cut(pose, taught, input_size_wh, neighbours(pose.frame_index), frame) for pose in poses]


def _cut(
    pose: CorrectedPose,
    taught: BoolArray,
    input_size_wh: tuple[int, int],
    neighbours: Sequence[int],
    frame: Callable[[int], NDArray[np.uint8]],
) -> CutPerson:
    width, height = input_size_wh
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
    weights = np.where(taught, pose.weights, 0.0)
    person = Person(patches[0], apply_affine(affine, pose.keypoints), weights > 0, box, weights)
    return CutPerson(person, patches, pose.is_human)


class CorrectionSampler:
    """Random samples out of corrected poses.

    Every pose that a person vouches for comes once in each turn, in a new order. Of poses that only the machine
    carried here no more come than of people's, drawn anew each turn: they are many, and are not to outweigh a hand.

    Args:
        people: what to train on.
        settings: crop size, sigma, augmentation.
        seed: of everything that is drawn.
    """

    def __init__(self, people: Sequence[CutPerson], settings: SampleSettings, *, seed: int) -> None:
        self.settings = settings
        self.people = list(people)
        self._rng = np.random.default_rng(seed)
        self._queue: list[int] = []

    @property
    def teaches(self) -> bool:
        """Whether any joint of any person has a weight."""
        return any((cut.person.trust is not None and (cut.person.trust > 0).any()) for cut in self.people)

    def _next(self) -> int:
        if not self._queue:
            human = [i for i, cut in enumerate(self.people) if cut.is_human]
            carried = [i for i, cut in enumerate(self.people) if not cut.is_human]
            some = self._rng.permutation(carried)[: max(1, len(human))].tolist()
            self._queue = self._rng.permutation(human + some).astype(int).tolist()
        return self._queue.pop()

    def _sample(self) -> Sample:
        cut = self.people[self._next()]
        rng, size, settings = self._rng, self.settings.input_size_wh, self.settings.augmentation
        window = draw_window(rng, cut.person, settings, size)
        colour = draw_colour(rng, settings)
        frames = [recolour(colour, crop_pixels(window, patch, size)) for patch in cut.patches]
        if rng.random() < settings.blur:
            frames[0] = blurred(rng, frames[0])
        return labelled_sample(np.stack(frames), window, cut.person, self.settings)

    def batch(self, size: int) -> Batch:
        """The next `size` samples as tensors."""
        return collate([self._sample() for _ in range(size)])
