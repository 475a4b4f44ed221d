"""What pose networks write: scores are scores, and nothing in it is a person's word."""

import json

import numpy as np
import pytest

from core.errors import FormatError
from core.formats import match_frames, read_labels
from core.keypoints import COCO, POSETRACK
from core.poses import Provenance

WITHOUT_EYES = [k for k, name in enumerate(POSETRACK.keypoint_names) if name in COCO.keypoint_names]


def flat(third=lambda k: 0.35 + 0.03 * k, count=17):
    return [value for k in range(count) for value in (30 + k, 60 + 2 * k, third(k))]


def read(tmp_path, entries):
    (tmp_path / "results.json").write_text(json.dumps(entries))
    return read_labels(tmp_path / "results.json")


def entry(image_id, keypoints=None, **fields):
    keypoints = flat() if keypoints is None else keypoints
    return {"image_id": image_id, "category_id": 1, "keypoints": keypoints, "score": 0.8} | fields


PROGRAMS = {
    "MMPose": lambda i: entry(i, bbox=[20, 50, 40, 60]),
    "HRNet": lambda i: entry(i, center=[1, 2], scale=[1, 1]),
    "AlphaPose": lambda i: entry(f"{i:06d}.jpg", score=2.83, box=[20, 50, 40, 60], idx=[0.0]),
    "AlphaPose, Halpe": lambda i: entry(f"{i}.jpg", flat(count=26), idx=1),
    "YOLO": lambda i: entry(i, category_id=0, bbox=[20, 50, 40, 60]),
    "YOLO, by name": lambda i: entry(f"frame_{i:06d}", bbox=[20, 50, 40, 60]),
    "nested": lambda i: entry(i, [[30 + k, 60 + 2 * k, 0.35 + 0.03 * k] for k in range(17)]),
    "id as text": lambda i: entry(str(i)),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_programs_third_number_is_a_score_of_a_predicted_joint(tmp_path, program):
    labels = read(tmp_path, [PROGRAMS[program](i) for i in (3, 0, 12, 7)])
    frames = match_frames(labels, None, 40).frames
    assert sorted(frames.values()) == [0, 3, 7, 12]
    for image in labels.images:
        (pose,) = image.poses.poses
        assert np.flatnonzero(pose.labelled).tolist() == WITHOUT_EYES
        assert set(pose.provenance[pose.labelled]) == {Provenance.PREDICTED}
        ear = POSETRACK.index("left_ear")
        assert pose.scores[ear] == pytest.approx(0.35 + 0.03 * COCO.index("left_ear"))
        assert pose.keypoints[ear].tolist() == [33, 66]
        assert pose.bbox_provenance in (Provenance.PREDICTED, Provenance.NONE)


def test_absent_joints_and_sure_ones_stay_a_machines(tmp_path):
    labels = read(tmp_path, [entry(0, flat(lambda k: 0.0 if k < 5 else 1.0))])
    (pose,) = labels.images[0].poses.poses
    assert not pose.labelled[:5].any()
    assert set(pose.provenance[pose.labelled]) == {Provenance.PREDICTED}


def test_flags_in_place_of_scores_leave_the_persons_score(tmp_path):
    labels = read(tmp_path, [entry(0, flat(lambda k: 2 if k else 0))])
    (pose,) = labels.images[0].poses.poses
    assert not pose.labelled[0]
    assert set(pose.scores[pose.labelled]) == {0.8}
    assert set(pose.provenance[pose.labelled]) == {Provenance.PREDICTED}


def test_other_things_and_unknown_skeletons_are_counted(tmp_path):
    labels = read(tmp_path, [entry(0), entry(1, category_id=3), entry(2, flat(count=18)), entry(2)])
    assert [len(image.poses.poses) for image in labels.images] == [1, 1]
    assert any("something other than a person was skipped" in sentence for sentence in labels.warnings)
    assert any("18 keypoints of a person were left out" in sentence for sentence in labels.warnings)
    with pytest.raises(FormatError, match="none of its 1 entries"):
        read(tmp_path, [{"image_id": 5, "score": 0.5}])


def test_scores_of_up_to_100_are_percent(tmp_path):
    labels = read(tmp_path, [entry(0, flat(lambda k: 50 + k))])
    (pose,) = labels.images[0].poses.poses
    assert pose.scores[POSETRACK.index("nose")] == pytest.approx(0.5)
    assert any("percent" in sentence for sentence in labels.warnings)


@pytest.mark.parametrize("category", [None, "1", "person", 4])
def test_people_are_people_however_their_category_is_written(tmp_path, category):
    assert len(read(tmp_path, [entry(0, category_id=category)]).images) == 1


def test_ids_as_numbers_and_as_text_are_the_same_frames(tmp_path):
    labels = read(tmp_path, [entry(3), entry("3"), entry("12")])
    assert [len(image.poses.poses) for image in labels.images] == [2, 1]
    assert sorted(match_frames(labels, None, 20).frames.values()) == [3, 12]


def test_why_no_result_could_be_used_is_said(tmp_path):
    with pytest.raises(FormatError, match="14 keypoints of a person were left out"):
        read(tmp_path, [entry(0, flat(count=14))])
