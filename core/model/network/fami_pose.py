"""FAMI-Pose: a key frame's heatmaps with the help of its neighbours, aligned at the level of features.

`FamiPose.forward` reads from top to bottom as the paper does: features, alignment, aggregation, head.
Letters in shape comments stand in core/model/__init__.py.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.model.network.alignment import GlobalTransformation, LocalCalibration, identity_theta
from core.model.network.backbones import SingleFrame, new_backbone
from core.model.network.config import FamiPoseConfig


@dataclass(frozen=True)
class FamiPoseOutput:
    """What one forward pass gives.

    Attributes:
        heatmaps: (B, K, h, w), 1 where a joint is certain.
        logits: (B, K, h, w) the head's own output; the heatmaps themselves unless they are a softmax of it.
        key_features: (B, C, h, w) z_t.
        supporting_features: (B, S, C, h, w) z_t+d, before the alignment.
        aligned_features: (B, S, C, h, w) z~_t+d, before the gain.
        enhanced_features: (B, C, h, w) z~_t, the sum that the head sees.
        theta: (B, S, 2, 3), from coordinates of the warped feature to the neighbour's, normalised to -1..1.
        offsets: (B, S, 18, h, w) y, x of each tap in feature pixels; None without local calibration.
        modulation: (B, S, 9, h, w) from 0 to 2; None without local calibration.
    """

    heatmaps: Tensor
    logits: Tensor
    key_features: Tensor
    supporting_features: Tensor
    aligned_features: Tensor
    enhanced_features: Tensor
    theta: Tensor
    offsets: Tensor | None
    modulation: Tensor | None


torch.export.register_dataclass(FamiPoseOutput)  # so that the whole network can be exported


def softmax_heatmaps(logits: Tensor, sigma: float) -> Tensor:
    """2 pi sigma^2 times the softmax over each map (B, K, h, w): a Gaussian of peak 1 where the joint is certain."""
    shape = logits.shape
    probabilities = F.softmax(logits.float().flatten(2), dim=2).view(shape)
    return probabilities * (2 * math.pi * sigma**2)


class FamiPose(nn.Module):
    """The multi-frame network of the paper around a single-frame network, HRNet in the paper.

    Args:
        config: what it is made of; the paper's network by default.
        backbone: the single-frame network to build around, of the configuration's kind; a new one by default.

    Attributes:
        config: what it is made of.
        backbone: the single-frame network, with its own `final_layer`; a published checkpoint fits it exactly.
        global_transformation: Eq. 1, or None.
        local_calibration: Eqs. 2 and 3, or None.
        gain: (C,) what each channel of an aligned feature is multiplied by before the addition.
    """

    def __init__(self, config: FamiPoseConfig | None = None, backbone: SingleFrame | None = None) -> None:
        super().__init__()
        config = config or FamiPoseConfig()
        warm = config.initialisation == "warm"
        self.config = config
        self.backbone = backbone or new_backbone(config.backbone, config.num_keypoints)
        channels = self.backbone.num_channels
        has_neighbours = bool(config.supporting_offsets)
        self.global_transformation = (
            GlobalTransformation(channels, config.gtm_width, starts_at_identity=warm)
            if config.use_gtm and has_neighbours
            else None
        )
        self.local_calibration = (
            LocalCalibration(channels, config.lcm_width, config.lcm_blocks, starts_at_identity=warm)
            if config.use_lcm and has_neighbours
            else None
        )
        self.gain = nn.Parameter(torch.full((channels,), 0.0 if warm else 1.0))
        self.head_before = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(config.head_convs))
        self.head_after = nn.Conv2d(config.num_keypoints, config.num_keypoints, 3, padding=1)
        for conv in (*self.head_before, self.head_after):
            nn.init.zeros_(conv.get_parameter("bias"))
            if warm:
                nn.init.dirac_(conv.get_parameter("weight"))
            else:
                nn.init.kaiming_normal_(conv.get_parameter("weight"))

    def forward(self, key_frame: Tensor, supporting_frames: Tensor) -> FamiPoseOutput:
        """Heatmaps of the key frame.

        Args:
            key_frame: (B, 3, H, W) normalised RGB.
            supporting_frames: (B, S, 3, H, W), in the order of the configuration's `supporting_offsets`; every
                crop is cut with the key frame's window.
        """
        batch, count = supporting_frames.shape[:2]
        # One pass over all frames, so that small batches fill the machine.
        frames = torch.cat([key_frame, supporting_frames.flatten(0, 1)])  # (B + B * S, 3, H, W)
        features = self.backbone.features(frames)  # (B + B * S, C, h, w)
        supporting = features[batch:].reshape(batch, count, *features.shape[1:])  # (B, S, C, h, w)
        return self.forward_features(features[:batch], supporting)

    def forward_features(self, key_features: Tensor, supporting_features: Tensor) -> FamiPoseOutput:
        """As `forward`, from the backbone's features z_t (B, C, h, w) and z_t+d (B, S, C, h, w)."""
        aligned, theta, offsets, modulation = self._align(key_features, supporting_features)
        enhanced = key_features + (aligned * self.gain.view(-1, 1, 1)).sum(dim=1)  # (B, C, h, w)
        logits = self.head(enhanced)
        is_softmax = self.config.heatmap_activation == "softmax"
        heatmaps = softmax_heatmaps(logits, self.config.heatmap_sigma) if is_softmax else logits
        return FamiPoseOutput(
            heatmaps, logits, key_features, supporting_features, aligned, enhanced, theta, offsets, modulation
        )

    def head(self, enhanced_features: Tensor) -> Tensor:
        """(B, C, h, w) to the head's output (B, K, h, w).

        A backbone's features are never negative, so that an identity convolution with ReLU leaves them as they are.
        """
        x = enhanced_features
        for conv in self.head_before:
            x = F.relu(conv(x))
        logits: Tensor = self.head_after(self.backbone.final_layer(x))
        return logits

    def _align(
        self, key_features: Tensor, supporting_features: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        """Aligned features (B, S, C, h, w), Theta (B, S, 2, 3), O and M, each pair of frames on its own."""
        batch, count = supporting_features.shape[:2]
        theta = identity_theta(batch * count, key_features.device)  # (N, 2, 3) with N = B * S
        if not count:
            return supporting_features, theta.view(batch, count, 2, 3), None, None
        offsets = modulation = None
        pairs = supporting_features.flatten(0, 1)  # (N, C, h, w)
        keys = key_features.unsqueeze(1).expand(-1, count, -1, -1, -1).flatten(0, 1)  # (N, C, h, w)
        if self.global_transformation is not None:  # Eq. 1
            theta, pairs = self.global_transformation(keys, pairs)
        if self.local_calibration is not None:  # Eqs. 2 and 3
            pairs, offsets, modulation = self.local_calibration(keys, pairs)
            offsets = offsets.reshape(batch, count, *offsets.shape[1:])  # (B, S, 18, h, w)
            modulation = modulation.reshape(batch, count, *modulation.shape[1:])  # (B, S, 9, h, w)
        return pairs.reshape(batch, count, *pairs.shape[1:]), theta.reshape(batch, count, 2, 3), offsets, modulation
