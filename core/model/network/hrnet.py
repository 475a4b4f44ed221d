"""HRNet, the single-frame pose network (Sun et al. 2019), with its published parameter names.

Letters in shape comments stand in core/model/__init__.py.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from core.model.network.config import HRNetConfig, backbone_config


def _conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, *, relu: bool) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, at one width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, h, w) to the same shape."""
        inner = self.relu(self.bn1(self.conv1(x)))
        output: Tensor = self.relu(self.bn2(self.conv2(inner)) + x)
        return output


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut; gives four times `width` channels."""

    expansion = 4

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        outputs = self.expansion * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _conv_bn(inputs, outputs, 1, relu=False) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, 4 * width, h, w)."""
        inner = self.relu(self.bn1(self.conv1(x)))
        inner = self.relu(self.bn2(self.conv2(inner)))
        shortcut = x if self.downsample is None else self.downsample(x)
        output: Tensor = self.relu(self.bn3(self.conv3(inner)) + shortcut)
        return output


class ExchangeModule(nn.Module):
    """Parallel branches of basic blocks, then every branch receives from every other one.

    Args:
        widths: channels of each branch, the highest resolution first.
        blocks: basic blocks of each branch.
        num_outputs: how many branches are computed after the exchange (1 at the network's end).
    """

    def __init__(self, widths: Sequence[int], blocks: int, num_outputs: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(BasicBlock(width) for _ in range(blocks))) for width in widths)
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(self._path(widths, source, target) for source in range(len(widths)))
            for target in range(num_outputs)
        )

    @staticmethod
    def _path(widths: Sequence[int], source: int, target: int) -> nn.Module:
        """What brings branch `source` to the width and resolution of branch `target`."""
        if source == target:
            return nn.Identity()
        if source > target:
            return _conv_bn(widths[source], widths[target], 1, relu=False)  # enlarged in `forward`
        halvings = [_conv_bn(widths[source], widths[source], 3, 2, relu=True) for _ in range(target - source - 1)]
        return nn.Sequential(*halvings, _conv_bn(widths[source], widths[target], 3, 2, relu=False))

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """One map a branch, each half the resolution of the one before, to `num_outputs` of them."""
        maps = [branch(x) for branch, x in zip(self.branches, maps, strict=True)]
        outputs: list[Tensor] = []
        for paths in self.fuse_layers:
            received = [path(x) for path, x in zip(paths.children(), maps, strict=True)]
            size_hw = maps[len(outputs)].shape[2:]
            total = received[0]
            for x in received[1:]:
                total = total + (x if x.shape[2:] == size_hw else F.interpolate(x, size=size_hw, mode="nearest"))
            outputs.append(total.relu())
        return outputs


class HRNet(nn.Module):
    """The whole single-frame network.

    Args:
        backbone: a name in `core.model.network.config.BACKBONES` ("w48", "w32", ...), or sizes of one's own.
        num_keypoints: K.

    Attributes:
        num_channels: C, channels of `features`.
        num_keypoints: K.
        final_layer: the 1x1 convolution from features to heatmaps.
    """

    def __init__(self, backbone: str | HRNetConfig = "w48", num_keypoints: int = 17) -> None:
        super().__init__()
        config = backbone_config(backbone) if isinstance(backbone, str) else backbone
        self.config = config
        self.num_channels = config.widths[0]
        self.num_keypoints = num_keypoints
        stem, width = config.stem_channels, config.stage1_width
        self.conv1 = nn.Conv2d(3, stem, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.conv2 = nn.Conv2d(stem, stem, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU(inplace=True)
        expanded = Bottleneck.expansion * width
        self.layer1 = nn.Sequential(
            *(Bottleneck(stem if block == 0 else expanded, width) for block in range(config.stage1_blocks))
        )
        before: tuple[int, ...] = (expanded,)
        for number in range(2, len(config.widths) + 1):
            widths = config.widths[:number]
            # Attribute names with numbers, because the published parameter names have them.
            self.add_module(f"transition{number - 1}", self._transition(before, widths))
            self.add_module(f"stage{number}", self._stage(widths, number))
            before = widths
        self.final_layer = nn.Conv2d(self.num_channels, num_keypoints, 1)
        self._initialise()

    @staticmethod
    def _transition(before: Sequence[int], widths: Sequence[int]) -> nn.ModuleList:
        """Brings the branches to their new widths and opens one more at half the lowest resolution."""
        kept = [
            nn.Identity() if old == new else _conv_bn(old, new, 3, relu=True)
            for old, new in zip(before, widths, strict=False)
        ]
        opened = nn.Sequential(_conv_bn(before[-1], widths[len(before)], 3, 2, relu=True))
        return nn.ModuleList([*kept, opened])

    def _stage(self, widths: Sequence[int], number: int) -> nn.Sequential:
        count = self.config.stage_modules[number - 2]
        is_last_stage = number == len(self.config.widths)
        return nn.Sequential(
            *(
                ExchangeModule(
                    widths,
                    self.config.blocks_per_branch,
                    1 if is_last_stage and module == count - 1 else len(widths),
                )
                for module in range(count)
            )
        )

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.normal_(self.final_layer.weight, std=0.001)
        nn.init.constant_(self.final_layer.get_parameter("bias"), 0.0)

    def features(self, x: Tensor) -> Tensor:
        """The highest-resolution output z, never negative.

        Args:
            x: (B, 3, H, W) normalised RGB; H and W are multiples of 4 (of 32 for a published network).

        Returns:
            (B, C, H/4, W/4).
        """
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        maps: list[Tensor] = [self.layer1(x)]
        for number in range(2, len(self.config.widths) + 1):
            transition = self.get_submodule(f"transition{number - 1}")
            sources = [*maps, maps[-1]]  # the new branch comes from the lowest resolution
            maps = [module(source) for module, source in zip(transition.children(), sources, strict=True)]
            maps = self.get_submodule(f"stage{number}")(maps)
        return maps[0]

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) normalised RGB to heatmaps (B, K, H/4, W/4)."""
        heatmaps: Tensor = self.final_layer(self.features(x))
        return heatmaps
