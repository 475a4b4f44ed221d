"""Clips made of photographs: joints stay on their pixels, chance is repeatable, and spoiling goes where it should."""

from dataclasses import replace
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from core.geometry import apply_affine
from core.keypoints import POSETRACK
from core.training.clips.degradations import KINDS, draw_shake
from core.training.clips.limbs import TRUNK_KEYPOINTS, torso_length
from core.training.clips.synthetic_clips import ClipSampler, ClipSettings, MadeClip
from core.training.photographs.lspet import PersonCrops
from core.training.samples.augmentation import AugmentationSettings
from core.training.samples.batches import SampleSettings
from core.training.samples.loading import load_batches, step_pieces
from tests.core.training.repeatable import check_depends_on_seed_and_number_only

SIZE = (144, 192)
OFFSETS = (-2, -1, 1, 2)
SETTINGS = SampleSettings(SIZE, 1.5, AugmentationSettings(half_body=0.0, scale_low=0.9, scale_high=1.1))
CLEAN = ClipSettings(
    activity=(1.5, 2.0), shutter=(0.0, 0.0), degraded=0, passer_by=0, passing=0, noise=0, compression=0, defocus=0
)

# A person with arms and legs spread, so that no limb ever hides another's joint.
_STAR = {
    "head_top": (100, 30), "head_bottom": (100, 60), "left_shoulder": (122, 68), "right_shoulder": (78, 68),
    "left_elbow": (150, 56), "right_elbow": (50, 56), "left_wrist": (175, 45), "right_wrist": (25, 45),
    "left_hip": (114, 125), "right_hip": (86, 125), "left_knee": (135, 158), "right_knee": (65, 158),
    "left_ankle": (155, 190), "right_ankle": (45, 190),
}  # fmt: skip
EDGE = 80
STAR = {name: (x + EDGE, y + EDGE) for name, (x, y) in _STAR.items()}


@pytest.fixture(scope="module")
def crops(shared: Path) -> PersonCrops:
    return PersonCrops(shared / "data/images/lspet_train_small.h5")


def star_crops(path: Path, marked: str | None) -> PersonCrops:
    """A file of one drawn person, with a bright dot on one joint."""
    rgb = np.full((230 + 2 * EDGE, 200 + 2 * EDGE, 3), (70, 110, 90), np.uint8)
    points = {name: np.array(place) for name, place in STAR.items()}
    cv2.fillPoly(
        rgb, [np.array([points[n] for n in ("left_shoulder", "right_shoulder", "right_hip", "left_hip")])], (40, 40, 60)
    )
    for a, b, width in (
        ("head_bottom", "head_top", 20), ("left_shoulder", "left_elbow", 11), ("left_elbow", "left_wrist", 9),
        ("right_shoulder", "right_elbow", 11), ("right_elbow", "right_wrist", 9), ("left_hip", "left_knee", 16),
        ("left_knee", "left_ankle", 12), ("right_hip", "right_knee", 16), ("right_knee", "right_ankle", 12),
    ):  # fmt: skip
        cv2.line(rgb, STAR[a], STAR[b], (40, 40, 60), width)
    if marked is not None:
        cv2.circle(rgb, STAR[marked], 2, (255, 255, 255), -1)
    names = ["neck" if name == "head_bottom" else name for name in STAR]
    picture = np.frombuffer(cv2.imencode(".png", rgb[:, :, ::-1])[1].tobytes(), np.uint8)
    with h5py.File(path, "w") as file:
        file.attrs["joint_names"] = names
        file["keypoints"] = np.array([[[*place, 1.0] for place in STAR.values()]])
        file["bytes"], file["end"] = picture, np.array([len(picture)])
    return PersonCrops(path)


def mirrored(index: int) -> int:
    return int(np.flatnonzero(np.asarray(POSETRACK.flip_order) == index)[0])


