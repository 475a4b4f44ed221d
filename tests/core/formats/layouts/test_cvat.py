"""CVAT's XML: tracks of skeletons with key frames, what lies between, gaps, and pictures."""

from dataclasses import replace

import pytest

from core.errors import FormatError
from core.formats import read_labels
from core.formats.layouts import cvat_writing
from core.keypoints import POSETRACK
from core.poses import Provenance, Visibility

NOSE, WRIST = POSETRACK.index("nose"), POSETRACK.index("left_wrist")
META = "<meta><task><original_size><width>320</width><height>240</height></original_size></task></meta>"


def skeleton(frame, x, *, keyframe=1, outside=0, occluded=0):
    return (
        f'<skeleton frame="{frame}" keyframe="{keyframe}" z_order="0" outside="{outside}">'
        f'<points label="nose" outside="0" occluded="{occluded}" keyframe="{keyframe}" points="{x},20.5"/>'
        f'<points label="Left-Wrist" outside="1" occluded="0" keyframe="{keyframe}" points="1,1"/></skeleton>'
    )


def read(tmp_path, body):
    path = tmp_path / "annotations.xml"
    path.write_text(
        f'<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>{META}{body}</annotations>'
    )
    return read_labels(path)


def test_key_frames_are_a_person_s_word_and_what_lies_between_is_interpolated(tmp_path):
    frames = skeleton(5, 10) + skeleton(6, 11.5, keyframe=0, occluded=1) + skeleton(7, 13) + skeleton(8, 13, outside=1)
    labels = read(tmp_path, f'<track id="31" label="person" source="manual">{frames}</track>')
    assert [(image.frame_id, image.size) for image in labels.images] == [(n, (320, 240)) for n in (5, 6, 7)]
    poses = [image.poses.poses[0] for image in labels.images]
    assert [pose.track_id for pose in poses] == [31] * 3
    assert [pose.keypoints[NOSE].tolist() for pose in poses] == [[10, 20.5], [11.5, 20.5], [13, 20.5]]
    assert [Provenance(pose.provenance[NOSE]) for pose in poses] == [
        Provenance.IMPORTED, Provenance.INTERPOLATED, Provenance.IMPORTED,
    ]  # fmt: skip
    assert poses[1].visibility[NOSE] == Visibility.OCCLUDED and not any(pose.labelled[WRIST] for pose in poses)


def test_pictures_keep_their_names_and_the_box_of_their_group(tmp_path):
    body = (
        '<image id="4" name="walk/0004.png" width="320" height="240">'
        '<skeleton label="person" group_id="2" occluded="0">'
        '<points label="nose" outside="0" occluded="0" points="3,4"/></skeleton>'
        '<box label="person" group_id="2" xtl="1" ytl="2" xbr="11" ybr="22"/></image>'
    )
    (image,) = read(tmp_path, body).images
    assert image.file_name == "walk/0004.png" and image.poses.poses[0].bbox_xywh.tolist() == [1, 2, 10, 20]


def test_where_some_skeletons_are_called_people_others_are_left_out_and_said(tmp_path):
    tracks = "".join(
        f'<track id="{number}" label="{label}">{skeleton(5, 10 * number)}</track>'
        for number, label in enumerate(("Person", "dog", "horse"), start=1)
    )
    labels = read(tmp_path, tracks)
    assert [[pose.track_id for pose in image.poses.poses] for image in labels.images] == [[1]]
    assert sum("was left out" in remark and ("dog" in remark or "horse" in remark) for remark in labels.warnings) == 2


def test_pictures_leave_out_what_is_no_person_s_skeleton_too(tmp_path):
    skeletons = "".join(
        f'<skeleton label="{label}"><points label="nose" outside="0" occluded="0" points="{x},4"/></skeleton>'
        for label, x in (("dog", 30), ("person", 3))
    )
    (image,) = read(tmp_path, f'<image id="0" name="a.png" width="320" height="240">{skeletons}</image>').images
    assert [pose.keypoints[NOSE].tolist() for pose in image.poses.poses] == [[3, 4]]


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>',
        "<annotations><track id='1'>",
        "<annotations><version>1.1</version></annotations>",
    ],
)
def test_entities_cut_files_and_empty_ones_are_one_sentence(tmp_path, text):
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(FormatError):
        read_labels(tmp_path / "a.xml")


@pytest.mark.parametrize(
    ("numbers", "wanted"), [((10, 16), [10, 16]), ((0, 3), [10, 16]), ((1, 10), [12, 30]), ((10, 11), [30, 32])]
)
def test_frames_of_a_task_of_a_part_of_a_video_are_those_of_the_video(tmp_path, numbers, wanted):
    skeletons = "".join(
        f'<skeleton frame="{n}" keyframe="1" outside="0"><points label="nose" outside="0" occluded="0" points="1,2"/>'
        "</skeleton>"
        for n in numbers
    )
    meta = "<task><start_frame>10</start_frame><stop_frame>40</stop_frame><frame_filter>step=2</frame_filter></task>"
    (tmp_path / "a.xml").write_text(
        f'<annotations><meta>{meta}</meta><track id="0" label="person">{skeletons}</track></annotations>'
    )
    labels = read_labels(tmp_path / "a.xml")
    assert [image.frame_id for image in labels.images] == wanted
    assert any("within the task" in words for words in labels.warnings) == (list(numbers) != wanted)
    again = tmp_path / "again.xml"
    labels.images = [replace(image, frame_index=frame) for image, frame in zip(labels.images, wanted, strict=True)]
    for moved in (0, 1):  # as CVAT has it, and with somebody in a frame that the task has not
        labels.images[0] = replace(labels.images[0], frame_index=wanted[0] + moved)
        cvat_writing.write(labels, again, "clip")
        read = read_labels(again)
        assert [image.frame_id for image in read.images if image.poses.poses] == [wanted[0] + moved, wanted[1]]
