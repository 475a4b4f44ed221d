"""PoseTrack18 JSON: one file a video; also what poseval and pycocotools read."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

from core.errors import FormatError
from core.formats.labels import LabelImage, Labels, from_records
from core.formats.layouts import coco_layout
from core.formats.layouts.annotations import CATEGORY_ID, POSETRACK_CODES, annotation
from core.formats.records import load_json, write_file_atomically
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
        source_name: names the video: `file_name` is images/<source_name>/<six digits>.jpg.

    Raises:
        FormatError: the file cannot be written.
    """
    write_file_atomically(Path(path), json.dumps(document(labels, source_name), allow_nan=False))


def video_number(source_name: str) -> int:
    """Six digits that stand for a video: those its name begins with, as PoseTrack's do, else a hash of the name."""
    leading = re.match(r"\d{1,6}(?!\d)", source_name)
    return int(leading[0]) if leading else zlib.crc32(source_name.encode()) % 1_000_000


def image_file_name(source_name: str, frame_index: int) -> str:
    """Where an exported frame lies, relative to the folder of images that the person names."""
    return f"images/{source_name}/{frame_index:06d}.jpg"


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
    count = max((image.frame_index + 1 for image in labels.images), default=0)
    digits = max(FRAME_ID_DIGITS, len(str(count)))
    people_a_frame = max(PEOPLE_A_FRAME, max((len(image.poses.poses) for image in labels.images), default=0))
    video = video_number(source_name)
    images, annotations = [], []
    for image in labels.images:
        frame_id = int(f"1{video:06d}{image.frame_index:0{digits}d}")
        images.append(_image(image, frame_id, video, source_name, len(labels.images)))
        for place, pose in enumerate(image.poses.poses):
            entry = annotation(pose, POSETRACK, POSETRACK_CODES)
            annotations.append({"id": frame_id * people_a_frame + place, "image_id": frame_id, **entry})
    return {"images": images, "annotations": annotations, "categories": [category(POSETRACK)]}


def _image(image: LabelImage, frame_id: int, video: int, source_name: str, num_frames: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "has_no_densepose": True,
        "is_labeled": image.labelled,
        "file_name": image_file_name(source_name, image.frame_index),
        "file_name_made": True,
        "nframes": num_frames,
        "frame_id": frame_id,
        "vid_id": f"{video:06d}",
        "id": frame_id,
        "ignore_regions_x": [region[:, 0].tolist() for region in image.ignore_regions],
        "ignore_regions_y": [region[:, 1].tolist() for region in image.ignore_regions],
        "frame_index": image.frame_index,
        "reviewed": image.poses.reviewed,
    }
    if image.size is not None:
        entry["width"], entry["height"] = image.size
    return entry
