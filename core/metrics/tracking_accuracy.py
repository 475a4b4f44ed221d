"""MOTA, joint by joint: how many labelled joints are missed, invented or given to another track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from core.geometry import BoolArray
from core.poses import FloatArray


@dataclass(frozen=True, eq=False)
class JointTracks:
    """One frame's people by track.

    Attributes:
        truth_ids: P track ids.
        labelled: (P, K) True where the joint is labelled.
        predicted_ids: Q track ids.
        present: (Q, K) True where the joint is predicted.
        distances: (Q, P, K), infinite where either is missing.
    """

    truth_ids: list[int]
    labelled: BoolArray
    predicted_ids: list[int]
    present: BoolArray
    distances: FloatArray


def mota(sequences: Sequence[Sequence[JointTracks]], num_joints: int, max_distance: float) -> FloatArray:
    """Multiple object tracking accuracy of each joint, over all sequences.

    MOTA = 1 - (misses + false positives + switches) / labelled joints.

    Returns:
        (num_joints,) percent, NaN where a joint is nowhere labelled.
    """
    errors, labelled = np.zeros(num_joints), np.zeros(num_joints)
    for joint in range(num_joints):
        for frames in sequences:
            paired: dict[int, int] = {}
            for frame in frames:
                errors[joint] += _frame_errors(frame, joint, max_distance, paired)
                labelled[joint] += frame.labelled[:, joint].sum()
    return 100 * (1 - errors / np.where(labelled > 0, labelled, np.nan))


def _frame_errors(frame: JointTracks, joint: int, max_distance: float, paired: dict[int, int]) -> int:
    """Misses, false positives and switches of one joint in one frame; updates the pairing of tracks in place."""
    truth = np.flatnonzero(frame.labelled[:, joint])
    predicted = np.flatnonzero(frame.present[:, joint])
    distances = frame.distances[..., joint][np.ix_(predicted, truth)]
    may = distances <= max_distance
    rows, columns = set(range(len(predicted))), set(range(len(truth)))
    for column in range(len(truth)):
        previous = paired.get(frame.truth_ids[truth[column]])
        row = next((r for r in sorted(rows) if frame.predicted_ids[predicted[r]] == previous), None)
        if previous is not None and row is not None and may[row, column]:
            rows.discard(row)
            columns.discard(column)
    matched, switches = len(truth) - len(columns), 0
    for row, column in _assign(distances, may, sorted(rows), sorted(columns)):
        truth_id, predicted_id = frame.truth_ids[truth[column]], frame.predicted_ids[predicted[row]]
        switches += paired.get(truth_id, predicted_id) != predicted_id
        paired[truth_id] = predicted_id
        matched += 1
    return (len(truth) - matched) + (len(predicted) - matched) + switches


def _assign(distances: FloatArray, may: BoolArray, rows: list[int], columns: list[int]) -> list[tuple[int, int]]:
    """The most pairs that may be, and among those the nearest (Hungarian assignment)."""
    if not rows or not columns:
        return []
    allowed = may[np.ix_(rows, columns)]
    forbidden_cost = 1.0 + distances[may].sum()  # dearer than all allowed pairs together
    cost = np.where(allowed, distances[np.ix_(rows, columns)], forbidden_cost)
    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return [(rows[i], columns[j]) for i, j in pairs if allowed[i, j]]