@pytest.mark.parametrize("flip", [0.0, 1.0])
@pytest.mark.parametrize("name", list(STAR))
def test_joints_of_every_frame_stay_on_the_pixels_they_label(tmp_path: Path, name: str, flip: float) -> None:
    settings = replace(
        SETTINGS, augmentation=replace(SETTINGS.augmentation, flip=flip, colour=0.0, foreign_background=0.0)
    )
    plain, marked = (
        ClipSampler(star_crops(tmp_path / f"{mark}.h5", mark), np.arange(1), settings, (5,), OFFSETS, CLEAN)
        for mark in (None, name)
    )
    joint = POSETRACK.index(name) if flip == 0 else mirrored(POSETRACK.index(name))
    seen, travelled = 0, 0.0
    for number in range(6):
        clip, without = marked.clip(number), plain.clip(number)
        for frame, other, (x, y) in zip(clip.frames, without.frames, clip.keypoints[:, joint], strict=True):
            if not (4 < x < SIZE[0] - 5 and 4 < y < SIZE[1] - 5):
                continue
            change = np.abs(frame.astype(float) - other).sum(axis=2)
            bright = np.where(change > 0.4 * change.max(), change, 0.0)
            assert change.max() > 100, f"the mark on {name} is not to be seen in clip {number}"
            ys, xs = np.mgrid[: SIZE[1], : SIZE[0]]
            centre = np.array([(xs * bright).sum(), (ys * bright).sum()]) / bright.sum()
            assert np.linalg.norm(centre - [x, y]) < 1.0
            seen += 1
        travelled += float(np.linalg.norm(np.diff(clip.keypoints[:, joint], axis=0), axis=1).max())
    assert seen > 15
    assert travelled > 6 * 4, "the clips hardly move"


def test_the_trunk_follows_the_global_motion_and_limbs_have_their_own(crops: PersonCrops) -> None:
    sampler = ClipSampler(
        crops, np.flatnonzero(crops.labelled[:, 1:3].all(axis=1))[:60], SETTINGS, (1,), OFFSETS, CLEAN
    )
    own_motion = []
    for number in range(20):
        clip = sampler.clip(number)
        for frame in range(5):
            carried = apply_affine(clip.global_motion[frame], clip.keypoints[0])
            trunk = [k for k in TRUNK_KEYPOINTS if clip.labelled[k]]
            np.testing.assert_allclose(clip.keypoints[frame, trunk], carried[trunk], atol=1e-6)
            wrists = [k for k in map(POSETRACK.index, ("left_wrist", "right_wrist")) if clip.labelled[k]]
            own_motion += list(np.linalg.norm(clip.keypoints[frame, wrists] - carried[wrists], axis=1))
    assert np.allclose(clip.global_motion[0], np.eye(2, 3))
    assert np.mean(own_motion) > 3.0


def test_bones_keep_their_lengths_but_for_foreshortening(crops: PersonCrops) -> None:
    sampler = ClipSampler(crops, np.arange(40), SETTINGS, (2,), OFFSETS, CLEAN)
    hip, knee = POSETRACK.index("left_hip"), POSETRACK.index("left_knee")
    for number in range(20):
        clip = sampler.clip(number)
        growth = np.sqrt(np.abs(np.linalg.det(clip.global_motion[:, :, :2])))
        lengths = np.linalg.norm(clip.keypoints[:, hip] - clip.keypoints[:, knee], axis=1) / growth
        if clip.labelled[hip] and clip.labelled[knee]:
            assert lengths.max() / lengths.min() < np.exp(4 * 0.2) + 1e-9


def test_a_clip_depends_on_seed_and_number_only(crops: PersonCrops) -> None:
    def sampler(seed: int) -> ClipSampler:
        return ClipSampler(crops, np.arange(50), SETTINGS, (seed,), (-1, 1))

    check_depends_on_seed_and_number_only(sampler, (3, 192, 144, 3))


def test_batches_from_other_processes_are_those_made_here(crops: PersonCrops) -> None:
    sampler = ClipSampler(crops, np.arange(50), SETTINGS, (1,), OFFSETS)
    for start, batch in zip((0, 4), load_batches(sampler, step_pieces(0, 6, 4)), strict=True):
        here = sampler.batch(start, len(batch))
        assert batch.supporting.shape == (len(batch), 4, 3, 192, 144)
        assert np.array_equal(batch.key.numpy(), here.key.numpy())
        assert np.array_equal(batch.supporting.numpy(), here.supporting.numpy())
        assert np.array_equal(batch.targets.numpy(), here.targets.numpy())


def test_what_no_label_says_is_never_trained(crops: PersonCrops) -> None:
    sampler = ClipSampler(crops, np.arange(50), SETTINGS, (1,), OFFSETS)
    unlabelled = [POSETRACK.index(name) for name in ("nose", "left_ear", "right_ear")]
    for number in range(30):
        sample = sampler.sample(number)
        assert not sample.weights[unlabelled].any()
        assert not sample.targets[sample.weights == 0].any()


