"""What is suggested next, and the words that say why."""

import numpy as np
import pytest

from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility
from core.review import (
    doubtful_joints,
    is_doubtful,
    is_mostly_guessed,
    limb_name,
    neighbour,
    suggestions,
)

WRIST, KNEE = POSETRACK.index("left_wrist"), POSETRACK.index("right_knee")

# A standing person in a box of 100 by 100 pixels.
STANDING = np.array(
    [
        *[(50, 12), (50, 20), (50, 2), (54, 10), (46, 10)],
        *[(60, 25), (40, 25), (64, 40), (36, 40), (66, 55), (34, 55)],
        *[(56, 55), (44, 55), (57, 75), (43, 75), (57, 95), (43, 95)],
    ],
    dtype=float,
)


def standing(score=0.9, track_id=1, provenance=Provenance.PREDICTED, shift=(0, 0)):
    return Pose(
        track_id,
        np.array([shift[0], shift[1], 100.0, 100.0]),
        STANDING + shift,
        np.full(17, Visibility.VISIBLE),
        np.full(17, score),
        np.full(17, provenance),
        Provenance.PREDICTED,
    )


def with_score(pose, keypoint, score, provenance=Provenance.PREDICTED):
    return pose.with_keypoint(keypoint, pose.keypoints[keypoint], Visibility.VISIBLE, score, provenance)


def clip(*poses):
    return [FramePoses(index, (pose,)) for index, pose in enumerate(poses)]


def test_only_what_a_machine_said_is_doubtful():
    sure = standing(0.9)
    assert not is_doubtful(sure)
    assert is_doubtful(with_score(sure, WRIST, 0.49)) and not is_doubtful(with_score(sure, WRIST, 0.5))
    assert is_doubtful(with_score(sure, WRIST, 0.6), threshold=0.7)
    assert is_doubtful(with_score(sure, WRIST, 0.1, Provenance.PROPAGATED))
    for human in (Provenance.IMPORTED, Provenance.ACCEPTED, Provenance.CORRECTED):
        assert not is_doubtful(with_score(sure, WRIST, 0.1, human))
        assert not is_doubtful(standing(0.1, provenance=human))
    assert not is_doubtful(with_score(sure, WRIST, np.nan))
    hidden = sure.with_keypoint(WRIST, (1, 1), Visibility.NOT_LABELLED, 0.1, Provenance.PREDICTED)
    assert not is_doubtful(hidden)
    assert not is_doubtful(Pose.empty(1, (0, 0, 5, 5), Provenance.PROPAGATED))


def test_doubtful_joints_are_the_machines_below_the_mark():
    pose = with_score(with_score(with_score(standing(), WRIST, 0.49), KNEE, 0.1, Provenance.ACCEPTED), 0, 0.5)
    assert np.flatnonzero(doubtful_joints(pose)).tolist() == [WRIST]


def test_an_unsure_joint_is_named_with_its_score():
    (only,) = suggestions(clip(with_score(with_score(standing(), KNEE, 0.4), WRIST, 0.21)))
    assert only.reason == "left wrist is unsure (0.21)" and only.keypoint == WRIST
    assert (only.frame_index, only.track_id) == (0, 1) and only.urgency == pytest.approx(0.79)


def test_a_jump_is_what_the_body_does_not_do():
    walking = [standing(shift=(40 * index, 0)) for index in range(3)]
    assert suggestions(clip(*walking)) == [], "everything moves: no joint jumps"
    pose = walking[1]
    jumped = pose.with_keypoint(KNEE, pose.keypoints[KNEE] + (44, 0), Visibility.VISIBLE, 0.9, Provenance.PREDICTED)
    (only,) = suggestions(clip(walking[0], jumped))
    assert only.reason == "right knee jumps 84 px" and only.keypoint == KNEE
    assert only.frame_index == 1 and only.urgency == pytest.approx(0.44)
    by_hand = with_score(jumped, KNEE, 1.0, Provenance.CORRECTED)
    assert suggestions(clip(walking[0], by_hand)) == []
    apart = [FramePoses(0, (walking[0],)), FramePoses(2, (jumped,))]
    assert suggestions(apart) == [], "two frames apart is no jump"


