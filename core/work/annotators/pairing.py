"""Who is who in two annotators' labels of one frame: by where people are, never by their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.geometry import FloatArray
from core.judging.sizes import person_size_px
from core.metrics.pose_similarity import keypoint_similarities
from core.people.assignment import pair_by_likeness, pair_by_overlap
from core.poses import Pose

MIN_SIMILARITY = 0.5
"""Two poses this alike are of one person, however boxes lie."""

MIN_JOINTS = 3


def place_of(pose: Pose) -> FloatArray:
    """(4,) the person's box; the rectangle around the joints where it has no area."""
    if pose.bbox_xywh[2:].min() > 0 or not pose.placed.any():
        return pose.bbox_xywh
    points = pose.keypoints[pose.placed]
    corner = points.min(axis=0)
    around: FloatArray = np.concatenate([corner, np.maximum(points.max(axis=0) - corner, 1.0)])
    return around


def area_of(pose: Pose) -> float:
    """The area of the person's place in square pixels."""
    return float(np.prod(place_of(pose)[2:]))


def common_size_px(mine: Pose, theirs: Pose) -> float:
    """A person's size as the two annotators' boxes have it on the mean, so that either way round it is the same."""
    sizes = [size for size in (person_size_px(mine), person_size_px(theirs)) if size > 0]
    return float(np.mean(sizes)) if sizes else 1.0


def common_area_px(mine: Pose, theirs: Pose) -> float:
    """A person's area likewise."""
    return (area_of(mine) + area_of(theirs)) / 2


def distances_px(mine: Pose, theirs: Pose) -> FloatArray:
    """(K,) between the two places of each joint, NaN where one of them is missing."""
    distances = np.linalg.norm(mine.keypoints - theirs.keypoints, axis=1)
    apart: FloatArray = np.where(mine.placed & theirs.placed, distances, np.nan)
    return apart


def similarities(mine: Sequence[Pose], theirs: Sequence[Pose]) -> FloatArray:
    """(N, M) the OKS of each of mine with each of theirs over the joints that both place, 0 where these are too few."""
    apart = np.array([one.keypoints for one in mine])[:, None] - np.array([other.keypoints for other in theirs])
    both = np.array([one.placed for one in mine])[:, None] & np.array([other.placed for other in theirs])
    areas = (np.array([area_of(one) for one in mine])[:, None] + np.array([area_of(other) for other in theirs])) / 2
    alike = np.where(both, keypoint_similarities(np.linalg.norm(apart, axis=-1), areas), 0.0)
    count = both.sum(axis=-1)
    means: FloatArray = np.where(count >= MIN_JOINTS, alike.sum(axis=-1) / np.maximum(count, 1), 0.0)
    return means


def pair_people(mine: Sequence[Pose], theirs: Sequence[Pose]) -> list[tuple[Pose, Pose]]:
    """Pairs the people of one frame: those whose joints agree, then the others by how far their boxes overlap.

    People who hold each other have nearly the same box, and only their joints tell them apart; where the joints
    disagree, only the boxes do.
    """
    if not mine or not theirs:
        return []
    places = pair_by_likeness(similarities(mine, theirs), MIN_SIMILARITY)
    left = [row for row in range(len(mine)) if row not in {row for row, _ in places}]
    right = [column for column in range(len(theirs)) if column not in {column for _, column in places}]
    by_boxes = pair_by_overlap([place_of(mine[row]) for row in left], [place_of(theirs[column]) for column in right])
    places += [(left[row], right[column]) for row, column in by_boxes]
    return [(mine[row], theirs[column]) for row, column in sorted(places)]
