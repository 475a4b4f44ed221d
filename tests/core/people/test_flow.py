"""Joints followed by optical flow, and their ways between frames in which they are known."""

import numpy as np
import pytest

from core.people.between import path_between
from core.people.flow import JointStart, follow_joints

JOINT = (1, 10)
SIZE_PX = 120.0


def moving(num_frames, shift=(3, 1), hidden_from=None):
    """A textured patch that moves over a textured wall, and from a frame on is gone behind the wall."""
    noise = np.random.default_rng(3)
    wall = noise.integers(40, 110, (160, 240, 3)).astype(np.uint8)
    patch = np.kron(noise.integers(100, 255, (12, 12, 3)), np.ones((3, 3, 1))).astype(np.uint8)
    for index in range(num_frames):
        rgb = wall.copy()
        if hidden_from is None or index < hidden_from:
            x, y = 40 + shift[0] * index, 60 + shift[1] * index
            rgb[y : y + 36, x : x + 36] = patch
        yield index, rgb


def at(index):
    """The middle of the patch."""
    return np.array([57.5 + 3 * index, 77.5 + index])


def followed(frames, first, last):
    start = JointStart(JOINT, first, tuple(at(first)), SIZE_PX, last)
    return {index: places[JOINT] for index, places in follow_joints(frames, [start]) if JOINT in places}


def test_a_joint_is_followed_to_its_last_frame():
    found = followed(moving(12), 0, 9)
    assert sorted(found) == list(range(1, 10))
    assert max(np.linalg.norm(xy - at(index)) for index, xy in found.items()) < 0.01 * SIZE_PX


def test_a_joint_is_followed_backwards():
    found = followed(reversed(list(moving(12))), 11, 4)
    assert sorted(found) == list(range(4, 11))
    assert max(np.linalg.norm(xy - at(index)) for index, xy in found.items()) < 0.01 * SIZE_PX


def test_a_joint_ends_where_the_picture_no_longer_shows_it():
    assert sorted(followed(moving(12, hidden_from=6), 0, 11)) == [1, 2, 3, 4, 5]


def test_a_joint_ends_where_the_scene_is_cut():
    frames = list(moving(8))
    dark = [(index, np.where(rgb > 100, 20, 230).astype(np.uint8)) for index, rgb in moving(8)]
    assert max(followed(frames[:4] + dark[4:], 0, 7)) == 3


def test_joints_start_where_they_are_known():
    starts = [JointStart(JOINT, 2, tuple(at(2)), SIZE_PX, 4), JointStart(JOINT, 6, tuple(at(6)), SIZE_PX, 8)]
    found = [index for index, places in follow_joints(moving(12), starts) if JOINT in places]
    assert found == [3, 4, 7, 8]


@pytest.mark.parametrize("reached", [(), (1, 2, 3)])
def test_the_way_is_straight_where_nothing_was_followed(reached):
    ahead = {index: np.array([2.0 * index, 5.0]) for index in reached}
    path = path_between((0, np.array([0.0, 5.0])), (8, np.array([16.0, 5.0])), ahead, {}, SIZE_PX)
    assert path.xy == pytest.approx(np.column_stack([np.arange(2.0, 16.0, 2.0), np.full(7, 5.0)]))
    assert path.by_flow.tolist() == [index in reached for index in range(1, 8)]


def test_flow_from_both_ends_counts_by_its_end():
    ahead = {index: np.array([float(index), 0.0]) for index in range(1, 4)}
    back = {index: np.array([float(index), 2.0]) for index in range(1, 4)}
    path = path_between((0, np.zeros(2)), (4, np.array([4.0, 2.0])), ahead, back, SIZE_PX)
    assert path.by_flow.all()
    assert path.xy[:, 1] == pytest.approx([1 / 3, 1.0, 5 / 3], abs=0.35)
    assert (np.diff(path.xy[:, 1]) > 0).all()


def test_flow_that_does_not_meet_is_believed_from_neither_end():
    ahead = {index: np.array([0.0, 40.0]) for index in range(1, 4)}
    back = {index: np.array([0.0, -40.0]) for index in range(1, 4)}
    path = path_between((0, np.zeros(2)), (4, np.array([4.0, 0.0])), ahead, back, SIZE_PX)
    assert not path.by_flow.any()
    assert path.xy[1] == pytest.approx([2.0, 0.0])
