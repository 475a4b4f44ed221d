"""What a network is made of, as frozen values that are stored beside its weights."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from core.errors import WeightsError


@dataclass(frozen=True)
class HRNetConfig:
    """The sizes of one HRNet. Published parameter names follow from the structure, whatever the sizes.

    Attributes:
        stem_channels: channels of the two stride-2 convolutions at the entry.
        stage1_width: inner channels of stage 1's bottleneck blocks; they give four times as many.
        stage1_blocks: number of these blocks.
        widths: channels of each branch of the last stage, the highest resolution (H/4) first.
        stage_modules: exchange modules of stages 2, 3, ...: stage s has s branches, so one number for each
            width after the first.
        blocks_per_branch: basic blocks of a branch within one module.
    """

    stem_channels: int
    stage1_width: int
    stage1_blocks: int
    widths: tuple[int, ...]
    stage_modules: tuple[int, ...]
    blocks_per_branch: int

    def __post_init__(self) -> None:
        """Raises ValueError where the numbers of stages disagree."""
        if len(self.stage_modules) != len(self.widths) - 1:
            raise ValueError(f"{len(self.widths)} branches need {len(self.widths) - 1} stages after the first")


def _published(width: int) -> HRNetConfig:
    return HRNetConfig(64, 64, 4, (width, 2 * width, 4 * width, 8 * width), (1, 4, 3), 4)


BACKBONES: dict[str, HRNetConfig] = {
    "w48": _published(48),
    "w32": _published(32),
    "w16": HRNetConfig(24, 16, 1, (16, 32, 80, 160), (1, 1, 1), 2),
    "w16_wide": HRNetConfig(24, 16, 1, (16, 40, 128, 256), (1, 1, 1), 2),
    "w12": HRNetConfig(24, 12, 1, (12, 24, 48, 96), (1, 1, 1), 2),
}
"""The published sizes, and small ones for processors without an accelerator (docs/adr/0005 has their times)."""


@dataclass(frozen=True)
class BlocksConfig:
    """Inverted bottlenecks of one width: how many, their kernel, the first one's stride, how far they widen inside."""

    count: int
    width: int
    kernel: int
    stride: int
    expansion: int


@dataclass(frozen=True)
class PyramidConfig:
    """The sizes of a classifier with a feature pyramid.

    Attributes:
        stem_channels: of the first convolution, which halves the crop.
        blocks: what follows, down to stride 32.
        pyramid_width: channels of the pyramid at strides 32, 16 and 8.
        channels: C, of the pyramid at stride 4.
    """

    stem_channels: int
    blocks: tuple[BlocksConfig, ...]
    pyramid_width: int
    channels: int


_LITE0 = ((1, 16, 3, 1, 1), (2, 24, 3, 2, 6), (2, 40, 5, 2, 6), (3, 80, 3, 2, 6), (3, 112, 5, 1, 6), (4, 192, 5, 2, 6),
          (1, 320, 3, 1, 6))  # fmt: skip
PYRAMIDS: dict[str, PyramidConfig] = {
    "lite0": PyramidConfig(32, tuple(BlocksConfig(*sizes) for sizes in _LITE0), pyramid_width=64, channels=32),
}
"""Backbones that can start from a classifier of ImageNet's pictures: EfficientNet-Lite0 (docs/adr/0014)."""


def backbone_config(name: str) -> HRNetConfig:
    """The sizes of a backbone by name. Raises WeightsError for a name that is none."""
    if name not in BACKBONES:
        raise WeightsError(f"There is no backbone {name!r}; choose one of {', '.join(BACKBONES)}.")
    return BACKBONES[name]


_BOUNDS = {
    "num_keypoints": (1, 1000),
    "gtm_width": (1, 4096),
    "lcm_width": (1, 4096),
    "lcm_blocks": (0, 64),
    "head_convs": (0, 64),
    "use_gtm": (0, 1),
    "use_lcm": (0, 1),
}
"""What a description in a file may ask for: a network that fits a machine."""
_FURTHEST, _MOST_NEIGHBOURS, _WIDEST_SIGMA = 10_000, 64, 100.0


