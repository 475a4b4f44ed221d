"""What is written and read again is the same: by hypothesis over every state that a pose can have."""

import contextlib
import io
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO as CocoDataset  # noqa: N811
from pycocotools.cocoeval import COCOeval

from core.formats import LabelImage, Labels, read_labels
from core.formats.layouts import posetrack17
from core.formats.layouts.coco_like import coco, posetrack18
from core.judging.head_boxes import head_box
from core.keypoints import COCO, POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility

K = len(POSETRACK)
coordinates = st.one_of(st.floats(-3000, 9000, allow_nan=False), st.sampled_from([0.0, -0.0, 1e-6, 540.0]))
scores = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, float("nan")]))
sizes = st.floats(0.5, 4000)


@st.composite
def keypoint_states(draw):
    """Any state of one keypoint: x, y, visibility, score, provenance; a labelled one has a place."""
    visibility = draw(st.sampled_from(Visibility))
    placed = visibility != Visibility.NOT_LABELLED or draw(st.booleans())
    xy = (draw(coordinates), draw(coordinates)) if placed else (np.nan, np.nan)
    return (*xy, int(visibility), draw(scores), int(draw(st.sampled_from(Provenance))))


@st.composite
def pose_states(draw, track_id):
    states = np.array(draw(st.lists(keypoint_states(), min_size=K, max_size=K)))
    head = draw(st.none() | st.tuples(coordinates, coordinates, coordinates, coordinates))
    return Pose(
        track_id,
        draw(st.tuples(coordinates, coordinates, sizes, sizes)),
        states[:, :2],
        states[:, 2],
        states[:, 3],
        states[:, 4],
        draw(st.sampled_from(Provenance)),
        head,
    )


@st.composite
def clips(draw):
    images = []
    for index in range(draw(st.integers(1, 3))):
        track_ids = sorted(draw(st.sets(st.integers(0, 5000), max_size=2)))
        poses = tuple(draw(pose_states(track_id)) for track_id in track_ids)
        reviewed = draw(st.booleans())
        images.append(
            LabelImage(index, "", (1920, 1080), FramePoses(index, poses, reviewed), labelled=bool(poses) or reviewed)
        )
    return Labels(images)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
)
@given(clips())
def test_posetrack18_holds_every_state(labels):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.json"
        posetrack18.write(labels, path, "clip")
        again = read_labels(path)
    assert again.warnings == []
    assert len(again.images) == len(labels.images)
    for old, new in zip(labels.images, again.images, strict=True):
        assert (new.frame_index, new.labelled, new.size) == (old.frame_index, old.labelled, old.size)
        assert new.poses.reviewed == old.poses.reviewed
        assert len(new.poses.poses) == len(old.poses.poses)
        for pose, same in zip(old.poses.poses, new.poses.poses, strict=True):
            assert same.same_as(pose)


def walking(index, track_id=0, provenance=Provenance.IMPORTED, score=1.0):
    """A made-up standing person who is a bit further right in each frame, with the ears not labelled."""
    keypoints = np.column_stack([100 + 40 * np.cos(np.arange(K)), 40 + 12.0 * np.arange(K)])
    keypoints[:3] = [[100, 50], [100, 80], [100, 20]]
    keypoints[:, 0] += 3.0 * index
    visibility = np.full(K, Visibility.VISIBLE)
    visibility[3:5], visibility[9] = Visibility.NOT_LABELLED, Visibility.OCCLUDED
    labelled = visibility > 0
    return Pose(
        track_id,
        [50 + 3 * index, 10, 110, 250],
        np.where(labelled[:, None], keypoints, np.nan),
        visibility,
        np.where(labelled, score, np.nan),
        np.where(labelled, provenance, 0),
        provenance,
    )


def clip_of(frames, reviewed=()):
    images = [
        LabelImage(i, "", (640, 480), FramePoses(i, tuple(poses), i in reviewed), labelled=bool(poses) or i in reviewed)
        for i, poses in enumerate(frames)
    ]
    return Labels(images)


def test_what_other_programs_see_in_a_written_file(tmp_path):
    labels = clip_of([[walking(0), walking(0, 7, Provenance.PREDICTED, 0.5)], [], [walking(2)]], reviewed=[1])
    posetrack18.write(labels, tmp_path / "clip.json", "000342_mpii_test")
    document = json.loads((tmp_path / "clip.json").read_text())
    assert [image["file_name"] for image in document["images"]] == [
        f"images/000342_mpii_test/00000{i}.jpg" for i in range(3)
    ]
    assert [image["id"] for image in document["images"]] == [10003420000, 10003420001, 10003420002]
    assert {(image["nframes"], image["vid_id"]) for image in document["images"]} == {(3, "000342")}
    assert [image["is_labeled"] for image in document["images"]] == [True, True, True]
    person, machine, _ = document["annotations"]
    assert person["num_keypoints"] == 15
    assert person["keypoints"][27:30][2] == 0, "occluded is v = 0 with coordinates"
    assert person["keypoints"][9:15] == [0] * 6, "an absent joint is all zeros"
    assert person["scores"] == [0.0 if k in (3, 4) else 1.0 for k in range(K)]
    assert (person["score"], machine["score"]) == (1.0, 0.5)
    assert len({entry["id"] for entry in document["annotations"]}) == 3


