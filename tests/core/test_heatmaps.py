"""Targets and decoding, against the public reference program's numbers and against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import heatmaps
from core.geometry import apply_affine, center_and_scale, crop_affine, invert_affine


@pytest.fixture(scope="module")
def expected(shared):
    with np.load(shared / "oracles" / "preprocessing_expected.npz", allow_pickle=False) as file:
        return dict(file)


def test_targets_are_the_reference_programs(expected):
    weights = expected["joints_vis"][:, 0]
    targets, target_weights = heatmaps.gaussian_targets(expected["joints"][:, :2], weights, (72, 96), sigma=3)
    np.testing.assert_allclose(target_weights, expected["target_weight"][:, 0])
    np.testing.assert_allclose(targets, expected["target"], rtol=0, atol=1e-6)


def test_argmax_and_quarter_shift_are_the_reference_programs(expected):
    points, peaks = heatmaps.decode_argmax(expected["heatmaps"])
    np.testing.assert_array_equal(points, expected["argmax"])
    np.testing.assert_allclose(peaks, expected["maxvals"][..., 0])

    shifted, _ = heatmaps.decode_quarter_shift(expected["heatmaps"])
    for index, box in enumerate(expected["boxes_xywh"]):
        image_from_heatmap = invert_affine(crop_affine(*center_and_scale(box), 0.0, (72, 96)))
        np.testing.assert_allclose(
            apply_affine(image_from_heatmap, shifted[index]), expected["preds"][index], rtol=0, atol=1e-3
        )


@pytest.mark.parametrize(("sigma", "size_wh"), [(1.5, (36, 48)), (2.0, (48, 64)), (3.0, (72, 96))])
def test_dark_finds_the_centre_of_a_gaussian_that_lies_between_pixels(sigma, size_wh):
    rng = np.random.default_rng(3)
    joints = rng.uniform(0.3, 0.7, (40, 2)) * size_wh
    maps, _ = heatmaps.gaussian_targets(joints * heatmaps.STRIDE, np.ones(40), size_wh, sigma, subpixel=True)
    dark = np.abs(heatmaps.decode_dark(maps, sigma)[0] - joints).max()
    quarter = np.abs(heatmaps.decode_quarter_shift(maps)[0] - joints).max()
    assert dark < 0.03
    assert dark < quarter / 5


def test_a_map_without_a_positive_value_or_with_its_peak_at_the_border_is_decoded_without_a_step():
    maps = np.full((2, 48, 36), -1.0, np.float32)
    maps[1, 0, 35] = 0.5
    points, peaks = heatmaps.decode_dark(maps, 1.5)
    np.testing.assert_array_equal(points, [[0, 0], [35, 0]])
    np.testing.assert_allclose(peaks, [-1, 0.5])


def test_unlabelled_and_outside_joints_have_no_weight_and_no_target():
    joints = np.array([[50.0, 60.0], [np.nan, np.nan], [-100.0, 20.0], [-8.0, 20.0]])
    targets, weights = heatmaps.gaussian_targets(joints, [1, 0, 1, 1], (36, 48), 1.5)
    np.testing.assert_array_equal(weights, [1, 0, 0, 1])
    assert targets[0].max() == pytest.approx(1.0)
    assert not targets[1:3].any()
    assert 0 < targets[3].max() < 1  # the joint is outside, its patch is not


def gaussian_map(centre, sigma, size_wh, peak=1.0):
    xs, ys = np.meshgrid(np.arange(size_wh[0]), np.arange(size_wh[1]))
    return peak * np.exp(-((xs - centre[0]) ** 2 + (ys - centre[1]) ** 2) / (2 * sigma**2))


@settings(deadline=None)
@given(
    x=st.floats(9.0, 39.0),
    y=st.floats(9.0, 55.0),
    sigma=st.sampled_from([1.5, 2.0, 3.0]),
    peak=st.floats(0.05, 3.0),
    dtype=st.sampled_from([np.float16, np.float32, np.float64]),
)
def test_dark_finds_a_peak_of_known_place_whatever_its_height_and_precision(x, y, sigma, peak, dtype):
    found, height = heatmaps.decode_dark(gaussian_map((x, y), sigma, (48, 64), peak).astype(dtype), sigma)
    assert np.abs(found - (x, y)).max() < 0.05
    assert height == pytest.approx(peak, rel=0.2)


@settings(deadline=None)
@given(x=st.floats(0.0, 47.0), y=st.floats(0.0, 63.0))
def test_every_decoding_is_within_its_own_step_of_the_peak_also_at_the_border(x, y):
    one = gaussian_map((x, y), 2.0, (48, 64))
    for decoded, bound in (
        (heatmaps.decode_argmax(one), 0.5),
        (heatmaps.decode_quarter_shift(one), 0.5),
        (heatmaps.decode_dark(one, 2.0), 0.55),
    ):
        assert np.abs(decoded[0] - (x, y)).max() <= bound + 1e-6


def test_dark_keeps_to_the_higher_of_two_peaks_and_stands_noise_better_than_the_quarter_shift():
    two = gaussian_map((14.3, 20.6), 2.0, (48, 64)) + gaussian_map((33.7, 41.2), 2.0, (48, 64), 0.8)
    np.testing.assert_allclose(heatmaps.decode_dark(two, 2.0)[0], (14.3, 20.6), atol=0.03)
    rng = np.random.default_rng(0)
    places = rng.uniform((10, 10), (38, 54), (200, 2))
    noisy = np.stack([gaussian_map(place, 2.0, (48, 64)) for place in places]) + rng.normal(0, 0.02, (200, 64, 48))
    dark = np.linalg.norm(heatmaps.decode_dark(noisy, 2.0)[0] - places, axis=1).mean()
    quarter = np.linalg.norm(heatmaps.decode_quarter_shift(noisy)[0] - places, axis=1).mean()
    assert dark < 0.6 * quarter


def test_decoding_keeps_the_leading_axes():
    maps = np.stack([gaussian_map((10 + i, 20), 1.5, (36, 48)) for i in range(6)]).reshape(2, 3, 48, 36)
    points, peaks = heatmaps.decode_dark(maps, 1.5)
    assert points.shape == (2, 3, 2)
    assert peaks.shape == (2, 3)
    np.testing.assert_allclose(points[..., 0].ravel(), np.arange(6) + 10, atol=0.02)
