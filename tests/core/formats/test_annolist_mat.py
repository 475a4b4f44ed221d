"""PoseTrack17's MATLAB files: the published one against the same labels as numbers, and the layout a frame an entry."""

import json

import numpy as np
import pytest
from scipy.io import savemat

from core.errors import FormatError
from core.formats.layouts import annolist_mat, posetrack17
from core.keypoints import POSETRACK


@pytest.mark.slow
def test_every_joint_of_the_published_file(shared):
    folder = shared / "data/posetrack/annolist17"
    videos = annolist_mat.read(folder / "train_annolist.mat")
    assert len(videos) == 30
    with np.load(folder / "train_labels.npz", allow_pickle=False) as expected:
        names = [{"upper_neck": "head_bottom"}.get(str(name), str(name)) for name in expected["joint_names"]]
        rows = [POSETRACK.index(name) for name in names]
        for labels in videos:
            name = labels.images[0].file_name.split("/")[1]
            people, heads = expected[f"train/{name}/kp"], expected[f"train/{name}/head_rect"]
            assert len(labels.images) == people.shape[1]
            assert labels.images[-1].file_name == f"videos/{name}/{people.shape[1]:05d}.jpg"
            for image in labels.images:
                for track_id in range(len(people)):
                    known = people[track_id, image.frame_index]
                    pose = image.poses.pose(track_id)
                    if not np.isfinite(known[:, 0]).any():
                        assert pose is None or not pose.labelled.any()
                        continue
                    assert pose is not None
                    np.testing.assert_array_equal(pose.labelled[rows], np.isfinite(known[:, 0]))
                    np.testing.assert_allclose(pose.keypoints[rows], known[:, :2], atol=1e-3)
                    shown = np.isfinite(known[:, 0])
                    np.testing.assert_array_equal(pose.visibility[rows][shown] == 2, known[shown, 2] == 1)
                    head = heads[track_id, image.frame_index]
                    if np.isfinite(head).all():
                        np.testing.assert_allclose(pose.bbox_head_xywh, [*head[:2], *(head[2:] - head[:2])], atol=1e-3)


def test_an_entry_a_frame_gives_what_the_json_file_does(shared, tmp_path):
    for source in sorted((shared / "oracles/poseval/gt17").glob("*.json")):
        document = json.loads(source.read_text())
        savemat(tmp_path / "video.mat", {"annolist": struct_array(document["annolist"])})
        (labels,) = annolist_mat.read(tmp_path / "video.mat")
        expected = posetrack17.read(source)
        assert [i.file_name for i in labels.images] == [i.file_name for i in expected.images]
        for found, known in zip(labels.images, expected.images, strict=True):
            assert found.labelled == known.labelled
            assert len(found.ignore_regions) == len(known.ignore_regions)
            assert all(map(np.allclose, found.ignore_regions, known.ignore_regions))
            assert len(found.poses.poses) == len(known.poses.poses)
            for a, b in zip(found.poses.poses, known.poses.poses, strict=True):
                np.testing.assert_array_equal(a.visibility, b.visibility)
                np.testing.assert_allclose(a.keypoints, b.keypoints)
                assert a.track_id == b.track_id
                assert (a.bbox_head_xywh is None) == (b.bbox_head_xywh is None)


def struct_array(entries):
    """JSON records as MATLAB's struct array: every record has every field, empty where it had none."""
    fields = list(dict.fromkeys(key for entry in entries for key in entry))
    array = np.empty((1, len(entries)), dtype=[(field, object) for field in fields])
    for i, entry in enumerate(entries):
        for field in fields:
            value = entry.get(field, [])
            records = bool(value) and isinstance(value, list) and isinstance(value[0], dict)
            array[0, i][field] = struct_array(value) if records else _plain(value)
    return array


def _plain(value):
    if isinstance(value, str):
        return value
    return value[0] if value else np.zeros((0, 0))


def test_files_that_are_something_else_say_so(tmp_path):
    savemat(tmp_path / "a.mat", {"annolist": struct_array([{"picture": ["a.jpg"]}])})
    with pytest.raises(FormatError, match=r"has the fields \['picture'\]"):
        annolist_mat.read(tmp_path / "a.mat")
    savemat(tmp_path / "b.mat", {"annolist": np.eye(3)})
    with pytest.raises(FormatError, match="not a PoseTrack17 file"):
        annolist_mat.read(tmp_path / "b.mat")
    entry = {"num_frames": [3], "name": ["000001"], "num_persons": [1], "annopoints": [7]}
    savemat(tmp_path / "c.mat", {"annolist": struct_array([entry])})
    with pytest.raises(FormatError, match="no name, or no people by frame"):
        annolist_mat.read(tmp_path / "c.mat")


def test_a_changed_bit_that_crashes_the_reader_costs_one_sentence(tmp_path):
    """Files that aren't compressed have no checksum, and scipy's reader takes a length at its word."""
    savemat(tmp_path / "a.mat", {"annolist": np.array(["a.jpg", "b"], dtype=object)})
    whole = (tmp_path / "a.mat").read_bytes()
    sizes_of_text = bytes([4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0])
    at = whole.index(sizes_of_text) + 12
    (tmp_path / "a.mat").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(FormatError, match=r"a\.mat is not a complete MATLAB file"):
        annolist_mat.read(tmp_path / "a.mat")


def test_a_published_file_that_was_cut_off_says_so(shared, tmp_path):
    whole = (shared / "data/posetrack/annolist17/train_annolist.mat").read_bytes()
    for part in (0.001, 0.3, 0.9):
        (tmp_path / "cut.mat").write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(FormatError, match="not a complete MATLAB file"):
            annolist_mat.read(tmp_path / "cut.mat")