def spoilt_clips(crops: PersonCrops, kind: str, where: dict[str, float]) -> list[tuple[MadeClip, MadeClip]]:
    """Clips of which something is spoilt, each with itself unspoilt."""
    settings = replace(CLEAN, degraded=1.0, kinds=(kind,), **where)
    samplers = [ClipSampler(crops, np.arange(50), SETTINGS, (4,), OFFSETS, s) for s in (settings, CLEAN)]
    return [(samplers[0].clip(number), samplers[1].clip(number)) for number in range(8)]


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_key_frame_is_spoilt(crops: PersonCrops, kind: str) -> None:
    for clip, clean in spoilt_clips(crops, kind, {"on_key": 1.0, "on_neighbours": 0.0}):
        assert clip.degradation == kind
        assert clip.spoilt.tolist() == [True, False, False, False, False]
        np.testing.assert_allclose(clip.keypoints, clean.keypoints)
        difference = np.abs(clip.frames.astype(float) - clean.frames).mean(axis=(1, 2, 3))
        assert difference[0] > 1.0
        assert difference[1:].max() < (difference[0] if kind == "occluded" else 0.01)


def test_neighbours_or_all_frames_can_be_spoilt(crops: PersonCrops) -> None:
    for clip, _ in spoilt_clips(crops, "dark", {"on_key": 0.0, "on_neighbours": 1.0}):
        assert clip.spoilt.tolist() == [False, True, True, True, True]
    for clip, clean in spoilt_clips(crops, "dark", {"on_key": 0.0, "on_neighbours": 0.0}):
        assert clip.spoilt.all()
        assert clip.frames.mean() < 0.4 * clean.frames.mean()


def test_an_occluder_over_the_key_frame_hides_a_joint_there_and_not_in_the_others(crops: PersonCrops) -> None:
    hidden = np.zeros(5)
    for clip, clean in spoilt_clips(crops, "occluded", {"on_key": 1.0, "on_neighbours": 0.0}):
        for frame in range(5):
            changed = (np.abs(clip.frames[frame].astype(int) - clean.frames[frame]) > 8).any(axis=2)
            for x, y in np.rint(clip.keypoints[frame][clip.labelled]).astype(int):
                hidden[frame] += 0 <= x < SIZE[0] and 0 <= y < SIZE[1] and changed[y, x]
    assert hidden[0] >= 8
    assert hidden[1:].mean() < 0.35 * hidden[0]


def test_motion_blur_smears_along_the_motion_and_around_the_joint(tmp_path: Path) -> None:
    exposed = replace(CLEAN, shutter=(1.0, 1.0))
    sharp, smeared = (
        ClipSampler(star_crops(tmp_path / "a.h5", "left_wrist"), np.arange(1), SETTINGS, (5,), OFFSETS, clips)
        for clips in (CLEAN, exposed)
    )
    assert all(
        cv2.Laplacian(b, cv2.CV_32F).std() < cv2.Laplacian(a, cv2.CV_32F).std()
        for n in range(4)
        for a, b in zip(sharp.clip(n).frames, smeared.clip(n).frames, strict=True)
    )


@pytest.mark.parametrize("seed", range(10))
def test_a_shake_moves_no_joint(seed: int) -> None:
    kernel = draw_shake(np.random.default_rng(seed), 6.0 + seed)
    ys, xs = np.mgrid[: len(kernel), : len(kernel)]
    centre = np.array([(xs * kernel).sum(), (ys * kernel).sum()])
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    assert np.abs(centre - len(kernel) // 2).max() < 0.75


def test_the_torso_is_estimated_from_what_is_labelled() -> None:
    keypoints, labelled = np.zeros((17, 2)), np.zeros(17, bool)
    for name, place in STAR.items():
        keypoints[POSETRACK.index(name)], labelled[POSETRACK.index(name)] = place, True
    whole = torso_length(keypoints, labelled)
    labelled[list(TRUNK_KEYPOINTS)[:4]] = False
    assert torso_length(keypoints, labelled) == pytest.approx(whole, rel=0.35)
    assert torso_length(keypoints, np.zeros(17, bool)) == 0.0


def test_a_clip_without_neighbours_has_none_to_spoil(tmp_path: Path) -> None:
    crops = star_crops(tmp_path / "star.h5", None)
    spoilt = ClipSettings(degraded=1.0, kinds=("occluded",), on_key=0.0, on_neighbours=1.0)
    for number in range(3):
        clip = ClipSampler(crops, np.array([0]), SETTINGS, (1,), (), spoilt).clip(number)
        assert clip.degradation is None
