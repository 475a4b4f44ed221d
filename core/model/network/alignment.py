"""The two-stage feature alignment: global transformation (Eq. 1), then local calibration (Eqs. 2 and 3).

Both take the key frame's feature only to steer: it enters Theta, O and M, never the aligned feature itself.
Letters in shape comments stand in core/model/__init__.py; N = B * S, the pairs of a key frame and a neighbour.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import deform_conv2d

from core.model.network.deformable import KERNEL, deformable_convolution
from core.model.network.hrnet import BasicBlock

_TAPS = KERNEL * KERNEL
_POOLED_HW = (4, 3)
"""The transformation network's last map: fixed, so that it serves every crop size, and no single number a channel,
because where things are is what it has to tell."""


def _entry(inputs: int, width: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
    )


class GlobalTransformation(nn.Module):
    """Estimates an affine Theta from the pair of features and warps the neighbour's by it (Eq. 1).

    Theta maps a coordinate of the warped feature to one of the neighbour's, both normalised: -1 to 1 from edge to
    edge of the map. It is predicted as a residual to the identity.

    Args:
        channels: C.
        width: channels inside.
        starts_at_identity: Theta is the identity until trained; otherwise it starts a little off it.
    """

    def __init__(self, channels: int, width: int, *, starts_at_identity: bool) -> None:
        super().__init__()
        self.estimator = nn.Sequential(
            _entry(2 * channels, width, 2),
            _entry(width, width, 2),
            _entry(width, width, 1),
            nn.AdaptiveAvgPool2d(_POOLED_HW),
            nn.Flatten(),  # (N, width * 4 * 3)
            nn.Linear(width * _POOLED_HW[0] * _POOLED_HW[1], 6),
        )
        last = self.estimator[-1]
        nn.init.zeros_(last.get_parameter("bias"))
        if starts_at_identity:
            nn.init.zeros_(last.get_parameter("weight"))
        else:
            nn.init.normal_(last.get_parameter("weight"), std=0.001)

    def forward(self, key_features: Tensor, supporting_features: Tensor) -> tuple[Tensor, Tensor]:
        """Theta (N, 2, 3) and the warped feature (N, C, h, w), out of two features (N, C, h, w)."""
        residual = self.estimator(torch.cat([key_features, supporting_features], dim=1))
        theta = residual.float().view(-1, 2, 3) + identity_theta(residual.shape[0], residual.device)  # (N, 2, 3)
        return theta, warp(supporting_features, theta)


def identity_theta(count: int, device: torch.device) -> Tensor:
    """(count, 2, 3) affines that change nothing."""
    return torch.eye(2, 3, device=device).expand(count, 2, 3)


def warp(features: Tensor, theta: Tensor) -> Tensor:
    """Samples features (N, C, h, w) bilinearly at Theta (N, 2, 3) of each pixel; zero beyond the map.

    Computed in single precision at least: half of it would place pixels a fiftieth of a pixel off.
    """
    wide = _at_least_single(features)
    grid = F.affine_grid(theta.to(wide.dtype), list(features.shape), align_corners=False)  # (N, h, w, 2) x, y
    return F.grid_sample(wide, grid, mode="bilinear", align_corners=False).to(features.dtype)


def _at_least_single(tensor: Tensor) -> Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


class LocalCalibration(nn.Module):
    """Estimates offsets O and modulation M, and applies the modulated deformable convolution (Eqs. 2 and 3).

    M = 2 sigmoid(logits): zero logits give a modulation of 1, so that zero offsets, zero logits and an identity
    kernel together change nothing.

    Args:
        channels: C.
        width: channels inside.
        blocks: residual blocks on the way to O, and as many of their own on the way to M.
        starts_at_identity: the calibration changes nothing until trained; otherwise all of it starts random.
    """

    def __init__(self, channels: int, width: int, blocks: int, *, starts_at_identity: bool) -> None:
        super().__init__()
        self.offset_estimator = self._estimator(channels, width, blocks, 2 * _TAPS)
        self.modulation_estimator = self._estimator(channels, width, blocks, _TAPS)
        self.weight = nn.Parameter(torch.empty(channels, channels, KERNEL, KERNEL))
        self.bias = nn.Parameter(torch.zeros(channels))
        if starts_at_identity:
            nn.init.dirac_(self.weight)
        else:
            nn.init.kaiming_normal_(self.weight, nonlinearity="linear")
        for estimator in (self.offset_estimator, self.modulation_estimator):
            last = estimator[-1]
            nn.init.zeros_(last.get_parameter("bias"))
            if starts_at_identity:
                nn.init.zeros_(last.get_parameter("weight"))
            else:
                nn.init.normal_(last.get_parameter("weight"), std=0.01)

    @staticmethod
    def _estimator(channels: int, width: int, blocks: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(
            _entry(2 * channels, width, 1),
            *(BasicBlock(width) for _ in range(blocks)),
            nn.Conv2d(width, outputs, KERNEL, padding=KERNEL // 2),
        )

    def estimate(self, key_features: Tensor, warped_features: Tensor) -> tuple[Tensor, Tensor]:
        """Offsets O (N, 18, h, w) in feature pixels, y before x for each tap, and modulation M (N, 9, h, w), 0 to 2."""
        pair = torch.cat([warped_features, key_features], dim=1)  # (N, 2 C, h, w)
        offsets: Tensor = self.offset_estimator(pair)
        modulation = 2 * torch.sigmoid(self.modulation_estimator(pair))
        return offsets, modulation

    def calibrate(self, warped_features: Tensor, offsets: Tensor, modulation: Tensor) -> Tensor:
        """Eq. 3: the modulated deformable convolution of the warped feature (N, C, h, w), with O and M given.

        Computed in single precision at least, for the same reason as `warp`, and because processors have no other.
        An offset that is not a number makes the result not a number there, so that a diverged training shows in its
        loss; deform_conv2d itself would read outside its memory.
        """
        broken = offsets.isnan()  # (N, 18, h, w)
        modulation = modulation.masked_fill(broken.any(dim=1, keepdim=True), torch.nan)
        offsets = offsets.masked_fill(broken, 0.0)
        with torch.autocast(warped_features.device.type, enabled=False):
            features, offsets, modulation, weight, bias = (
                _at_least_single(x) for x in (warped_features, offsets, modulation, self.weight, self.bias)
            )
            if features.device.type == "cpu":
                aligned = deformable_convolution(features, offsets, modulation, weight, bias)
            else:
                aligned = deform_conv2d(features, offsets, weight, bias, padding=KERNEL // 2, mask=modulation)
        return aligned.to(warped_features.dtype)

    def forward(self, key_features: Tensor, warped_features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The aligned feature (N, C, h, w), offsets (N, 18, h, w) and modulation (N, 9, h, w)."""
        offsets, modulation = self.estimate(key_features, warped_features)
        return self.calibrate(warped_features, offsets, modulation), offsets, modulation
