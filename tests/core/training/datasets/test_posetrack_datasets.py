"""PoseTrack as clips: which frames are key frames, which pictures their neighbours are, and files that lie."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat

from core.errors import SourceError, TrainingError
from core.formats.layouts import posetrack17
from core.formats.layouts.coco_like import posetrack18
from core.keypoints import POSETRACK
from core.training.datasets import DatasetConfig, open_dataset
from core.training.samples.augmentation import PAPER_AUGMENTATION

OFFSETS = (-2, -1, 1, 2)


def opened(config, augmentation=None, offsets=OFFSETS, seed=1, **changes):
    return open_dataset(config, offsets, (96, 128), 1.5, augmentation, seed, **changes)


def test_every_labelled_person_of_the_real_clip(shared):
    folder = shared / "data/posetrack/paddleboard"
    dataset = opened(DatasetConfig("posetrack18", folder, folder / "labels_posetrack18.json"))
    assert len(dataset) == len(dataset.instances) == 80
    assert dataset.skeleton is POSETRACK
    assert {instance.track_id for instance in dataset.instances} == {0, 1, 2, 3}
    first = dataset.instances[0]
    assert (first.video, first.frame_index, first.frame_id) == ("060470979", 0, 10604700000)
    np.testing.assert_allclose(first.bbox_xywh, (293.63, 23.56, 225.49, 468.31))
    np.testing.assert_allclose(first.keypoints[POSETRACK.index("head_bottom")], (391.68, 135.95))
    assert not first.labelled[POSETRACK.index("nose")]
    sample = dataset.sample(0, 0)
    assert sample.frames.shape == (5, 128, 96, 3)
    assert sample.targets.shape == (17, 32, 24)
    np.testing.assert_array_equal(sample.weights, first.labelled)


def test_genuine_posetrack18_files_one_a_video_with_their_ignore_regions(shared):
    folder = shared / "data/posetrack/mmpose_posetrack18"
    config = DatasetConfig("posetrack18", folder, folder / "annotations", "val")
    dataset = opened(config)
    assert [(i.video, i.frame_index) for i in dataset.instances] == [
        ("003418_mpii_test", 0),
        ("009473_mpii_test", 0),
        ("009473_mpii_test", 0),
    ]
    sample = dataset.sample(0, 0)
    for neighbour in sample.frames[1:]:  # one picture is all there is of this video
        np.testing.assert_array_equal(neighbour, sample.frames[0])


def test_a_neighbour_beyond_the_pictures_that_exist_is_the_nearest_one(posetrack_tree):
    tree = posetrack_tree(missing=(0, 1, 9, 19))
    dataset = opened(tree.config())
    assert sorted({i.frame_index for i in dataset.instances}) == [*range(2, 9), *range(10, 19)]
    assert dataset.remarks["a labelled frame's picture is not there, and the frame was skipped"] == 4
    at = {i.frame_index: number for number, i in enumerate(dataset.instances)}
    expected = {
        (2, -2): 2, (2, -1): 2, (3, -2): 2, (2, 1): 3, (18, 1): 18, (18, 2): 18, (17, 2): 18,
        (8, 1): 8, (10, -1): 10, (7, 2): 8, (11, -2): 10, (8, 2): 10,
    }  # fmt: skip
    for (frame, offset), shown in expected.items():
        np.testing.assert_array_equal(dataset.frame(at[frame], offset), tree.rgb(shown), err_msg=f"{frame} {offset}")


def test_sparse_labels_have_all_pictures_for_neighbours_and_dense_ones_the_listed_frames(posetrack_tree):
    tree = posetrack_tree(listed=range(2, 20, 4))
    sparse, dense = opened(tree.config(labelling="sparse")), opened(tree.config(labelling="dense"))
    assert len(sparse) == len(dense) == 20
    assert [i.frame_index for i in sparse.instances[::4]] == [0, 1, 2, 3, 4]
    second = next(n for n, i in enumerate(sparse.instances) if i.frame_index == 1)  # the clip's frame 6
    for offset in OFFSETS:
        np.testing.assert_array_equal(sparse.frame(second, offset), tree.rgb(6 + offset))
    np.testing.assert_array_equal(dense.frame(second, 1), tree.rgb(10))
    np.testing.assert_array_equal(dense.frame(second, -2), tree.rgb(2))


def test_frames_that_the_file_calls_unlabelled_are_neighbours_only(posetrack_tree):
    tree = posetrack_tree()
    for image in tree.document["images"][5:]:
        image["is_labeled"] = False
    ids = {image["id"] for image in tree.document["images"][:5]}
    tree.document["annotations"] = [a for a in tree.document["annotations"] if a["image_id"] in ids]
    dataset = opened(tree.config())
    assert {i.frame_index for i in dataset.instances} == set(range(5))
    np.testing.assert_array_equal(dataset.frame(len(dataset) - 1, 2), tree.rgb(6))


@pytest.mark.parametrize("labelling", ["dense", "sparse"])
def test_the_order_of_frame_id_is_the_order_of_frames_whatever_the_names_say(posetrack_tree, labelling):
    tree = posetrack_tree()
    for i, image in enumerate(tree.document["images"]):
        image["frame_id"] = 10604700000 + 19 - i
    dataset = opened(tree.config(labelling=labelling))
    assert dataset.instances[0].file_name.endswith("000019.jpg")
    np.testing.assert_array_equal(dataset.frame(0, 1), tree.rgb(18))


@pytest.mark.parametrize("keep", [3, 2, 1])
def test_pictures_are_found_by_the_whole_name_its_last_two_parts_or_its_last(posetrack_tree, keep):
    tree = posetrack_tree()
    root = {3: tree.folder, 2: tree.folder / "images/train", 1: tree.folder / "images/train/060470979_mpii_test"}[keep]
    dataset = opened(tree.config(root=root))
    np.testing.assert_array_equal(dataset.frame(0, 1), tree.rgb(1))


def test_people_and_joints_in_ignore_regions_do_not_train(posetrack_tree):
    tree = posetrack_tree(listed=[0])
    people = tree.document["annotations"]
    gone, partly = people[0], people[1]
    x, y, w, h = gone["bbox"]
    head = np.array(partly["keypoints"]).reshape(17, 3)[POSETRACK.index("head_top"), :2]
    regions = [
        [(x, y), (x + w, y), (x + w, y + h), (x, y + h)],
        [tuple(head + d) for d in ((-4, -4), (4, -4), (4, 4), (-4, 4))],
    ]
    tree.document["images"][0]["ignore_regions_x"] = [[p[0] for p in region] for region in regions]
    tree.document["images"][0]["ignore_regions_y"] = [[p[1] for p in region] for region in regions]
    inside = [
        x < person["bbox"][0] + person["bbox"][2] / 2 < x + w and y < person["bbox"][1] + person["bbox"][3] / 2 < y + h
        for person in people
    ]
    training = opened(tree.config(), PAPER_AUGMENTATION)
    kept = {person["track_id"] for person, ignored in zip(people, inside, strict=True) if not ignored}
    assert {i.track_id for i in training.instances} == kept
    assert gone["track_id"] not in kept
    judging = {i.track_id: i for i in opened(tree.config()).instances}
    assert set(judging) == {0, 1, 2, 3}  # judged as PoseTrack's evaluator does: by joints alone
    assert not judging[gone["track_id"]].labelled.any()
    assert not judging[partly["track_id"]].labelled[POSETRACK.index("head_top")]
    if not inside[1]:
        index = [i.track_id for i in training.instances].index(partly["track_id"])
        assert training.sample(index, 0).weights[POSETRACK.index("head_top")] == 0


def test_one_file_with_many_videos_is_many_videos(posetrack_tree):
    tree = posetrack_tree()
    for i, image in enumerate(tree.document["images"]):
        image["file_name"] = f"images/train/{'first' if i < 10 else 'second'}/{i:06d}.jpg"
    pictures = tree.folder / "images/train"
    for name, half in (("first", range(10)), ("second", range(10, 20))):
        (pictures / name).mkdir()
        for i in half:
            (pictures / "060470979_mpii_test" / f"{i:06d}.jpg").rename(pictures / name / f"{i:06d}.jpg")
    dataset = opened(tree.config())
    assert [i.video for i in dataset.instances] == ["first"] * 40 + ["second"] * 40
    assert dataset.instances[40].frame_index == 0
    np.testing.assert_array_equal(dataset.frame(40, -1), tree.rgb(10))  # never a frame of the other video


def test_files_that_lie_are_skipped_with_a_count(posetrack_tree, caplog):
    tree = posetrack_tree()
    tree.document["images"][0]["nframes"] = 999
    tree.document["annotations"][0]["keypoints"] = [1, 2]
    tree.document["annotations"][1] |= {"bbox": [10, 10, 1, 1], "num_keypoints": 3}
    tree.document["annotations"][2]["bbox_head"] = [-5, -5, -10, -10]
    del tree.document["annotations"][3]["keypoints"]
    config = tree.config()
    (config.labels / "train" / "broken.json").write_text("{")
    with caplog.at_level(logging.WARNING):
        training = opened(config, PAPER_AUGMENTATION)
    assert len(training) == 77
    assert training.remarks == {
        "a label file could not be read and was skipped": 1,
        "a person without labelled joints was left out": 2,
        "a person smaller than 8 pixels was left out": 1,
    }
    assert "a person without labelled joints was left out (2 times)" in caplog.text
    assert len(opened(config)) == 80


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "coco"}, "kind is 'coco'"),
        ({"split": "train1"}, "split is 'train1'"),
        ({"labelling": "some"}, "labelling is 'some'"),
        ({"labels": "/nowhere"}, "There are no labels at /nowhere"),
        ({"root": "/nowhere"}, "under /nowhere; name the folder"),
    ],
)
def test_a_data_set_that_cannot_be_used_says_so_in_one_sentence(posetrack_tree, change, words):
    tree = posetrack_tree(listed=[0])
    with pytest.raises(TrainingError, match=words):
        opened(tree.config(**change))


def test_an_empty_folder_of_labels_and_a_damaged_picture_say_what_is_wrong(posetrack_tree, tmp_path):
    with pytest.raises(TrainingError, match="no label file"):
        opened(DatasetConfig("posetrack18", tmp_path, tmp_path))
    with pytest.raises(TrainingError, match=r"There are no labels at .*nowhere: put the data set there"):
        opened(DatasetConfig("posetrack18", tmp_path, tmp_path / "nowhere"))
    tree = posetrack_tree(listed=[0])
    config = tree.config()
    picture = next((tree.folder / "images").rglob("000000.jpg"))
    picture.write_bytes(picture.read_bytes()[:2000])
    with pytest.raises(SourceError, match="damaged"):
        opened(config).sample(0, 0)


def test_posetrack17s_json_gives_what_posetrack18s_does(posetrack_tree, tmp_path):
    tree = posetrack_tree()
    config18 = tree.config()
    labels = posetrack18.read(config18.labels / "train" / "060470979_mpii_test.json")
    folder = tmp_path / "json17"
    posetrack17.write(labels, folder / "train" / "060470979_mpii_test.json", "060470979_mpii_test")
    (folder / "train" / "notes.txt").write_text("no labels")
    root = tree.folder / "images/train"
    dataset17 = opened(DatasetConfig("posetrack17", root, folder))
    dataset18 = opened(config18)
    assert len(dataset17) == len(dataset18) == 80
    ears = [POSETRACK.index("left_ear"), POSETRACK.index("right_ear")]
    for a, b in zip(dataset17.instances, dataset18.instances, strict=True):
        assert (a.video, a.frame_index, a.track_id) == (b.video, b.frame_index, b.track_id)
        assert not a.labelled[ears].any()
        np.testing.assert_array_equal(a.labelled, b.labelled)
        np.testing.assert_allclose(a.keypoints, b.keypoints)
        assert np.all(a.bbox_xywh[2:] > 0)  # the format has no boxes: made around the joints


def test_the_published_matlab_file_with_pictures_where_it_says(shared: Path, tmp_path):
    path = shared / "data/posetrack/annolist17/train_annolist.mat"
    name, frames = "001103126", 41
    picture = (shared / "data/posetrack/paddleboard/060470979/00001.jpg").read_bytes()
    folder = tmp_path / "videos" / name
    folder.mkdir(parents=True)
    for i in range(frames):
        (folder / f"{i + 1:05d}.jpg").write_bytes(picture)
    dataset = opened(DatasetConfig("posetrack17", tmp_path, path.parent))
    with np.load(path.parent / "train_labels.npz", allow_pickle=False) as labels:
        people = labels[f"train/{name}/kp"]
    shown = np.isfinite(people[..., 0]).any(axis=2)
    assert len(dataset) == shown.sum()
    assert {i.video for i in dataset.instances} == {name}
    skipped = dataset.remarks["a labelled frame's picture is not there, and the frame was skipped"]
    videos = loadmat(path)["annolist"].ravel()
    assert skipped <= sum(int(v["num_frames"].item()) for v in videos) - frames
    opened(DatasetConfig("posetrack17", tmp_path / "videos", path))


def test_files_in_the_layout_of_the_evaluators_oracles_can_be_opened(shared, tmp_path):
    for kind, folder in (("posetrack17", "gt17"), ("posetrack18", "gt18")):
        labels = shared / "oracles/poseval" / folder
        names = _file_names(labels)
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        dataset = opened(DatasetConfig(kind, tmp_path, labels, "val"))
        assert {i.video for i in dataset.instances} == {path.stem for path in labels.glob("*.json")}


def _file_names(folder: Path) -> list[str]:
    documents = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return [image["file_name"] for d in documents for image in d.get("images", [])] + [
        entry["image"][0]["name"] for d in documents for entry in d.get("annolist", [])
    ]
