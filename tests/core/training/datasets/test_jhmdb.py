"""Sub-JHMDB in both layouts in which it is published."""

import json
import shutil
import zipfile

import numpy as np
import pytest
from scipy.io import savemat

from core.errors import FormatError, TrainingError
from core.formats.layouts.matlab import load_mat
from core.keypoints import JHMDB, JHMDB_AS_POSETRACK, POSETRACK, mapping
from core.training.datasets import DatasetConfig, open_dataset
from core.training.datasets.jhmdb import split_clips
from core.training.samples.augmentation import PAPER_AUGMENTATION
from tests.core.training.datasets.conftest import JHMDB_CLIPS, SHIFT_PX


def opened(config, augmentation=None):
    return open_dataset(config, (-2, -1, 1, 2), (96, 128), 1.5, augmentation, 1)


def config_of(folder, split="test1", **changes):
    return DatasetConfig("jhmdb", changes.pop("root", folder / "Rename_Images"), folder, split, **changes)


def with_lists(folder, name="sub_splits", text=None):
    (folder / name).mkdir(exist_ok=True)
    default = f"{JHMDB_CLIPS[0][1]}.avi 1\n{JHMDB_CLIPS[1][1]}.avi 2\n"
    for split in "123":
        (folder / name / f"catch_test_split{split}.txt").write_text(default if text is None else text)
    return folder


def test_the_skeleton_is_that_of_the_published_joints(shared):
    with np.load(shared / "data/jhmdb/jhmdb_gt_pose_split1_train.npz", allow_pickle=False) as file:
        names = ["head" if name == "face" else str(name) for name in file["joint_names"]]
        poses = file["pose"]
    assert list(JHMDB.keypoint_names) == names
    assert len(JHMDB.limbs) == 14
    assert len(JHMDB.sigmas) == len(JHMDB) == 15
    assert len(JHMDB.flip_pairs) == 6
    # Joined joints are nearer to each other than to the rest: a limb between wrong joints would stand out.
    lengths = np.linalg.norm(poses[:, :, None] - poses[:, None], axis=3).mean(axis=0)
    others = lengths[np.triu_indices(15, 1)].mean()
    assert all(lengths[a, b] < others for a, b in JHMDB.limbs)


def test_posetracks_keypoints_in_jhmdb():
    rows = mapping(JHMDB_AS_POSETRACK, POSETRACK)
    known = {POSETRACK.keypoint_names[k]: JHMDB.keypoint_names[row] for k, row in enumerate(rows) if row >= 0}
    assert set(POSETRACK.keypoint_names) - set(known) == {"nose", "head_top", "left_ear", "right_ear"}
    assert known.pop("head_bottom") == "neck"
    assert all(posetrack == jhmdb for posetrack, jhmdb in known.items())


def test_real_pictures_and_labels_as_mmpose_publishes_them(shared):
    folder = shared / "data/jhmdb/mmpose_jhmdb"
    dataset = opened(DatasetConfig("jhmdb", folder, folder / "test_jhmdb_sub1.json", "test1"))
    assert dataset.skeleton is JHMDB
    assert [i.video for i in dataset.instances][2] == "Goalkeeper_Training_Day_@_7_catch_f_cm_np1_ri_med_0"
    first = dataset.instances[0]
    # Pixels are counted from 1 in the file.
    np.testing.assert_allclose(first.keypoints[JHMDB.index("neck")], (97.851746, 91.59851))
    np.testing.assert_allclose(first.bbox_xywh, (78, 61, 53, 158))
    np.testing.assert_allclose(first.truth_bbox_xywh, first.bbox_xywh)
    assert first.labelled.all()
    sample = dataset.sample(0, 0)
    assert sample.targets.shape == (15, 32, 24)
    assert sample.weights.all()


def test_the_published_folders_give_what_mmposes_file_does(shared, jhmdb_tree):
    files = shared / "data/jhmdb/mmpose_jhmdb"
    coco = opened(DatasetConfig("jhmdb", files, files / "test_jhmdb_sub1.json", "test1"))
    published = opened(config_of(with_lists(jhmdb_tree), "test1"))
    assert {i.video for i in published.instances} == {JHMDB_CLIPS[1][1]}
    assert len(published) == 6
    np.testing.assert_allclose(published.instances[0].keypoints, coco.instances[1].keypoints)
    np.testing.assert_allclose(published.instances[0].bbox_xywh, coco.instances[1].bbox_xywh)
    np.testing.assert_array_equal(published.frame(0, 0), coco.frame(1, 0))
    np.testing.assert_allclose(
        published.instances[4].keypoints - published.instances[0].keypoints, np.tile(4 * SHIFT_PX, (15, 1))
    )
    np.testing.assert_allclose(
        published.instances[4].bbox_xywh, published.instances[0].bbox_xywh + np.array([*(4 * SHIFT_PX), 0, 0])
    )


