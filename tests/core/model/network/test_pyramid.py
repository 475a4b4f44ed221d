"""The backbone with a feature pyramid: it stands where HRNet stands, and starts from a classifier's weights."""

from pathlib import Path

import pytest
import torch
from torch import nn

from core.errors import TrainingError, WeightsError
from core.keypoints import POSETRACK
from core.model import FamiPose, FamiPoseConfig, WeightsMetadata, load_model, load_weights, new_backbone, save_weights
from core.model.network.config import BlocksConfig, PyramidConfig
from core.model.network.folding import fold_batch_norms
from core.model.network.pyramid import DepthwiseConv, PyramidNet
from core.model.prediction.crops import IMAGENET_MEAN, IMAGENET_STD
from core.training.trainer.imagenet import start_from_imagenet

SMALL = PyramidConfig(
    8, tuple(BlocksConfig(1, width, 3, stride, 2) for width, stride in ((8, 1), (8, 2), (8, 2), (8, 2), (8, 2))), 8, 8
)


def lively(network: nn.Module) -> nn.Module:
    """Statistics and heatmaps that are not those of a network at its start."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    nn.init.normal_(network.final_layer.weight)
    return network.eval()


@pytest.mark.parametrize("size_wh", [(144, 192), (96, 128), (100, 132)])
def test_features_are_a_quarter_of_the_crop_and_never_negative(size_wh) -> None:
    width, height = size_wh
    network = lively(PyramidNet(SMALL))
    with torch.inference_mode():
        features = network.features(torch.randn(2, 3, height, width))
        heatmaps = network(torch.randn(2, 3, height, width))
    assert features.shape == (2, network.num_channels, height // 4, width // 4)
    assert features.min() >= 0
    assert heatmaps.shape == (2, len(POSETRACK), height // 4, width // 4)


def test_around_it_any_neighbours_give_its_own_heatmaps_before_training() -> None:
    torch.manual_seed(1)
    model = FamiPose(FamiPoseConfig("lite0"))
    lively(model.backbone)
    with torch.inference_mode():
        key, neighbours = torch.randn(1, 3, 96, 64), torch.randn(1, 4, 3, 96, 64)
        single, heatmaps = model.eval().backbone(key), model(key, neighbours).heatmaps
    assert (heatmaps - single).abs().max() < 1e-4 * single.std()


def test_its_batch_norms_fold_into_the_same_numbers() -> None:
    torch.manual_seed(2)
    network = lively(PyramidNet(SMALL))
    crop = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        before = network(crop)
        fold_batch_norms(network)
        assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
        assert torch.allclose(network(crop), before, atol=1e-4)


def test_its_weights_are_written_and_read(tmp_path: Path) -> None:
    config = FamiPoseConfig("lite0", supporting_offsets=(-1, 1), gtm_width=8, lcm_width=8)
    model = FamiPose(config).eval()
    save_weights(tmp_path / "pyramid.pth", model, WeightsMetadata("pyramid", config, (96, 128)), half=False)
    crop, neighbours = torch.randn(1, 3, 64, 64), torch.randn(1, 2, 3, 64, 64)
    alone = new_backbone("lite0", len(POSETRACK)).eval()
    load_weights(alone, tmp_path / "pyramid.pth")
    with torch.inference_mode():
        expected = model(crop, neighbours).heatmaps
        for folded in (False, True):
            loaded = load_model(tmp_path / "pyramid.pth", folded=folded)
            assert torch.allclose(loaded.model(crop, neighbours).heatmaps, expected, atol=1e-5)
        assert torch.equal(alone(crop), model.backbone(crop))


def test_a_name_that_is_no_backbone_is_told_with_those_that_are() -> None:
    with pytest.raises(WeightsError, match=r"w16.*lite0"):
        new_backbone("lite9", 17)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_a_depthwise_gradient_in_half_precision_is_the_one_of_single_precision(kernel: int, stride: int) -> None:
    torch.manual_seed(3)
    conv = DepthwiseConv(6, kernel, stride)
    x = torch.randn(2, 6, 9, 8, requires_grad=True)
    conv(x).square().sum().backward()
    to_x, to_weight = x.grad.clone(), conv.weight.grad.clone()
    x.grad = conv.weight.grad = None
    with torch.autocast("cpu", torch.bfloat16):
        y = conv(x)
    assert y.dtype is torch.bfloat16
    y.float().square().sum().backward()
    for found, expected in ((x.grad, to_x), (conv.weight.grad, to_weight)):
        assert (found - expected).norm() < 0.02 * expected.norm()


def classifier() -> dict[str, torch.Tensor]:
    """Weights named and shaped as EfficientNet-Lite0's, with small random numbers."""
    state: dict[str, torch.Tensor] = {}

    def norm(name: str, width: int) -> None:
        state.update({f"{name}.{key}": torch.rand(width) + 0.5 for key in ("weight", "bias", "running_var")})
        state[f"{name}.running_mean"] = torch.randn(width)
        state[f"{name}.num_batches_tracked"] = torch.tensor(7)

    def conv(name: str, *shape: int) -> None:
        state[f"{name}.weight"] = torch.randn(*shape)

    conv("_conv_stem", 32, 3, 3, 3)
    norm("_bn0", 32)
    inputs, number = 32, 0
    sizes = [(1, 16, 3, 1), (2, 24, 3, 6), (2, 40, 5, 6), (3, 80, 3, 6), (3, 112, 5, 6), (4, 192, 5, 6), (1, 320, 3, 6)]
    for count, outputs, kernel, expansion in sizes:
        for _ in range(count):
            block, width = f"_blocks.{number}", inputs * expansion
            if expansion > 1:
                conv(f"{block}._expand_conv", width, inputs, 1, 1)
                norm(f"{block}._bn0", width)
            conv(f"{block}._depthwise_conv", width, 1, kernel, kernel)
            norm(f"{block}._bn1", width)
            conv(f"{block}._project_conv", outputs, width, 1, 1)
            norm(f"{block}._bn2", outputs)
            inputs, number = outputs, number + 1
    conv("_conv_head", 1280, 320, 1, 1)
    return state


