"""Samples out of clips: joints stay on their pixels in every frame, one draw serves all, chance is repeatable."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, Dataset

from core.geometry import center_and_scale, crop_affine
from core.heatmaps import STRIDE, decode_argmax, decode_dark, gaussian_targets
from core.keypoints import JHMDB, POSETRACK
from core.training.datasets import DatasetConfig, open_dataset
from core.training.samples.augmentation import (
    PAPER_AUGMENTATION,
    AugmentationSettings,
    WindowDraw,
    crop_labels,
    draw_window,
)
from core.training.samples.batches import collate
from core.training.samples.person import Person

SIZE = (192, 256)
OFFSETS = (-2, -1, 1, 2)
DRIFT_PX = np.array([3, 2])
"""How far everything moves from frame to frame in the dotted clip."""


@pytest.fixture(scope="module")
def dotted(tmp_path_factory):
    """A PoseTrack18 tree of five frames, grey but for a dot of a colour of its own at each joint of one person."""
    folder = tmp_path_factory.mktemp("dotted")
    xs, ys = np.meshgrid([150, 190, 230, 270], [60, 105, 150, 195, 240])
    joints = np.column_stack([xs.ravel(), ys.ravel()])[:17].astype(float)
    images, annotations = [], []
    (folder / "video").mkdir()
    for frame in range(5):
        rgb = np.full((300, 420, 3), 128, np.uint8)
        moved = joints + DRIFT_PX * (frame - 2)
        for k, (x, y) in enumerate(moved.astype(int)):
            rgb[y - 3 : y + 4, x - 3 : x + 4] = colour_of(k)
        cv2.imwrite(str(folder / "video" / f"{frame:06d}.png"), rgb[:, :, ::-1])
        images.append({"id": frame, "frame_id": frame, "file_name": f"video/{frame:06d}.png", "is_labeled": True})
        keypoints = np.column_stack([moved, np.ones(17)]).ravel().tolist()
        annotations.append(
            {"id": frame, "image_id": frame, "track_id": 0, "keypoints": keypoints, "bbox": [135, 45, 150, 210]}
        )
    category = {"id": 1, "name": "person", "keypoints": list(POSETRACK.keypoint_names)}
    document = {"images": images, "annotations": annotations, "categories": [category]}
    (folder / "video.json").write_text(json.dumps(document))
    return DatasetConfig("posetrack18", folder, folder / "video.json")


def colour_of(keypoint):
    """17 colours far apart, without grey."""
    levels = (0, 128, 255)
    codes = [(r, g, b) for r in levels for g in levels for b in levels if len({r, g, b}) > 1]
    return codes[keypoint]


def dot_of(crop, keypoint):
    """The centre (x, y) of a keypoint's dot in a crop, None where too little of it is seen."""
    distance = np.abs(crop.astype(int) - np.array(colour_of(keypoint))).max(axis=2)
    ys, xs = np.nonzero(distance < 40)
    return np.array([xs.mean(), ys.mean()]) if len(xs) >= 6 else None


def opened(config, augmentation, seed=3, **changes):
    return open_dataset(config, OFFSETS, SIZE, 2.0, augmentation, seed, **changes)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(epoch=st.integers(0, 10_000))
