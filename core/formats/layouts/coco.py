"""COCO keypoint JSON: v = 1 is occluded, v = 2 visible; eyes instead of head_bottom and head_top."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.errors import FormatError
from core.formats.labels import Labels, from_records
from core.formats.layouts import coco_layout, coco_results
from core.formats.layouts.annotations import COCO_CODES, annotation
from core.formats.layouts.posetrack18 import category, image_file_name
from core.formats.records import load_json, write_file_atomically
from core.keypoints import COCO


def read(path: Path | str) -> Labels:
    """Reads a COCO keypoint file, or a COCO list of detections.

    Raises:
        FormatError: it is missing, not JSON, or not COCO.
    """
    path = Path(path)
    document = load_json(path)
    if coco_results.is_results(document):
        return from_records(coco_results.parse(document, path))
    if not coco_layout.is_coco_layout(document) or coco_layout.is_posetrack(document):
        raise FormatError(f"{path.name} is not a COCO file: COCO has a list 'images' and no PoseTrack keypoints.")
    return from_records(coco_layout.parse(document, path))


def write(labels: Labels, path: Path | str, source_name: str) -> None:
    """Writes a COCO file of the labelled images, replacing an older one only when the new one is whole.

    head_bottom and head_top have no place in it; eyes are written as not labelled.

    Raises:
        FormatError: the file cannot be written.
    """
    write_file_atomically(Path(path), json.dumps(document(labels, source_name), allow_nan=False))


def document(labels: Labels, source_name: str) -> dict[str, Any]:
    """The whole file as JSON values."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image in labels.images:
        if not image.labelled:
            continue
        image_id = image.frame_index + 1
        entry: dict[str, Any] = {
            "id": image_id,
            "file_name": image_file_name(source_name, image.frame_index),
            "file_name_made": True,
            "frame_index": image.frame_index,
            "nframes": image.num_frames or len(labels.images),
            "reviewed": image.poses.reviewed,
        }
        if image.size is not None:
            entry["width"], entry["height"] = image.size
        images.append(entry)
        for pose in image.poses.poses:
            annotations.append({"id": len(annotations) + 1, "image_id": image_id, **annotation(pose, COCO, COCO_CODES)})
    return {"images": images, "annotations": annotations, "categories": [category(COCO)]}
