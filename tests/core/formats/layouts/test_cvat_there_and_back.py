"""A file of CVAT's, into a project and out again: nothing of it is lost."""

from contextlib import contextmanager
from xml.etree import ElementTree

import cv2
import numpy as np

from core.formats import export_project, import_labels, read_labels
from core.poses import Provenance
from core.project import Project, SourceRecord, edits

META = """<meta><task><id>41</id><name>walk</name><size>8</size><mode>interpolation</mode><overlap>5</overlap>
<labels><label><name>Runner</name><color>#d12345</color><type>skeleton</type><attributes><attribute><name>team</name>
<mutable>False</mutable><input_type>select</input_type><default_value>red</default_value><values>red
blue</values></attribute></attributes></label></labels>
<original_size><width>320</width><height>240</height></original_size></task><dumped>2024-05-01</dumped></meta>"""


def points(label, x, y, *, key="1", outside="0", occluded="0", attributes="", rest=""):
    return (
        f'<points label="{label}" keyframe="{key}" outside="{outside}" occluded="{occluded}" '
        f'points="{x:.2f},{y:.2f}"{rest}>{attributes}</points>'
    )


def skeleton(frame, x, *, key="1", outside="0", z="3"):
    blur = f'<attribute name="blur">{"strong" if frame == 1 else "no"}</attribute>'
    return (
        f'<skeleton frame="{frame}" keyframe="{key}" outside="{outside}" z_order="{z}">'
        '<attribute name="team">blue &amp; white</attribute>'
        + points("Left-Wrist", x, 20.25, key=key, outside=outside, occluded="1", attributes=blur)
        + points("Tail", x + 2, 44.5, key=key, outside=outside)
        + points("nose", x + 1, 30.5, key=key, outside=outside)
        + points("r_knee", x + 5, 60.75, key=key, outside="1")
        + "</skeleton>"
    )


def box(frame, x, *, key="1", outside="0"):
    return (
        f'<box frame="{frame}" keyframe="{key}" outside="{outside}" occluded="1" xtl="{x:.2f}" ytl="10.00" '
        f'xbr="{x + 30:.2f}" ybr="90.50" z_order="1"><attribute name="pose">sitting</attribute></box>'
    )


TRACKS = (
    '<track id="5" label="Runner" source="semi-auto" group_id="2">'
    + "".join(skeleton(frame, 10 + frame, key="1" if frame in (0, 4) else "0") for frame in range(5))
    + skeleton(5, 14, outside="1")
    + '</track><track id="8" label="person" source="manual">'
    + "".join(box(frame, 100 + 2 * frame, key="1" if frame in (2, 4) else "0") for frame in range(2, 5))
    + box(5, 108, outside="1")
    + "</track>"
)


def shapes(path):
    """Every shape of the tracks, or of the pictures, in words that do not depend on how a number is written."""
    root = ElementTree.parse(path).getroot()
    found = {}
    for holder in [*root.iter("track"), *root.iter("image")]:
        for shape in holder:
            where = (holder.tag, holder.get("id"), shape.get("frame"), shape.tag, shape.get("group_id"))
            found[where] = (words(holder), words(shape), [words(child) for child in shape], texts(shape))
    return found, "".join(ElementTree.tostring(root.find("meta"), "unicode").split())


def texts(shape):
    return [(item.get("name"), item.text) for item in shape.iter("attribute")]


def words(element):
    numbers = {"points", "xtl", "ytl", "xbr", "ybr"}
    return {
        key: [float(part) for part in value.split(",")] if key in numbers else value
        for key, value in element.attrib.items()
        if key != "track_id"
    }


@contextmanager
def there_and_back(tmp_path, body, source, names=None):
    """The project into which a file was imported, and from which out.xml was exported."""
    path = tmp_path / "in.xml"
    path.write_text(
        f'<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>{META}{body}</annotations>'
    )
    with Project.create(tmp_path / "x.fami", source) as project:
        import_labels(project, read_labels(path), names)
        export_project(project, None, "cvat", tmp_path / "out.xml")
        yield project


