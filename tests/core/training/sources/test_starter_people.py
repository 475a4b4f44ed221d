"""The starter's people: readers, splits, cut and small people, and a training on all of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import TrainingError
from core.keypoints import POSETRACK
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.prediction.predictor import Predictor
from core.model.weights.files import LoadedModel, WeightsMetadata
from core.training.clips.real_clips import RealClips
from core.training.learning.recipe import read_recipe
from core.training.measuring.people_sets import people_in_clips, predictions
from core.training.photographs.pictures import Pictures
from core.training.samples.augmentation import AugmentationSettings, plain_window
from core.training.samples.batches import SampleSettings, labelled_sample
from core.training.samples.cut_people import draw_cut, seen_from_afar
from core.training.samples.person import Person
from core.training.sources.mixed import MixedSource
from core.training.sources.mixed_people import MixedPeople, PictureSampler
from core.training.sources.starter_split import split_clips, split_pictures
from core.training.trainer import train
from tests.core.training.sources.starter_files import (
    BODY,
    BOX,
    HEIGHT,
    WIDTH,
    joints,
    write_clips,
    write_crops,
    write_pictures,
)
from tests.core.training.tiny_recipe import write_recipe

SIZE = (96, 128)
LIMBS = [name for name in POSETRACK.keypoint_names if name in BODY and name[-3:] not in ("ear", "ose", "top")]


def places(*names: str) -> list[int]:
    return [POSETRACK.index(name) for name in names]


def takes(*videos: tuple[str, int]) -> list[str]:
    """File names as JHMDB's, some takes of each video."""
    return [f"data/sit/{name}_sit_u_cm_np1_fr_med_{take}.avi" for name, count in videos for take in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people").mkdir()
    write_pictures(tmp_path / "people/pictures.h5", 40)
    names = takes(*[(f"{'abcdefghjk'[i]}video", 2) for i in range(10)])
    write_clips(tmp_path / "people/clips.h5", [*names, "fight/1.mp4"], [True] * 20 + [False])
    write_crops(tmp_path / "crops.h5", 40)
    return tmp_path


def test_a_photograph_has_the_teachers_joints_by_their_trust(folder: Path) -> None:
    pictures = Pictures(folder / "people/pictures.h5")
    person = pictures.person(3)
    assert person.rgb.shape == (HEIGHT, WIDTH, 3)
    assert np.allclose(person.bbox_xywh, BOX)
    unlabelled = places("head_bottom", "head_top")
    assert not person.labelled[unlabelled].any()
    assert person.labelled.sum() == 15
    known = [name for name in POSETRACK.keypoint_names if name not in ("head_bottom", "head_top")]
    assert np.allclose(person.keypoints[places(*known)], joints(known))
    assert np.allclose(person.trust[places(*known)], 0.4)
    assert pictures.groups[0] == pictures.groups[1] != pictures.groups[2]


def test_a_clips_frame_has_a_persons_joints_and_the_teachers_face(folder: Path) -> None:
    clips = RealClips(folder / "people/clips.h5")
    assert clips.has_person.tolist() == [True] * 20 + [False]
    with_teacher, without = clips.person(0), clips.person(1)
    body = places("head_bottom", *LIMBS)
    assert without.labelled[body].all()
    assert without.labelled.sum() == 13, "the neck and twelve limbs; JHMDB's face and belly are none of PoseTrack's"
    assert (without.trust[body] == 1).all()
    assert np.allclose(with_teacher.keypoints[places("head_bottom")], BODY["neck"])
    assert with_teacher.labelled[places("nose", "left_ear")].all()
    assert np.allclose(with_teacher.trust[places("nose")], 0.4)
    # The last clip has a teacher only, which ran on every second frame.
    assert clips.labelled_frames(np.array([20])).tolist() == [60, 62]


def test_a_joint_outside_the_frame_is_not_labelled(folder: Path) -> None:
    clips = RealClips(folder / "people/clips.h5")
    clips.keypoints[0, places("left_ankle")] = (49, HEIGHT + 5)
    person = clips.person(0)
    assert not person.labelled[places("left_ankle")].any()
    assert person.labelled[places("left_knee")].all()


def test_takes_of_a_video_and_its_numbered_parts_are_one_video(folder: Path) -> None:
    names = [*takes(("A_Film_3", 2), ("A_Film_4", 1), ("filmII", 1), ("film", 1), ("other", 1)), "fight/1.mp4"]
    write_clips(folder / "clips.h5", names, [True] * 6 + [False])
    first, second, third, fourth, fifth, sixth, fight = RealClips(folder / "clips.h5").videos
    assert first == second == third
    assert fourth == fifth
    assert len({first, fourth, sixth, fight}) == 4


@pytest.mark.parametrize("reader", [Pictures, RealClips])
def test_a_missing_or_another_file_says_what_to_do(folder: Path, reader: type) -> None:
    with pytest.raises(TrainingError, match="FAMI_SHARED"):
        reader(folder / "none.h5")
    with pytest.raises(TrainingError, match="copy it again"):
        reader(folder / "crops.h5")
    (folder / "text.h5").write_text("no HDF5")
    with pytest.raises(TrainingError, match="copy it again"):
        reader(folder / "text.h5")


def test_trust_is_the_weight_of_a_joint_and_goes_with_it_into_the_mirror(folder: Path) -> None:
    person = Pictures(folder / "people/pictures.h5").person(0)
    trust = person.trust.copy()
    trust[places("left_wrist")] = 0.9
    person = person._replace(trust=trust)
    window = plain_window(person, SIZE)
    frames = np.zeros((1, *SIZE[::-1], 3), np.uint8)
    settings = SampleSettings(SIZE, 1.0, AugmentationSettings())
    straight = labelled_sample(frames, window, person, settings).weights
    mirrored = labelled_sample(frames, replace(window, flipped=True), person, settings).weights
    left, right = places("left_wrist", "right_wrist")
    assert straight[left] == mirrored[right] == np.float32(0.9)
    assert straight[right] == mirrored[left] == np.float32(0.4)
    assert straight[places("head_top")] == 0


def test_videos_go_whole_to_one_part_and_the_parts_are_what_they_are_said_to_be() -> None:
    videos = [f"v{i // 3}" for i in range(300)]
    has_person = np.arange(300) % 3 < 2  # every video has a clip without a person's labels
    parts = split_clips(videos, has_person)
    assert len(parts.held_out) == 40
    assert len(parts.choosing) == 20
    assert has_person[parts.held_out].all()
    assert has_person[parts.choosing].all()
    of = [{videos[i] for i in part} for part in (parts.train, parts.choosing, parts.held_out)]
    assert not of[0] & of[1]
    assert not of[0] & of[2]
    assert not of[1] & of[2]
    again = split_clips(videos, has_person)
    assert all(np.array_equal(getattr(parts, name), getattr(again, name)) for name in ("train", "choosing", "held_out"))


def test_photographs_of_one_person_stay_together() -> None:
    groups = [f"g{i // 2}" for i in range(400)]
    parts = split_pictures(groups)
    assert len(parts.choosing) == 20
    assert len(parts.train) == 380
    assert not {groups[i] for i in parts.choosing} & {groups[i] for i in parts.train}


def test_the_split_of_the_shared_files_is_the_one_that_was_drawn_before_the_first_training(shared: Path) -> None:
    clips = RealClips(shared / "data/starter/clips.h5")
    parts = split_clips(clips.videos, clips.has_person)
    assert [len(part) for part in (parts.train, parts.choosing, parts.held_out)] == [513, 26, 52]
    assert (parts.held_out[:5].tolist(), int(parts.held_out.sum())) == HELD_OUT_CLIPS
    pictures = split_pictures(Pictures(shared / "data/starter/pictures.h5").groups)
    assert (len(pictures.choosing), int(pictures.choosing.sum())) == CHOOSING_PICTURES


HELD_OUT_CLIPS = ([4, 5, 8, 14, 15], 11581)
CHOOSING_PICTURES = (341, 1135776)


def whole_person(rng: np.random.Generator) -> Person:
    keypoints = np.zeros((17, 2))
    labelled = np.array([name in BODY for name in POSETRACK.keypoint_names])
    keypoints[labelled] = joints([name for name in POSETRACK.keypoint_names if name in BODY])
    return Person(rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8), keypoints, labelled, np.array(BOX))


