"""PCK by hand, and scores that rise with peaks."""

import numpy as np
import pytest

from core.judging.sizes import torso_sizes
from core.keypoints import POSETRACK
from core.training.learning.accuracy import accuracy_of

LEFT_SHOULDER, RIGHT_HIP = POSETRACK.index("left_shoulder"), POSETRACK.index("right_hip")
WRIST = POSETRACK.index("left_wrist")


def two_people() -> tuple[np.ndarray, np.ndarray]:
    """One with a torso of 50 pixels, one without a hip."""
    keypoints, labelled = np.zeros((2, 17, 2)), np.zeros((2, 17), bool)
    keypoints[0, RIGHT_HIP] = (30, 40)
    for k in (LEFT_SHOULDER, RIGHT_HIP, WRIST):
        labelled[0, k] = True
    labelled[1, [LEFT_SHOULDER, WRIST]] = True
    return keypoints, labelled


def test_the_torso_is_the_diagonal_that_is_labelled() -> None:
    sizes = torso_sizes(*two_people())
    assert sizes[0] == pytest.approx(50)
    assert np.isnan(sizes[1])


def test_joints_within_a_fifth_of_the_torso_are_right() -> None:
    keypoints, labelled = two_people()
    found = keypoints.copy()
    found[0, LEFT_SHOULDER] += (10.0, 0.0)
    found[0, WRIST] += (10.1, 0.0)
    accuracy = accuracy_of(found, np.full((2, 17), 0.5), keypoints, labelled)
    assert accuracy.by_joint == {"left_shoulder": 1.0, "left_wrist": 0.0, "right_hip": 1.0}
    assert accuracy.mean == pytest.approx(2 / 3)
    assert accuracy.people == 1
    assert len(accuracy.peaks) == len(accuracy.right) == 3
