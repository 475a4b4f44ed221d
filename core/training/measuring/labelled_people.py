"""Labelled people of other origins than the training's: video in PoseTrack's format, pictures of COCO and MPII."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from core.errors import TrainingError
from core.formats.labels import Labels
from core.formats.layouts.coco_like import coco, posetrack18
from core.geometry import BOX_MARGIN, ByteArray, bbox_of_points
from core.keypoints import MPII_NAMES, POSETRACK, mapping
from core.predictions import Request
from core.training.measuring.people_sets import ClipFrames, PeopleSet
from core.video import FrameCache, open_source

_CACHE_BYTES = 128 * 2**20


def video_people(name: str, frames: Path, labels_path: Path) -> PeopleSet:
    """People of a labelled video with their ground-truth boxes; the images of the labels are its frames, in order."""
    labels = posetrack18.read(labels_path)
    source = open_source(frames)
    cache = FrameCache(source, _CACHE_BYTES)
    return _from_labels(name, labels, lambda _: (cache.get, len(source)))


def coco_people(name: str, labels_path: Path, folder: Path) -> PeopleSet:
    """People of still pictures labelled in the COCO format; pictures that are not there are left out."""
    everything = coco.read(labels_path)
    there = [image for image in everything.images if (folder / Path(image.file_name).name).is_file()]
    files = {image.frame_index: folder / Path(image.file_name).name for image in there}
    labels = Labels(there, everything.format_name)
    indices = [image.frame_index for image in there for pose in image.poses.poses if pose.labelled.any()]

    def clip(number: int) -> ClipFrames:
        rgb = _read_rgb(files[indices[number]])
        return lambda _: rgb, 1

    return _from_labels(name, labels, clip)


def mpii_people(name: str, labels_path: Path, folder: Path) -> PeopleSet:
    """People of still pictures labelled as MPII; a box is the labelled joints' extent and a margin."""
    entries = json.loads(labels_path.read_text(encoding="utf-8"))
    joints = np.array([entry["joints"] for entry in entries], dtype=np.float64)
    visible = np.array([entry["joints_vis"] for entry in entries]) > 0
    where = mapping(MPII_NAMES, POSETRACK)
    keypoints, labelled = joints[:, where], visible[:, where] & (where >= 0)
    files = [folder / entry["image"] for entry in entries]

    def clip(number: int) -> ClipFrames:
        rgb = _read_rgb(files[number])
        return lambda _: rgb, 1

    boxes = [bbox_of_points(k[known], BOX_MARGIN) for k, known in zip(keypoints, labelled, strict=True)]
    return PeopleSet(name, tuple(Request(0, 0, box) for box in boxes), keypoints, labelled, clip)


def _from_labels(name: str, labels: Labels, clip: Callable[[int], ClipFrames]) -> PeopleSet:
    people = [(image.frame_index, pose) for image in labels.images for pose in image.poses.poses if pose.labelled.any()]
    is_video = clip(0)[1] > 1
    return PeopleSet(
        name,
        tuple(Request(frame if is_video else 0, pose.track_id, pose.bbox_xywh) for frame, pose in people),
        np.stack([np.nan_to_num(pose.keypoints) for _, pose in people]),
        np.stack([pose.labelled for _, pose in people]),
        clip,
    )


def _read_rgb(path: Path) -> ByteArray:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise TrainingError(f"The picture {path} cannot be read: copy it again.")
    return np.ascontiguousarray(bgr[:, :, ::-1], dtype=np.uint8)
