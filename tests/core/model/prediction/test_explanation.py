"""Theta and O in pixels of the crop: what the drawing over the crops relies on."""

import numpy as np
import pytest
import torch

from core.heatmaps import STRIDE
from core.model import FamiPose, FamiPoseConfig, LoadedModel, Predictor, Request, WeightsMetadata, explain
from core.model.network.alignment import warp
from core.model.prediction.explanation import affines_in_crop_pixels, offsets_in_crop_pixels

SIZE_WH = (48, 64)
H, W = 16, 12


def predictor(**changes) -> Predictor:
    torch.manual_seed(3)
    fields = {"backbone": "w12", "gtm_width": 8, "lcm_width": 8, "initialisation": "paper"} | changes
    config = FamiPoseConfig(**fields)
    return Predictor(LoadedModel(FamiPose(config), WeightsMetadata("tiny", config, SIZE_WH), "0" * 64), device="cpu")


def frame(index: int) -> np.ndarray:
    return np.random.default_rng(index).integers(0, 255, (120, 160, 3)).astype(np.uint8)


def explained(**changes):
    return explain(predictor(**changes), Request(5, 1, (40.0, 20.0, 50.0, 80.0)), frame, 12)


@pytest.mark.parametrize("theta", [[[1, 0, 0.25], [0, 1, -0.125]], [[0.8, -0.3, 0.1], [0.2, 1.1, -0.2]]])
def test_theta_in_pixels_is_the_place_that_the_network_samples(theta):
    # A feature map that says where it stands, in pixels of the crop; warped, it says where it was taken from.
    x, y = np.meshgrid(np.arange(W) * STRIDE, np.arange(H) * STRIDE)
    places = torch.tensor(np.stack([x, y]), dtype=torch.float32)[None]
    taken_from = warp(places, torch.tensor([theta], dtype=torch.float32))[0].numpy()
    affine = affines_in_crop_pixels(np.array([theta], dtype=np.float64), SIZE_WH)[0]
    expected = np.einsum("ij,jhw->ihw", affine[:, :2], np.stack([x, y])) + affine[:, 2, None, None]
    inside = (expected[0] >= 0) & (expected[0] <= x.max()) & (expected[1] >= 0) & (expected[1] <= y.max())
    assert inside.sum() > 40
    np.testing.assert_allclose(taken_from[:, inside], expected[:, inside], atol=1e-3)


def test_a_shift_of_ten_pixels_is_told_as_ten_pixels():
    theta = np.array([[[1.0, 0.0, 10 / (SIZE_WH[0] / 2)], [0.0, 1.0, 0.0]]])
    np.testing.assert_allclose(affines_in_crop_pixels(theta, SIZE_WH)[0], [[1, 0, 10], [0, 1, 0]], atol=1e-12)


def test_offsets_are_x_before_y_and_in_pixels():
    offsets = torch.zeros(2, 18, H, W)
    offsets[1, 2 * 5] = -1.5  # y of the sixth tap
    offsets[1, 2 * 5 + 1] = 2.0  # and its x
    pixels = offsets_in_crop_pixels(offsets)
    assert pixels.shape == (2, 9, H, W, 2)
    assert pixels[1, 5, 3, 4].tolist() == [8.0, -6.0] and not np.delete(pixels[1], 5, axis=0).any()


def test_the_explanation_holds_what_the_network_did():
    of = explained()
    assert of.neighbour_from_key.shape == (4, 2, 3)
    assert of.tap_offsets.shape == (4, 9, H, W, 2) and of.modulation.shape == (4, 9, H, W)
    assert of.modulation.min() >= 0 and of.modulation.max() <= 2
    assert of.tap_weights.shape == (9,) and of.tap_weights.sum() == pytest.approx(1.0)
    assert of.num_bytes > of.crops.nbytes


@pytest.mark.parametrize(
    ("changes", "has_gtm", "has_lcm"),
    [
        ({"use_gtm": False}, False, True),
        ({"use_lcm": False}, True, False),
        ({"supporting_offsets": ()}, False, False),
    ],
)
def test_what_the_network_lacks_is_none(changes, has_gtm, has_lcm):
    of = explained(**changes)
    assert (of.neighbour_from_key is not None) == has_gtm
    assert (of.tap_offsets is not None) == (of.modulation is not None) == (of.tap_weights is not None) == has_lcm
    count = 1 if changes.get("supporting_offsets") == () else 5
    assert len(of.frame_indices) == len(of.features_before) == len(of.features_after) == count
