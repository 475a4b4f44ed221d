"""The head's box of a person who has none, made of the head's two ends."""

from __future__ import annotations

import numpy as np

from core.keypoints import POSETRACK
from core.poses import FloatArray, Pose

HEAD_DIAGONAL_OF_LENGTH = 1.26
"""A head box's diagonal, as a multiple of the distance from head_bottom to head_top."""


def head_box(pose: Pose) -> FloatArray | None:
    """(4,) xywh box of the head, made from head_top and head_bottom: a square about their midpoint.

    Its diagonal is 1.26 times their distance: the median of 1,150 boxes of PoseTrack's annotators, half of which lie
    between 1.25 and 1.26, with their centres 0.03 distances from the midpoint.

    Returns:
        None unless both keypoints are labelled, at different places.
    """
    ends = [POSETRACK.index("head_bottom"), POSETRACK.index("head_top")]
    if not pose.labelled[ends].all():
        return None
    points = pose.keypoints[ends]
    length = float(np.linalg.norm(points[1] - points[0]))
    if not length > 0:
        return None
    side = HEAD_DIAGONAL_OF_LENGTH * length / np.sqrt(2)
    return np.concatenate([points.mean(axis=0) - side / 2, [side, side]])