@pytest.mark.parametrize("seed", range(12))
def test_a_cut_person_ends_with_the_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    person = whole_person(rng)
    seen = draw_cut(rng, person, AugmentationSettings(cut=1.0))
    cut = seen.person
    assert seen.is_cut
    height, width = cut.rgb.shape[:2]
    assert height * width < HEIGHT * WIDTH
    assert 4 <= cut.labelled.sum() < person.labelled.sum() or cut.bbox_xywh[2:].prod() < person.bbox_xywh[2:].prod()
    assert (cut.bbox_xywh[:2] >= 0).all()
    assert (cut.bbox_xywh[:2] + cut.bbox_xywh[2:] <= [width, height]).all()
    for k in np.flatnonzero(cut.labelled):
        # The pixel under a joint is the pixel that was under it.
        x, y = cut.keypoints[k].astype(int)
        assert (cut.rgb[y, x] == person.rgb[tuple(person.keypoints[k].astype(int)[::-1])]).all()


def test_a_person_far_away_has_fewer_details_at_the_same_place() -> None:
    rng = np.random.default_rng(1)
    person = whole_person(rng)
    far = seen_from_afar(rng, person, AugmentationSettings(small=1.0))
    assert far.rgb.shape == person.rgb.shape
    assert np.array_equal(far.keypoints, person.keypoints)
    assert (
        np.abs(np.diff(far.rgb.astype(int), axis=1)).mean()
        < 0.8 * np.abs(np.diff(person.rgb.astype(int), axis=1)).mean()
    )
    nothing = AugmentationSettings()
    assert seen_from_afar(rng, person, nothing) is person
    assert draw_cut(rng, person, nothing).person is person


