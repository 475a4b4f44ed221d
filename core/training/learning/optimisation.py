"""Rates and averages that the stages of a training share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from core.model.device import has_fast_bfloat16
from core.model.network.fami_pose import FamiPose, FamiPoseOutput

_WARM_UP = 0.05
_LAST_RATE = 0.01


def learning_rate_factor(progress: float, schedule: Literal["cosine", "constant"] = "cosine") -> float:
    """The rate at `progress` (0 to 1) of a stage, as a part of the highest: a short rise, then half a cosine or 1."""
    if progress < _WARM_UP:
        return max(progress, 1e-3) / _WARM_UP
    if schedule == "constant":
        return 1.0
    fall = (progress - _WARM_UP) / (1 - _WARM_UP)
    return _LAST_RATE + (1 - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * min(fall, 1.0)))


def multi_step_factor(epoch: int, milestones: Sequence[int], decay: float) -> float:
    """The rate in an epoch, counted from 0, as a part of the first: times `decay` from each milestone on."""
    return decay ** sum(epoch >= milestone for milestone in milestones)


class RunningAverage:
    """An exponential average of a network's weights and of its batch norms' statistics.

    Attributes:
        state: the average, by parameter name.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.state = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Moves the average toward the module; the first updates weigh more, so that the start is forgotten."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                self.state[name].lerp_(tensor, 1 - decay)
            else:
                self.state[name].copy_(tensor)


def half_precision(device: torch.device, precision: str = "auto") -> torch.dtype | None:
    """The half precision that a choice means on a device, None for float32.

    "auto" is bfloat16 where the device has it in hardware, float16 on other GPUs, and float32 on other processors.
    """
    if precision != "auto":
        return {"float32": None, "float16": torch.float16, "bfloat16": torch.bfloat16}[precision]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return torch.bfloat16 if has_fast_bfloat16() else None


def autocast(device: torch.device, dtype: torch.dtype | None) -> AbstractContextManager[object]:
    """Mixed precision on a device; none where `dtype` is None."""
    return torch.autocast(device.type, dtype or torch.bfloat16, enabled=dtype is not None)


def multi_frame_output(
    model: FamiPose,
    key_frame: Tensor,
    supporting_frames: Tensor,
    precision: str = "auto",
    *,
    recompute: bool = False,
) -> FamiPoseOutput:
    """A FamiPose's forward pass for training: the backbone in half precision, all else in float32.

    The backbone is most of the work; sampling positions and maps over which a softmax goes need float32's digits,
    and torchvision's deformable convolution has no bfloat16 on a processor.

    Args:
        model: the network.
        key_frame: (B, 3, H, W).
        supporting_frames: (B, S, 3, H, W).
        precision: as a stage's.
        recompute: compute the backbone's activations again for the gradient, frame by frame of the window.
    """
    batch, count = supporting_frames.shape[:2]
    frames = torch.cat([key_frame, supporting_frames.flatten(0, 1)]).contiguous(memory_format=torch.channels_last)
    with autocast(key_frame.device, half_precision(key_frame.device, precision)):
        if recompute:
            parts = torch.split(frames, batch)
            features = torch.cat([checkpoint(model.backbone.features, part, use_reentrant=False) for part in parts])
        else:
            features = model.backbone.features(frames)
    features = features.float()
    return model.forward_features(features[:batch], features[batch:].reshape(batch, count, *features.shape[1:]))


def freeze_statistics(module: nn.Module) -> None:
    """Puts every batch norm below `module` into evaluation: few or similar pictures must not move its statistics."""
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d | nn.SyncBatchNorm):
            child.eval()


def use_one_thread() -> None:
    """Computes with one thread where there is no GPU.

    The maps of a small network are so small that waking a second thread costs more than it computes: on two cores
    one thread trained w16 at 96x128 twice as fast as two.
    """
    if not torch.cuda.is_available():
        torch.set_num_threads(1)


class MultiFrameParts(NamedTuple):
    """The parameters of a multi-frame network by what they are for.

    Attributes:
        alignment: of both modules and whatever is in no other part.
        theta: of the layer that gives Theta.
        head: from the enhanced feature to the heatmaps, the single-frame network's last layer included.
        gain: of the aligned features.
        body: of the backbone but its last layer.
    """

    alignment: list[nn.Parameter]
    theta: list[nn.Parameter]
    head: list[nn.Parameter]
    gain: list[nn.Parameter]
    body: list[nn.Parameter]


def multi_frame_parts(model: FamiPose, *, with_backbone: bool) -> MultiFrameParts:
    """The parts of a network; without its backbone the body is held, so that it gets no gradient."""
    theta = [] if model.global_transformation is None else [*model.global_transformation.estimator[-1].parameters()]
    head = [*model.head_before.parameters(), *model.head_after.parameters(), *model.backbone.final_layer.parameters()]
    body = [p for name, p in model.backbone.named_parameters() if not name.startswith("final_layer.")]
    for parameter in body:
        parameter.requires_grad_(with_backbone)
    known = {id(parameter) for parameter in (*theta, *head, *body, model.gain)}
    alignment = [parameter for parameter in model.parameters() if id(parameter) not in known]
    return MultiFrameParts(alignment, theta, head, [model.gain], body)


class PartRates(Protocol):
    """The highest learning rates of a multi-frame network's parts; where one is 0, but the body's, it is the first."""

    @property
    def learning_rate(self) -> float:
        """Of the alignment."""
        ...

    @property
    def theta_learning_rate(self) -> float:
        """Of the layer that gives Theta."""
        ...

    @property
    def head_learning_rate(self) -> float:
        """Of the head."""
        ...

    @property
    def gain_learning_rate(self) -> float:
        """Of the gain."""
        ...

    @property
    def backbone_learning_rate(self) -> float:
        """Of the body."""
        ...


def multi_frame_groups(model: FamiPose, rates: PartRates, *, with_backbone: bool) -> list[dict[str, Any]]:
    """The optimizer's groups, each with its `highest` rate; without the backbone its body is held."""
    parts, rate = multi_frame_parts(model, with_backbone=with_backbone), rates.learning_rate
    highest_rates = (
        rate,
        rates.theta_learning_rate or rate,
        rates.head_learning_rate or rate,
        rates.gain_learning_rate or rate,
        rates.backbone_learning_rate,
    )
    return [{"params": part, "highest": highest} for part, highest in zip(parts, highest_rates, strict=True) if part]


def clip_gradients(optimizer: torch.optim.Optimizer, largest_norm: float) -> Tensor:
    """Shortens the gradient of all that the optimizer moves, as one vector, to the largest norm; returns its own."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    return torch.nn.utils.clip_grad_norm_(parameters, largest_norm)


def descend(optimizer: torch.optim.Optimizer, loss: Tensor, factor: float, largest_norm: float = 5.0) -> Tensor:
    """One step of a training in float32 whose batch is computed at once.

    Args:
        optimizer: whose groups have their `highest` rate.
        loss: with gradients.
        factor: of the highest rates.
        largest_norm: of the gradient.

    Returns:
        The gradient's norm before it was shortened.
    """
    for group in optimizer.param_groups:
        group["lr"] = group["highest"] * factor
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    norm = clip_gradients(optimizer, largest_norm)
    optimizer.step()
    return norm