def test_it_starts_from_a_classifier_that_takes_other_pixels(tmp_path: Path) -> None:
    torch.manual_seed(4)
    state = classifier()
    torch.save(state, tmp_path / "classifier.pth")
    network = new_backbone("lite0", 17)
    start_from_imagenet(network, tmp_path / "classifier.pth")
    last = network.stages[2][-1].layers
    assert torch.equal(last[6].weight, state["_blocks.15._project_conv.weight"])
    assert torch.equal(last[7].running_mean, state["_blocks.15._bn2.running_mean"])
    # The first layer sees pixels normalised as ours, and gives what the classifier's gives for its own.
    pixels = torch.rand(1, 3, 16, 16)
    ours = (pixels - torch.tensor(IMAGENET_MEAN).view(3, 1, 1)) / torch.tensor(IMAGENET_STD).view(3, 1, 1)
    theirs = (pixels * 255 - 127) / 128
    by_name = {key: state[f"_bn0.{key}"] for key in ("running_mean", "running_var", "weight", "bias")}
    expected = nn.functional.conv2d(theirs, state["_conv_stem.weight"], None, 2, 1)
    expected = nn.functional.batch_norm(expected, **by_name, eps=1e-3)
    with torch.inference_mode():
        found = network.entry[1].eval()(network.entry[0](ours))
    # Beyond the border stands 0, which is another grey here and there.
    assert torch.allclose(found[..., 1:, 1:], expected[..., 1:, 1:], atol=1e-4)


def test_another_file_or_backbone_is_refused(tmp_path: Path) -> None:
    torch.save({"_conv_stem.weight": torch.zeros(32, 3, 3, 3)}, tmp_path / "other.pth")
    with pytest.raises(TrainingError, match="no EfficientNet-Lite0"):
        start_from_imagenet(new_backbone("lite0", 17), tmp_path / "other.pth")
    with pytest.raises(TrainingError, match="lite0"):
        start_from_imagenet(new_backbone("w12", 17), tmp_path / "other.pth")
