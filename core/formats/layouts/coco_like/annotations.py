"""A Pose as an annotation of a COCO-like file, with this program's own keys (see docs/formats.md)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.formats.labels import OCCLUDED_AT_ORIGIN_PX, read_scores
from core.formats.layouts.coco_like import further_joints
from core.judging.head_boxes import head_box
from core.keypoints import POSETRACK, Skeleton, mapping
from core.poses import FloatArray, Pose, Provenance, Visibility

CATEGORY_ID = 1
PROVENANCE_NAMES = {int(provenance): provenance.name.lower() for provenance in Provenance}
POSETRACK_CODES: dict[int, int] = {Visibility.OCCLUDED: 0, Visibility.VISIBLE: 1}
COCO_CODES: dict[int, int] = {Visibility.OCCLUDED: 1, Visibility.VISIBLE: 2}


def written_scores(pose: Pose) -> FloatArray:
    """(K,) scores as they are written: 1 where a person set the keypoint, 0 where it is not labelled."""
    return np.where(pose.labelled, np.nan_to_num(pose.told_scores, nan=0.0), 0.0)


def mean_score(pose: Pose) -> float:
    """The mean written score of the labelled keypoints, 0 if there is none."""
    return float(written_scores(pose)[pose.labelled].mean()) if pose.labelled.any() else 0.0


def annotation(pose: Pose, skeleton: Skeleton, codes: dict[int, int]) -> dict[str, Any]:
    """A pose as an annotation without id and image_id.

    Args:
        pose: in the POSETRACK skeleton.
        skeleton: whose keypoints are written; those that POSETRACK doesn't have are written as absent,
            and those that only POSETRACK has as this program's further joints.
        codes: the format's number for an occluded and for a visible keypoint, by Visibility.
    """
    rows = mapping(POSETRACK.keypoint_names, skeleton).tolist()
    points, states = pose.keypoints.tolist(), pose.visibility.tolist()
    flat: list[float] = []
    kept: dict[str, list[float]] = {}
    for row, name in zip(rows, skeleton.keypoint_names, strict=True):
        if row < 0:
            flat += [0, 0, 0]
            continue
        x, y = points[row]
        triple, keep = _triple(x, y, codes.get(states[row]))
        flat += triple
        if keep:
            kept[name] = points[row]
    scores = written_scores(pose)
    written, own_scores, set_by = scores.tolist(), pose.scores.tolist(), pose.provenance.tolist()
    result: dict[str, Any] = {
        "category_id": CATEGORY_ID,
        "track_id": int(pose.track_id),
        "bbox": pose.bbox_xywh.tolist(),
        "area": float(max(pose.bbox_xywh[2], 0) * max(pose.bbox_xywh[3], 0)),
        "iscrowd": 0,
        "keypoints": flat,
        "num_keypoints": sum(row >= 0 and states[row] != Visibility.NOT_LABELLED for row in rows),
        "scores": [written[row] if row >= 0 else 0.0 for row in rows],
        "score": mean_score(pose),
        "provenance": [PROVENANCE_NAMES[set_by[row]] if row >= 0 else "none" for row in rows],
        "bbox_provenance": pose.bbox_provenance.name.lower(),
        **further_joints.written(pose, skeleton.keypoint_names),
    }
    if kept:
        result["keypoints_kept"] = kept
    if not np.array_equal(_scores_read_again(pose, scores), pose.scores, equal_nan=True):
        result["scores_kept"] = [None if row < 0 or math.isnan(own_scores[row]) else own_scores[row] for row in rows]
    head = pose.bbox_head_xywh
    if head is None and (head := head_box(pose)) is not None:
        result["bbox_head_made"] = True
    if head is not None:
        result["bbox_head"] = head.tolist()
    return result


def _scores_read_again(pose: Pose, scores: FloatArray) -> FloatArray:
    labelled_scores = scores[pose.labelled]
    if not (labelled_scores > 0).any():
        return np.where(pose.labelled, 1.0, np.nan)
    return read_scores(scores, pose.labelled)


def _triple(x: float, y: float, code: int | None) -> tuple[list[float], bool]:
    """x, y and v of one keypoint (code None: not labelled), and whether its coordinates need a key of their own."""
    finite = math.isfinite(x) and math.isfinite(y)
    if code is None or not finite:
        return [0, 0, 0], finite
    if code == 0 and x == 0 and y == 0:
        return [OCCLUDED_AT_ORIGIN_PX, 0, code], True
    return [x, y, code], False
