"""Reads PoseTrack17's JSON, the layout of the challenge's evaluator: annolist, annorect, annopoints."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import FormatError
from core.formats.kept import named_path, others
from core.formats.layouts.coco_like import further_joints
from core.formats.texts.records import ImageRecord, LabelFile, PersonRecord, number, whole_number
from core.keypoints import POSETRACK
from core.poses import FloatArray, Visibility

POINT_NAMES = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "head_bottom", "nose", "head_top",
)  # fmt: skip
"""The name of each point id from 0 to 14."""
OWN_OF_IMAGES = {"image", "imgnum", "annorect", "is_labeled", "ignore_regions"}
OWN_OF_PEOPLE = {"track_id", "score", "x1", "y1", "x2", "y2", "annopoints", further_joints.KEY}


def is_annolist(document: object) -> bool:
    """Whether a JSON document is a PoseTrack17 file."""
    return isinstance(document, dict) and isinstance(document.get("annolist"), list)


def parse(document: dict[str, Any], path: Path) -> LabelFile:
    """Reads what can be read of a PoseTrack17 document, and counts what cannot.

    Raises:
        FormatError: there is no list `annolist`, or nothing in it is an image.
    """
    if not is_annolist(document):
        raise FormatError(f"{path.name} is not a PoseTrack17 file: it has no list 'annolist'.")
    remarks: Counter[str] = Counter()
    images = []
    for entry in document["annolist"]:
        if not isinstance(entry, dict):
            raise FormatError(f"{path.name} is not a PoseTrack17 file: its annolist holds something other than images.")
        image_entry = _first(entry.get("image"))
        name = _first(image_entry.get("name")) if isinstance(image_entry, dict) else None
        labelled = _first(entry.get("is_labeled"))
        rects = entry.get("annorect") or []
        name = name.replace("\\", "/") if isinstance(name, str) else ""
        image = ImageRecord(
            file_name=name,
            frame_id=whole_number(_first(entry.get("imgnum"))),
            labelled=bool(labelled) if isinstance(labelled, (bool, int, float)) else None,
            ignore_regions=_read_ignore_regions(entry, remarks),
            kept=others(entry, OWN_OF_IMAGES, remarks) | named_path(name),
        )
        for rect in rects if isinstance(rects, list) else [rects]:
            if isinstance(rect, dict):
                image.people.append(_read_person(rect, remarks))
            else:
                remarks["a person that is not a record was skipped"] += 1
        images.append(image)
    label_file = LabelFile(path, "posetrack17", images, remarks, others(document, {"annolist"}, remarks))
    label_file.sort_images()
    return label_file


def _first(value: object) -> Any:  # noqa: ANN401 - JSON has no one type
    """The value itself, or the only item of the one-item list in which this format wraps every value."""
    return value[0] if isinstance(value, list) and value else None if isinstance(value, list) else value


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_ignore_regions(entry: dict[str, Any], remarks: Counter[str]) -> list[FloatArray]:
    regions = []
    for region in _list(entry.get("ignore_regions")):
        points = region.get("point") if isinstance(region, dict) else None
        xy = [(number(_first(p.get("x"))), number(_first(p.get("y")))) for p in _list(points) if isinstance(p, dict)]
        if len(xy) < 3 or any(x is None or y is None for x, y in xy):
            remarks["an ignore region that is not a polygon was left out"] += 1
        else:
            regions.append(np.array(xy, dtype=np.float64))
    return regions


def _read_person(rect: dict[str, Any], remarks: Counter[str]) -> PersonRecord:
    person = PersonRecord.empty()
    person.track_id = whole_number(_first(rect.get("track_id")))
    person.kept = others(rect, OWN_OF_PEOPLE, remarks)
    person.score = number(_first(rect.get("score")))
    corners = [number(_first(rect.get(key))) for key in ("x1", "y1", "x2", "y2")]
    if None not in corners:
        x1, y1, x2, y2 = np.array(corners, dtype=np.float64)
        person.bbox_head_xywh = np.array([x1, y1, x2 - x1, y2 - y1])
    annopoints = _first(rect.get("annopoints"))
    points = annopoints.get("point") if isinstance(annopoints, dict) else None
    for point in points if isinstance(points, list) else [points] if isinstance(points, dict) else []:
        _read_point(person, point, remarks)
    further_joints.read(person, rect)
    return person


def _read_point(person: PersonRecord, point: object, remarks: Counter[str]) -> None:
    point = point if isinstance(point, dict) else {}
    point_id = whole_number(_first(point.get("id")))
    x, y = number(_first(point.get("x"))), number(_first(point.get("y")))
    if point_id is None or not 0 <= point_id < len(POINT_NAMES) or x is None or y is None:
        remarks["a point without a known id or finite coordinates was left out"] += 1
        return
    keypoint = POSETRACK.index(POINT_NAMES[point_id])
    if person.labelled[keypoint]:
        return  # the first of two points with one id counts, as in the challenge's evaluator
    visible = number(_first(point.get("is_visible")))
    person.keypoints[keypoint] = x, y
    person.visibility[keypoint] = Visibility.OCCLUDED if visible is not None and visible <= 0 else Visibility.VISIBLE
    score = number(_first(point.get("score")))
    person.scores[keypoint] = np.nan if score is None else score
