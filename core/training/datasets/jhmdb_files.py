"""Reads Sub-JHMDB as MMPose publishes it: a file a split and part, in COCO's layout, with JHMDB's 15 joints."""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from core.errors import FormatError
from core.formats.layouts.jhmdb import FIRST_PIXEL
from core.formats.texts.records import load_json, number, numbers, whole_number
from core.geometry import FloatArray
from core.keypoints import JHMDB
from core.training.datasets.videos import LabelledFrame, LabelledPerson, LabelledVideo, LabelledVideos


def read_coco_jhmdb(path: Path) -> LabelledVideos:
    """The videos of one file. Raises FormatError if it is not such a file."""
    document = load_json(path)
    names = [c.get("keypoints") for c in _dicts(document, "categories")]
    named = (n for n in names if isinstance(n, list) and all(isinstance(name, str) for name in n))
    order = next((n for n in named if sorted(n) == sorted(JHMDB.keypoint_names)), None)
    if order is None:
        raise FormatError(f"{path.name} is not a JHMDB file: no category names its 15 joints (neck, belly, head, ...).")
    rows = [order.index(name) for name in JHMDB.keypoint_names]
    remarks: Counter[str] = Counter()
    frames: dict[int | None, tuple[LabelledFrame, tuple[float, float]]] = {}
    for image in _dicts(document, "images"):
        name, width, height = image.get("file_name"), number(image.get("width")), number(image.get("height"))
        if not isinstance(name, str) or width is None or height is None:
            remarks["an image without a name or size was skipped"] += 1
            continue
        labelled = image.get("is_labeled") is not False
        frame = LabelledFrame(name.replace("\\", "/"), whole_number(image.get("frame_id")), labelled)
        frames[whole_number(image.get("id"))] = frame, (width, height)
    for annotation in _dicts(document, "annotations"):
        found = frames.get(whole_number(annotation.get("image_id")))
        person = None if found is None else _person(annotation, rows, found[1])
        if found is None or person is None:
            remarks["an annotation without a listed image, a box or 15 joints was skipped"] += 1
        else:
            found[0].people.append(person)
    return LabelledVideos(_by_video([frame for frame, _ in frames.values()], path), JHMDB, remarks)


def _dicts(document: object, key: str) -> list[dict[str, Any]]:
    items = document.get(key) if isinstance(document, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _person(annotation: dict[str, Any], rows: list[int], size_wh: tuple[float, float]) -> LabelledPerson | None:
    flat = numbers(annotation.get("keypoints"), 3 * len(rows))
    box = numbers(annotation.get("bbox"), 4)
    if flat is None or box is None:
        return None
    box = clipped_box(box[:2] - FIRST_PIXEL, box[:2] + box[2:] - 1 - FIRST_PIXEL, size_wh)
    if (box[2:] <= 0).any():
        return None
    joints = flat.reshape(-1, 3)[rows]
    track_id = whole_number(annotation.get("track_id")) or 0
    return LabelledPerson(track_id, box, joints[:, :2] - FIRST_PIXEL, joints[:, 2] > 0, 1.0, box)


def clipped_box(low: FloatArray, high: FloatArray, size_wh: tuple[float, float]) -> FloatArray:
    """(4,) xywh of the box between the centres of its first and last pixels, less what is outside the picture."""
    low = np.maximum(low, 0.0)
    high = np.minimum(high, np.array(size_wh) - 1.0)
    return np.concatenate([low, high - low])


def _by_video(frames: list[LabelledFrame], path: Path) -> list[LabelledVideo]:
    videos: dict[str, list[LabelledFrame]] = {}
    for frame in frames:
        videos.setdefault(PurePosixPath(frame.file_name).parent.name or path.stem, []).append(frame)
    for listed in videos.values():
        if all(frame.frame_id is not None for frame in listed):
            listed.sort(key=lambda frame: frame.frame_id or 0)
    return [LabelledVideo(name, listed) for name, listed in videos.items()]
