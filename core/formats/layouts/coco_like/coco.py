"""COCO keypoint JSON: v = 1 is occluded, v = 2 visible; eyes instead of head_bottom and head_top."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from core.errors import FormatError
from core.formats.labels import Labels, from_records
from core.formats.layouts.coco_like import coco_layout, coco_results
from core.formats.layouts.coco_like.annotations import COCO_CODES
from core.formats.layouts.coco_like.coco_writing import FAMILY, annotations_of, ids_of, image_entry, kept_of_image
from core.formats.layouts.coco_like.posetrack18 import category
from core.formats.texts.records import load_json, write_file_atomically
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
    images = [image for image in labels.images if image.labelled]
    ids = ids_of([kept_of_image(image).get("id") for image in images], [image.frame_index + 1 for image in images])
    counted = itertools.count(1)
    made_ids = [[next(counted) for _ in image.poses.poses] for image in images]
    entries = [
        {**image_entry(image, own, source_name), "nframes": image.num_frames or len(labels.images)}
        for image, own in zip(images, ids, strict=True)
    ]
    return {
        **labels.kept.get(FAMILY, {}),
        "images": entries,
        "annotations": annotations_of(images, ids, made_ids, COCO, COCO_CODES),
        "categories": [category(COCO)],
    }