def test_a_machines_joint_never_comes_back_as_a_persons(tmp_path):
    labels = clip_of([[walking(0, 0, Provenance.PREDICTED, 0.5)]])
    for module in (posetrack18, posetrack17, coco):
        module.write(labels, tmp_path / "clip.json", "clip")
        pose = read_labels(tmp_path / "clip.json").images[0].poses.poses[0]
        assert not pose.human.any(), module.__name__
        assert set(pose.provenance[pose.labelled]) == {Provenance.PREDICTED}


def test_a_head_box_is_made_where_there_is_none_and_not_taken_for_drawn_when_read_again(tmp_path):
    pose = walking(0)
    posetrack18.write(clip_of([[pose]]), tmp_path / "clip.json", "clip")
    entry = json.loads((tmp_path / "clip.json").read_text())["annotations"][0]
    length = 60.0  # from head_bottom (100, 80) to head_top (100, 20)
    x, y, width, height = entry["bbox_head"]
    assert np.hypot(width, height) == pytest.approx(1.26 * length)
    assert (x + width / 2, y + height / 2) == pytest.approx((100, 50))
    assert read_labels(tmp_path / "clip.json").images[0].poses.poses[0].bbox_head_xywh is None
    without_top = pose.with_keypoint(2, (np.nan, np.nan), Visibility.NOT_LABELLED, np.nan, Provenance.NONE)
    assert head_box(without_top) is None
    posetrack18.write(clip_of([[without_top]]), tmp_path / "clip.json", "clip")
    assert "bbox_head" not in json.loads((tmp_path / "clip.json").read_text())["annotations"][0]


def test_the_head_box_formula_fits_real_head_boxes(shared):
    boxes = np.load(shared / "data/posetrack/annolist17/train_labels.npz", allow_pickle=False)
    names = [str(name) for name in boxes["joint_names"]]
    ratios = []
    for key in (key for key in boxes if key.endswith("/kp")):
        keypoints, rects = boxes[key], boxes[key.removesuffix("kp") + "head_rect"]
        for joints, (x1, y1, x2, y2) in zip(keypoints.reshape(-1, 14, 3), rects.reshape(-1, 4), strict=True):
            ends = joints[[names.index("upper_neck"), names.index("head_top")], :2]
            if np.isfinite(ends).all() and np.isfinite([x1, x2]).all() and np.linalg.norm(ends[1] - ends[0]) > 8:
                pose = Pose.empty(0, [0, 0, 1, 1], Provenance.IMPORTED)
                for keypoint, xy in zip((1, 2), ends, strict=True):
                    pose = pose.with_keypoint(keypoint, xy, Visibility.VISIBLE, 1.0, Provenance.IMPORTED)
                made = head_box(pose)
                ratios.append(np.hypot(made[2], made[3]) / np.hypot(x2 - x1, y2 - y1))
    assert len(ratios) > 1000
    assert np.median(ratios) == pytest.approx(1.0, abs=0.01)


def test_pycocotools_loads_and_evaluates_what_is_written(tmp_path):
    labels = clip_of([[walking(0), Pose.empty(3, [5, 5, 60, 80], Provenance.CORRECTED)], [walking(1)]])
    for module, skeleton in ((posetrack18, POSETRACK), (coco, COCO)):
        path = tmp_path / "clip.json"
        module.write(labels, path, "clip")
        with contextlib.redirect_stdout(io.StringIO()):
            dataset = CocoDataset(str(path))
            assert len(dataset.getAnnIds()) == 3
            guesses = [a for a in dataset.dataset["annotations"] if a["num_keypoints"]]
            evaluation = COCOeval(dataset, dataset.loadRes([dict(a) for a in guesses]), "keypoints")
            evaluation.params.kpt_oks_sigmas = np.array(skeleton.sigmas)
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        assert evaluation.stats[0] == pytest.approx(1.0)


def test_coco_keeps_visibility_people_and_the_ends_of_the_head(tmp_path):
    labels = clip_of([[walking(0)], [], [walking(2, 4)]])
    coco.write(labels, tmp_path / "clip.json", "clip")
    again = coco.read(tmp_path / "clip.json")
    assert [image.source_frame_index for image in again.images] == [0, 2]
    old, new = labels.images[2].poses.poses[0], again.images[1].poses.poses[0]
    assert new.track_id == 4
    assert new.same_as(old) and new.labelled[1:3].all(), "COCO has no place for the ends of the head"


def test_posetrack17_keeps_joints_scores_and_ignore_regions(tmp_path):
    region = np.array([[0, 0], [50, 0], [50, 70.5]])
    image = LabelImage(0, "", (640, 480), FramePoses(0, (walking(0, 2),)), (region,), labelled=True)
    posetrack17.write(Labels([image]), tmp_path / "clip.json", "clip")
    again = posetrack17.read(tmp_path / "clip.json").images[0]
    np.testing.assert_array_equal(again.ignore_regions[0], region)
    old, new = image.poses.poses[0], again.poses.poses[0]
    assert new.track_id == 2
    np.testing.assert_array_equal(new.visibility, old.visibility)
    np.testing.assert_array_equal(new.keypoints, old.keypoints)


def test_the_old_file_stays_where_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "clip.json"
    posetrack18.write(clip_of([[walking(0)]]), path, "clip")
    before = path.read_bytes()

    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(Exception, match="disk is full"):
        posetrack18.write(clip_of([[walking(1)], []]), path, "clip")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["clip.json"]
