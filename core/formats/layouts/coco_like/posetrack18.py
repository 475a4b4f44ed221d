"""PoseTrack18 JSON: one file a video; also what poseval and pycocotools read."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

from core.errors import FormatError
from core.formats.labels import LabelImage, Labels, from_records
from core.formats.layouts.coco_like import coco_layout
from core.formats.layouts.coco_like.annotations import CATEGORY_ID, POSETRACK_CODES
from core.formats.layouts.coco_like.coco_writing import FAMILY, annotations_of, ids_of, image_entry, kept_of_image
from core.formats.texts.records import load_json, write_file_atomically
from core.keypoints import POSETRACK, Skeleton

FRAME_ID_DIGITS = 4
PEOPLE_A_FRAME = 100


def read(path: Path | str) -> Labels:
    """Reads a PoseTrack18 file.

    Raises:
        FormatError: it is missing, not JSON, or not PoseTrack18.
    """
    path = Path(path)
    document = load_json(path)
    if not coco_layout.is_coco_layout(document) or not coco_layout.is_posetrack(document):
        raise FormatError(
            f"{path.name} is not a PoseTrack18 file: it has no images with keypoints named head_bottom and head_top."
        )
    return from_records(coco_layout.parse(document, path))


def write(labels: Labels, path: Path | str, source_name: str) -> None:
    """Writes a PoseTrack18 file, replacing an older one only when the new one is whole.

    Args:
        labels: `frame_index` of each image becomes its number in the file.
        path: of the JSON file.
        source_name: names the video: where an image has no name, `file_name` is images/<source_name>/<six digits>.jpg.

    Raises:
        FormatError: the file cannot be written.
    """
    write_file_atomically(Path(path), json.dumps(document(labels, source_name), allow_nan=False))


def video_number(source_name: str) -> int:
    """Six digits that stand for a video: those its name begins with, as PoseTrack's do, else a hash of the name."""
    leading = re.match(r"\d{1,6}(?!\d)", source_name)
    return int(leading[0]) if leading else zlib.crc32(source_name.encode()) % 1_000_000


def category(skeleton: Skeleton) -> dict[str, Any]:
    """The one category, "person"; limbs count keypoints from 1."""
    return {
        "supercategory": "person",
        "id": CATEGORY_ID,
        "name": "person",
        "keypoints": list(skeleton.keypoint_names),
        "skeleton": [[first + 1, second + 1] for first, second in skeleton.limbs],
    }


def document(labels: Labels, source_name: str) -> dict[str, Any]:
    """The whole file as JSON values."""
    images = labels.images
    count = max((image.frame_index + 1 for image in images), default=0)
    digits = max(FRAME_ID_DIGITS, len(str(count)))
    people_a_frame = max(PEOPLE_A_FRAME, max((len(image.poses.poses) for image in images), default=0))
    video = video_number(source_name)
    made = [int(f"1{video:06d}{image.frame_index:0{digits}d}") for image in images]
    ids = ids_of([kept_of_image(image).get("id") for image in images], made)
    made_ids = [
        [number * people_a_frame + place for place in range(len(i.poses.poses))]
        for i, number in zip(images, made, strict=True)
    ]
    frame_ids = [kept_of_image(image).get("frame_id") for image in images]
    whole = all(isinstance(number, int) for number in frame_ids) and len(set(frame_ids)) == len(images)
    entries = [
        _image(image, {"vid_id": f"{video:06d}", **image_entry(image, own, source_name), "frame_id": frame_id})
        for image, own, frame_id in zip(images, ids, frame_ids if whole else made, strict=True)
    ]
    for entry in entries:
        entry["nframes"] = len(images)
        entry["vid_id"] = entry["vid_id"] if whole else f"{video:06d}"
    return {
        **labels.kept.get(FAMILY, {}),
        "images": entries,
        "annotations": annotations_of(images, ids, made_ids, POSETRACK, POSETRACK_CODES),
        "categories": [category(POSETRACK)],
    }


def _image(image: LabelImage, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "has_no_densepose": True,
        **entry,
        "is_labeled": image.holds_labels,
        "ignore_regions_x": [region[:, 0].tolist() for region in image.ignore_regions],
        "ignore_regions_y": [region[:, 1].tolist() for region in image.ignore_regions],
    }
