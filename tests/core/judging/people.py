"""People who stand, for tests of what is doubtful and what is questioned."""

import numpy as np

from core.judging.entries import in_order
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility

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


class Clip:
    """Frames that change, and how many of them were read."""

    def __init__(self, *poses):
        self.frames = {frame.frame_index: frame for frame in clip(*poses)}
        self.num_read = 0

    def count(self, frame_index):
        """Whether somebody is in a frame, which is read then."""
        there = frame_index in self.frames
        self.num_read += there
        return there

    def read(self, start, stop):
        for frame_index in sorted(self.frames):
            if start <= frame_index < stop:
                self.num_read += 1
                yield self.frames[frame_index]


def entries(queue):
    """All entries of a queue, those that a person settled left out, as `entries_of` gives them."""
    columns = queue.columns()
    rows = in_order(columns, np.flatnonzero(~columns.is_done))
    return [columns.entry(row) for row in rows.tolist()]
