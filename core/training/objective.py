"""A network together with what it is trained to minimise, as one module that any number of processes can share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.model.backbones import SingleFrame
from core.model.fami_pose import FamiPose
from core.model.losses import MutualInformation, heatmap_loss, spatial_cross_entropy
from core.model.pyramid import PyramidNet
from core.training.optimisation import autocast, freeze_statistics, half_precision, multi_frame_output
from core.training.recipe import Stage


@dataclass(frozen=True)
class Share:
    """What part of a whole batch a part of it is, by the two things that losses are means over.

    A mean over the batch is the sum of its parts' means, each times its share, whichever process computes them.

    Attributes:
        samples: of the samples.
        joints: of the weights of usable joints.
    """

    samples: float = 1.0
    joints: float = 1.0


def joint_weight(targets: Tensor, weights: Tensor) -> float:
    """What the losses that are means over joints divide by: the sum of the weights of joints that are on the map."""
    return float((weights * (targets.flatten(2).amax(dim=2) > 0)).sum())


class Objective(nn.Module):
    """The loss of a stage, term by term.

    Attributes:
        model: the network.
        information: the estimator of the mutual information terms, None where the stage has none.
    """

    def __init__(self, model: SingleFrame | FamiPose, information: MutualInformation | None, stage: Stage) -> None:
        super().__init__()
        self.model, self.information, self.stage = model, information, stage

    def train(self, mode: bool = True) -> Objective:
        """As a module's own, but for the batch norms whose statistics the stage freezes."""
        super().train(mode)
        if isinstance(self.model, FamiPose) and self.stage.frozen_statistics != "none":
            freeze_statistics(self.model if self.stage.frozen_statistics == "all" else self.model.backbone)
        if isinstance(self.model, PyramidNet) and self.stage.holds_entry:
            freeze_statistics(self.model.entry)
        return self

    def forward(
        self, key: Tensor, supporting: Tensor, targets: Tensor, weights: Tensor, share: tuple[float, float] = (1.0, 1.0)
    ) -> dict[str, Tensor]:
        """The terms by name, as this part of a batch adds to the means over the whole batch.

        Args:
            key: (B, 3, H, W).
            supporting: (B, S, 3, H, W).
            targets: (B, K, h, w).
            weights: (B, K).
            share: this part's share of the samples and of the weights of joints.

        Returns:
            "cross_entropy" or "heatmap", the terms of `MutualInformation` where there are any, and "total" (Eq. 12),
            which is to be minimised.
        """
        stage, of = self.stage, Share(*share)
        if not isinstance(self.model, FamiPose):
            with autocast(key.device, half_precision(key.device, stage.precision)):
                logits = heatmaps = self.model(key)
            output = None
        else:
            output = multi_frame_output(self.model, key, supporting, stage.precision, recompute=stage.recompute)
            logits, heatmaps = output.logits, output.heatmaps
        if stage.loss == "cross_entropy":
            main = spatial_cross_entropy(logits, targets, weights) * of.joints
            terms = {"cross_entropy": main}
        else:
            main = heatmap_loss(heatmaps, targets, weights) * of.samples
            terms = {"heatmap": main}
        if self.information is None or output is None:
            return {**terms, "total": main}
        terms |= {name: t * of.joints for name, t in self.information(output, targets, weights).items()}
        return {**terms, "total": main + stage.beta * terms["mutual_information"] + terms["heads"]}


def new_objective(model: SingleFrame | FamiPose, stage: Stage, seed: int) -> Objective:
    """The objective of a stage; its estimator starts from the seed, on the processor."""
    information = None
    if isinstance(model, FamiPose) and stage.beta > 0 and model.config.supporting_offsets:
        torch.manual_seed(seed)
        information = MutualInformation(model.backbone.num_channels, model.config.num_keypoints, stage.alpha)
    return Objective(model, information, stage)