@dataclass(frozen=True)
class FamiPoseConfig:
    """One FAMI-Pose network; each line of the paper's Tables 6 and 7 is one of these.

    Attributes:
        backbone: a name in BACKBONES or PYRAMIDS.
        num_keypoints: K, the number of heatmaps.
        supporting_offsets: the window N of neighbours t+d; empty for the single-frame network.
        use_gtm: estimate and apply the global affine transformation (Eq. 1).
        use_lcm: estimate and apply the local calibration (Eqs. 2 and 3).
        gtm_width: channels inside the global transformation module.
        lcm_width: channels inside the local calibration module.
        lcm_blocks: residual blocks on the way to the offsets, and as many to the modulation.
        head_convs: 3x3 convolutions of the head before the 1x1 `final_layer`; one more follows it.
        initialisation: "warm" starts as the single-frame network (gain 0, everything at the identity),
            "paper" with plain addition (gain 1) and random alignment.
        heatmap_activation: "linear" for heatmaps regressed as in HRNet; "softmax" for heatmaps that are
            2 pi sigma^2 times the softmax over the map, so that a certain joint peaks at 1 as its target does.
        heatmap_sigma: standard deviation of the targets' Gaussians, in heatmap pixels.
    """

    backbone: str = "w48"
    num_keypoints: int = 17
    supporting_offsets: tuple[int, ...] = (-2, -1, 1, 2)
    use_gtm: bool = True
    use_lcm: bool = True
    gtm_width: int = 64
    lcm_width: int = 48
    lcm_blocks: int = 2
    head_convs: int = 1
    initialisation: Literal["warm", "paper"] = "warm"
    heatmap_activation: Literal["linear", "softmax"] = "linear"
    heatmap_sigma: float = 3.0

    def __post_init__(self) -> None:
        """Raises ValueError on a choice that there is not, and for a neighbour that is the key frame."""
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            if not isinstance(value, int) or not least <= value <= most:
                raise ValueError(f"{name} is {str(value)[:40]}, not a whole number from {least} to {most}")
        if not all(isinstance(offset, int) and abs(offset) <= _FURTHEST for offset in self.supporting_offsets):
            raise ValueError(f"supporting_offsets are not whole numbers to {_FURTHEST}")
        if len(self.supporting_offsets) > _MOST_NEIGHBOURS or not isinstance(self.backbone, str):
            raise ValueError(f"there are more than {_MOST_NEIGHBOURS} supporting_offsets, or the backbone is no name")
        if not isinstance(self.heatmap_sigma, (int, float)) or not 0 < self.heatmap_sigma <= _WIDEST_SIGMA:
            raise ValueError(f"heatmap_sigma is not a number to {_WIDEST_SIGMA}")
        if self.initialisation not in ("warm", "paper"):
            raise ValueError(f"initialisation is {self.initialisation!r}, not 'warm' or 'paper'")
        if self.heatmap_activation not in ("linear", "softmax"):
            raise ValueError(f"heatmap_activation is {self.heatmap_activation!r}, not 'linear' or 'softmax'")
        if 0 in self.supporting_offsets or len(set(self.supporting_offsets)) != len(self.supporting_offsets):
            raise ValueError(f"supporting_offsets {self.supporting_offsets} hold the key frame or a neighbour twice")

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists, as stored in a weights file."""
        return {**asdict(self), "supporting_offsets": list(self.supporting_offsets)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "FamiPoseConfig":
        """The configuration out of a weights file. Raises WeightsError where it is not one."""
        try:
            return cls(**{**fields, "supporting_offsets": tuple(fields["supporting_offsets"])})
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise WeightsError(
                f"The weights describe a network that this version does not know ({error}); update the program."
            ) from error


@dataclass(frozen=True)
class Ablation:
    """One line of the paper's Table 6 or 7.

    Attributes:
        network: what is trained.
        beta: the weight of L_MI in its objective (Eq. 12); 0 leaves the information terms out.
    """

    network: FamiPoseConfig
    beta: float


_BETA = 0.1
_WINDOWS = ((-1,), (-1, 1), (-2, -1, 1), (-2, -1, 1, 2))
TABLE_6 = {
    "single frame": Ablation(FamiPoseConfig(supporting_offsets=(), use_gtm=False, use_lcm=False), beta=0.0),
    "GTM": Ablation(FamiPoseConfig(use_lcm=False), beta=0.0),
    "GTM + LCM": Ablation(FamiPoseConfig(), beta=0.0),
    "GTM + LCM + MI": Ablation(FamiPoseConfig(), beta=_BETA),
}
"""What each component is worth. "single frame" is the HRNet alone."""
TABLE_7 = {
    "N = {" + ", ".join(map(str, window)) + "}": Ablation(FamiPoseConfig(supporting_offsets=window), beta=_BETA)
    for window in _WINDOWS
}
"""What each supporting frame is worth, all components on."""


def ablation(line: str, network: FamiPoseConfig | None = None) -> Ablation:
    """A line of Table 6 or 7 by its name, on a network of one's own choice.

    Args:
        line: a name in TABLE_6 or TABLE_7.
        network: backbone, widths and the like; the paper's W48 by default. Window and modules become the line's.

    Raises:
        WeightsError: if there is no such line.
    """
    tables = TABLE_6 | TABLE_7
    if line not in tables:
        raise WeightsError(f"There is no ablation {line!r}; choose one of {'; '.join(tables)}.")
    named = tables[line]
    switches = ("supporting_offsets", "use_gtm", "use_lcm")
    chosen = {switch: getattr(named.network, switch) for switch in switches}
    return Ablation(replace(network or FamiPoseConfig(), **chosen), named.beta)
