"""The accuracy of predictions on a data set, as its benchmark counts it."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from core.errors import FormatError
from core.formats import recognition
from core.formats.labels import Labels
from core.formats.layouts.coco_like import posetrack18
from core.geometry import FloatArray
from core.metrics import PCK_OF_TORSO, pck, posetrack_ap
from core.poses import FramePoses, Pose, Provenance, Visibility
from core.training.datasets import ClipDataset, DatasetConfig, PersonInstance
from core.training.datasets.videos import label_files


def dataset_accuracy(
    config: DatasetConfig, dataset: ClipDataset, keypoints: FloatArray, scores: FloatArray
) -> tuple[str, dict[str, float]]:
    """What the data set's benchmark reports.

    Args:
        config: which data set.
        dataset: its people.
        keypoints: (N, K, 2) predicted, in full-frame pixels, in the order of the data set's instances.
        scores: (N, K) 0 to 1.

    Returns:
        The metric's name, and percent by joint with the "mean": PoseTrack AP, or for Sub-JHMDB PCK@0.2 of the torso.
    """
    if config.kind == "jhmdb":
        truth = np.stack([instance.keypoints for instance in dataset.instances])
        labelled = np.stack([instance.labelled for instance in dataset.instances])
        return "PCK@0.2 of the torso", pck(truth, labelled, keypoints, PCK_OF_TORSO, dataset.skeleton)
    with tempfile.TemporaryDirectory() as folder:
        truth_folder, predicted_folder = Path(folder, "truth"), Path(folder, "predicted")
        truth_folder.mkdir()
        predicted_folder.mkdir()
        by_frame = _poses_by_frame(dataset.instances, keypoints, scores)
        for path in label_files(config.labels, config.split, (".json",)):
            try:
                labels = recognition.read_labels(path)
            except FormatError:
                continue  # the data set skipped it as well, and said so
            shutil.copy(path, truth_folder)
            for place, image in enumerate(labels.images):
                video = PurePosixPath(image.file_name).parent.name or path.stem
                poses = tuple(by_frame.get((video, image.file_name), ()))
                labels.images[place] = replace(image, poses=FramePoses(image.frame_index, poses))
            _write_predictions(labels, predicted_folder / path.name)
        by_name = posetrack_ap(truth_folder, predicted_folder)
    return "PoseTrack AP", by_name


def _write_predictions(labels: Labels, path: Path) -> None:
    """PoseTrack18's file of the predictions with the pictures' own names and ids, by which they are paired."""
    document = posetrack18.document(labels, path.stem)
    ids: dict[int, int | str] = {}
    for entry, image in zip(document["images"], labels.images, strict=True):
        ids[entry["id"]] = entry["id"] if image.image_id is None else image.image_id
        entry["id"], entry["file_name"], entry["file_name_made"] = ids[entry["id"]], image.file_name, False
        entry["frame_id"] = entry["frame_id"] if image.frame_id is None else image.frame_id
    for annotation in document["annotations"]:
        annotation["image_id"] = ids[annotation["image_id"]]
    path.write_text(json.dumps(document), encoding="utf-8")


def _poses_by_frame(
    instances: tuple[PersonInstance, ...], keypoints: FloatArray, scores: FloatArray
) -> dict[tuple[str, str], list[Pose]]:
    """The predicted poses of each picture, by video and file name."""
    by_frame: dict[tuple[str, str], list[Pose]] = {}
    for instance, points, sure in zip(instances, keypoints, scores, strict=True):
        located: NDArray[np.bool_] = sure > 0
        poses = by_frame.setdefault((instance.video, instance.file_name), [])
        poses.append(
            Pose(
                track_id=len(poses),
                bbox_xywh=instance.bbox_xywh,
                keypoints=np.where(located[:, None], points, np.nan),
                visibility=np.where(located, Visibility.VISIBLE, Visibility.NOT_LABELLED).astype(np.uint8),
                scores=np.where(located, sure, np.nan),
                provenance=np.where(located, Provenance.PREDICTED, Provenance.NONE).astype(np.uint8),
            )
        )
    return by_frame