def test_a_video_s_tracks_come_back_whole(tmp_path):
    with there_and_back(tmp_path, TRACKS, SourceRecord(tmp_path / "walk.mp4", "video", 320, 240, 8)) as project:
        before, after = shapes(tmp_path / "in.xml"), shapes(tmp_path / "out.xml")
        assert after[1] == before[1], "the task's labels"
        assert after[0].keys() == before[0].keys()
        for where, shape in before[0].items():
            assert after[0][where] == shape, where
        edits.move_keypoint(project, 2, 5, 0, (50.5, 60.25))  # the nose, where CVAT had only interpolated
        export_project(project, None, "cvat", tmp_path / "out.xml")
    edited = shapes(tmp_path / "out.xml")[0]["track", "5", "2", "skeleton", None][2]
    edited = {point["label"]: point for point in edited if "label" in point}
    assert edited["nose"] == {
        "label": "nose", "keyframe": "1", "outside": "0", "occluded": "0", "points": [50.5, 60.25],
    }  # fmt: skip
    assert (edited["Left-Wrist"]["keyframe"], edited["Tail"]["points"]) == ("0", [14.0, 44.5])


def test_what_cvat_interpolated_stays_so(tmp_path):
    with there_and_back(tmp_path, TRACKS, SourceRecord(tmp_path / "walk.mp4", "video", 320, 240, 8)) as project:
        pose = project.frame(1).pose(5)
        assert {Provenance(p) for p in pose.provenance[pose.labelled]} == {Provenance.INTERPOLATED}
        assert project.frame(3).pose(8).bbox_provenance == Provenance.INTERPOLATED


PICTURES = "".join(
    f'<image id="{n}" name="set/{n}.png" width="320" height="240" subset="train">'
    f'<skeleton label="Runner" source="manual" z_order="{n % 2}" group_id="4"><attribute name="team">red</attribute>'
    f'<points label="nose" source="manual" outside="0" occluded="0" points="{n % 10 + 40}.50,51.00"/>'
    '<points label="Tail" source="file" outside="0" occluded="1" points="7.00,8.00"/></skeleton>'
    f'<box label="person" source="manual" occluded="0" xtl="30.00" ytl="40.00" xbr="70.00" ybr="{n % 10 + 90}.00"'
    ' z_order="0" group_id="4"><attribute name="pose">standing</attribute></box>'
    '<box label="ball" source="manual" occluded="0" xtl="1.00" ytl="1.00" xbr="5.00" ybr="5.00" z_order="0"/></image>'
    for n in (1001, 1003, 1004)
)


def test_pictures_come_back_as_pictures(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    names = [f"{n}.png" for n in (1000, 1001, 1002, 1003, 1004)]
    for name in names:
        cv2.imwrite(str(folder / name), np.zeros((240, 320, 3), np.uint8))
    with there_and_back(tmp_path, PICTURES, SourceRecord(folder, "images", 320, 240, 5), names):
        before, after = shapes(tmp_path / "in.xml"), shapes(tmp_path / "out.xml")
    expected = {where: shape for where, shape in before[0].items() if shape[1]["label"] != "ball"}
    assert after == (expected, before[1])
    again = read_labels(tmp_path / "out.xml")
    assert [image.file_name for image in again.images] == ["set/1001.png", "set/1003.png", "set/1004.png"]
    assert any("a box of 'ball' was left out" in text for text in read_labels(tmp_path / "in.xml").warnings)


def test_cvat_s_frames_of_a_folder_are_its_pictures_in_order(tmp_path):
    names = [f"{n}.png" for n in range(1000, 1008)]
    with there_and_back(tmp_path, TRACKS, SourceRecord(tmp_path / "set", "images", 320, 240, 8), names) as project:
        assert [frame.frame_index for frame in project.frames() if frame.poses] == [0, 1, 2, 3, 4]


def test_somebody_new_takes_the_label_that_the_task_has(tmp_path):
    with there_and_back(tmp_path, TRACKS, SourceRecord(tmp_path / "walk.mp4", "video", 320, 240, 8)) as project:
        edits.add_person(project, 2, (200, 10, 30, 80))
        (new,) = {pose.track_id for pose in project.frame(2).poses} - {5, 8}
        edits.move_keypoint(project, 2, new, 0, (210, 20))
        export_project(project, None, "cvat", tmp_path / "out.xml")
    tracks = {track.get("id"): track for track in ElementTree.parse(tmp_path / "out.xml").getroot().iter("track")}
    assert tracks[str(new)].get("label") == "Runner"
    assert any(pose.track_id == new for image in read_labels(tmp_path / "out.xml").images for pose in image.poses.poses)
