"""Labels into a project and out of it again."""

import csv
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.errors import FormatError
from core.formats import export_project, import_labels, read_labels
from core.formats.layouts.coco_like import posetrack18
from core.keypoints import POSETRACK
from core.metrics import posetrack_ap, posetrack_evaluation
from core.poses import Pose, Provenance, Visibility
from core.project import PoseChange, Project, ReviewChange, SourceRecord, edits
from core.video import open_source

PADDLEBOARD = "data/posetrack/paddleboard"


@pytest.fixture
def project(tmp_path, shared):
    source = SourceRecord(shared / PADDLEBOARD / "060470979", "images", 960, 540, 20)
    with Project.create(tmp_path / "clip.fami", source) as opened:
        yield opened


@pytest.fixture
def labels(shared):
    return read_labels(shared / PADDLEBOARD / "labels_posetrack18.json")


NAMES = [f"{i:05d}.jpg" for i in range(1, 21)]


def poses_of(project):
    return {(f.frame_index, p.track_id): p for f in project.frames() for p in f.poses}


def same_but_run(first, second):
    return first.replaced(run_id=None).same_as(second.replaced(run_id=None))


def test_import_is_one_run_that_can_be_removed(project, labels):
    touched = import_labels(project, labels, NAMES)
    assert touched.frame_indices == tuple(range(20))
    assert len(poses_of(project)) == 80
    (run,) = project.runs()
    assert (run.kind, run.status) == ("import", "done")
    for image in labels.images:
        for pose in image.poses.poses:
            assert same_but_run(project.frame(image.frame_index).pose(pose.track_id), pose)
    project.remove_run(run.run_id)
    assert not any(pose.labelled.any() for pose in poses_of(project).values())


def test_marks_of_reviewed_frames_belong_to_the_import(project, labels):
    """They are no edit: undo and redo are as before, and they go with the import."""
    edits.mark_reviewed(project, 19)
    edits.mark_reviewed(project, 18)
    project.undo()
    labels.images[3] = replace(labels.images[3], poses=replace(labels.images[3].poses, reviewed=True))
    before = project.effort().counts
    import_labels(project, labels, NAMES)
    assert [frame.frame_index for frame in project.frames() if frame.reviewed] == [3, 19]
    assert (project.undo_label, project.redo_label) == ("Mark frame 19 as reviewed", "Mark frame 18 as reviewed")
    assert project.effort().counts == before
    project.remove_run(project.runs()[0].run_id)
    assert [frame.frame_index for frame in project.frames()] == [19]


def test_removing_an_import_leaves_nobody(project, labels):
    import_labels(project, labels, NAMES)
    project.remove_run(project.runs()[0].run_id)
    assert not poses_of(project)


def test_people_only(project, labels):
    import_labels(project, labels, NAMES, keypoints=False)
    poses = poses_of(project)
    assert len(poses) == 80
    assert not any(pose.labelled.any() for pose in poses.values())
    assert all(pose.bbox_provenance == Provenance.IMPORTED for pose in poses.values())


def test_boxes_around_a_machines_joints_are_a_machines(project, tmp_path):
    joints = [value for joint in range(17) for value in (20 + 2 * joint, 20 + 3 * joint, 0.9)]
    results = [{"image_id": 1, "category_id": 1, "keypoints": joints, "score": 0.8}]
    (tmp_path / "results.json").write_text(json.dumps(results))
    import_labels(project, read_labels(tmp_path / "results.json"), NAMES, keypoints=False)
    assert [pose.bbox_provenance for pose in poses_of(project).values()] == [Provenance.PREDICTED]


def test_import_leaves_a_persons_joints_alone_and_numbers_others_anew(project, labels):
    mine = labels.images[0].poses.poses[0]
    moved = mine.with_keypoint(5, (1, 2), Visibility.OCCLUDED, 1.0, Provenance.CORRECTED)
    stranger = Pose.empty(1, [900, 500, 30, 30], Provenance.CORRECTED)
    project.commit("Draw", [PoseChange(0, None, moved), PoseChange(0, None, stranger)], {})
    import_labels(project, labels, NAMES)
    frame = project.frame(0)
    assert frame.pose(0).keypoints[5].tolist() == [1, 2]
    assert frame.pose(1).bbox_xywh.tolist() == [900, 500, 30, 30]
    assert not frame.pose(1).labelled.any()
    assert len(frame.poses) == 5
    new_id = next(pose.track_id for pose in frame.poses if pose.track_id > 3)
    assert all(project.frame(i).pose(new_id) is not None and project.frame(i).pose(1) is None for i in range(1, 20))


