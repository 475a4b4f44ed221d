"""How right a network is: PCK@0.2 of the torso, joint by joint, and how its peaks relate to being right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.geometry import BoolArray, FloatArray
from core.heatmaps import STRIDE, decode_dark
from core.judging.sizes import PCK_OF_TORSO, joints_right
from core.keypoints import POSETRACK
from core.model.network.backbones import SingleFrame
from core.model.network.fami_pose import FamiPose, softmax_heatmaps
from core.training.samples.augmentation import crop_labels, plain_window
from core.training.samples.batches import SampleSettings, collate, plain_sample
from core.training.samples.person import PeopleInPictures

_BATCH = 32


@dataclass(frozen=True)
class Accuracy:
    """What was measured.

    Attributes:
        by_joint: PCK@0.2, from 0 to 1, by keypoint name, of the keypoints that have a label somewhere.
        mean: mean of `by_joint`.
        peaks: (N,) heatmap peaks of all labelled joints, one after another.
        right: (N,) whether each was within 0.2 torsos.
        people: how many people could be measured.
    """

    by_joint: dict[str, float]
    mean: float
    peaks: FloatArray
    right: BoolArray
    people: int


def accuracy_of(
    found: FloatArray, peaks: FloatArray, keypoints: FloatArray, labelled: BoolArray, threshold: float = PCK_OF_TORSO
) -> Accuracy:
    """Shares (0 to 1) of labelled joints that are right by the torso; people without a torso are left out.

    Args:
        found: (N, 17, 2) where the network puts the joints.
        peaks: (N, 17) how sure it was.
        keypoints: (N, 17, 2) the labels, in the same coordinates.
        labelled: (N, 17).
        threshold: in torsos.
    """
    measured, right = joints_right(found, keypoints, labelled, threshold)
    by_joint = {
        name: float(right[measured[:, k], k].mean())
        for k, name in enumerate(POSETRACK.keypoint_names)
        if measured[:, k].any()
    }
    mean = float(np.mean(list(by_joint.values()))) if by_joint else float("nan")
    return Accuracy(by_joint, mean, peaks[measured], right[measured], int(measured.any(axis=1).sum()))


@torch.no_grad()
def crop_accuracy(
    model: SingleFrame | FamiPose, crops: PeopleInPictures, indices: NDArray[np.int64], settings: SampleSettings
) -> Accuracy:
    """PCK@0.2 on still pictures, as prediction cuts them from the labelled box.

    Args:
        model: in evaluation mode; a FamiPose sees each picture as its own neighbours.
        crops: the people.
        indices: which of them.
        settings: crop size and sigma.
    """
    device = next(model.parameters()).device
    found, peaks, labels, known = [], [], [], []
    supporting = len(model.config.supporting_offsets) if isinstance(model, FamiPose) else 0
    for start in range(0, len(indices), _BATCH):
        people = [crops.person(int(i)) for i in indices[start : start + _BATCH]]
        batch = collate([plain_sample(person, settings, supporting) for person in people])
        if isinstance(model, FamiPose):
            heatmaps = model(batch.key.to(device), batch.supporting.to(device)).heatmaps
        else:
            heatmaps = softmax_heatmaps(model(batch.key.to(device)), settings.sigma)
        points, peak = decode_dark(heatmaps.float().cpu().numpy(), settings.sigma)
        found.append(points * STRIDE)
        peaks.append(peak)
        for person in people:
            keypoints, labelled = crop_labels(plain_window(person, settings.input_size_wh), person)
            labels.append(keypoints)
            known.append(labelled)
    return accuracy_of(np.concatenate(found), np.concatenate(peaks), np.stack(labels), np.stack(known))
