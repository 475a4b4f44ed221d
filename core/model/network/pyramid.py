"""EfficientNet-Lite (Tan and Le 2019) with a feature pyramid down to stride 4, as a single-frame pose network.

Its first part has the shapes of the published ImageNet classifier, so that a training can start from it
(`core/training/trainer/imagenet.py`). Letters in shape comments stand in core/model/__init__.py.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.model.network.config import PYRAMIDS, PyramidConfig

_NORM_EPSILON = 1e-3
"""The classifier's."""


class _Float32Gradient(torch.autograd.Function):
    """A depthwise convolution in bfloat16 whose gradient is computed in float32.

    On a processor the gradient of a depthwise convolution takes two to ten times as long in bfloat16 as in float32,
    which would be most of a training.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: Sequence[int], padding: Sequence[int]) -> Tensor:  # noqa: ANN401 - torch's context has no public type
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight.to(x.dtype), None, tuple(stride), tuple(padding), 1, len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - torch's signature
        x, weight = ctx.saved_tensors
        mask = [ctx.needs_input_grad[0], ctx.needs_input_grad[1], False]
        to_x, to_weight, _ = torch.ops.aten.convolution_backward(
            gradients[0].float(), x.float(), weight, None, ctx.stride, ctx.padding, [1, 1], False, [0, 0],
            len(weight), mask,
        )  # fmt: skip
        return (None if to_x is None else to_x.to(x.dtype)), to_weight, None, None


class DepthwiseConv(nn.Conv2d):
    """A convolution of each channel on its own, quick to train in bfloat16 on a processor."""

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H / stride, W / stride)."""
        if not (self.training and torch.is_grad_enabled() and x.device.type == "cpu"):
            return super().forward(x)
        if not torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        half = x.to(torch.get_autocast_dtype("cpu"))
        with torch.autocast("cpu", enabled=False):
            result: Tensor = _Float32Gradient.apply(half, self.weight, list(self.stride), list(self.padding))
        return result


def _conv_bn(inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs, eps=_NORM_EPSILON)]


class InvertedBottleneck(nn.Module):
    """Widen by a 1x1 convolution, convolve each channel on its own, narrow; with a shortcut where shapes allow it."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = inputs * expansion
        widening = [*_conv_bn(inputs, width), nn.ReLU6(inplace=True)] if expansion > 1 else []
        depthwise = [
            DepthwiseConv(width, kernel, stride), nn.BatchNorm2d(width, eps=_NORM_EPSILON), nn.ReLU6(inplace=True),
        ]  # fmt: skip
        self.layers = nn.Sequential(*widening, *depthwise, *_conv_bn(width, outputs))
        self.has_shortcut = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h / stride, w / stride)."""
        result: Tensor = self.layers(x)
        return x + result if self.has_shortcut else result


class PyramidNet(nn.Module):
    """The whole single-frame network.

    Args:
        backbone: a name in `core.model.network.config.PYRAMIDS`, or sizes of one's own.
        num_keypoints: K.

    Attributes:
        entry: from the crop to stride 4, which a training can hold: edges are edges.
        stages: from there on, by the stride of what each gives: 8, 16 and 32.
        num_channels: C, channels of `features`.
        num_keypoints: K.
        final_layer: the 1x1 convolution from features to heatmaps.
    """

    def __init__(self, backbone: str | PyramidConfig = "lite0", num_keypoints: int = 17) -> None:
        super().__init__()
        config = PYRAMIDS[backbone] if isinstance(backbone, str) else backbone
        self.config = config
        self.num_channels, self.num_keypoints = config.channels, num_keypoints
        stem = [*_conv_bn(3, config.stem_channels, 3, 2), nn.ReLU6(inplace=True)]
        levels: list[list[nn.Module]] = [stem, [], [], []]  # of strides up to 4, 8, 16, 32
        tapped: list[int] = [config.stem_channels] * 4
        width, stride = config.stem_channels, 2
        for blocks in config.blocks:
            stride *= blocks.stride
            level = max(stride.bit_length() - 3, 0)
            for number in range(blocks.count):
                block_stride = blocks.stride if number == 0 else 1
                levels[level].append(
                    InvertedBottleneck(width, blocks.width, blocks.kernel, block_stride, blocks.expansion)
                )
                width = blocks.width
            tapped[level] = width
        self.entry = nn.Sequential(*levels[0])
        self.stages = nn.ModuleList(nn.Sequential(*level) for level in levels[1:])
        inner = (config.channels, *[config.pyramid_width] * 3)
        self.laterals = nn.ModuleList(
            nn.Sequential(*_conv_bn(source, target)) for source, target in zip(tapped, inner, strict=True)
        )
        self.narrowing = nn.Sequential(*_conv_bn(config.pyramid_width, config.channels))
        self.smoothings = nn.ModuleList(
            nn.Sequential(*_conv_bn(target, target, 3), nn.ReLU(inplace=True)) for target in inner[:3]
        )
        self.final_layer = nn.Conv2d(config.channels, num_keypoints, 1)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if isinstance(module, DepthwiseConv):
                    # Its fan-out is that of one channel, not of all.
                    module.weight.data.mul_(module.groups**0.5)
        nn.init.normal_(self.final_layer.weight, std=0.001)
        nn.init.constant_(self.final_layer.get_parameter("bias"), 0.0)

    def features(self, x: Tensor) -> Tensor:
        """The pyramid's finest map z, never negative.

        Args:
            x: (B, 3, H, W) normalised RGB; H and W are multiples of 4.

        Returns:
            (B, C, H/4, W/4).
        """
        maps: list[Tensor] = [self.entry(x)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        y: Tensor = self.laterals[3](maps[3]).relu()
        for level in (2, 1, 0):
            y = F.interpolate(y, size=maps[level].shape[2:], mode="nearest")
            if level == 0:
                y = self.narrowing(y)
            y = self.smoothings[level](self.laterals[level](maps[level]) + y)
        return y

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) normalised RGB to heatmaps (B, K, H/4, W/4)."""
        heatmaps: Tensor = self.final_layer(self.features(x))
        return heatmaps
