"""Labels of a folder of images go out by the pictures' names, and come back onto the same pictures, in every format."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from core.formats import export_project, import_labels, read_labels
from core.formats.exporting import FORMATS
from core.formats.known import KNOWN_FORMATS
from core.poses import Provenance
from core.project import PoseChange, Project, SourceRecord
from core.video import open_source
from core.work.opening import record_of
from tests.core.formats.layouts.conftest import a_pose

FOLDERS = {
    "from 1": [f"{n:06d}.jpg" for n in range(1, 9)],
    "from 1000": [f"img{n}.png" for n in range(1000, 1008)],
    "without numbers in order": ["b.png", "a.png", "x7.png", "x07.png", "x12.png", "B2.png", "c.png", "d.png"],
    "every fourth": [f"GX_{n}.jpg" for n in range(3, 35, 4)],
}
LABELLED = (1, 2, 3)  # begins at 1 and rises by one: a trap for whoever counts
READ = [one for one in KNOWN_FORMATS if one.is_read and one.is_written]


@pytest.fixture(params=FOLDERS.values(), ids=FOLDERS)
def folder(request, tmp_path):
    folder = tmp_path / "my frames"
    folder.mkdir()
    for name in request.param:
        cv2.imwrite(str(folder / name), np.full((48, 64, 3), 90, np.uint8))
    return folder


def new_project(folder, name):
    with open_source(folder) as source:
        return Project.create(folder.parent / name, record_of(source)), [
            source.frame_name(i) for i in range(len(source))
        ]


def labelled_project(folder):
    project, names = new_project(folder, "first.fami")
    for frame in LABELLED:
        poses = [a_pose(1, frame, Provenance.CORRECTED, missing=3), a_pose(2, frame, Provenance.CORRECTED)]
        project.commit("Draw", [PoseChange(frame, None, pose) for pose in poses])
    return project, names


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.name)
def test_labels_come_back_onto_their_pictures(folder, kind):
    project, names = labelled_project(folder)
    path = folder.parent / f"out{kind.suffix}"
    export_project(project, None, kind.name, path)
    again, _ = new_project(folder, "again.fami")
    labels = read_labels(path)
    import_labels(again, labels, names)
    with project, again:
        assert [frame.frame_index for frame in again.frames() if frame.poses] == list(LABELLED)
        for frame in LABELLED:
            for pose in project.frame(frame).poses:
                back = again.frame(frame).pose(pose.track_id)
                np.testing.assert_array_equal(back.labelled, pose.labelled)
                np.testing.assert_allclose(back.keypoints[pose.labelled], pose.keypoints[pose.labelled], atol=1e-9)


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.name)
def test_labels_of_a_video_come_back_onto_their_frames(tmp_path, kind):
    source = SourceRecord(tmp_path / "walk 7.mp4", "video", 640, 480, 20)
    path = tmp_path / f"out{kind.suffix}"
    with Project.create(tmp_path / "a.fami", source) as project, Project.create(tmp_path / "b.fami", source) as again:
        for frame in LABELLED:
            project.commit("Draw", [PoseChange(frame, None, a_pose(1, frame, Provenance.CORRECTED))])
        export_project(project, None, kind.name, path)
        import_labels(again, read_labels(path), None)
        assert [frame.frame_index for frame in again.frames() if frame.poses] == list(LABELLED)


def names_in(path, format_name):
    """The names of pictures that another program reads in a file, of those with people."""
    if format_name == "deeplabcut":
        with path.open(newline="") as stream:
            return [row[0] for row in csv.reader(stream) if Path(row[0]).suffix]
    if format_name == "cvat":
        return [image.get("name") for image in ElementTree.parse(path).getroot().iter("image")]
    document = json.loads(path.read_text())
    if format_name == "label_studio":
        return [task["data"]["image"] for task in document]
    if format_name == "posetrack17":
        return [entry["image"][0]["name"] for entry in document["annolist"] if entry["annorect"]]
    with_people = {entry["image_id"] for entry in document["annotations"]}
    return [image["file_name"] for image in document["images"] if image["id"] in with_people]


@pytest.mark.parametrize("format_name", ["posetrack18", "posetrack17", "coco", "label_studio", "deeplabcut", "cvat"])
def test_another_program_finds_the_pictures_by_their_names(folder, format_name):
    project, names = labelled_project(folder)
    path = folder.parent / "out"
    with project, open_source(folder) as source:
        result = export_project(project, source, format_name, path, images_folder=folder.parent / "pictures")
    found = names_in(path, format_name)
    assert [Path(name).name for name in found] == [names[frame] for frame in LABELLED]
    assert all((folder.parent / "pictures" / name).is_file() for name in found)
    assert "file_name_made" not in path.read_text() or format_name == "label_studio"
    assert not any("others were made" in remark for remark in result.remarks)


@pytest.mark.parametrize("format_name", FORMATS)
def test_where_the_folder_is_gone_names_are_made_and_it_is_said(folder, format_name):
    project, _ = labelled_project(folder)
    folder.rename(folder.parent / "elsewhere")
    with project:
        result = export_project(project, None, format_name, folder.parent / "out")
    assert any("others were made" in remark for remark in result.remarks)


def test_pictures_are_never_written_over_the_folder_itself(folder):
    project, _ = labelled_project(folder)
    with project, open_source(folder) as source, pytest.raises(Exception, match="would destroy"):
        export_project(project, source, "coco", folder / "out.json", images_folder=folder)