def test_the_three_official_splits(shared):
    for split in "123":
        train, own = split_clips(shared / "data/jhmdb", "train", split)
        test, _ = split_clips(shared / "data/jhmdb", "test", split)
        assert not own  # these are the lists of all of JHMDB
        assert len(train) + len(test) == 928
        assert not set(train) & set(test)
        assert 2 < len(train) / len(test) < 3
    splits = [set(split_clips(shared / "data/jhmdb", "test", split)[0]) for split in "123"]
    assert splits[0] != splits[1] != splits[2] != splits[0]
    assert ("catch", "Goalkeeper_Training_Day_@_7_catch_f_cm_np1_ri_med_0") in splits[0] | splits[1] | splits[2]


def test_with_jhmdbs_own_lists_clips_that_leave_the_picture_are_left_out(shared, jhmdb_tree):
    shutil.copy(shared / "data/jhmdb/splits.zip", jhmdb_tree / "splits.zip")
    parts = {part: split_clips(jhmdb_tree, part, "1")[0] for part in ("train", "test")}
    part = next(part for part, clips in parts.items() if JHMDB_CLIPS[0] in clips)
    assert JHMDB_CLIPS[1] in parts[part]  # clips of one scene are in one part
    whole = opened(config_of(jhmdb_tree, f"{part}1"))
    assert [i.video for i in whole.instances[::6]] == [clip for _, clip in JHMDB_CLIPS]

    path = jhmdb_tree / "joint_positions" / "catch" / JHMDB_CLIPS[0][1] / "joint_positions.mat"
    joints = load_mat(path, "pos_img").copy()
    joints[0, JHMDB.index("left_wrist"), 3] = 321.0
    savemat(path, {"pos_img": joints})
    sub = opened(config_of(jhmdb_tree, f"{part}1"))
    assert {i.video for i in sub.instances} == {JHMDB_CLIPS[1][1]}
    assert sub.remarks["a clip with joints outside the picture is not one of Sub-JHMDB and was left out"] == 1

    # Sub-JHMDB's own lists are believed; only what is seen is labelled.
    listed = opened(config_of(with_lists(jhmdb_tree, text=f"{JHMDB_CLIPS[0][1]}.avi 1\n"), "train1"))
    assert len(listed) == 6
    assert np.argwhere(~np.stack([i.labelled for i in listed.instances])).tolist() == [[3, JHMDB.index("left_wrist")]]


def test_a_zip_file_of_lists_is_as_good_as_a_folder(jhmdb_tree):
    with zipfile.ZipFile(jhmdb_tree / "sub_splits.zip", "w") as archive:
        archive.writestr("sub_splits/catch_test_split_2.txt", f"{JHMDB_CLIPS[0][1]}.avi 2\r\n\r\nbroken line here 7\n")
    assert split_clips(jhmdb_tree, "test", "2") == ([JHMDB_CLIPS[0]], True)
    with pytest.raises(TrainingError, match="no lists of split 1"):
        split_clips(jhmdb_tree, "test", "1")
    (jhmdb_tree / "sub_splits.zip").write_bytes(b"PK damaged")
    with pytest.raises(TrainingError, match="not a complete zip file"):
        split_clips(jhmdb_tree, "test", "2")


def test_without_a_puppet_mask_the_box_is_made_around_the_joints(jhmdb_tree):
    shutil.rmtree(jhmdb_tree / "puppet_mask")
    dataset = opened(config_of(with_lists(jhmdb_tree)))
    assert dataset.remarks["a person without a puppet mask was given a box around the joints"] == 6
    for instance in dataset.instances:
        low, high = instance.bbox_xywh[:2], instance.bbox_xywh[:2] + instance.bbox_xywh[2:]
        assert (instance.keypoints >= low).all()
        assert (instance.keypoints <= high).all()


def test_a_clip_of_one_frame_and_one_that_is_damaged(jhmdb_tree):
    one, damaged = (
        jhmdb_tree / "joint_positions" / action / clip / "joint_positions.mat" for action, clip in JHMDB_CLIPS
    )
    savemat(one, {"pos_img": load_mat(one, "pos_img")[:, :, 0]})
    damaged.write_bytes(damaged.read_bytes()[:300])
    with_lists(jhmdb_tree, text="".join(f"{clip}.avi 1\n" for _, clip in JHMDB_CLIPS))
    dataset = opened(config_of(jhmdb_tree, "train1"), PAPER_AUGMENTATION)
    assert len(dataset) == 1
    assert dataset.remarks["a clip whose joints cannot be read was skipped"] == 1
    assert dataset.sample(0, 0).frames.shape == (5, 128, 96, 3)
    savemat(one, {"pos_img": np.zeros((3, 15, 4))})
    with pytest.raises(TrainingError, match="No clip of split 1, train"):
        opened(config_of(jhmdb_tree, "train1"))


