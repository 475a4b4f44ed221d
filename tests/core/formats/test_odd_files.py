"""Files that say things in another way than most: what is made of them is right, and said."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import FormatError
from core.formats import FORMATS, export_project, import_labels, preview_imports, read_labels
from core.formats.layouts import deeplabcut
from core.keypoints import COCO, POSETRACK
from core.poses import Provenance
from core.project import Project, SourceRecord, edits

RECORD = SourceRecord(Path("clip.mp4"), "video", 160, 120, 12, "")
WRIST, NOSE = POSETRACK.index("left_wrist"), POSETRACK.index("nose")
BOX = (40.0, 20.0, 50.0, 80.0)


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.fami", RECORD) as project:
        yield project


def coco(path, people, names=COCO.keypoint_names):
    images = [{"id": i, "file_name": f"{i:06d}.jpg", "width": 160, "height": 120} for i in range(len(people))]
    annotations = [{"id": i, "image_id": i, "category_id": 1} | fields for i, fields in enumerate(people)]
    categories = [{"id": 1, "name": "person", "keypoints": list(names)}]
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


def pairs(step=0.0):
    return [[20.0 + k + step, 30.5 + k] for k in range(17)]


SCORES = [0.5 + 0.01 * k for k in range(17)]
FLAT = [value for pair in pairs() for value in pair]


@pytest.mark.parametrize(
    "fields",
    [
        {"keypoints": pairs(), "keypoint_scores": SCORES},
        {"keypoints": FLAT, "keypoint_scores": SCORES},
        {"keypoints": [[*pair, score] for pair, score in zip(pairs(), SCORES, strict=True)]},
    ],
)
@pytest.mark.parametrize("form", ["results", "annotations", "MMPose", "MMPose's return"])
def test_pairs_with_their_scores_beside_them_are_read(tmp_path, fields, form):
    path = tmp_path / "a.json"
    if form == "results":
        path.write_text(json.dumps([{"image_id": 3, "category_id": 1, "score": 0.9} | fields]))
    elif form == "annotations":
        coco(path, [fields])
    elif "keypoint_scores" not in fields or fields["keypoints"] is FLAT:
        pytest.skip("MMPose writes pairs")
    else:
        path.write_text(json.dumps([fields] if form == "MMPose" else {"predictions": [[fields]]}))
    (pose,) = read_labels(path).images[0].poses.poses
    at = COCO.index("left_wrist")
    assert pose.keypoints[WRIST].tolist() == pairs()[at]
    assert pose.scores[WRIST] == pytest.approx(SCORES[at])
    assert set(pose.provenance[pose.labelled]) == {Provenance.PREDICTED}


def test_pairs_without_scores_are_seen_where_they_are_somewhere(tmp_path):
    (pose,) = read_labels(coco(tmp_path / "a.json", [{"keypoints": [[0, 0], *pairs()[1:]]}])).images[0].poses.poses
    assert not pose.labelled[NOSE] and pose.labelled[WRIST]
    assert pose.provenance[WRIST] == Provenance.IMPORTED


def test_a_lone_person_keeps_their_number_in_a_deeplabcut_table(tmp_path, project):
    for track_id, frame in ((7, 2), (1, 3)):
        with Project.create(tmp_path / f"{track_id}.fami", RECORD) as other:
            with other.run("track") as run_id:
                pose = edits.Pose.empty(track_id, np.array(BOX), Provenance.PROPAGATED)
                other.write_run(run_id, {frame: [pose]})
            edits.move_keypoint(other, frame, track_id, WRIST, (60, 40))
            export_project(other, None, "deeplabcut", tmp_path / f"{track_id}.csv")
        labels = read_labels(tmp_path / f"{track_id}.csv")
        assert [pose.track_id for image in labels.images for pose in image.poses.poses] == [track_id]
        assert labels.linked_ids == ({deeplabcut.LONE_ID} if track_id == 1 else set())


def test_a_table_without_individuals_is_of_whom_it_overlaps(tmp_path, project):
    edits.add_person(project, 2, BOX)
    edits.change_track_id_from(project, 0, 1, 5)
    table = "scorer,N,N,N,N\nbodyparts,nose,nose,left_hip,left_hip\ncoords,x,y,x,y\n2,45,25,85,95\n"
    (tmp_path / "a.csv").write_text(table)
    import_labels(project, read_labels(tmp_path / "a.csv"), None)
    assert project.track_ids() == [5]


def test_names_of_people_become_numbers_and_that_is_said(tmp_path):
    table = "scorer,N,N,N,N\nindividuals,ann,ann,bob,bob\nbodyparts,nose,nose,nose,nose\ncoords,x,y,x,y\n0,1,2,3,4\n"
    (tmp_path / "a.csv").write_text(table)
    assert any("ann is 1, bob is 2" in sentence for sentence in read_labels(tmp_path / "a.csv").warnings)


def test_this_programs_own_table_is_called_so_and_what_comes_back_is_named(tmp_path, project):
    edits.add_person(project, 2, BOX)
    export_project(project, None, "csv", tmp_path / "a.csv")
    with pytest.raises(FormatError, match="this program's own table") as refused:
        read_labels(tmp_path / "a.csv")
    for name in sorted({*FORMATS} - {"csv"}):
        assert name in str(refused.value)


@pytest.mark.parametrize("is_results", [False, True])
def test_person_id_alone_is_the_track(tmp_path, is_results):
    people = [{"image_id": i, "category_id": 1, "person_id": 4, "keypoints": [50, 30, 2] * 17} for i in range(2)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(people)) if is_results else coco(path, people)
    assert [pose.track_id for image in read_labels(path).images for pose in image.poses.poses] == [4, 4]
    if not is_results:
        both = coco(path, [one | {"track_id": 9} if i else one for i, one in enumerate(people)])
        assert [pose.track_id for image in read_labels(both).images for pose in image.poses.poses] == [9, 9]


def test_fractions_become_pixels_of_the_clip(tmp_path, project):
    flat = [value for k in range(17) for value in (0.25 + k / 100, 0.5, 2)]
    labels = read_labels(coco(tmp_path / "a.json", [{"keypoints": flat, "bbox": [0.2, 0.4, 0.3, 0.2]}]))
    preview_imports(project, labels, None)
    import_labels(project, labels, None)
    (pose,) = project.frame(0).poses
    assert pose.keypoints[NOSE].tolist() == [40, 60]
    assert pose.bbox_xywh.tolist() == [32, 48, 48, 24]
    assert sum("fractions of the picture" in sentence for sentence in labels.warnings) == 1


def test_pixels_of_boxes_stay_where_only_joints_are_fractions(tmp_path, project):
    flat = [value for k in range(17) for value in (0.25 + k / 100, 0.5, 2)]
    labels = read_labels(coco(tmp_path / "a.json", [{"keypoints": flat, "bbox": list(BOX)}]))
    import_labels(project, labels, None)
    assert project.frame(0).poses[0].bbox_xywh.tolist() == list(BOX)


def test_joints_and_boxes_beside_the_picture_are_counted(tmp_path, project):
    far = [5000, 20, 2] + [50, 30, 2] * 15 + [50, -40, 2]
    near = [-5, 30, 2] + [50, 30, 2] * 16
    people = [{"keypoints": far, "bbox": list(BOX)}, {"keypoints": near, "bbox": [200, 20, 30, 30]}]
    labels = read_labels(coco(tmp_path / "a.json", people))
    (preview,) = preview_imports(project, labels, None)
    assert any(
        "2 joints lie far outside the picture of 160x120 pixels: nose at (5000, 20) in 000000.jpg" in remark
        for remark in preview.remarks
    )
    assert any("1 person's box lies beside the picture" in remark for remark in preview.remarks)


def test_only_joints_that_somebody_labelled_are_said_to_have_no_place(tmp_path, project):
    edits.add_person(project, 2, BOX)
    edits.move_keypoint(project, 2, 1, WRIST, (60, 40))
    export_project(project, None, "coco", tmp_path / "own.json")
    assert not any("eye" in sentence for sentence in read_labels(tmp_path / "own.json").warnings)
    flat = [50, 30, 2] * 17
    flat[3 * COCO.index("right_eye") + 2] = 0
    (words,) = [w for w in read_labels(coco(tmp_path / "a.json", [{"keypoints": flat}])).warnings if "eye" in w]
    assert "left_eye has no place" in words and "right_eye" not in words
    table = "scorer,N,N,N,N,N,N\nbodyparts,nose,nose,tail,tail,fin,fin\ncoords,x,y,x,y,x,y\n0,1,2,,,5,6\n"
    (tmp_path / "a.csv").write_text(table)
    (words,) = [w for w in read_labels(tmp_path / "a.csv").warnings if "no place" in w]
    assert "fin" in words and "tail" not in words