def test_the_same_number_is_the_same_sample_of_the_mixed_people(folder: Path) -> None:
    pictures, clips = Pictures(folder / "people/pictures.h5"), RealClips(folder / "people/clips.h5")
    everybody = MixedPeople([(pictures, np.array([4, 9])), (clips, np.array([0, 5, 7]))])
    assert len(everybody) == 5
    assert np.array_equal(everybody.person(1).rgb, pictures.person(9).rgb)
    assert np.array_equal(everybody.person(2).rgb, clips.person(0).rgb)
    settings = SampleSettings(SIZE, 1.0, AugmentationSettings(cut=0.5, small=0.5))
    first, second = (PictureSampler(everybody, np.arange(5), settings, (3, 0)) for _ in range(2))
    late = [second.sample(number) for number in reversed(range(8))][::-1]
    for number, sample in enumerate(late):
        again = first.sample(number)
        assert np.array_equal(again.frames, sample.frames)
        assert np.array_equal(again.targets, sample.targets)
        assert np.array_equal(again.weights, sample.weights)


def test_people_in_clips_are_predicted_among_the_frames_of_their_own_clip(folder: Path) -> None:
    clips = RealClips(folder / "people/clips.h5")
    people = people_in_clips(clips, np.array([4, 7]), "some")
    assert people.clip_lengths == (3, 3)
    assert not people.labelled[:, places("nose")].any(), "the teacher's joints are not measured by"
    config = FamiPoseConfig("w12", supporting_offsets=(-1, 1), gtm_width=8, lcm_width=8)
    model = FamiPose(config).eval()
    torch.nn.init.normal_(model.backbone.final_layer.weight)
    torch.nn.init.constant_(model.gain, 0.2)
    predictor = Predictor(LoadedModel(model, WeightsMetadata("random", config, (48, 64)), ""), "cpu")
    together = predictions(predictor, people)
    for number, clip in ((0, 4), (5, 7)):
        first = clips.frames(clip)[0]
        alone = predictor.predict(
            people.requests[number : number + 1], lambda frame, at=first: clips.rgb(at + frame), 3
        )
        assert np.allclose(together[number].keypoints, alone[0].keypoints, equal_nan=True, atol=1e-2)


TABLES = """
[augmentation]
cut = 0.3
small = 0.3

[[stages]]
name = "pictures"
kind = "pictures"
samples = 8
batch_size = 4
learning_rate = 1e-3
crops_times = 2
holds_entry = true
"""


def recipe_of(folder: Path, **lines: object) -> Path:
    crops, people = f"{folder.as_posix()}/crops.h5", f"{folder.as_posix()}/people"
    return write_recipe(folder, TABLES, crops=crops, people=people, backbone="lite0", **lines)


def test_a_backbone_with_a_held_entry_trains_on_all_people(folder: Path) -> None:
    recipe = recipe_of(folder)
    source = MixedSource(read_recipe(recipe))
    assert [len(indices) for _, indices in source.everybody(2).parts] == [32, 32, 38, 14 * 3 + 2]
    path = train.main(recipe)
    content = torch.load(path, weights_only=True)
    assert tuple(content["metadata"]["trained_keypoints"]) == POSETRACK.keypoint_names
    assert {"PCK@0.2 on the choosing split, photographs"} <= set(content["metadata"]["accuracy"])
    state = torch.load(folder / "work/checkpoint.pth", weights_only=True)["model"]
    entry = [int(value) for name, value in state.items() if name.startswith("entry.") and name.endswith("tracked")]
    others = [int(value) for name, value in state.items() if name.startswith("stages.") and name.endswith("tracked")]
    assert set(entry) == {0}, "statistics of the held layers do not move"
    assert set(others) == {2}


def test_a_recipe_for_a_backbone_that_cannot_start_from_imagenet_says_so(folder: Path) -> None:
    with pytest.raises(TrainingError, match="imagenet"):
        train.main(recipe_of(folder, pretrained="coco"))
