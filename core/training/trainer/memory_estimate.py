"""How much memory each stage of a training will need, from shapes alone: no GPU, and no memory, is needed to tell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from core.heatmaps import STRIDE
from core.keypoints import POSETRACK
from core.model.network.backbones import new_backbone
from core.model.network.fami_pose import FamiPose
from core.training.learning.memory import kept_bytes
from core.training.learning.objective import new_objective
from core.training.learning.optimisation import autocast, half_precision
from core.training.learning.recipe import Recipe, Stage
from core.training.trainer.exporting import multi_frame_config

GIB = 2**30
_ALLOWANCE = 0.15
_LEAST_ALLOWANCE = GIB // 2
"""What a GPU needs beyond what can be counted: gradients on their way, workspaces of convolutions, gaps between
tensors. A part of the activations, and at least this."""


@dataclass(frozen=True)
class TrainingMemory:
    """What a training step holds at its peak, in bytes.

    Attributes:
        weights: the network, its gradients, the optimizer's two moments and the running average, in float32.
        activations: what the forward pass keeps for the backward one.
        allowance: for what cannot be counted.
    """

    weights: int
    activations: int
    allowance: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.activations + self.allowance


def stage_memory(recipe: Recipe, stage: Stage, samples: int, num_keypoints: int = len(POSETRACK)) -> TrainingMemory:
    """What a step of a stage needs on one GPU; its precision, where it is "auto", is bfloat16 there.

    Args:
        recipe: what is trained.
        stage: one of its stages.
        samples: how many are computed at once.
        num_keypoints: K.
    """
    if stage.precision == "auto":
        stage = replace(stage, precision="bfloat16")
    width, height = stage.input_size_wh or recipe.input_size_wh
    config = multi_frame_config(recipe, num_keypoints)
    with FakeTensorMode():
        model = FamiPose(config) if stage.is_multi_frame else new_backbone(recipe.backbone, num_keypoints)
        objective = new_objective(model, stage, recipe.seed).train()
        count = len(config.supporting_offsets) if stage.is_multi_frame else 0
        heatmap = num_keypoints, height // STRIDE, width // STRIDE
        shapes = (3, height, width), (count, 3, height, width), heatmap, (num_keypoints,)
        inputs = [torch.empty(samples, *shape) for shape in shapes]
        activations = kept_bytes(lambda: objective(*inputs), objective.parameters())
        if stage.recompute and isinstance(model, FamiPose):
            # One frame of the window at a time is computed again, and kept for its own backward pass.
            with autocast(inputs[0].device, half_precision(inputs[0].device, stage.precision)):
                one_frame = kept_bytes(lambda: model.backbone.features(inputs[0]), objective.parameters())
            activations += one_frame
        weights = sum(parameter.nbytes for parameter in objective.parameters())
    copies = 4 + bool(recipe.average_decay)
    return TrainingMemory(weights * copies, activations, max(_LEAST_ALLOWANCE, int(activations * _ALLOWANCE)))


def memory_sentence(recipe: Recipe, processes: int = 1) -> str:
    """What the stages need on each GPU, in a sentence."""
    parts = []
    for stage in recipe.stages:
        samples = stage.micro_batch_size or -(-stage.batch_size // processes)
        memory = stage_memory(recipe, stage, samples)
        parts.append(
            f"{memory.total / GIB:.1f} GiB in stage {stage.name} ({samples} samples at once: weights "
            f"{memory.weights / GIB:.1f}, activations {memory.activations / GIB:.1f}, allowance "
            f"{memory.allowance / GIB:.1f})"
        )
    return "Estimated memory of each GPU: " + "; ".join(parts) + "."
