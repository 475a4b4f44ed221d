"""What would be questioned in labels before they are handed on."""

import numpy as np
import pytest

from core.judging.concerns import Concern, changed_pictures, objections
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility
from tests.core.judging.people import standing

SIZE = (400, 300)
WRIST = POSETRACK.index("left_wrist")


def at(index, *poses, reviewed=True):
    return FramePoses(index, poses, reviewed)


def found(frames):
    return [(one.concern, one.first_frame, one.last_frame, one.track_ids) for one in objections(frames, SIZE)]


def test_good_labels_are_not_questioned():
    assert not found([at(i, standing(), standing(track_id=2, shift=(200, 0))) for i in range(5)])


def test_a_joint_outside_the_picture_is_one_objection_a_stretch():
    outside = standing().with_keypoint(WRIST, (-0.6, 40), Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
    edge = standing().with_keypoint(WRIST, (-0.5, 299.5), Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
    frames = [at(0, edge), at(1, outside), at(2, outside), at(3, standing()), at(4, outside)]
    assert found(frames) == [(Concern.OUTSIDE, 1, 2, (1,)), (Concern.OUTSIDE, 4, 4, (1,))]
    assert objections(frames, SIZE)[0].sentence == "#1 left wrist lies outside the picture"
    assert objections(frames, SIZE)[0].keypoint == WRIST


def test_a_joint_that_is_not_labelled_lies_nowhere():
    kept = standing().with_keypoint(WRIST, (-50, 40), Visibility.NOT_LABELLED, np.nan, Provenance.CORRECTED)
    assert not found([at(0, kept)])


@pytest.mark.parametrize(("shift", "twins"), [((3, 0), True), ((30, 0), False)])
def test_two_people_on_one_body(shift, twins):
    frames = [at(i, standing(), standing(track_id=4, shift=shift)) for i in range(3)]
    assert found(frames) == ([(Concern.TWINS, 0, 2, (1, 4))] if twins else [])


def test_a_box_over_a_person_is_a_twin_and_has_no_joints():
    box = Pose.empty(7, standing().bbox_xywh, Provenance.PROPAGATED)
    assert found([at(3, standing(), box)]) == [(Concern.TWINS, 3, 3, (1, 7)), (Concern.NO_JOINTS, 3, 3, (7,))]


def test_a_person_is_missing_where_they_are_labelled_in_every_frame_around():
    every = [at(i, standing()) for i in range(12) if i not in (5, 6)]
    tenth = [at(i, standing()) for i in range(0, 60, 10)]
    assert found(every) == [(Concern.GAP, 5, 6, (1,))]
    assert not found(tenth), "labelled in every tenth frame: that is how it is meant"
    other = standing(track_id=2, shift=(200, 0))
    assert found([at(0, standing(), other), at(1, other), at(2, standing(), other), at(3, standing(), other)]) == [
        (Concern.GAP, 1, 1, (1,))
    ]


def test_no_head_box_and_no_joints_to_make_one_of():
    head = POSETRACK.index("head_top")
    headless = standing().with_keypoint(head, (np.nan, np.nan), Visibility.NOT_LABELLED, np.nan, Provenance.NONE)
    assert found([at(0, headless)]) == [(Concern.NO_HEAD, 0, 0, (1,))]
    assert not found([at(0, headless.replaced(bbox_head_xywh=np.array([40.0, 0.0, 20.0, 20.0])))])


def test_joints_of_the_network_that_nobody_reviewed():
    accepted = standing(provenance=Provenance.ACCEPTED)
    frames = [at(0, standing(), reviewed=False), at(1, standing(), reviewed=False), at(2, accepted, reviewed=False)]
    assert found(frames) == [(Concern.UNREVIEWED, 0, 1, ())]


def test_changed_pictures_are_told_by_stretches():
    assert [(one.first_frame, one.last_frame) for one in changed_pictures([7, 3, 4])] == [(3, 4), (7, 7)]
    assert changed_pictures([7])[0].in_short == "Frame 7"
    assert changed_pictures([3, 4])[0].in_short == "Frames 3 to 4"
