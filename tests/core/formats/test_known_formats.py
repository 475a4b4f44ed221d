"""The list of formats is the truth: what it says is written can be written, and docs, dialog and command line agree."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from app.bindings.export_formats import EXPORT_FORMATS
from core.errors import FormatError
from core.formats import FORMATS, read_labels
from core.formats.known import KNOWN_FORMATS, WRITTEN_FORMATS
from core.formats.texts.names import joint_named, track_ids_named
from core.keypoints import JHMDB, POSETRACK

DOCUMENT = next(parent for parent in Path(__file__).parents if (parent / "docs").is_dir()) / "docs" / "formats.md"


def test_there_is_a_writer_and_a_title_for_each_format_that_is_written():
    assert list(FORMATS) == [one.name for one in WRITTEN_FORMATS]
    assert [one.name for one in EXPORT_FORMATS] == list(FORMATS)


@pytest.mark.parametrize("one", KNOWN_FORMATS, ids=lambda one: one.name)
def test_the_document_has_a_true_line_for_each(one):
    words = {True: "yes", False: "no"}
    of = one.of + (f" (needs the package {one.needs})" if one.needs else "")
    cells = (f"`{one.name}`", of, words[one.is_read], words[one.is_written], one.keeps, one.cannot_keep)
    line = f"| {' | '.join(cells)} |"
    assert line in DOCUMENT.read_text().splitlines()


def test_jhmdb_s_joints_of_a_clip_count_pixels_from_zero(tmp_path):
    joints = np.arange(2.0 * len(JHMDB) * 3).reshape(2, len(JHMDB), 3)
    savemat(tmp_path / "joint_positions.mat", {"pos_img": joints})
    labels = read_labels(tmp_path / "joint_positions.mat")
    wrist = JHMDB.index("left_wrist")
    assert [image.frame_id for image in labels.images] == [0, 1, 2]
    found = labels.images[2].poses.poses[0].keypoints[POSETRACK.index("left_wrist")]
    assert found.tolist() == (joints[:, wrist, 2] - 1).tolist()


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("Left Wrist", "left_wrist"), ("wrist-L", "left_wrist"), ("RAnkle", "right_ankle"), ("right_hip", "right_hip"),
        ("LShoulder", "left_shoulder"), ("leftElbow", "left_elbow"), ("NOSE", "nose"), ("Neck", "head_bottom"),
        ("head top", "head_top"), ("left_eye", None), ("elbow", None), ("left right hip", None), ("", None),
    ],
)  # fmt: skip
def test_names_of_joints(name, joint):
    assert joint_named(name) == (None if joint is None else POSETRACK.index(joint))


def test_names_of_people():
    assert track_ids_named(["a7", "b12", "a7"]) == {"a7": 7, "b12": 12}
    assert track_ids_named(["left 1", "right 1"]) == {"left 1": 1, "right 1": 2}
    assert track_ids_named(["Ann", "Bob 3"]) == {"Ann": 1, "Bob 3": 2}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("cvat.zip", b"PK\x03\x04....", "unpack"),
        ("a.xml", b"<annotation><folder/></annotation>", "COCO keypoints"),
        ("a.csv", b"frame,x,y\n1,2,3\n", "scorer"),
    ],
)
def test_files_of_other_kinds_are_told_what_to_do(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatError, match=words):
        read_labels(tmp_path / name)
