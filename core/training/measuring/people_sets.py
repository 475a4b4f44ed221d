"""People with labels as sets that a predictor can be measured on, in the way that people use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geometry import BOX_MARGIN, BoolArray, ByteArray, FloatArray, bbox_of_points
from core.keypoints import POSETRACK
from core.model.prediction.predictor import Predictor
from core.predictions import Prediction, Request
from core.training.clips.real_clips import RealClips
from core.training.learning.accuracy import Accuracy, accuracy_of
from core.training.photographs.lspet import PersonCrops
from core.training.samples.person import PeopleInPictures

ClipFrames = tuple[Callable[[int], ByteArray], int]
"""A function from frame index to RGB (H, W, 3), and the number of frames."""


@dataclass(frozen=True)
class PeopleSet:
    """People with labels, and the frames they are in.

    Attributes:
        name: what reports call it.
        requests: one a person and frame; a still picture is a clip of one frame.
        keypoints: (N, 17, 2) full-frame pixels; anything where not labelled.
        labelled: (N, 17).
        clip: gives the frames of a request by its number.
        clip_lengths: how many requests each clip has, one clip's after another's; () where all requests are of one
            video, or each is of a picture of its own.
    """

    name: str
    requests: tuple[Request, ...]
    keypoints: FloatArray
    labelled: BoolArray
    clip: Callable[[int], ClipFrames]
    clip_lengths: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.requests)


def held_out_people(crops: PersonCrops, indices: NDArray[np.int64], name: str) -> PeopleSet:
    """People of LSP Extended, each picture a clip of one frame."""
    boxes = [bbox_of_points(crops.keypoints[i][crops.labelled[i]], BOX_MARGIN) for i in indices]

    def clip(number: int) -> ClipFrames:
        rgb = crops.person(int(indices[number])).rgb
        return lambda _: rgb, 1

    return PeopleSet(
        name, tuple(Request(0, 0, box) for box in boxes), crops.keypoints[indices], crops.labelled[indices], clip
    )


def labelled_people(people: PeopleInPictures, indices: NDArray[np.int64], name: str) -> PeopleSet:
    """People in pictures with boxes of their own, each picture a clip of one frame.

    Args:
        people: the pictures.
        indices: which of them.
        name: what reports call them.
    """
    everybody = [people.person(int(index)) for index in indices]

    def clip(number: int) -> ClipFrames:
        rgb = everybody[number].rgb
        return lambda _: rgb, 1

    return PeopleSet(
        name,
        tuple(Request(0, 0, person.bbox_xywh) for person in everybody),
        np.stack([person.keypoints for person in everybody]),
        np.stack([person.labelled for person in everybody]),
        clip,
    )


def people_in_clips(clips: RealClips, indices: NDArray[np.int64], name: str) -> PeopleSet:
    """Everybody in some clips, where a person labelled them, with the clip's frames as neighbours.

    Args:
        clips: the file.
        indices: which clips.
        name: what reports call them.
    """
    spans = [clips.frames(int(index)) for index in indices]
    frames = np.concatenate([np.arange(*span) for span in spans])
    span_of = [span for span in spans for _ in range(*span)]

    def clip(number: int) -> ClipFrames:
        first, end = span_of[number]
        return lambda frame: clips.rgb(first + frame), end - first

    requests = tuple(
        Request(int(frame) - span[0], 0, clips.boxes[frame]) for frame, span in zip(frames, span_of, strict=True)
    )
    lengths = tuple(end - first for first, end in spans)
    return PeopleSet(name, requests, clips.keypoints[frames], clips.by_person[frames], clip, lengths)


def predictions(predictor: Predictor, people: PeopleSet) -> list[Prediction]:
    """What the predictor says of everybody, in the set's order."""
    found: list[Prediction] = []
    lengths = iter(people.clip_lengths)
    while len(found) < len(people):
        frame, num_frames = people.clip(len(found))
        count = next(lengths, len(people) - len(found) if num_frames > 1 else 1)
        found += predictor.predict(people.requests[len(found) : len(found) + count], frame, num_frames)
    return found


def measure(predictor: Predictor, people: PeopleSet) -> Accuracy:
    """PCK@0.2 of the torso as people meet it: crops, neighbours and decoding are the predictor's.

    The peaks of the result are scores. Keypoints that the weights never learnt and people without a labelled torso
    are left out.
    """
    trained = np.isin(POSETRACK.keypoint_names, predictor.loaded.metadata.trained_keypoints)
    found = predictions(predictor, people)
    points = np.stack([p.keypoints for p in found])
    scores = np.nan_to_num(np.stack([p.scores for p in found]))
    return accuracy_of(points, scores, people.keypoints, people.labelled & trained)
