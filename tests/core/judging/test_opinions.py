"""Where two poses of a person differ, in pixels and as a fraction of the person's size."""

import numpy as np
import pytest

from core.judging.opinions import agreeing, differences
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility

WRIST, ANKLE, NOSE, KNEE = (POSETRACK.index(name) for name in ("left_wrist", "right_ankle", "nose", "left_knee"))


def pose(**places: tuple[float, float]) -> Pose:
    """A person in a box 100 wide and 200 high, with these joints."""
    made = Pose.empty(3, (0, 0, 100, 200), Provenance.CORRECTED)
    for name, xy in places.items():
        made = made.with_keypoint(POSETRACK.index(name), xy, Visibility.VISIBLE, 0.7, Provenance.PREDICTED)
    return made


def test_joints_are_listed_by_distance_and_those_of_one_side_come_last():
    first = pose(left_wrist=(10, 10), right_ankle=(50, 190), left_knee=(40, 100))
    second = pose(left_wrist=(10, 22), right_ankle=(90, 160), nose=(50, 5), left_knee=(40, 109)).with_keypoint(
        WRIST, (10, 22), Visibility.VISIBLE, 0.4, Provenance.PREDICTED
    )
    ankle, wrist, nose = differences(first, second)
    assert (ankle.keypoint, ankle.distance_px, ankle.fraction) == (ANKLE, 50.0, 0.25)
    assert (wrist.keypoint, wrist.distance_px, wrist.score, wrist.second_score) == (WRIST, 12.0, 0.7, 0.4)
    assert nose.keypoint == NOSE and np.isnan([nose.distance_px, nose.fraction, nose.score]).all()
    assert nose.second_score == 0.7
    assert agreeing(first, second) == 1, "the knee is 9 px off, within 5 % of 200 px"


def test_a_joint_that_is_not_labelled_has_no_place():
    first, second = pose(left_wrist=(10, 10)), pose(left_wrist=(90, 90))
    hidden = first.replaced(visibility=np.zeros(17, np.uint8))
    (only,) = differences(hidden, second)
    assert np.isnan(only.distance_px) and np.isnan(only.score) and only.second_score == 0.7
    assert differences(hidden, hidden) == [] and agreeing(hidden, second) == 0


@pytest.mark.parametrize("above", [0.0, 0.06, 1.0])
def test_the_threshold_is_a_part_of_the_longer_side(above):
    found = differences(pose(left_wrist=(0, 0)), pose(left_wrist=(12.5, 0)), above)
    assert len(found) == (above < 12.5 / 200)
