"""One row of the motion bench: trains alignment and head on kept features, and measures what came out.

Letters in shape comments: B batch, S supporting frames, N clips.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import TrainingError
from core.geometry import FloatArray
from core.heatmaps import STRIDE, decode_dark
from core.model.network.backbones import SingleFrame
from core.model.network.config import Ablation
from core.model.network.fami_pose import FamiPose, FamiPoseOutput
from core.model.network.losses import MutualInformation
from core.training.bench.motion_clips import Cell, FeatureClips
from core.training.clips.synthetic_clips import ClipSampler
from core.training.learning.accuracy import accuracy_of
from core.training.learning.objective import loss_terms
from core.training.learning.optimisation import (
    descend,
    freeze_statistics,
    learning_rate_factor,
    multi_frame_groups,
    multi_frame_output,
)
from core.training.samples.loading import load_batches, step_pieces

THRESHOLDS = (0.2, 0.1)
_EVALUATION_BATCH = 32


@dataclass(frozen=True)
class RowSettings:
    """How every row is trained: the same for all.

    Attributes:
        samples: how many are seen.
        batch_size: B.
        learning_rate: the highest, of alignment and of the information terms' heads.
        theta_learning_rate: the highest of the layer that gives Theta. It is a sum of hundreds of values, and a
            pixel is a fiftieth of Theta's range: at the others' rate its first steps throw the window off the person.
        head_learning_rate: the highest of the head, which starts as the single-frame network's.
        gain_learning_rate: the highest of the gain.
        first_gain: where the gain starts. From 0 it doesn't get far, for what isn't aligned yet is better left out,
            and while it is 0 nothing teaches the alignment.
        backbone_learning_rate: the highest of the backbone, where it is trained too.
        weight_decay: AdamW's.
    """

    samples: int
    batch_size: int
    learning_rate: float
    theta_learning_rate: float
    head_learning_rate: float
    gain_learning_rate: float
    first_gain: float
    backbone_learning_rate: float
    weight_decay: float


def new_network(
    line: Ablation, backbone: SingleFrame, first_gain: float, seed: int
) -> tuple[FamiPose, MutualInformation | None]:
    """The network of a line around a copy of the backbone, and the information terms where the line has them."""
    torch.manual_seed(seed)
    model = FamiPose(line.network)
    model.backbone.load_state_dict(backbone.state_dict())
    torch.nn.init.constant_(model.gain, first_gain)
    count = line.network.num_keypoints
    information = MutualInformation(model.backbone.num_channels, count) if line.beta else None
    return model, information


def optimizer_of(
    model: FamiPose, information: MutualInformation | None, training: RowSettings, *, with_backbone: bool
) -> torch.optim.Optimizer:
    """AdamW with a rate for each part; `highest` in each group is what the schedule multiplies."""
    groups = multi_frame_groups(model, training, with_backbone=with_backbone)
    for group in groups:
        if any(parameter is model.gain for parameter in group["params"]):
            group["weight_decay"] = 0.0
    if information is not None:
        groups.append({"params": list(information.parameters()), "highest": training.learning_rate})
    return torch.optim.AdamW(groups, weight_decay=training.weight_decay)


def objective(
    output: FamiPoseOutput, targets: Tensor, weights: Tensor, information: MutualInformation | None, beta: float
) -> Tensor:
    """Cross-entropy over the map and, with information terms, beta times Eq. 10 and the fit of their heads."""
    terms = loss_terms(
        "cross_entropy", output.logits, output.heatmaps, targets, weights,
        output=output, information=information, beta=beta,
    )  # fmt: skip
    return terms["total"]


def step(optimizer: torch.optim.Optimizer, loss: Tensor, progress: float) -> float:
    """One step with the rates of `progress` (0 to 1); the loss. Raises TrainingError where it is not finite."""
    value = loss.item()
    if not math.isfinite(value):
        raise TrainingError(f"The loss is {value}: lower the learning rates of the motion bench and start again.")
    descend(optimizer, loss, learning_rate_factor(progress))
    return value


def train_on_features(
    line: Ablation,
    backbone: SingleFrame,
    clips: FeatureClips,
    training: RowSettings,
    seed: int,
    *,
    on_step: Callable[[int], None],
) -> FamiPose:
    """Trains a line's alignment and head with the backbone held.

    Args:
        line: what is trained.
        backbone: what the features are of; its last layer is where the head starts.
        clips: to train on, in an order that the seed sets; again and again until `samples` were seen.
        training: budget and rates.
        seed: of the initial weights and of the order.
        on_step: told after each step how many samples it saw. It may raise to stop.
    """
    model, information = new_network(line, backbone, training.first_gain, seed)
    optimizer = optimizer_of(model, information, training, with_backbone=False)
    model.train()
    model.backbone.eval()
    rng, order, done = np.random.default_rng((seed, 2)), np.array([], dtype=np.int64), 0
    while done < training.samples:
        if len(order) < training.batch_size:
            order = np.concatenate([order, rng.permutation(len(clips))])
        count = min(training.batch_size, training.samples - done)
        numbers, order = order[:count], order[count:]
        output = model.forward_features(*clips.window(numbers, line.network.supporting_offsets))
        loss = objective(output, *clips.targets(numbers), information, line.beta)
        step(optimizer, loss, done / training.samples)
        done += count
        on_step(count)
    return model.eval()


def train_with_backbone(
    line: Ablation,
    backbone: SingleFrame,
    sampler: ClipSampler,
    training: RowSettings,
    seed: int,
    *,
    device: torch.device,
    on_step: Callable[[int], None],
) -> FamiPose:
    """Trains a whole line, backbone included, on fresh clips; the batch norms' statistics are held.

    Args:
        line: what is trained.
        backbone: where it starts; left as it is.
        sampler: makes the clips of the largest window. Each seed has clips of its own.
        training: budget and rates.
        seed: of the initial weights and of the clips.
        device: where.
        on_step: told after each step how many samples it saw. It may raise to stop.
    """
    model, information = new_network(line, backbone, training.first_gain, seed)
    model.to(device)
    if information is not None:
        information.to(device)
    optimizer = optimizer_of(model, information, training, with_backbone=True)
    frames = [sampler.offsets.index(offset) for offset in line.network.supporting_offsets]
    first = (seed + 1) * training.samples
    done = 0
    pieces = step_pieces(first, first + training.samples, training.batch_size)
    for batch in load_batches(sampler, pieces):
        model.train()
        freeze_statistics(model.backbone)
        output = multi_frame_output(model, batch.key.to(device), batch.supporting[:, frames].to(device))
        loss = objective(output, batch.targets.to(device), batch.weights.to(device), information, line.beta)
        step(optimizer, loss, done / training.samples)
        done += len(batch)
        on_step(len(batch))
    return model.eval().cpu()


@dataclass(frozen=True)
class CellAccuracy:
    """What a network did on the clips of one cell.

    Attributes:
        pck: by threshold in torsos, the mean over joints of the share found.
        motion_correlation: of Theta's shift of the crop's centre with the true one, over clips, neighbours and both
            directions; NaN without global transformation.
        motion_slope: by how much of the true shift Theta's rises with it.
    """

    pck: dict[float, float]
    motion_correlation: float
    motion_slope: float


@torch.no_grad()
def measure(model: FamiPose, clips: FeatureClips) -> CellAccuracy:
    """PCK of the key frames' joints within the crop, and how Theta follows the true motion."""
    offsets, size_wh = model.config.supporting_offsets, np.array(clips.features.shape[:-3:-1]) * STRIDE
    found, peaks, thetas = [], [], []
    for start in range(0, len(clips), _EVALUATION_BATCH):
        numbers = np.arange(start, min(start + _EVALUATION_BATCH, len(clips)))
        output = model.forward_features(*clips.window(numbers, offsets))
        points, peak = decode_dark(output.heatmaps.float().numpy(), clips.sigma)
        found.append(points * STRIDE)
        peaks.append(peak)
        thetas.append(output.theta.numpy())
    keypoints = clips.labels.keypoints[:, 0]
    inside = ((keypoints >= 0) & (keypoints <= size_wh - 1)).all(axis=2)
    seen = np.concatenate(found), np.concatenate(peaks), keypoints, clips.labels.labelled & inside
    accuracy = {threshold: accuracy_of(*seen, threshold=threshold).mean for threshold in THRESHOLDS}
    if model.global_transformation is None:
        return CellAccuracy(accuracy, float("nan"), float("nan"))
    frames = [1 + clips.offsets.index(offset) for offset in offsets]
    truth = centre_shifts(clips.labels.global_motion[:, frames], size_wh)
    estimated = np.concatenate(thetas)[..., 2] * size_wh / 2
    return CellAccuracy(accuracy, *_relation(truth, estimated))


def centre_shifts(affines: FloatArray, size_wh: NDArray[np.int64]) -> FloatArray:
    """(..., 2) by how much (..., 2, 3) move the middle of the crop, in crop pixels."""
    middle = size_wh / 2 - 0.5
    return np.asarray(affines[..., :2] @ middle + affines[..., 2] - middle)


def _relation(truth: FloatArray, estimated: FloatArray) -> tuple[float, float]:
    """Correlation and slope of the estimated shifts (N, S, 2) over the true ones, x and y together."""
    x, y = truth - truth.mean(axis=(0, 1)), estimated - estimated.mean(axis=(0, 1))
    spread = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return (float((x * y).sum()) / spread if spread > 0 else 0.0), float((x * y).sum() / (x**2).sum())


def measure_cells(model: FamiPose, evaluation: Mapping[Cell, FeatureClips]) -> dict[Cell, CellAccuracy]:
    """`measure` for each kind of clip."""
    return {cell: measure(model, clips) for cell, clips in evaluation.items()}
