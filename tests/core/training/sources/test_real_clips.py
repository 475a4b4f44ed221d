"""Real clips beside made ones: true neighbours through one window, in turn by their share, and trained on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import TrainingError
from core.keypoints import POSETRACK
from core.training.clips.real_clips import RealClips
from core.training.clips.real_samples import RealClipSampler
from core.training.clips.synthetic_clips import ClipSettings
from core.training.learning.recipe import read_recipe
from core.training.samples.augmentation import AugmentationSettings
from core.training.samples.batches import CropSampler, Sample, SampleSettings, plain_sample
from core.training.sources.mixed import MixedSource
from core.training.sources.mixed_people import MixedClips
from core.training.trainer import train
from tests.core.training.sources.starter_files import write_clips, write_crops, write_pictures
from tests.core.training.tiny_recipe import replace_once, write_recipe

SIZE = (96, 128)
PLAIN = AugmentationSettings(
    flip=0.0, rotated=0.0, scale_low=1.0, scale_high=1.0, shift=0.0, half_body=0.0, colour=0.0
)  # fmt: skip
STAGES = """
[[stages]]
name = "clips"
kind = "clips"
samples = 8
batch_size = 4
learning_rate = 1e-3
real_clips = 0.5
motion_weight = 0.5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people").mkdir()
    write_pictures(tmp_path / "people/pictures.h5", 40)
    names = [f"data/sit/{'abcdefghjk'[i]}video_sit_u_cm_np1_fr_med_0.avi" for i in range(10)]
    write_clips(tmp_path / "people/clips.h5", [*names, "fight/1.mp4"], [True] * 10 + [False], frames=4)
    write_crops(tmp_path / "crops.h5", 40)
    return tmp_path


def recipe_of(folder: Path) -> Path:
    lines = {"crops": f"{folder.as_posix()}/crops.h5", "people": f"{folder.as_posix()}/people"}
    return write_recipe(folder, STAGES, **lines, input_size_wh=[48, 64], flip_test=False)


def sampler(clips: RealClips, indices: list[int], augmentation: AugmentationSettings, **spoiling: float) -> CropSampler:
    settings = SampleSettings(SIZE, 1.0, augmentation)
    return RealClipSampler(
        clips, np.array(indices), settings, (1, 0), (-2, -1, 1), ClipSettings(**{"degraded": 0.0, **spoiling})
    )


def test_neighbours_are_the_clips_own_frames_and_its_nearest_beyond_its_end(folder: Path) -> None:
    clips = RealClips(folder / "people/clips.h5")
    for key, expected in ((4, (4, 4, 4, 5)), (6, (6, 4, 5, 7)), (7, (7, 5, 6, 7))):
        sample = sampler(clips, [key], PLAIN).sample(0)
        for frame, index in zip(sample.frames, expected, strict=True):
            here = plain_sample(clips.person(index), SampleSettings(SIZE, 1.0, PLAIN)).frames[0]
            inside = (slice(16, 112), slice(24, 72))  # beyond the picture something else may stand
            assert np.abs(here[inside].astype(int) - frame[inside]).max() <= 2
        assert sample.motion is None


def test_a_persons_labels_count_wholly_the_teachers_by_their_trust(folder: Path) -> None:
    clips = RealClips(folder / "people/clips.h5")
    wrist, nose = POSETRACK.index("left_wrist"), POSETRACK.index("nose")
    by_person, by_teacher = (sampler(clips, [key], PLAIN).sample(0).weights for key in (4, 40))
    assert by_person[wrist] == 1
    assert by_person[nose] == by_teacher[wrist] == np.float32(0.4)


def test_a_mirrored_and_turned_window_is_one_for_all_frames_and_the_same_number_the_same_sample(folder: Path) -> None:
    clips = RealClips(folder / "people/clips.h5")
    clips.rgb = lambda frame: RealClips.rgb(clips, 5)  # type: ignore[method-assign]  # a clip that stands still
    drawn = replace(AugmentationSettings(), flip=1.0, rotated=1.0)
    still = sampler(clips, [5], drawn)
    for number in range(4):
        first = still.sample(number)
        assert (first.frames == first.frames[:1]).all()
        again = sampler(clips, [5], drawn).sample(number)
        assert np.array_equal(first.frames, again.frames)
        assert np.array_equal(first.targets, again.targets)


@pytest.mark.parametrize("kind", ["blurred", "dark", "occluded"])
def test_spoilt_frames_are_the_drawn_ones(folder: Path, kind: str) -> None:
    clips = RealClips(folder / "people/clips.h5")
    clean = sampler(clips, [6], PLAIN)
    spoilt = sampler(clips, [6], PLAIN, degraded=1.0, kinds=(kind,), on_key=1.0, on_neighbours=0.0)
    changed = np.array(
        [
            np.abs(spoilt.sample(number).frames.astype(int) - clean.sample(number).frames).mean(axis=(1, 2, 3))
            for number in range(6)
        ]
    )
    assert (changed[:, 0] > 1).all()
    if kind != "occluded":  # what hides the key frame's joint for a moment may still touch the frames beside it
        assert not changed[:, 1:].any()


def test_made_and_real_clips_take_turns_and_none_is_left_out(folder: Path) -> None:
    clips = RealClips(folder / "people/clips.h5")
    seen: list[tuple[str, int]] = []

    class Named(RealClipSampler):
        def __init__(self, name: str) -> None:
            super().__init__(clips, np.array([5]), SampleSettings(SIZE, 1.0, PLAIN), (1,), (), ClipSettings())
            self.name = name

        def sample(self, number: int) -> Sample:
            seen.append((self.name, number))
            return super().sample(number)

    mixture = MixedClips(Named("made"), Named("real"), 0.3)
    mixture.batch(0, 20)
    assert [number for name, number in seen if name == "real"] == list(range(6))
    assert [number for name, number in seen if name == "made"] == list(range(14))
    last = seen[7:]
    seen.clear()
    mixture.batch(7, 13)
    assert seen == last


def test_a_stage_trains_on_both_and_logs_what_theta_lacks(folder: Path) -> None:
    recipe = recipe_of(folder)
    described = read_recipe(recipe)
    batch = (
        MixedSource(described)
        .sampler(0, described.stages[0], SampleSettings((48, 64), 1.0, described.augmentation))
        .batch(0, 4)
    )
    assert batch.supporting.shape[:2] == batch.motion.shape[:2] == (4, 2)
    assert torch.isfinite(batch.motion).flatten(1).all(dim=1).tolist() == [True, False, True, False]
    path = train.main(recipe)
    assert path.is_file()
    assert "loss/motion" in (folder / "work/metrics.csv").read_text()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("real_clips = 0.5", "real_clips = 1.5"), "real_clips 1.5"),
        (('kind = "clips"', 'kind = "pictures"'), "real_clips"),
        (("real_clips = 0.5", "real_clips = 1.0"), "no made clips"),
        (("motion_weight = 0.5", "motion_weight = -1.0"), "motion_weight"),
        (("people = ", "# "), "needs people"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, change: tuple[str, str], reason: str) -> None:
    recipe = recipe_of(folder)
    replace_once(recipe, *change)
    with pytest.raises(TrainingError, match=reason):
        read_recipe(recipe)