def test_joints_stay_on_the_pixels_they_label_in_every_frame(dotted, epoch):
    dataset = opened(dotted, PAPER_AUGMENTATION, subpixel=True)
    index = 2  # the middle frame: every neighbour exists
    sample = dataset.sample(index, epoch)
    places = decode_dark(sample.targets, 2.0)[0] * STRIDE
    inside = (places > 12).all(axis=1) & (places < np.array(SIZE) - 12).all(axis=1) & (sample.weights > 0)
    seen = [dot_of(sample.frames[0], k) for k in range(17)]
    # The dots tell by themselves whether the picture was mirrored; left and right are then exchanged in the targets.
    straight, mirrored = ([seen[k] for k in order] for order in (np.arange(17), POSETRACK.flip_order))
    errors = [
        max((np.abs(dot - places[k]).max() for k, dot in enumerate(dots) if inside[k] and dot is not None), default=0)
        for dots in (straight, mirrored)
    ]
    assert min(errors) < 1.5
    if inside.sum() < 3:
        return
    order = np.arange(17) if errors[0] <= errors[1] else POSETRACK.flip_order
    # One window for all frames: each neighbour's dots are the key frame's, moved by one and the same vector.
    for row, offset in enumerate(OFFSETS, start=1):
        moves = []
        for k in np.flatnonzero(inside):
            there = dot_of(sample.frames[row], order[k])
            if there is not None and (there > 8).all() and (there < np.array(SIZE) - 9).all():
                moves.append((there - places[k]) / offset)
        if len(moves) > 1:
            assert np.ptp(moves, axis=0).max() < 1.5
            scale = np.linalg.norm(np.mean(moves, axis=0)) / np.linalg.norm(DRIFT_PX)
            plain = SIZE[1] / (210 * 1.25)
            assert plain / 1.35 * 0.8 < scale < plain / 0.3 * 1.2  # a half body is cut out finer still


def test_the_papers_augmentation_reaches_its_ranges_and_not_beyond():
    person = Person(
        np.zeros((400, 400, 3), np.uint8), np.zeros((17, 2)), np.zeros(17, bool), np.array([100.0, 80, 90, 120])
    )
    center, scale = center_and_scale(person.bbox_xywh, 0.75)
    base = crop_affine(center, scale, 0.0, SIZE)[0, 0]
    factors, angles, flips = [], [], []
    for seed in range(600):
        window = draw_window(np.random.default_rng(seed), person, PAPER_AUGMENTATION, SIZE)
        linear = window.crop_from_image[:, :2]
        factors.append(base / np.sqrt(abs(np.linalg.det(linear))))
        angles.append(np.rad2deg(np.arctan2(linear[0, 1], linear[0, 0])))
        flips.append(window.flipped)
        mirrored = center * [-1, 1] + [399, 0] if window.flipped else center
        np.testing.assert_allclose(window.crop_from_image @ [*mirrored, 1], np.array(SIZE) / 2)  # no shift
    assert 0.65 <= min(factors) < 0.67
    assert 1.33 < max(factors) <= 1.35
    assert -45 <= min(angles) < -42
    assert 42 < max(angles) <= 45
    assert 0.4 < np.mean(flips) < 0.6


@pytest.mark.parametrize("skeleton", [POSETRACK, JHMDB])
def test_truncation_shows_the_upper_or_the_lower_half(skeleton):
    only_halves = AugmentationSettings(0, 0, 0, 1, 1, 0, 1.0, 0, 0, 0, 0)
    lower = np.array([name.endswith(("hip", "knee", "ankle")) for name in skeleton.keypoint_names])
    count = len(skeleton)
    rng = np.random.default_rng(1)
    keypoints = np.column_stack([rng.uniform(190, 210, count), np.where(lower, 260, 80) + rng.uniform(0, 60, count)])
    rgb = np.zeros((400, 400, 3), np.uint8)
    person = Person(rgb, keypoints, np.ones(count, bool), np.array([170.0, 60, 60, 280]))
    shown = set()
    for seed in range(20):
        window = draw_window(np.random.default_rng(seed), person, only_halves, SIZE, skeleton)
        places, _ = crop_labels(window, person, skeleton)
        shown.add(tuple(((places > 0) & (places < SIZE)).all(axis=1)))
    assert shown == {tuple(lower), tuple(~lower)}


def jhmdb_joints():
    return np.random.default_rng(2).uniform((140, 50), (280, 250), (15, 2)), np.ones(15, bool)


