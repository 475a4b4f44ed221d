"""Weights to start from, also for heatmaps of another skeleton than theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from core.keypoints import POSETRACK, Skeleton, names_as_posetrack
from core.model.network.backbones import SingleFrame
from core.model.network.fami_pose import FamiPose
from core.model.weights.checkpoints import KeypointsChoice
from core.model.weights.files import load_weights


def warm_start(model: SingleFrame | FamiPose, path: Path, keypoints: KeypointsChoice, skeleton: Skeleton) -> None:
    """Loads weights into a network that is to be trained.

    PoseTrack's and COCO's heatmaps are as many, and are taken as they are; joints of another skeleton start as the
    ones of the same name, or as the network has them where there are none.

    Args:
        model: what is filled.
        path: a public checkpoint, or weights of our own.
        keypoints: as in `load_weights`.
        skeleton: of the model's heatmaps.

    Raises:
        WeightsError: as `load_weights`.
    """
    if not isinstance(model, FamiPose) or len(skeleton) == len(POSETRACK):
        load_weights(model, path, keypoints)
        return
    theirs = FamiPose(replace(model.config, num_keypoints=len(POSETRACK)))
    metadata = load_weights(theirs, path, keypoints)
    known = POSETRACK.keypoint_names if metadata is None else metadata.trained_keypoints
    pairs = [(own, POSETRACK.index(name)) for own, name in enumerate(names_as_posetrack(skeleton)) if name in known]
    own_rows, their_rows = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T
    state = theirs.state_dict()
    carried = {n: _carried(t.cpu(), state[n], own_rows, their_rows) for n, t in model.state_dict().items()}
    model.load_state_dict(carried)


def _carried(own: Tensor, theirs: Tensor, own_rows: Tensor, their_rows: Tensor) -> Tensor:
    """Their tensor, or ours with their rows along the one or two axes that count keypoints."""
    if own.shape == theirs.shape:
        return theirs
    result = own.clone()
    if own.dim() > 1 and own.shape[1] != theirs.shape[1]:
        result[own_rows[:, None], own_rows] = theirs[their_rows[:, None], their_rows]
    else:
        result[own_rows] = theirs[their_rows]
    return result
