"""HRNet against the public reference program's outputs, and the small backbones."""

import importlib.util
import json

import numpy as np
import pytest
import torch

from core.errors import WeightsError
from core.model import BACKBONES, FamiPose, FamiPoseConfig, HRNet


@pytest.fixture(scope="module")
def w32(shared):
    """HRNet-W32 with the oracle's weights, and the oracle's input."""
    torch.set_num_threads(1)
    spec = importlib.util.spec_from_file_location("deterministic_weights", shared / "oracles/deterministic_weights.py")
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    shapes = json.loads((shared / "oracles/hrnet_w32_keys.json").read_text())
    model = HRNet("w32", num_keypoints=17).eval()
    model.load_state_dict(oracle.checkpoint(shapes))
    return model, oracle.image("hrnet_w32", (1, 3, 256, 192)), shapes


def test_w32_has_exactly_the_published_names_and_shapes(w32):
    model, _, shapes = w32
    assert {name: list(tensor.shape) for name, tensor in model.state_dict().items()} == shapes


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_w32_gives_the_reference_programs_outputs(w32, shared, memory_format):
    model, image, _ = w32
    model = model.to(memory_format=memory_format)
    with np.load(shared / "oracles/hrnet_w32_expected.npz") as file:
        heatmap, features = file["heatmap"], file["stage4_highres"]
    with torch.inference_mode():
        z = model.features(image.to(memory_format=memory_format))
        ours = model.final_layer(z)
    assert np.abs(ours.numpy() - heatmap).max() < 1e-3 * heatmap.std()
    assert np.abs(z.numpy()[:, :, ::2, ::2] - features).max() < 1e-3 * features.std()


def test_w48_has_the_published_names_with_wider_branches(w32):
    _, _, shapes = w32
    with torch.device("meta"):
        model = HRNet("w48")
    state = model.state_dict()
    assert set(state) == set(shapes)
    assert state["stage4.2.branches.3.3.conv2.weight"].shape == (384, 384, 3, 3)
    assert state["final_layer.weight"].shape == (17, 48, 1, 1)


@pytest.mark.parametrize("backbone", ["w12", "w16"])
def test_a_small_backbone_takes_crops_that_do_not_halve_evenly_and_is_small(backbone):
    model = HRNet(backbone).eval()
    with torch.inference_mode():
        z = model.features(torch.randn(2, 3, 192, 144))
    assert z.shape == (2, BACKBONES[backbone].widths[0], 48, 36)
    assert (z >= 0).all()
    assert sum(parameter.numel() for parameter in model.parameters()) < 2_000_000


def test_an_unknown_backbone_is_named_with_those_there_are():
    with pytest.raises(WeightsError, match=r"'w99'.*w48"):
        HRNet("w99")


def test_on_w32_any_neighbours_leave_the_checkpoints_heatmaps_as_they_are(w32):
    backbone, image, _ = w32
    model = FamiPose(FamiPoseConfig("w32"))
    model.backbone.load_state_dict(backbone.state_dict())
    neighbours = torch.randn(1, 4, 3, 256, 192, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        expected = backbone(image)
        output = model.eval()(image, neighbours)
    assert (output.heatmaps - expected).abs().max() < 1e-4 * expected.std()
    assert output.aligned_features.std() > 0