def without_track_ids(labels, shift_px=0.0, box_shift_px=0.0):
    """The labels as another program gives them back: the same people, without their numbers."""
    images = []
    for image in labels.images:
        poses = tuple(
            pose.replaced(
                track_id=pose.track_id + 20,
                keypoints=pose.keypoints + shift_px,
                bbox_xywh=pose.bbox_xywh + np.array([0, box_shift_px, 0, 0]),
            )
            for pose in image.poses.poses
        )
        images.append(replace(image, poses=replace(image.poses, poses=poses)))
    ids = {pose.track_id for image in images for pose in image.poses.poses}
    return replace(labels, images=images, warnings=[], linked_ids=frozenset(ids))


def test_a_second_import_without_track_ids_doubles_nobody(project, labels):
    import_labels(project, labels, NAMES)
    before = poses_of(project)
    again = without_track_ids(labels)
    import_labels(project, again, NAMES)
    assert poses_of(project).keys() == before.keys()
    assert "4 people without a track id lie where the project has people" in " ".join(again.warnings)
    assert "not taken" not in " ".join(again.warnings), "the same joints"
    moved = without_track_ids(labels, shift_px=3.0)
    import_labels(project, moved, NAMES)
    assert "joints were not taken" not in " ".join(moved.warnings), (
        "the newer import's joints replace the earlier one's"
    )
    for (index, track_id), pose in poses_of(project).items():
        was = before[index, track_id]
        np.testing.assert_array_equal(pose.keypoints[was.labelled], was.keypoints[was.labelled] + 3.0)
    project.remove_run(project.runs()[-1].run_id)
    assert all(same_but_run(pose, before[place]) for place, pose in poses_of(project).items())
    import_labels(project, without_track_ids(labels), NAMES, same_people=False)
    assert len(poses_of(project)) == 2 * len(before)


def test_strangers_without_track_ids_are_new_people(project, labels):
    import_labels(project, labels, NAMES)
    import_labels(project, without_track_ids(labels, box_shift_px=300.0), NAMES)
    assert len(project.track_ids()) == 8


def test_labels_of_another_clip_change_nothing(project, shared):
    other = read_labels(shared / "data/images/mmpose_coco/test_coco.json")
    with pytest.raises(FormatError, match="None of the 4 images"):
        import_labels(project, other, NAMES)
    assert not project.runs()


def test_pictures_of_another_size_and_missing_ones_are_remarked(tmp_path, shared, labels):
    source = SourceRecord(shared / PADDLEBOARD / "060470979", "images", 480, 270, 3)
    with Project.create(tmp_path / "small.fami", source) as project:
        import_labels(project, labels, NAMES[:3])
        assert len(poses_of(project)) == 12
    assert any("17 labelled images" in sentence for sentence in labels.warnings)
    assert any("960x540" in sentence and "480x270" in sentence for sentence in labels.warnings)


@pytest.fixture
def worked_on(project, labels):
    """Predictions, corrections, a drawn person without joints, and reviewed frames, one with nobody in it."""
    for image in labels.images[:10]:
        for pose in image.poses.poses[:2]:
            predicted = pose.replaced(
                scores=np.where(pose.labelled, 0.6, np.nan),
                provenance=np.where(pose.labelled, Provenance.PREDICTED, Provenance.NONE),
                bbox_provenance=Provenance.PROPAGATED,
                bbox_head_xywh=None,
            )
            project.commit("Add", [PoseChange(image.frame_index, None, predicted)], {})
    first = project.frame(2).poses[0]
    corrected = first.with_keypoint(5, (10.125, 20.5), Visibility.OCCLUDED, 1.0, Provenance.CORRECTED)
    corrected = corrected.with_keypoint(6, (7, 8), Visibility.NOT_LABELLED, 1.0, Provenance.CORRECTED)
    drawn = Pose.empty(9, [300.5, 200, 40, 80], Provenance.CORRECTED)
    project.commit("Correct", [PoseChange(2, first, corrected), PoseChange(2, None, drawn)], {})
    project.commit("Reviewed", [ReviewChange(4, False, True), ReviewChange(15, False, True)], {})
    return project


