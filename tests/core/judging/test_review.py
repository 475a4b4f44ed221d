"""What is suggested next, and the words that say why."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.judging.doubts import Reason, limb_name
from core.judging.review import (
    ReviewQueue,
    doubtful_joints,
    entries_of,
    is_doubtful,
    is_mostly_guessed,
    neighbour,
    sure_joints,
)
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility
from tests.core.judging.people import KNEE, STANDING, WRIST, Clip, clip, entries, standing, with_score


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
    (only,) = entries_of(clip(with_score(with_score(standing(), KNEE, 0.6), WRIST, 0.21)))
    assert only.sentence == "left wrist is unsure (0.21)" and only.keypoint == WRIST
    assert (only.frame_index, only.track_id) == (0, 1) and only.urgency == pytest.approx(0.79)


def test_a_jump_is_what_the_body_does_not_do():
    walking = [standing(shift=(40 * index, 0)) for index in range(3)]
    assert entries_of(clip(*walking)) == [], "everything moves: no joint jumps"
    pose = walking[1]
    jumped = pose.with_keypoint(KNEE, pose.keypoints[KNEE] + (44, 0), Visibility.VISIBLE, 0.9, Provenance.PREDICTED)
    (only,) = entries_of(clip(walking[0], jumped))
    assert only.sentence == "right knee jumps 84 px" and only.keypoint == KNEE
    assert only.frame_index == 1 and only.urgency == pytest.approx(0.44)
    by_hand = with_score(jumped, KNEE, 1.0, Provenance.CORRECTED)
    assert entries_of(clip(walking[0], by_hand)) == []
    apart = [FramePoses(0, (walking[0],)), FramePoses(2, (jumped,))]
    assert entries_of(apart) == [], "two frames apart is no jump"


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
    (only,) = entries_of(clip(*poses))
    assert only.sentence == "left forearm is 2.1 x its usual length" and only.frame_index == 7
    assert only.keypoint == WRIST or only.keypoint == POSETRACK.index("left_elbow")
    assert entries_of(clip(*poses[4:])) == [], "four frames do not say what is usual"


def test_a_limb_that_collapsed_is_doubtful_and_whole_ones_beside_many_of_them_are_not():
    """The wrist put onto the elbow in half of the frames: these are wrong, not the others."""
    elbow = standing().keypoints[POSETRACK.index("left_elbow")]
    poses = [
        standing().with_keypoint(WRIST, elbow + np.array([0.0, 0.5]), Visibility.VISIBLE, 0.9, Provenance.PREDICTED)
        if index >= 4
        else standing()
        for index in range(8)
    ]
    apart = [FramePoses(10 * index, (pose,)) for index, pose in enumerate(poses)]
    found = entries_of(apart)
    assert {entry.sentence for entry in found} == {"left forearm has next to no length"}
    assert {entry.frame_index for entry in found} <= {40, 50, 60, 70}


def test_the_most_urgent_comes_first_and_reviewed_frames_not_at_all():
    frames = [
        FramePoses(index, (with_score(standing(), WRIST, score),)) for index, score in ((0, 0.4), (20, 0.1), (40, 0.3))
    ]
    assert [e.frame_index for e in entries_of(frames)] == [20, 40, 0]
    frames[1] = FramePoses(20, frames[1].poses, reviewed=True)
    assert [e.frame_index for e in entries_of(iter(frames))] == [40, 0]


def test_two_people_in_a_frame_are_two_entries():
    frame = FramePoses(3, (with_score(standing(), WRIST, 0.4), with_score(standing(track_id=2), KNEE, 0.2)))
    assert [(s.track_id, s.keypoint) for s in entries_of([frame])] == [(2, KNEE), (1, WRIST)]


def test_a_pose_without_joints_or_extent_is_no_trouble():
    empty = Pose.empty(1, (0, 0, 0, 0), Provenance.PROPAGATED)
    assert entries_of(clip(*[empty] * 8)) == []


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
    names = ["head_top", "nose", "head_bottom"]
    names += [f"{side}_{part}" for part in ("ear", "shoulder", "hip") for side in ("left", "right")]
    joints = [POSETRACK.index(name) for name in names]
    frames = []
    for index in range(12):
        half = 1.0 if index < 9 else 10.0  # in profile first, then facing the camera
        pose = Pose.empty(1, (0, 0, 60, 120), Provenance.PREDICTED)
        keypoints, scores = pose.keypoints.copy(), pose.scores.copy()
        visibility, provenance = pose.visibility.copy(), pose.provenance.copy()
        middle = [(30, 0), (30, 10), (30, 20)]
        sides = [(30 + side * half, y) for y in (10, 22, 70) for side in (1, -1)]
        keypoints[joints] = middle + sides
        scores[joints], visibility[joints], provenance[joints] = 0.9, Visibility.VISIBLE, Provenance.PREDICTED
        changed = pose.replaced(keypoints=keypoints, scores=scores, visibility=visibility, provenance=provenance)
        frames.append(FramePoses(index, (changed,)))
    assert not [e for e in entries_of(frames) if e.reason == Reason.LIMB]


# Kept up to date -----------------------------------------------------------------------------------------------------


def moved(pose, keypoint, by, score, provenance=Provenance.PREDICTED):
    return pose.with_keypoint(keypoint, pose.keypoints[keypoint] + by, Visibility.VISIBLE, score, provenance)


SOMEBODY = st.builds(
    lambda track_id, keypoint, by, score, who: moved(standing(track_id=track_id), keypoint, (by, 0), score, who),
    st.integers(1, 2),
    st.sampled_from([WRIST, KNEE]),
    st.sampled_from([0, 3, 30, 70]),
    st.sampled_from([0.2, 0.45, 0.9]),
    st.sampled_from([Provenance.PREDICTED, Provenance.ACCEPTED]),
)
PEOPLE = st.lists(SOMEBODY, max_size=2, unique_by=lambda pose: pose.track_id)
EDITS = st.lists(st.dictionaries(st.integers(0, 11), st.tuples(PEOPLE, st.booleans()), max_size=4), max_size=8)


def places(entry):
    """Whom an entry is about, why, where, and how bad it is; its span may reach over frames that a person settled."""
    return entry.track_id, entry.reason, entry.keypoint, entry.frame_index, entry.sentence, entry.urgency


@settings(max_examples=40, deadline=None)
@given(EDITS)
def test_after_any_edits_the_queue_has_the_doubts_of_the_whole_clip(edits):
    scene = Clip(*[standing(0.9 if index % 3 else 0.4) for index in range(8)])
    queue = ReviewQueue()
    queue.look_at(scene.read(0, 12))
    for edit in edits:
        for frame_index, (people, reviewed) in edit.items():
            poses = tuple(sorted(people, key=lambda pose: pose.track_id))
            scene.frames.pop(frame_index, None)
            if poses or reviewed:
                scene.frames[frame_index] = FramePoses(frame_index, poses, reviewed)
        queue.look_again(edit, scene.read)
        whole = ReviewQueue()
        whole.look_at(scene.read(0, 12))
        assert queue._doubts.keys() == whole._doubts.keys()
        for key, doubts in whole._doubts.items():
            for column, kept in zip(doubts, queue._doubts[key], strict=True):
                np.testing.assert_array_equal(column, kept)
        assert sum(entry.num_open for entry in entries(queue)) == sum(e.num_open for e in entries(whole))


def test_one_edit_among_100000_frames_reads_it_and_its_neighbours():
    scene = Clip()
    at = [*range(495, 506), *range(600, 100_000, 100)]
    usual, unsure = standing(), with_score(standing(), WRIST, 0.4)
    scene.frames = {index: FramePoses(index, (unsure if index % 10_000 == 700 else usual,)) for index in at}
    queue = ReviewQueue()
    queue.look_at(scene.read(0, 100_000))
    before = queue.columns()
    assert len(before) == 10
    scene.num_read = 0
    scene.frames[500] = FramePoses(500, (moved(standing(), KNEE, (90, 0), 0.9),))
    queue.look_again([500], lambda start, stop: [scene.frames[i] for i in range(start, stop) if scene.count(i)])
    assert scene.num_read == 3
    after = queue.columns()
    fresh = [source for source in after.sources if not any(source is old for old in before.sources)]
    assert {source.key.reason for source in fresh} <= {Reason.JUMP, Reason.LIMB}, "what has not changed is kept"
    assert ("Frames 500 to 501 · #1", "right knee jumps up to 90 px") in [(e.where, e.sentence) for e in entries(queue)]
    scene.frames[500] = FramePoses(500, (standing(),))
    queue.look_again([500], lambda start, stop: [scene.frames[i] for i in range(start, stop) if scene.count(i)])
    assert scene.num_read == 6 and len(entries(queue)) == 10


def test_edits_far_apart_read_their_own_neighbours_only():
    scene = Clip(*[standing()] * 1000)
    queue = ReviewQueue()
    queue.look_at(scene.read(0, 1000))
    scene.num_read = 0
    queue.look_again([10, 11, 12, 400, 999], scene.read)
    assert scene.num_read == 5 + 3 + 2


def test_a_joint_is_sure_only_where_what_scores_mean_was_measured():
    pose = standing(0.9).replaced(run_id=4)
    assert sure_joints(pose, frozenset({4})).all()
    assert not sure_joints(pose, frozenset({3})).any()
    assert not sure_joints(pose.replaced(run_id=None), frozenset({4})).any()
    assert not sure_joints(with_score(pose, WRIST, 0.84), frozenset({4}))[WRIST]
    for other in (Provenance.PROPAGATED, Provenance.IMPORTED, Provenance.CORRECTED):
        assert not sure_joints(with_score(pose, WRIST, 0.9, other), frozenset({4}))[WRIST]


# Entries --------------------------------------------------------------------------------------------------------------
