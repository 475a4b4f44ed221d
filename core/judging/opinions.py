"""A second opinion on a pose: where two differ, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.judging.sizes import person_size_px
from core.poses import Pose

DIFFERS_ABOVE = 0.05
"""Two places of a joint differ where they are further apart than this part of the person's size."""


@dataclass(frozen=True)
class JointDifference:
    """One joint that two poses of a person place differently.

    Attributes:
        keypoint: which.
        distance_px: between the two places in full-frame pixels; NaN where only one of the two has a place.
        fraction: the distance as a fraction of the person's size; NaN likewise.
        score: of the first pose, NaN where it has no place or no score.
        second_score: of the second.
    """

    keypoint: int
    distance_px: float
    fraction: float
    score: float
    second_score: float


def differences(pose: Pose, second: Pose, above: float = DIFFERS_ABOVE) -> list[JointDifference]:
    """The joints that two poses place differently, the furthest apart first, then those that only one of them has.

    Args:
        pose: (K,) keypoints; its box gives the person's size.
        second: the same person in the same frame.
        above: part of the person's size; joints no further apart agree.
    """
    placed = [pose.placed, second.placed]
    distances = np.linalg.norm(pose.keypoints - second.keypoints, axis=1)
    size_px = max(person_size_px(pose), 1e-9)
    found = []
    for keypoint in np.flatnonzero(placed[0] | placed[1]).tolist():
        in_both = placed[0][keypoint] and placed[1][keypoint]
        distance_px = float(distances[keypoint]) if in_both else float("nan")
        if in_both and distance_px <= above * size_px:
            continue
        scores = [
            float(p.scores[keypoint]) if at[keypoint] else float("nan")
            for p, at in zip((pose, second), placed, strict=True)
        ]
        found.append(JointDifference(keypoint, distance_px, distance_px / size_px, *scores))
    return sorted(found, key=lambda joint: -joint.distance_px if np.isfinite(joint.distance_px) else np.inf)


def agreeing(pose: Pose, second: Pose, above: float = DIFFERS_ABOVE) -> int:
    """How many joints both poses place, no further apart than `above` of the person's size."""
    both = pose.placed & second.placed
    distances = np.linalg.norm(pose.keypoints[both] - second.keypoints[both], axis=1)
    return int((distances <= above * person_size_px(pose)).sum())