def test_labels_that_are_not_jhmdbs_say_so(shared, jhmdb_tree, tmp_path):
    with pytest.raises(TrainingError, match=r"neither Sub1_test\.json nor the folder joint_positions"):
        opened(DatasetConfig("jhmdb", tmp_path, tmp_path / "jhmdb" / "Rename_Images", "test1"))
    coco = shared / "data/posetrack/paddleboard/labels_posetrack18.json"
    with pytest.raises(TrainingError, match="no category names its 15 joints"):
        opened(DatasetConfig("jhmdb", tmp_path, coco, "test1"))
    with pytest.raises(TrainingError, match="split is 'train'"):
        config_of(jhmdb_tree, "train")


def test_mmposes_folder_of_files_by_split(shared, tmp_path):
    files = shared / "data/jhmdb/mmpose_jhmdb"
    (tmp_path / "annotations").mkdir()
    document = json.loads((files / "test_jhmdb_sub1.json").read_text())
    document["annotations"][0]["keypoints"] = [1, 2, 3]
    document["images"][1].pop("width")
    (tmp_path / "annotations" / "Sub3_train.json").write_text(json.dumps(document))
    dataset = opened(DatasetConfig("jhmdb", files, tmp_path, "train3"))
    assert [i.video[:10] for i in dataset.instances] == ["Goalkeeper"]
    assert dataset.remarks["an annotation without a listed image, a box or 15 joints was skipped"] == 2
    with pytest.raises(TrainingError, match="Sub2_train"):
        opened(DatasetConfig("jhmdb", files, tmp_path, "train2"))


def test_matlab_files_that_cannot_be_read_say_why(tmp_path):
    for content, words in ((b"", "not a complete MATLAB file"), (b"text" * 100, "not a complete MATLAB file")):
        (tmp_path / "a.mat").write_bytes(content)
        with pytest.raises(FormatError, match=words):
            load_mat(tmp_path / "a.mat", "pos_img")
    savemat(tmp_path / "b.mat", {"other": 1})
    with pytest.raises(FormatError, match="holds no variable 'pos_img'"):
        load_mat(tmp_path / "b.mat", "pos_img")
    with pytest.raises(FormatError, match="no file"):
        load_mat(tmp_path / "c.mat", "pos_img")
    (tmp_path / "d.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF\r\n\x1a\n" * 8)
    with pytest.raises(FormatError, match=r"7\.3"):
        load_mat(tmp_path / "d.mat", "pos_img")


def test_lists_that_lead_elsewhere_or_are_damaged(jhmdb_tree):
    name = JHMDB_CLIPS[0][1]
    (jhmdb_tree / "secret").mkdir()
    with_lists(jhmdb_tree, text=f"../../secret/x 1\n/etc/passwd 1\nx\x00y 1\n{'a' * 300} 1\n.. 1\n{name}.avi 1\n")
    assert split_clips(jhmdb_tree, "train", "1") == ([("catch", name)], True)
    shutil.rmtree(jhmdb_tree / "sub_splits")
    archive = jhmdb_tree / "sub_splits.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("catch_test_split1.txt", f"{name}.avi 1\n" + " " * 50_000_000)
    assert split_clips(jhmdb_tree, "train", "1")[0] == [("catch", name)]
    whole, refused = archive.read_bytes(), []
    for at in range(30, len(whole) - 60, 997):
        archive.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        try:
            clips, _ = split_clips(jhmdb_tree, "train", "1")
        except TrainingError as error:
            refused.append(str(error))
        else:
            assert clips == [("catch", name)], "behind the part of it that is read"
    assert refused and all("sub_splits.zip" in words or "no lists" in words for words in refused)


@pytest.mark.parametrize("masks", [np.zeros((240, 320, 6, 2)), np.array(["x"]), np.zeros((0, 0))])
def test_masks_of_another_shape_are_no_masks(jhmdb_tree, masks):
    with_lists(jhmdb_tree)
    action, clip = JHMDB_CLIPS[0]
    savemat(jhmdb_tree / "puppet_mask" / action / clip / "puppet_mask.mat", {"part_mask": masks})
    assert len(opened(config_of(jhmdb_tree, "train1")))
