"""A network together with what it is trained to minimise, as one module that any number of processes can share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.model.network.backbones import SingleFrame
from core.model.network.fami_pose import FamiPose, FamiPoseOutput
from core.model.network.losses import MutualInformation, heatmap_loss, spatial_cross_entropy
from core.model.network.pyramid import PyramidNet
from core.training.learning.motion import motion_loss
from core.training.learning.optimisation import autocast, freeze_statistics, half_precision, multi_frame_output
from core.training.learning.recipe import Loss, Stage


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


WHOLE = Share()
"""A batch that is computed at once."""


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

    def forward(  # noqa: PLR0917 - a batch's tensors in their order, as engines pass them on
        self,
        key: Tensor,
        supporting: Tensor,
        targets: Tensor,
        weights: Tensor,
        motion: Tensor | None = None,
        share: tuple[float, float] = (1.0, 1.0),
    ) -> dict[str, Tensor]:
        """The terms by name, as this part of a batch adds to the means over the whole batch.

        Args:
            key: (B, 3, H, W).
            supporting: (B, S, 3, H, W).
            targets: (B, K, h, w).
            weights: (B, K).
            motion: (B, S, 2, 3) as a batch's, for a stage that supervises Theta by it.
            share: this part's share of the samples and of the weights of joints.

        Returns:
            As `loss_terms`.
        """
        stage, of = self.stage, Share(*share)
        if not isinstance(self.model, FamiPose):
            with autocast(key.device, half_precision(key.device, stage.precision)):
                logits = heatmaps = self.model(key)
            output = None
        else:
            output = multi_frame_output(self.model, key, supporting, stage.precision, recompute=stage.recompute)
            logits, heatmaps = output.logits, output.heatmaps
        terms = loss_terms(
            stage.loss, logits, heatmaps, targets, weights,
            output=output, information=self.information, beta=stage.beta, share=of,
        )  # fmt: skip
        if not stage.motion_weight or output is None or motion is None:
            return terms
        height, width = key.shape[-2:]
        astray = motion_loss(output.theta, motion, (width, height)) * of.samples
        return {**terms, "motion": astray, "total": terms["total"] + stage.motion_weight * astray}


def loss_terms(
    loss: Loss,
    logits: Tensor,
    heatmaps: Tensor,
    targets: Tensor,
    weights: Tensor,
    *,
    output: FamiPoseOutput | None = None,
    information: MutualInformation | None = None,
    beta: float = 0.0,
    share: Share = WHOLE,
) -> dict[str, Tensor]:
    """Eq. 12 and its parts by name, for every training there is: minimise "total".

    Args:
        loss: of the heatmaps.
        logits: (B, K, h, w) before the activation.
        heatmaps: (B, K, h, w) after it.
        targets: (B, K, h, w).
        weights: (B, K).
        output: of the multi-frame network, for the information terms.
        information: their estimator, whose parameters the optimizer holds too; None for no such terms.
        beta: their weight.
        share: what part of a whole batch this is.

    Returns:
        "cross_entropy" or "heatmap" (Eq. 11), the terms of `MutualInformation` where there are any, and "total", which
        includes "heads" with weight 1: that moves nothing but the estimator's heads.
    """
    if loss == "cross_entropy":
        main = spatial_cross_entropy(logits, targets, weights) * share.joints
        terms = {"cross_entropy": main}
    else:
        main = heatmap_loss(heatmaps, targets, weights) * share.samples
        terms = {"heatmap": main}
    if information is None or output is None:
        return {**terms, "total": main}
    terms |= {name: t * share.joints for name, t in information(output, targets, weights).items()}
    return {**terms, "total": main + beta * terms["mutual_information"] + terms["heads"]}


def new_objective(model: SingleFrame | FamiPose, stage: Stage, seed: int) -> Objective:
    """The objective of a stage; its estimator starts from the seed, on the processor."""
    information = None
    if isinstance(model, FamiPose) and stage.beta > 0 and model.config.supporting_offsets:
        torch.manual_seed(seed)
        information = MutualInformation(model.backbone.num_channels, model.config.num_keypoints, stage.alpha)
    return Objective(model, information, stage)
