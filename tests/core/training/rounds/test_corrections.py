"""What a project's labels teach, and how much each counts."""

import numpy as np

from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.training.rounds.corrections import (
    CorrectedPose,
    corrected_pose,
    human_frames,
    supporting_frames,
    taught_keypoints,
)

WRIST, ANKLE, NOSE = (POSETRACK.index(name) for name in ("left_wrist", "left_ankle", "nose"))


def pose_with_predictions() -> Pose:
    pose = Pose.empty(1, (10, 20, 50, 100), Provenance.CORRECTED)
    for k in range(17):
        pose = pose.with_keypoint(k, (20 + k, 30 + k), Visibility.VISIBLE, 0.6, Provenance.PREDICTED)
    return pose


def corrections(frames: list[int], joints: tuple[int, ...] = (WRIST,)) -> list[CorrectedPose]:
    known = np.isin(np.arange(17), joints)
    return [CorrectedPose(f, 1, np.array([0.0, 0.0, 50.0, 100.0]), np.zeros((17, 2)), known) for f in frames]


def test_only_what_a_person_vouches_for_is_measured_by() -> None:
    pose = pose_with_predictions()
    assert corrected_pose(3, pose) is None, "a prediction alone teaches nothing"
    pose = pose.with_keypoint(WRIST, (5, 6), Visibility.OCCLUDED, 1.0, Provenance.CORRECTED)
    pose = pose.with_keypoint(ANKLE, (7, 8), Visibility.NOT_LABELLED, 1.0, Provenance.CORRECTED)
    found = corrected_pose(3, pose)
    assert found is not None
    assert np.flatnonzero(found.known).tolist() == [WRIST]
    assert found.keypoints[WRIST].tolist() == [5, 6]
    assert found.weights[ANKLE] == 0, "a joint that is not labelled has no place"


def test_corrected_counts_over_accepted_over_propagated_over_predicted() -> None:
    pose = pose_with_predictions()
    by = [Provenance.CORRECTED, Provenance.ACCEPTED, Provenance.PROPAGATED]
    for k, provenance in enumerate(by):
        pose = pose.with_keypoint(k, (5, 6), Visibility.VISIBLE, 1.0, provenance)
    found = corrected_pose(3, pose)
    assert found is not None
    corrected, accepted, propagated, predicted = found.weights[:4]
    assert 1 == corrected > accepted > propagated > predicted >= 0
    assert found.known[:4].tolist() == [True, True, False, False]
    assert found.accepted is not None and np.flatnonzero(found.accepted).tolist() == [1]


def test_a_pose_that_was_only_carried_teaches_and_is_never_measured_by() -> None:
    pose = pose_with_predictions().with_keypoint(WRIST, (5, 6), Visibility.VISIBLE, 0.5, Provenance.PROPAGATED)
    found = corrected_pose(3, pose)
    assert found is not None and not found.is_human and found.weights[WRIST] > 0
    assert human_frames([found, *corrections([9, 5])]) == [5, 9]


def test_beyond_the_clip_the_nearest_frame_stands_in() -> None:
    assert supporting_frames(5, (-2, -1, 1, 2), 20) == [3, 4, 6, 7]
    assert supporting_frames(0, (-2, -1, 1, 2), 2) == [0, 0, 1, 1]


def test_a_joint_that_is_new_needs_ten_examples() -> None:
    trained = ("left_wrist",)
    nine, ten = (taught_keypoints(corrections(list(range(n)), (WRIST, NOSE)), trained, 10) for n in (9, 10))
    assert nine == (("left_wrist",), ())
    assert ten == (("nose", "left_wrist"), ("nose",))
