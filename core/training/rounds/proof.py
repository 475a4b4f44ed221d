"""What a round is worth: errors joint by joint with their spread, and the poses that changed most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray
from core.keypoints import POSETRACK
from core.predictions import Prediction
from core.training.rounds.corrections import CorrectedPose
from core.training.rounds.held_out_error import HeldOutError

MOST_CHANGED = 24
"""So many poses are shown before and after."""

_DRAWS = 400
_BETWEEN = (2.5, 97.5)


def compared(before: HeldOutError, after: HeldOutError, names: Sequence[str], seed: int) -> dict[str, Any]:
    """Both errors of the same poses, "mean" and joint by joint.

    Args:
        before: of the weights that the round started from.
        after: of the new ones.
        names: of the keypoints that both know.
        seed: of the draws that tell the spread.

    Returns:
        "frames" and "poses", how many; "joints", by name: "count" of labels, "before" and "after" (fractions of the
        person's size), "before_px" and "after_px", "pck_before" and "pck_after" (0 to 1), and, each None where there
        are fewer than two frames: "spread_before" and "spread_after", and the "change" as [low, high]. The spread is
        half the range that 95 of 100 draws of as many frames fall into.
    """
    columns = [POSETRACK.index(name) for name in names]
    frames, where = np.unique(before.frame_indices, return_inverse=True)
    spreads = _spreads(before.distances[:, columns], after.distances[:, columns], where, len(frames), seed)
    px = before.sizes_px[:, None]
    tables = {
        "before": before.distances,
        "after": after.distances,
        "before_px": before.distances * px,
        "after_px": after.distances * px,
        "pck_before": np.where(np.isfinite(before.distances), before.found, np.nan),
        "pck_after": np.where(np.isfinite(after.distances), after.found, np.nan),
    }
    joints: dict[str, Any] = {}
    for place, name in enumerate(["mean", *names]):
        own = columns if name == "mean" else [columns[place - 1]]
        count = int(np.isfinite(before.distances[:, own]).sum())
        if count:
            values = {key: float(np.nanmean(table[:, own])) for key, table in tables.items()}
            joints[name] = {"count": count, **values, **spreads[place]}
    return {"frames": len(frames), "poses": len(where), "joints": joints}


def _spreads(
    before: FloatArray, after: FloatArray, where: NDArray[np.intp], num_frames: int, seed: int
) -> list[dict[str, Any]]:
    """Of the mean of all columns and of each: how the errors and their change vary from draw to draw of frames."""
    if num_frames < 2:
        return [{"spread_before": None, "spread_after": None, "change": None}] * (1 + before.shape[1])
    known = np.isfinite(before) & np.isfinite(after)

    def by_frame(values: FloatArray) -> FloatArray:
        """(frames, 1 + joints) sums; the first column is that of all joints."""
        sums = np.zeros((num_frames, values.shape[1]))
        np.add.at(sums, where, np.where(known, values, 0.0))
        return np.column_stack([sums.sum(axis=1), sums])

    draws = np.random.default_rng(seed).integers(0, num_frames, (_DRAWS, num_frames))
    counts = by_frame(np.ones_like(before))[draws].sum(axis=1)
    counts[counts == 0] = np.nan
    means = [by_frame(np.nan_to_num(values))[draws].sum(axis=1) / counts for values in (before, after)]
    found = []
    for k in range(counts.shape[1]):
        first, second, change = (_range(values[:, k]) for values in (*means, means[1] - means[0]))
        halves = [None if ends is None else (ends[1] - ends[0]) / 2 for ends in (first, second)]
        found.append({"spread_before": halves[0], "spread_after": halves[1], "change": change})
    return found


def _range(draws: FloatArray) -> list[float] | None:
    """Where 95 of 100 draws lie; None where no draw holds a label."""
    known = draws[np.isfinite(draws)]
    return [float(end) for end in np.percentile(known, _BETWEEN)] if len(known) else None


def changed_most(
    poses: Sequence[CorrectedPose],
    predictions: tuple[Sequence[Prediction], Sequence[Prediction]],
    errors: tuple[HeldOutError, HeldOutError],
    names: Sequence[str],
    held_out: frozenset[int],
) -> list[dict[str, Any]]:
    """The poses whose error changed most, those that got worse first, each with what is needed to draw it.

    Args:
        poses: what a person said.
        predictions: of the same people, by the weights that the round started from and by the new ones.
        errors: of both.
        names: of the keypoints that both know.
        held_out: frames that were not trained on.

    Returns:
        "frame", "person", "held_out", "before" and "after" (mean errors as fractions of the person's size), "box"
        (left, top, width, height), and "label_xy", "before_xy" and "after_xy": 17 places in full-frame pixels, None
        where there is none.
    """
    columns = [POSETRACK.index(name) for name in names]
    first, second = (error.distances[:, columns] for error in errors)
    before, after = predictions
    measured = np.flatnonzero((np.isfinite(first) & np.isfinite(second)).any(axis=1))
    change = {int(i): float(np.nanmean(second[i]) - np.nanmean(first[i])) for i in measured}
    worst = sorted((i for i in change if change[i] > 0), key=lambda i: -change[i])[: MOST_CHANGED // 2]
    best = sorted((i for i in change if change[i] <= 0), key=lambda i: change[i])[: MOST_CHANGED - len(worst)]
    return [
        {
            "frame": poses[i].frame_index,
            "person": poses[i].track_id,
            "held_out": poses[i].frame_index in held_out,
            "before": float(np.nanmean(first[i])),
            "after": float(np.nanmean(second[i])),
            "box": [round(float(value), 1) for value in poses[i].bbox_xywh],
            "label_xy": _places(np.where(poses[i].known[:, None], poses[i].keypoints, np.nan)),
            "before_xy": _places(before[i].keypoints),
            "after_xy": _places(after[i].keypoints),
        }
        for i in [*worst, *best]
    ]


def _places(keypoints: FloatArray) -> list[list[float] | None]:
    return [[round(float(x), 1), round(float(y), 1)] if np.isfinite([x, y]).all() else None for x, y in keypoints]
