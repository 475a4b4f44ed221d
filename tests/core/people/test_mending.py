"""The frames around a correction follow it as far as they make the same mistake, and nowhere onto a person's word."""

import numpy as np
import pytest

from core.people.repair import Correction, End, mend
from core.poses import Pose, Provenance, Visibility

WRIST, ELBOW, HIP, KNEE, NOSE = 9, 7, 11, 13, 0
SIZE_PX = 120.0
WRONG = np.array([30.0, -6.0])
NUM_FRAMES = 17
HERE = 8


def frame(index, with_patch=True):
    """A textured patch that moves over a textured wall."""
    noise = np.random.default_rng(3)
    rgb = (noise.integers(10, 70, (160, 240, 3)) + np.linspace(0, 140, 240)[None, :, None]).astype(np.uint8)
    patch = np.kron(noise.integers(0, 255, (12, 12, 3)), np.ones((3, 3, 1))).astype(np.uint8)
    x, y = 40 + 3 * index, 60 + index
    if with_patch:
        rgb[y : y + 36, x : x + 36] = patch
    return rgb


def truth(index):
    """The middle of the patch, where the wrist is."""
    return np.array([57.5 + 3 * index, 77.5 + index])


def pose(index, wrist=None, provenance=Provenance.PREDICTED):
    """A predicted person whose wrist lies beside the patch, in all frames alike."""
    made = Pose.empty(1, np.array([10.0, 20.0, 80.0, SIZE_PX]), Provenance.PROPAGATED)
    for keypoint in (NOSE, ELBOW, HIP, KNEE):
        xy = truth(index) + np.array([-20.0 + keypoint, 30.0])
        made = made.with_keypoint(keypoint, xy, Visibility.VISIBLE, 0.9, Provenance.PREDICTED)
    return made.with_keypoint(
        WRIST, truth(index) + WRONG if wrist is None else wrist, Visibility.VISIBLE, 0.4, provenance
    )


@pytest.fixture
def track():
    return {index: pose(index) for index in range(NUM_FRAMES)}


def dragged(track, to=None, visibility=Visibility.VISIBLE, at=HERE):
    to = truth(at) if to is None else to
    after = track[at].with_keypoint(WRIST, to, visibility, 1.0, Provenance.CORRECTED)
    return Correction(at, track[at], after, SIZE_PX)


def mended(track, correction=None, **how):
    return mend(correction or dragged(track), track, how.pop("frame", frame), **how)


def test_frames_that_make_the_same_mistake_follow(track):
    mending = mended(track, reach=5)
    assert mending.frame_indices == [3, 4, 5, 6, 7, 9, 10, 11, 12, 13]
    for index, changed in mending.poses.items():
        assert np.linalg.norm(changed.keypoints[WRIST] - truth(index)) < 0.02 * SIZE_PX
        assert changed.provenance[WRIST] == Provenance.PROPAGATED
        others = np.arange(17) != WRIST
        assert np.array_equal(changed.keypoints[others], track[index].keypoints[others], equal_nan=True)
    assert mending.ends == {(WRIST, 1): End.REACH, (WRIST, -1): End.REACH}


def test_the_further_the_less_sure(track):
    sure = {joint.frame_index: joint.confidence for joint in mended(track).joints}
    assert sure[HERE + 1] > sure[HERE + 4] > sure[HERE + 8]


def test_what_is_right_stays_and_ends_it(track):
    track[11] = pose(11, wrist=truth(11))
    mending = mended(track)
    assert max(mending.frame_indices) == 10
    assert mending.ends[WRIST, 1] == End.RIGHT


def test_another_mistake_stays_and_ends_it(track):
    track[6] = pose(6, wrist=truth(6) - 50.0)
    mending = mended(track)
    assert min(mending.frame_indices) == 7
    assert mending.ends[WRIST, -1] == End.DIFFERENT


@pytest.mark.parametrize("word", [Provenance.IMPORTED, Provenance.ACCEPTED, Provenance.CORRECTED])
def test_a_persons_word_stays_and_ends_it(track, word):
    track[10] = pose(10, provenance=word)
    mending = mended(track)
    assert max(mending.frame_indices) == 9
    assert mending.ends[WRIST, 1] == End.PERSON


def test_a_joint_that_a_person_said_is_not_labelled_stays(track):
    track[10] = track[10].with_keypoint(WRIST, truth(10), Visibility.NOT_LABELLED, 1.0, Provenance.CORRECTED)
    assert max(mended(track).frame_indices) == 9


def test_a_frame_that_is_left_out_ends_it(track):
    del track[12]
    mending = mended(track)
    assert max(mending.frame_indices) == 11
    assert mending.ends[WRIST, 1] == End.ABSENT


def test_a_locked_joint_stays(track):
    assert not mended(track, still={WRIST})


def test_another_scene_ends_it(track):
    def cut(index):
        return frame(index) if index < 9 else 255 - frame(index)

    mending = mended(track, frame=cut)
    assert max(mending.frame_indices) < HERE
    assert mending.ends[WRIST, 1] == End.CUT


def test_where_flow_is_not_sure_only_the_next_frame_follows_as_the_person_moves(track):
    def patch_gone(index):
        return frame(index, with_patch=index == HERE)

    mending = mended(track, frame=patch_gone)
    assert mending.frame_indices == [HERE - 1, HERE + 1]
    assert mending.poses[9].keypoints[WRIST] == pytest.approx(truth(9), abs=0.02 * SIZE_PX)
    assert mending.ends == {(WRIST, 1): End.LOST, (WRIST, -1): End.LOST}


def test_flow_of_a_hidden_joint_is_believed_less_far(track):
    mending = mended(track, dragged(track, visibility=Visibility.OCCLUDED))
    assert max(mending.frame_indices) - HERE < max(mended(track).frame_indices) - HERE


def test_a_later_drag_leaves_what_a_nearer_one_mended(track):
    first = mended(track, dragged(track, at=4), reach=7)
    track |= first.poses
    track[4] = first.correction.after
    wrong_again = pose(10, wrist=truth(10) + np.array([0.0, 40.0]), provenance=Provenance.PROPAGATED)
    for index in range(6, 12):
        track[index] = wrong_again.replaced(keypoints=wrong_again.keypoints + 3.0 * (index - 10) * np.array([1, 1 / 3]))
    second = mended(track, dragged(track, at=10))
    assert second.frame_indices == [7, 8, 9, 11]
    assert second.ends[WRIST, -1] == End.ANOTHERS


def test_nothing_is_asked_for_beyond_the_end(track):
    asked = []

    def noted(index):
        asked.append(index)
        return frame(index)

    track[9] = pose(9, provenance=Provenance.ACCEPTED)
    track[6] = pose(6, wrist=truth(6))
    mended(track, frame=noted)
    assert sorted(set(asked)) == [6, 7, 8]


def test_accepting_is_no_correction(track):
    after = track[HERE].with_keypoint(WRIST, truth(HERE) + WRONG, Visibility.VISIBLE, 0.4, Provenance.ACCEPTED)
    assert not mended(track, Correction(HERE, track[HERE], after, SIZE_PX))


def test_a_joint_that_was_nowhere_has_no_mistake_to_share(track):
    before = Pose.empty(1, track[HERE].bbox_xywh, Provenance.PROPAGATED)
    after = before.with_keypoint(WRIST, truth(HERE), Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
    assert not mended(track, Correction(HERE, before, after, SIZE_PX))
