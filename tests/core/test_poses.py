"""Who set a joint, whether it is somewhere, and the words for what the picture shows of it."""

import numpy as np
import pytest

from core.poses import Pose, Provenance, Visibility


def pose_of(*joints):
    """A pose of (visibility, provenance, is somewhere) for each joint."""
    visibility, provenance, somewhere = zip(*joints, strict=True)
    keypoints = np.where(np.array(somewhere)[:, None], [[3.0, 4.0]], np.nan)
    return Pose(1, np.ones(4), keypoints, np.array(visibility), np.full(len(joints), 0.5), np.array(provenance))


@pytest.mark.parametrize("provenance", Provenance)
@pytest.mark.parametrize("visibility", Visibility)
def test_a_machines_joint_is_labelled_and_no_persons_word(visibility, provenance):
    pose = pose_of((visibility, provenance, True))
    machine = provenance in (Provenance.PREDICTED, Provenance.PROPAGATED, Provenance.INTERPOLATED)
    assert pose.by_machine.tolist() == [machine and visibility != Visibility.NOT_LABELLED]
    assert not (pose.by_machine & pose.human).any()


def test_placed_is_labelled_and_somewhere():
    seen, hidden, gone = Visibility.VISIBLE, Visibility.OCCLUDED, Visibility.NOT_LABELLED
    pose = pose_of(*[(v, Provenance.PREDICTED, at) for v in (seen, hidden, gone) for at in (True, False)])
    assert pose.placed.tolist() == [True, False, True, False, False, False]
    half = pose.replaced(keypoints=np.where([[True, False]], pose.keypoints, np.nan))
    assert not half.placed.any()


def test_a_click_walks_through_all_visibilities():
    walk = [Visibility.VISIBLE]
    while walk[-1].following not in walk:
        walk.append(walk[-1].following)
    assert [visibility.words for visibility in walk] == ["visible", "occluded", "not labelled"]
    assert walk[-1].following == Visibility.VISIBLE
