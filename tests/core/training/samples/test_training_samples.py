"""Pictures of people as samples: joints stay on the pixels they label, and chance is repeatable."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import TrainingError
from core.files.checkout import shared_path
from core.heatmaps import STRIDE, decode_argmax
from core.keypoints import POSETRACK
from core.training.photographs.lspet import PersonCrops
from core.training.samples.augmentation import (
    AugmentationSettings,
    crop_labels,
    crop_pixels,
    draw_motion,
    draw_window,
    occlude,
    plain_window,
)
from core.training.samples.batches import CropSampler, SampleSettings, labelled_sample, moving_windows
from core.training.samples.person import Person
from tests.core.training.repeatable import check_depends_on_seed_and_number_only

SIZE = (96, 128)
SETTINGS = SampleSettings(SIZE, 1.0, AugmentationSettings(shift=0.0))


@pytest.fixture(scope="module")
def crops(shared: Path) -> PersonCrops:
    return PersonCrops(shared / "data/images/lspet_train_small.h5")


def marked_person() -> Person:
    """A grey picture with one bright blob at each of three joints, a different colour each."""
    rgb = np.full((120, 100, 3), 60, np.uint8)
    keypoints, labelled = np.zeros((17, 2)), np.zeros(17, bool)
    for colour, (name, (x, y)) in enumerate(
        {"left_wrist": (30, 40), "right_wrist": (70, 45), "left_ankle": (45, 90)}.items()
    ):
        k = POSETRACK.index(name)
        keypoints[k], labelled[k] = (x, y), True
        rgb[y - 2 : y + 3, x - 2 : x + 3] = 0
        rgb[y - 2 : y + 3, x - 2 : x + 3, colour] = 255
    return Person(rgb, keypoints, labelled, np.array([20.0, 25.0, 60.0, 80.0]))


def blob_centre(crop: np.ndarray, colour: int) -> np.ndarray:
    others = np.delete(crop, colour, axis=2).max(axis=2).astype(int)
    ys, xs = np.nonzero(crop[:, :, colour].astype(int) - others > 100)
    return np.array([xs.mean(), ys.mean()])


@pytest.mark.parametrize("seed", range(12))
def test_joints_stay_on_the_pixels_they_label(seed: int) -> None:
    person, rng = marked_person(), np.random.default_rng(seed)
    window = draw_window(rng, person, SETTINGS.augmentation, SIZE)
    windows = [window, *moving_windows(rng, window, (-2, -1, 1, 2), SIZE)]
    names = ["left_wrist", "right_wrist", "left_ankle"]
    for moved in windows:
        crop = crop_pixels(moved, person.rgb, SIZE)
        keypoints, labelled = crop_labels(moved, person)
        for colour, name in enumerate(names):
            # In a mirrored picture the pixels of the left wrist are those of the right one.
            seen_as = POSETRACK.flip_order[POSETRACK.index(name)] if moved.flipped else POSETRACK.index(name)
            assert labelled[seen_as]
            place = keypoints[seen_as]
            if (place > 4).all() and (place < np.array(SIZE) - 5).all():
                assert np.abs(blob_centre(crop, colour) - place).max() < 1.5


def test_both_sides_of_a_flip_are_drawn() -> None:
    person = marked_person()
    flips = {draw_window(np.random.default_rng(s), person, SETTINGS.augmentation, SIZE).flipped for s in range(12)}
    assert flips == {True, False}


def test_the_motion_of_a_clip_passes_through_the_key_frame() -> None:
    (still,) = draw_motion(np.random.default_rng(0), (0,), SIZE)
    assert np.allclose(still, [[1, 0, 0], [0, 1, 0]])
    before, after = draw_motion(np.random.default_rng(1), (-1, 1), SIZE)
    assert not np.allclose(before, after)


def test_targets_peak_at_labelled_joints_and_joints_off_the_map_do_not_count() -> None:
    person = marked_person()
    person.keypoints[POSETRACK.index("left_ankle")] = (400, 400)
    window = plain_window(person, SIZE)
    sample = labelled_sample(np.zeros((1, 128, 96, 3), np.uint8), window, person, SETTINGS)
    names = [POSETRACK.keypoint_names[k] for k in np.flatnonzero(sample.weights)]
    assert names == ["left_wrist", "right_wrist"]
    points, _ = decode_argmax(sample.targets)
    keypoints, _ = crop_labels(window, person)
    for name in names:
        k = POSETRACK.index(name)
        assert np.abs(points[k] * STRIDE - keypoints[k]).max() <= STRIDE / 2


def test_an_occluder_hides_a_rectangle_of_a_copy() -> None:
    crop = np.random.default_rng(0).integers(0, 255, (128, 96, 3)).astype(np.uint8)
    before = crop.copy()
    hidden = (occlude(np.random.default_rng(1), crop) != before).any(axis=2)
    assert np.array_equal(crop, before)
    ys, xs = np.nonzero(hidden)
    assert 0 < hidden.mean() < 0.2
    assert hidden[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].mean() > 0.95


def test_lspet_joints_by_their_posetrack_names(crops: PersonCrops) -> None:
    assert len(crops) == 9431
    assert set(POSETRACK.keypoint_names) - set(crops.trained_keypoints) == {"nose", "left_ear", "right_ear"}
    unknown = [POSETRACK.index(name) for name in ("nose", "left_ear", "right_ear")]
    assert not crops.labelled[:, unknown].any()
    person = crops.person(0)
    assert np.allclose(person.keypoints[POSETRACK.index("head_bottom")], (67.18637, 81.30101), atol=1e-3)
    assert np.allclose(person.keypoints[POSETRACK.index("right_ankle")], (60.23388, 36.194077), atol=1e-3)


def test_held_out_people_are_never_sampled(crops: PersonCrops) -> None:
    split = crops.split(1, 0.1, 0.05)
    assert len(split.held_out) == 943
    parts = [set(part.tolist()) for part in (split.train, split.calibration, split.held_out)]
    assert set.union(*parts) == set(range(len(crops)))
    assert sum(map(len, parts)) == len(crops)
    assert np.array_equal(split.held_out, crops.split(1, 0.1, 0.05).held_out)
    sampler = CropSampler(crops, split.train, SETTINGS, (1, 0))
    drawn = {sampler.index_of(number) for number in range(len(split.train))}
    assert drawn == parts[0]


def test_a_sample_depends_on_seed_and_number_only(crops: PersonCrops) -> None:
    def sampler(seed: int) -> CropSampler:
        settings = replace(SETTINGS, augmentation=AugmentationSettings())
        return CropSampler(crops, np.arange(50), settings, (seed,), (-1, 1))

    check_depends_on_seed_and_number_only(sampler, (3, 128, 96, 3))


def test_crops_that_are_not_there_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="FAMI_SHARED"):
        PersonCrops(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("no crops")
    with pytest.raises(TrainingError, match=r"text\.h5 is damaged"):
        PersonCrops(tmp_path / "text.h5")


def test_the_folder_of_shared_data_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAMI_SHARED", str(tmp_path))
    assert shared_path("data/x") == tmp_path / "data/x"
