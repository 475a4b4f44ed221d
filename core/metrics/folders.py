"""Folders of ground truth and predictions, a file a video on either side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.errors import FormatError
from core.formats.labels import from_records
from core.judging.sizes import PCK_OF_TORSO, box_sizes
from core.metrics.groups import grouped
from core.metrics.keypoint_accuracy import pck
from core.metrics.pairing import OnRemark, ignore_remark, pair_files
from core.people.assignment import pair_by_overlap
from core.poses import FloatArray, Pose

PosesOf = tuple[Pose, ...]
"""The people of an image."""


def paired_files(gt_dir: Path | str, pred_dir: Path | str) -> list[tuple[Path, Path]]:
    """The files of ground truth by name, each with the file of predictions of the same name.

    Raises:
        FormatError: a folder is missing or empty, or a file has no counterpart.
    """
    gt_dir, pred_dir = Path(gt_dir), Path(pred_dir)
    for role, folder in (("ground truth", gt_dir), ("predictions", pred_dir)):
        if not folder.is_dir():
            raise FormatError(f"There is no folder of {role} at {folder}; name the folder that holds the JSON files.")
    # Systems leave hidden files beside real ones, such as ._a.json and .DS_Store.
    names = [path.name for path in sorted(gt_dir.glob("*.json")) if not path.name.startswith(".")]
    pairs = [(gt_dir / name, pred_dir / name) for name in names]
    if not pairs:
        raise FormatError(f"The folder of ground truth {gt_dir} holds no .json file.")
    for gt_path, pred_path in pairs:
        if not pred_path.is_file():
            raise FormatError(f"There are no predictions for {gt_path.name}: {pred_path} does not exist.")
    return pairs


def pck_of_folders(
    gt_dir: Path | str,
    pred_dir: Path | str,
    threshold: float = PCK_OF_TORSO,
    on_remark: OnRemark = ignore_remark,
) -> dict[str, dict[str, float]]:
    """PCK as Sub-JHMDB reports it, by the person's box and by the torso.

    In each frame people pair with predictions by the overlap of their boxes; somebody who was not predicted has all
    joints wrong, and predictions of nobody don't count.

    Returns:
        {"box": {joint: percent, ..., "mean"}, "box_groups": {Head, ..., Mean}, "torso": ..., "torso_groups": ...}: an
        error counts in sizes of the person (the longer side of the box), and in torsos.

    Raises:
        FormatError: the folders don't pair, or nobody in them is labelled.
    """
    pairs = [pair for images in _read(gt_dir, pred_dir, on_remark) for pair in _pairs(images)]
    if not any(pose.labelled.any() for pose, _ in pairs):
        raise FormatError(f"Nothing can be evaluated: the ground truth in {gt_dir} holds no labelled keypoint.")
    keypoints = np.stack([pose.keypoints for pose, _ in pairs])
    labelled = np.stack([pose.labelled for pose, _ in pairs])
    predicted = np.stack([found for _, found in pairs])
    by_box = pck(
        keypoints, labelled, predicted, threshold, sizes_px=box_sizes(np.stack([p.bbox_xywh for p, _ in pairs]))
    )
    by_torso = pck(keypoints, labelled, predicted, threshold)
    return {
        "box": by_box,
        "box_groups": grouped(by_box),
        "torso": by_torso,
        "torso_groups": grouped(by_torso),
    }


def _read(gt_dir: Path | str, pred_dir: Path | str, on_remark: OnRemark) -> Iterator[list[tuple[PosesOf, PosesOf]]]:
    """The people of each image of each file, truth and predictions."""
    for gt_path, pred_path in paired_files(gt_dir, pred_dir):
        pair = pair_files(gt_path, pred_path, on_remark)
        truth, predicted = from_records(pair.truth).images, from_records(pair.predicted).images
        yield [
            (image.poses.poses, () if partner is None else predicted[partner].poses.poses)
            for image, partner in zip(truth, pair.partners, strict=True)
        ]


def _pairs(images: Sequence[tuple[PosesOf, PosesOf]]) -> Iterator[tuple[Pose, FloatArray]]:
    """Everybody in the ground truth, with the predicted keypoints (K, 2), NaN where there are none."""
    for people, guesses in images:
        partner = dict(pair_by_overlap([pose.bbox_xywh for pose in people], [pose.bbox_xywh for pose in guesses]))
        for place, pose in enumerate(people):
            found = guesses[partner[place]] if place in partner else None
            nowhere = np.full_like(pose.keypoints, np.nan)
            yield pose, nowhere if found is None else np.where(found.labelled[:, None], found.keypoints, np.nan)