def test_an_exported_project_read_again_is_the_same(worked_on, tmp_path):
    result = export_project(worked_on, None, "posetrack18", tmp_path / "out.json")
    assert (result.num_frames, result.num_people, result.num_boxes) == (11, 20, 1)
    again = read_labels(tmp_path / "out.json")
    assert len(again.images) == 20
    found = {(i.frame_index, p.track_id): p for i in again.images for p in i.poses.poses}
    expected = poses_of(worked_on)
    assert found.keys() == expected.keys()
    assert all(same_but_run(found[key], expected[key]) for key in expected)
    assert [i.frame_index for i in again.images if i.poses.reviewed] == [4, 15]
    assert [i.frame_index for i in again.images if i.labelled] == [*range(10), 15]


def test_an_exported_project_imported_into_a_new_one_is_the_same(worked_on, tmp_path):
    export_project(worked_on, None, "posetrack18", tmp_path / "out.json")
    with Project.create(tmp_path / "new.fami", worked_on.source) as new:
        import_labels(new, read_labels(tmp_path / "out.json"), NAMES)
        expected, found = poses_of(worked_on), poses_of(new)
        assert found.keys() == expected.keys()
        for key, pose in expected.items():
            # An import's word is never more than IMPORTED, which is a person's word all the same.
            np.testing.assert_array_equal(found[key].human, pose.human)
            provenance = np.where(pose.human, found[key].provenance, pose.provenance)
            box = found[key].bbox_provenance if pose.bbox_provenance.is_human else pose.bbox_provenance
            assert same_but_run(found[key], pose.replaced(provenance=provenance, bbox_provenance=box))
        assert [f.frame_index for f in new.frames() if f.reviewed] == [4, 15]


def test_only_reviewed_leaves_out_what_nobody_looked_at(worked_on, tmp_path):
    result = export_project(worked_on, None, "posetrack18", tmp_path / "out.json", only_reviewed=True)
    again = read_labels(tmp_path / "out.json")
    people = {i.frame_index: [p.track_id for p in i.poses.poses] for i in again.images if i.labelled}
    # Frame 2: the corrected person, and the drawn one has no joint that anybody set.
    assert people == {2: [0], 4: [0, 1], 15: []}
    assert (result.num_frames, result.num_people) == (3, 3)


