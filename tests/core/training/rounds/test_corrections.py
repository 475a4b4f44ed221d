"""Which corrections teach, which only measure, and that nothing of a held-out frame is trained on."""

import numpy as np
import pytest

from core.errors import TrainingError
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.training.rounds.corrections import (
    CorrectedPose,
    corrected_pose,
    split_round,
    taught_keypoints,
    training_neighbours,
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


def test_only_what_a_person_vouches_for_is_known() -> None:
    pose = pose_with_predictions()
    assert corrected_pose(3, pose) is None
    pose = pose.with_keypoint(WRIST, (5, 6), Visibility.OCCLUDED, 1.0, Provenance.CORRECTED)
    pose = pose.with_keypoint(ANKLE, (7, 8), Visibility.NOT_LABELLED, 1.0, Provenance.CORRECTED)
    found = corrected_pose(3, pose)
    assert found is not None
    assert np.flatnonzero(found.known).tolist() == [WRIST]
    assert found.keypoints[WRIST].tolist() == [5, 6]


def test_fewer_than_four_frames_are_no_round() -> None:
    with pytest.raises(TrainingError, match=r"at least 4 frames first \(3 so far\)"):
        split_round(corrections([1, 1, 5, 9]), 0.25, 0)


@pytest.mark.parametrize(("count", "held_out"), [(4, 1), (5, 1), (8, 2), (20, 5)])
def test_a_quarter_is_held_out_spread_over_the_clip(count: int, held_out: int) -> None:
    frames = [7 * i for i in range(count)]
    split = split_round(corrections(frames), 0.25, 0)
    assert len(split.held_out_frames) == held_out
    assert split.train_frames | split.held_out_frames == set(frames)
    assert not split.train_frames & split.held_out_frames
    assert split_round(corrections(frames), 0.25, 0).held_out_frames == split.held_out_frames
    stretches = np.array_split(np.array(frames), held_out)
    assert [sum(f in split.held_out_frames for f in stretch) for stretch in stretches] == [1] * held_out


def test_no_more_frames_are_held_out_than_an_answer_needs() -> None:
    assert len(split_round(corrections(list(range(400))), 0.25, 0).held_out_frames) == 40


def test_no_neighbour_of_a_trained_frame_is_held_out() -> None:
    assert training_neighbours(5, (-2, -1, 1, 2), 20, frozenset()) == [3, 4, 6, 7]
    assert training_neighbours(5, (-2, -1, 1, 2), 20, frozenset({3, 6})) == [4, 4, 5, 7]
    assert training_neighbours(5, (-2, -1, 1, 2), 20, frozenset({3, 4, 6, 7})) == [5, 5, 5, 5]
    assert training_neighbours(0, (-2, -1, 1, 2), 2, frozenset({1})) == [0, 0, 0, 0]


def test_a_joint_that_is_new_needs_ten_examples() -> None:
    trained = ("left_wrist",)
    nine, ten = (taught_keypoints(corrections(list(range(n)), (WRIST, NOSE)), trained, 10) for n in (9, 10))
    assert nine == (("left_wrist",), ())
    assert ten == (("nose", "left_wrist"), ("nose",))
