"""Folders of ground truth and predictions, a file a video on either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import FormatError
from core.formats import read_labels
from core.formats.labels import LabelImage, Labels
from core.judging.sizes import PCK_THRESHOLD, box_sizes
from core.metrics.groups import grouped
from core.metrics.keypoint_accuracy import oks_ap, pck
from core.people.assignment import pair_by_overlap
from core.poses import FloatArray, FramePoses, Pose


def paired_files(gt_dir: Path | str, pred_dir: Path | str) -> list[tuple[Path, Path]]:
    """The files of ground truth by name, each with the file of predictions of the same name.

    Raises:
        FormatError: a folder is missing or empty, or a file has no counterpart.
    """
    gt_dir, pred_dir = Path(gt_dir), Path(pred_dir)
    for role, folder in (("ground truth", gt_dir), ("predictions", pred_dir)):
        if not folder.is_dir():
            raise FormatError(f"There is no folder of {role} at {folder}; name the folder that holds the JSON files.")
    pairs = [(path, pred_dir / path.name) for path in sorted(gt_dir.glob("*.json"))]
    if not pairs:
        raise FormatError(f"The folder of ground truth {gt_dir} holds no .json file.")
    for gt_path, pred_path in pairs:
        if not pred_path.is_file():
            raise FormatError(f"There are no predictions for {gt_path.name}: {pred_path} does not exist.")
    return pairs


def check_frames_pair(gt_path: Path, num_truth: int, pred_path: Path, num_predicted: int) -> None:
    """Raises FormatError where the two files list different numbers of frames."""
    if num_truth != num_predicted:
        raise FormatError(
            f"{pred_path} has {num_predicted} frames but the ground truth {gt_path} has {num_truth}; "
            "predictions must list every frame of the ground truth."
        )


def pck_of_folders(
    gt_dir: Path | str, pred_dir: Path | str, threshold: float = PCK_THRESHOLD
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
    pairs = [pair for truth, predicted in _read(gt_dir, pred_dir) for pair in _pairs(truth, predicted)]
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


def oks_of_folders(gt_dir: Path | str, pred_dir: Path | str) -> dict[str, float]:
    """COCO's average precision and recall over all files, see `oks_ap`. Raises FormatError as `pck_of_folders` does."""
    truth: list[LabelImage] = []
    predicted: list[LabelImage] = []
    for one, other in _read(gt_dir, pred_dir):
        start = len(truth)
        truth += _renumbered(one, start)
        predicted += _renumbered(other, start)
    return oks_ap(Labels(truth), Labels(predicted))


def _read(gt_dir: Path | str, pred_dir: Path | str) -> Iterator[tuple[Labels, Labels]]:
    for gt_path, pred_path in paired_files(gt_dir, pred_dir):
        truth, predicted = read_labels(gt_path), read_labels(pred_path)
        check_frames_pair(gt_path, len(truth.images), pred_path, len(predicted.images))
        yield truth, predicted


def _renumbered(labels: Labels, start: int) -> list[LabelImage]:
    return [
        replace(image, frame_index=start + place, poses=FramePoses(start + place, image.poses.poses))
        for place, image in enumerate(labels.images)
    ]


def _pairs(truth: Labels, predicted: Labels) -> Iterator[tuple[Pose, FloatArray]]:
    """Everybody in the ground truth, with the predicted keypoints (K, 2), NaN where there are none."""
    for image, guess in zip(truth.images, predicted.images, strict=True):
        people, guesses = image.poses.poses, guess.poses.poses
        partner = dict(pair_by_overlap([pose.bbox_xywh for pose in people], [pose.bbox_xywh for pose in guesses]))
        for place, pose in enumerate(people):
            found = guesses[partner[place]] if place in partner else None
            nowhere = np.full_like(pose.keypoints, np.nan)
            yield pose, nowhere if found is None else np.where(found.labelled[:, None], found.keypoints, np.nan)
