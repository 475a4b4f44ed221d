"""PoseTrack17 JSON, as the challenge's evaluator reads it. It has no boxes of people; ears are further joints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.errors import FormatError
from core.formats.labels import LabelImage, Labels, from_records
from core.formats.layouts import annolist
from core.formats.layouts.coco_like import further_joints
from core.formats.layouts.coco_like.annotations import mean_score, written_scores
from core.formats.layouts.frame_names import name_of
from core.formats.texts.records import load_json, write_file_atomically
from core.judging.head_boxes import head_box
from core.keypoints import POSETRACK
from core.poses import Pose, Visibility

FAMILY = "posetrack17"


def read(path: Path | str) -> Labels:
    """Reads a PoseTrack17 file.

    Raises:
        FormatError: it is missing, not JSON, or not PoseTrack17.
    """
    path = Path(path)
    document = load_json(path)
    if not annolist.is_annolist(document):
        raise FormatError(f"{path.name} is not a PoseTrack17 file: it has no list 'annolist'.")
    return from_records(annolist.parse(document, path))


def write(labels: Labels, path: Path | str, source_name: str) -> None:
    """Writes a PoseTrack17 file, replacing an older one only when the new one is whole.

    Raises:
        FormatError: the file cannot be written.
    """
    document = {**labels.kept.get(FAMILY, {}), "annolist": [_image(image, source_name) for image in labels.images]}
    write_file_atomically(Path(path), json.dumps(document, allow_nan=False))


def _image(image: LabelImage, source_name: str) -> dict[str, Any]:
    kept = {key: value for key, value in image.kept.get(FAMILY, {}).items() if key != "file_name"}
    entry: dict[str, Any] = {
        **kept,
        "image": [{"name": name_of(image, source_name)[0]}],
        "imgnum": [image.frame_index + 1],
        "annorect": [
            {**image.kept_of.get(pose.track_id, {}).get(FAMILY, {}), **_person(pose)} for pose in image.poses.poses
        ],
        "is_labeled": [int(image.holds_labels)],
    }
    if image.ignore_regions:
        entry["ignore_regions"] = [
            {"point": [{"x": [x], "y": [y]} for x, y in region.tolist()]} for region in image.ignore_regions
        ]
    return entry


def _person(pose: Pose) -> dict[str, Any]:
    scores = written_scores(pose)
    points = []
    for point_id, name in enumerate(annolist.POINT_NAMES):
        keypoint = POSETRACK.index(name)
        if pose.labelled[keypoint]:
            x, y = pose.keypoints[keypoint].tolist()
            visible = float(pose.visibility[keypoint] == Visibility.VISIBLE)
            score = float(scores[keypoint])
            points.append({"id": [point_id], "x": [x], "y": [y], "is_visible": [visible], "score": [score]})
    person: dict[str, Any] = {
        "track_id": [int(pose.track_id)],
        "annopoints": [{"point": points}],
        **further_joints.written(pose, annolist.POINT_NAMES),
    }
    head = pose.bbox_head_xywh if pose.bbox_head_xywh is not None else head_box(pose)
    if head is not None:
        x, y, width, height = head.tolist()
        person |= {"x1": [x], "y1": [y], "x2": [x + width], "y2": [y + height]}
    return {**person, "score": [mean_score(pose)]}
