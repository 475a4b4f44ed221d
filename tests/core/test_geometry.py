"""Crop windows against the public reference program's numbers; boxes and affines against closed forms."""

import numpy as np
import pytest

from core import geometry


@pytest.fixture(scope="module")
def expected(shared):
    with np.load(shared / "oracles" / "preprocessing_expected.npz", allow_pickle=False) as file:
        return dict(file)


def test_centre_scale_and_crop_are_the_reference_programs(expected):
    for index, box in enumerate(expected["boxes_xywh"]):
        center, scale = geometry.center_and_scale(box)
        np.testing.assert_allclose(center, expected["center"][index], rtol=1e-6)
        np.testing.assert_allclose(scale, expected["scale"][index], rtol=1e-6)
        crop = geometry.crop_affine(center, scale, expected["rots"][index], (288, 384))
        corners = box[:2] + np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0.5]]) * box[2:]
        there, reference = (geometry.apply_affine(a, corners) for a in (crop, expected["trans_msra"][index]))
        np.testing.assert_allclose(there, reference, rtol=0, atol=1e-3)  # pixels of the crop
        np.testing.assert_allclose(
            geometry.apply_affine(geometry.invert_affine(crop), reference), corners, rtol=0, atol=1e-3
        )
        image_from_heatmap = geometry.invert_affine(geometry.crop_affine(center, scale, 0.0, (72, 96)))
        cells = [[0, 0], [71, 0], [0, 95], [71, 95], [35.25, 47.75]]
        there, reference = (
            geometry.apply_affine(a, cells) for a in (image_from_heatmap, expected["trans_hm_inv"][index])
        )
        np.testing.assert_allclose(there, reference, rtol=0, atol=1e-3)  # pixels of the full frame


@pytest.mark.parametrize("bbox_xywh", [(10, 20, 30, 400), (10, 20, 300, 40), (-50, -60, 75, 100)])
def test_the_crop_holds_the_whole_box_with_its_margin_at_the_crops_aspect(bbox_xywh):
    center, scale = geometry.center_and_scale(bbox_xywh)
    assert scale[0] / scale[1] == pytest.approx(0.75)
    affine = geometry.crop_affine(center, scale, 0.0, (144, 192))
    x, y, w, h = bbox_xywh
    corners = geometry.apply_affine(affine, [[x, y], [x + w, y + h]])
    margins = np.concatenate([corners[0] / (144, 192), 1 - corners[1] / (144, 192)])
    assert margins.min() == pytest.approx(0.1)  # 25 % more, half of it on either side of the longer side
    np.testing.assert_allclose(geometry.apply_affine(affine, center), (72, 96))


def test_an_inverse_affine_brings_points_back_and_a_flat_one_has_none():
    affine = geometry.crop_affine((30, 40), (0.5, 0.7), 33.0, (144, 192))
    points = np.random.default_rng(0).uniform(-100, 500, (5, 7, 2))
    there = geometry.apply_affine(affine, points)
    np.testing.assert_allclose(geometry.apply_affine(geometry.invert_affine(affine), there), points, atol=1e-9)
    with pytest.raises(np.linalg.LinAlgError):
        geometry.invert_affine([[1, 0, 5], [1, 0, 5]])


def test_a_positive_rotation_turns_the_window_clockwise_on_screen():
    affine = geometry.crop_affine((0, 0), (0.5, 0.5), 90.0, (100, 100))
    # What lies below the centre in the frame (y down) is where the window's right-hand side points.
    np.testing.assert_allclose(geometry.apply_affine(affine, [0, 10]), (60, 50), atol=1e-9)


def test_the_box_of_points_leaves_out_the_missing_ones_and_grows_by_its_margin():
    points = [[10, 20], [np.nan, 5], [30, 60], [12, np.inf]]
    np.testing.assert_allclose(geometry.bbox_of_points(points), [10, 20, 20, 40])
    np.testing.assert_allclose(geometry.bbox_of_points(points, margin=0.5), [0, 0, 40, 80])
    with pytest.raises(ValueError, match="no finite point"):
        geometry.bbox_of_points([[np.nan, 1.0]])


def test_overlap_of_boxes():
    assert geometry.intersection_over_union([0, 0, 4, 4], [2, 2, 4, 4]) == pytest.approx(4 / 28)
    assert geometry.intersection_over_union([0, 0, 4, 4], [4, 0, 4, 4]) == 0
    assert geometry.intersection_over_union([1, 1, 0, 0], [1, 1, 0, 0]) == 0
    assert geometry.intersection_over_union([1, 2, 3, 4], [1, 2, 3, 4]) == 1


def test_pairwise_iou_is_that_of_single_boxes() -> None:
    boxes = np.random.default_rng(3).uniform(0, 60, (12, 4))
    expected = [[geometry.intersection_over_union(a, b) for b in boxes[5:]] for a in boxes[:5]]
    np.testing.assert_array_equal(geometry.pairwise_iou(boxes[:5], boxes[5:]), expected)
    assert geometry.pairwise_iou(np.zeros((1, 4)), np.zeros((1, 4)))[0, 0] == 0