def test_a_joint_that_a_person_set_has_score_1(worked_on, tmp_path):
    export_project(worked_on, None, "posetrack18", tmp_path / "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    index = {image["id"]: image["frame_index"] for image in document["images"]}
    person = next(a for a in document["annotations"] if index[a["image_id"]] == 2 and a["track_id"] == 0)
    assert person["scores"][5] == 1.0
    assert person["scores"][7] == 0.6
    assert person["keypoints"][15:18] == [10.125, 20.5, 0]


def test_ground_truth_against_itself_scores_full_on_what_is_labelled(project, labels, tmp_path):
    import_labels(project, labels, NAMES)
    project.commit("Draw", [PoseChange(7, None, Pose.empty(50, [5, 5, 50, 50], Provenance.CORRECTED))], {})
    for format_name in ("posetrack18", "posetrack17"):
        folder = tmp_path / format_name
        export_project(project, None, format_name, folder / "060470979.json")
        found = posetrack_evaluation(folder, folder)
        labelled = [name for name in found["ap"] if name not in ("nose", "mean")]
        assert all(found["ap"][name] == pytest.approx(100) for name in labelled)
        assert all(found["mota"][name] == pytest.approx(100) for name in labelled)
        assert found["ap"]["nose"] == 0, "neither labelled nor predicted: counts as 0, as in poseval"
        assert found["ap"]["mean"] == pytest.approx(1400 / 15)
        assert posetrack_ap(folder, folder) == found["ap"]


def test_csv_has_one_row_a_keypoint(worked_on, tmp_path):
    export_project(worked_on, None, "csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 21 * len(POSETRACK)
    row = next(r for r in rows if (r["frame_index"], r["track_id"], r["keypoint"]) == ("2", "0", "left_shoulder"))
    assert (row["x_px"], row["y_px"], row["visibility"], row["provenance"]) == (
        "10.125",
        "20.5",
        "occluded",
        "corrected",
    )


def test_the_frames_are_written_where_the_file_says(worked_on, tmp_path, shared):
    with open_source(worked_on.source.path) as source:
        seen = []
        export_project(
            worked_on,
            source,
            "posetrack18",
            tmp_path / "out.json",
            images_folder=tmp_path,
            on_progress=lambda done, total: seen.append((done, total)),
        )
        document = json.loads((tmp_path / "out.json").read_text())
        for image in document["images"]:
            written = cv2.imread(str(tmp_path / image["file_name"]))[..., ::-1]
            original = source.frame(image["frame_index"])
            assert written.shape == original.shape
            assert np.abs(written.astype(int) - original).mean() < 3
    assert seen[-1] == (20, 20)


def test_what_cannot_be_exported_is_said(project, labels, tmp_path):
    with pytest.raises(FormatError, match="no frame is labelled"):
        export_project(project, None, "posetrack18", tmp_path / "out.json")
    import_labels(project, labels, NAMES)
    with pytest.raises(FormatError, match="nothing to export: nobody has reviewed"):
        export_project(project, None, "posetrack18", tmp_path / "out.json", only_reviewed=True)
    with pytest.raises(FormatError, match="no format 'yaml'; choose one of posetrack18"):
        export_project(project, None, "yaml", tmp_path / "out.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(FormatError, match="cannot be written"):
        export_project(project, None, "posetrack18", tmp_path / "file" / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_a_video_is_named_without_its_suffix(tmp_path, shared, labels):
    source = SourceRecord(shared / "data/video/dance two.mp4", "video", 960, 540, 20)
    with Project.create(tmp_path / "clip.fami", source) as project:
        import_labels(project, labels, None)
        export_project(project, None, "posetrack18", tmp_path / "out.json")
    assert posetrack18.read(tmp_path / "out.json").images[3].file_name == "images/dance_two/000003.jpg"


@pytest.mark.parametrize("format_name", ["posetrack18", "posetrack17"])
def test_ignore_regions_come_through_a_project(tmp_path, shared, format_name):
    """A genuine PoseTrack18 file with ignore polygons: into a project and out again."""
    path = next(p for p in sorted((shared / "data/posetrack/mmpose_posetrack18").rglob("*.json")) if regions_of(p))
    labels = read_labels(path)
    source = SourceRecord(shared / "clip.mp4", "video", 1920, 1080, len(labels.images))
    with Project.create(tmp_path / "clip.fami", source) as project:
        import_labels(project, labels, None)
        import_labels(project, read_labels(path), None)
        export_project(project, None, format_name, tmp_path / "out.json")
        assert regions_of(tmp_path / "out.json") == regions_of(path), "once, though they were imported twice"
        for run in project.runs():
            project.remove_run(run.run_id)
        assert project.ignore_regions() == {}


def regions_of(path):
    try:
        images = read_labels(path).images
    except FormatError:
        return {}
    return {i.frame_index: [r.tolist() for r in i.ignore_regions] for i in images if i.ignore_regions}


def test_boxes_alone_bring_no_ignore_regions(project, labels):
    square = np.array([[0, 0], [9, 0], [9, 9]], dtype=float)
    labels.images[0] = replace(labels.images[0], ignore_regions=(square,))
    import_labels(project, labels, NAMES, keypoints=False)
    assert project.ignore_regions() == {}
    import_labels(project, labels, NAMES)
    assert [region.tolist() for region in project.ignore_regions()[0]] == [square.tolist()]


def test_only_reviewed_leaves_out_what_was_only_imported(project, labels, tmp_path):
    import_labels(project, labels, NAMES)
    with pytest.raises(FormatError, match="only imported do not count"):
        export_project(project, None, "posetrack18", tmp_path / "out.json", only_reviewed=True)
    edits.accept_frame(project, 3)
    assert export_project(project, None, "posetrack18", tmp_path / "out.json", only_reviewed=True).num_frames == 1