def test_a_limb_that_is_too_long_is_named_with_its_ratio():
    long_arm = standing()
    elbow = long_arm.keypoints[POSETRACK.index("left_elbow")]
    length = np.linalg.norm(STANDING[WRIST] - elbow)
    # Little by little, so that it is no jump from frame to frame.
    poses = [
        standing().with_keypoint(
            WRIST, elbow + np.array([0, length * times]), Visibility.VISIBLE, 0.9, Provenance.PREDICTED
        )
        for times in (1, 1, 1, 1, 1, 1, 1.5, 2.1)
    ]
    (only,) = suggestions(clip(*poses))
    assert only.reason == "left forearm is 2.1 x its usual length" and only.frame_index == 7
    assert only.keypoint == WRIST or only.keypoint == POSETRACK.index("left_elbow")
    assert suggestions(clip(*poses[4:])) == [], "four frames do not say what is usual"


def test_the_most_urgent_comes_first_and_reviewed_frames_not_at_all():
    frames = clip(
        with_score(standing(), WRIST, 0.4), with_score(standing(), WRIST, 0.1), with_score(standing(), WRIST, 0.3)
    )
    assert [s.frame_index for s in suggestions(frames)] == [1, 2, 0]
    frames[1] = FramePoses(1, frames[1].poses, reviewed=True)
    assert [s.frame_index for s in suggestions(iter(frames))] == [2, 0]


def test_two_people_in_a_frame_are_two_suggestions():
    frame = FramePoses(3, (with_score(standing(), WRIST, 0.4), with_score(standing(track_id=2), KNEE, 0.2)))
    assert [(s.track_id, s.keypoint) for s in suggestions([frame])] == [(2, KNEE), (1, WRIST)]


def test_a_pose_without_joints_or_extent_is_no_trouble():
    empty = Pose.empty(1, (0, 0, 0, 0), Provenance.PROPAGATED)
    assert suggestions(clip(*[empty] * 8)) == []


def test_neighbours_of_a_frame():
    assert neighbour([9, 2, 5], 5, 1) == 9 and neighbour([9, 2, 5], 5, -1) == 2
    assert neighbour([9, 2, 5], 4, 1) == 5 and neighbour([9, 2, 5], 9, 1) is None and neighbour([], 3, -1) is None


def test_limbs_have_the_names_that_people_use():
    names = [limb_name(POSETRACK, limb) for limb in POSETRACK.limbs]
    assert {"left forearm", "right upper arm", "left thigh", "right lower leg", "left side"} <= set(names)
    assert "left hip to right hip" in names and len(set(names)) == len(names)


def test_a_pose_is_mostly_guessed_where_most_located_joints_are_below_the_mark():
    scores = np.full(17, np.nan)
    assert not is_mostly_guessed(scores)
    scores[:4] = (0.1, 0.2, 0.9, 0.9)
    assert not is_mostly_guessed(scores)
    scores[4] = 0.49
    assert is_mostly_guessed(scores)


def test_somebody_who_turns_is_not_taken_for_a_stretched_body():
    names = ("head_top", "left_shoulder", "right_shoulder", "left_hip", "right_hip")
    joints = [POSETRACK.index(name) for name in names]
    frames = []
    for index in range(12):
        half = 1.0 if index < 9 else 10.0  # in profile first, then facing the camera
        pose = Pose.empty(1, (0, 0, 60, 120), Provenance.PREDICTED)
        keypoints, scores = pose.keypoints.copy(), pose.scores.copy()
        visibility, provenance = pose.visibility.copy(), pose.provenance.copy()
        keypoints[joints] = [(30, 0), (30 + half, 30), (30 - half, 30), (30 + half, 70), (30 - half, 70)]
        scores[joints], visibility[joints], provenance[joints] = 0.9, Visibility.VISIBLE, Provenance.PREDICTED
        changed = pose.replaced(keypoints=keypoints, scores=scores, visibility=visibility, provenance=provenance)
        frames.append(FramePoses(index, (changed,)))
    assert not [s for s in suggestions(frames) if "usual length" in s.reason]