def test_a_mirrored_sample_of_jhmdb_exchanges_its_own_sides():
    keypoints, labelled = jhmdb_joints()
    person = Person(np.zeros((240, 320, 3), np.uint8), keypoints, labelled, np.array([0.0, 0, 10, 10]))
    identity = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    mirrored, _ = crop_labels(WindowDraw(identity, True), person, JHMDB)
    left, right = JHMDB.index("left_wrist"), JHMDB.index("right_wrist")
    np.testing.assert_allclose(mirrored[left], [319 - keypoints[right][0], keypoints[right][1]])
    np.testing.assert_allclose(mirrored[JHMDB.index("belly")][0], 319 - keypoints[JHMDB.index("belly")][0])


def test_flipped_joints_are_the_reference_programs(shared):
    with np.load(shared / "oracles/preprocessing_expected.npz", allow_pickle=False) as file:
        joints, visible = file["joints"][:, :2], file["joints_vis"][:, 0] > 0
        expected, expected_visible = file["flip_joints_w640"][:, :2], file["flip_vis"][:, 0] > 0
    # The reference numbers are those of 17 joints with COCO's pairs; PoseTrack's shoulders to ankles are the same.
    person = Person(np.zeros((480, 640, 3), np.uint8), joints, visible, np.array([0.0, 0, 10, 10]))
    flipped, labelled = crop_labels(WindowDraw(np.array([[1.0, 0, 0], [0, 1.0, 0]]), True), person)
    body = slice(5, 17)
    np.testing.assert_array_equal(labelled[body], expected_visible[body])
    np.testing.assert_allclose(flipped[body][labelled[body]], expected[body][labelled[body]], atol=1e-3)


def test_targets_are_the_reference_programs_by_default(dotted):
    dataset = opened(dotted, None)
    sample = dataset.sample(2, 0)
    affine = crop_affine(*center_and_scale([135, 45, 150, 210], 0.75), 0.0, SIZE)
    joints = dataset.instances[2].keypoints @ affine[:, :2].T + affine[:, 2]
    targets, weights = gaussian_targets(joints, np.ones(17), (48, 64), 2.0)
    np.testing.assert_allclose(sample.targets, targets, atol=1e-5)
    np.testing.assert_array_equal(sample.weights, weights)
    points, peaks = decode_argmax(sample.targets)
    np.testing.assert_array_equal(points, np.trunc(joints / 4 + 0.5))
    np.testing.assert_allclose(peaks, 1.0)
    exact = opened(dotted, None, subpixel=True).sample(2, 0)
    np.testing.assert_allclose(decode_dark(exact.targets, 2.0)[0] * 4, joints, atol=0.1)


def test_pixels_of_the_plain_window_are_opencvs(dotted):
    dataset = opened(dotted, None)
    affine = crop_affine(*center_and_scale([135, 45, 150, 210], 0.75), 0.0, SIZE)
    sample = dataset.sample(2, 5)
    for row, offset in enumerate((0, *OFFSETS)):
        expected = cv2.warpAffine(dataset.frame(2, offset), affine, SIZE, flags=cv2.INTER_LINEAR)
        np.testing.assert_array_equal(sample.frames[row], expected)


class _Samples(Dataset):
    def __init__(self, dataset, epoch):
        self.dataset, self.epoch = dataset, epoch

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        return self.dataset.sample(index, self.epoch)


def test_a_sample_depends_on_seed_epoch_and_index_only_also_in_loader_processes(dotted):
    augmentation = AugmentationSettings()
    dataset = opened(dotted, augmentation)
    here = [dataset.sample(index, 4) for index in range(len(dataset))]
    again = opened(dotted, augmentation)
    for index in reversed(range(len(dataset))):
        assert np.array_equal(again.sample(index, 4).frames, here[index].frames)
    assert not np.array_equal(dataset.sample(0, 5).frames, here[0].frames)
    assert not np.array_equal(opened(dotted, augmentation, seed=4).sample(0, 4).frames, here[0].frames)

    loader = DataLoader(
        _Samples(dataset, 4), batch_size=5, num_workers=2, collate_fn=collate, multiprocessing_context="fork"
    )
    (batch,) = list(loader)
    expected = collate(here)
    assert batch.key.equal(expected.key)
    assert batch.supporting.equal(expected.supporting)
    assert batch.targets.equal(expected.targets)
