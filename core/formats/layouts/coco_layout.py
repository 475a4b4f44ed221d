"""Reads the layout that COCO and PoseTrack18 files share: images, annotations, categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FormatError
from core.formats.records import ImageRecord, LabelFile, PersonRecord, number, numbers, whole_number
from core.keypoints import COCO, POSETRACK, mapping
from core.poses import FloatArray, Visibility

EXTENSION_KEYS = ("provenance", "bbox_provenance", "keypoints_kept", "scores_kept", "bbox_head_made")


def is_coco_layout(document: object) -> bool:
    """Whether a JSON document has the images of a PoseTrack18 or COCO file."""
    return isinstance(document, dict) and isinstance(document.get("images"), list)


def is_posetrack(document: dict[str, Any]) -> bool:
    """Whether a COCO-like document is PoseTrack18, where coordinates with v = 0 are an occluded joint.

    The names of the category's keypoints decide (only PoseTrack has head_bottom and head_top); where the file has no
    names, the keys that only PoseTrack's images have.
    """
    names = {name for category in _dicts(document.get("categories")) for name in _names(category)}
    if names:
        return bool(names & {"head_bottom", "head_top"})
    return any("vid_id" in image or "frame_id" in image for image in _dicts(document["images"]))


def parse(document: dict[str, Any], path: Path) -> LabelFile:
    """Reads what can be read of a COCO-like document, and counts what cannot.

    Raises:
        FormatError: there is no list of images, or no image in it can be used.
    """
    if not is_coco_layout(document):
        raise FormatError(f"{path.name} is neither PoseTrack18 nor COCO: it has no list of images.")
    remarks: Counter[str] = Counter()
    posetrack = is_posetrack(document)
    images = _read_images(document["images"], remarks)
    if document["images"] and not images:
        raise FormatError(f"{path.name} cannot be used: none of its images has an id.")
    annotations = document.get("annotations", [])
    if not isinstance(annotations, list):
        raise FormatError(f"{path.name} cannot be used: its annotations are not a list.")
    names_by_category = _person_categories(document, path)
    for annotation in annotations:
        image = images.get(_key(annotation.get("image_id"))) if isinstance(annotation, dict) else None
        if image is None:
            remarks["an annotation names no listed image and was skipped"] += 1
            continue
        category = _key(annotation.get("category_id"))
        if names_by_category and category not in names_by_category and category is not None:
            remarks["an annotation of something other than a person was skipped"] += 1
        elif annotation.get("iscrowd") in (1, True):
            remarks["an annotation of a whole crowd was skipped"] += 1
        else:
            names = names_by_category.get(category, ()) if names_by_category else ()
            person = _read_person(annotation, names, posetrack, remarks)
            if person is not None:
                image.people.append(person)
    label_file = LabelFile(path, "posetrack18" if posetrack else "coco", list(images.values()), remarks)
    label_file.sort_images()
    return label_file


def parse_detections(document: list[Any], path: Path) -> LabelFile:
    """Reads COCO's list of results: boxes (and keypoints) by image_id, without images.

    Raises:
        FormatError: no entry has an image_id.
    """
    remarks: Counter[str] = Counter()
    images: dict[int, ImageRecord] = {}
    for detection in _dicts(document):
        image_id = whole_number(detection.get("image_id"))
        if image_id is None or detection.get("category_id", 1) != 1:
            remarks["a detection without image_id, or of something other than a person, was skipped"] += 1
            continue
        person = _read_person(detection, COCO.keypoint_names, False, remarks)
        if person is not None:
            images.setdefault(image_id, ImageRecord("", frame_id=image_id)).people.append(person)
    if not images:
        raise FormatError(f"{path.name} is a list, but not of COCO detections: no entry has an image_id and a box.")
    label_file = LabelFile(path, "coco", list(images.values()), remarks)
    label_file.sort_images()
    return label_file


def _key(value: object) -> int | str | None:
    found = whole_number(value)
    return found if found is not None else value if isinstance(value, str) else None


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _names(category: dict[str, Any]) -> tuple[str, ...]:
    names = category.get("keypoints")
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def _person_categories(document: dict[str, Any], path: Path) -> dict[int | str | None, tuple[str, ...]]:
    """The keypoint names of each category of people by its id; empty where the file names no categories."""
    categories = _dicts(document.get("categories"))
    people = [c for c in categories if c.get("name") == "person" or _names(c)]
    if not people and len(categories) == 1:
        people = categories
    if categories and not people:
        raise FormatError(f"{path.name} has no people: none of its categories is 'person' or has keypoints.")
    return {_key(category.get("id")): _names(category) for category in people}


def _read_images(entries: list[Any], remarks: Counter[str]) -> dict[int | str | None, ImageRecord]:
    images: dict[int | str | None, ImageRecord] = {}
    for entry in entries:
        key = _key(entry.get("id")) if isinstance(entry, dict) else None
        if key is None or key in images:
            remarks["an image without an id of its own was skipped"] += 1
            continue
        width, height = whole_number(entry.get("width")), whole_number(entry.get("height"))
        name = entry.get("file_name")
        labelled = entry.get("is_labeled")
        images[key] = ImageRecord(
            file_name=name.replace("\\", "/") if isinstance(name, str) else "",
            frame_id=whole_number(entry.get("frame_id")),
            size=(width, height) if width and height and width > 0 and height > 0 else None,
            ignore_regions=_read_ignore_regions(entry, remarks),
            labelled=bool(labelled) if isinstance(labelled, (bool, int)) else None,
            reviewed=entry.get("reviewed") is True,
            frame_index=whole_number(entry.get("frame_index")),
            num_frames=whole_number(entry.get("nframes")),
        )
    return images


def _read_ignore_regions(entry: dict[str, Any], remarks: Counter[str]) -> list[FloatArray]:
    rows_x, rows_y = entry.get("ignore_regions_x") or [], entry.get("ignore_regions_y") or []
    if not isinstance(rows_x, list) or not isinstance(rows_y, list) or len(rows_x) != len(rows_y):
        remarks["ignore regions whose x and y don't pair were left out"] += 1
        return []
    if rows_x and not isinstance(rows_x[0], list):
        rows_x, rows_y = [rows_x], [rows_y]  # a single polygon is sometimes written without the outer list
    regions = []
    for row_x, row_y in zip(rows_x, rows_y, strict=True):
        count = len(row_x) if isinstance(row_x, list) else 0
        x, y = numbers(row_x, count), numbers(row_y, count)
        if x is None or y is None or count < 3:
            remarks["an ignore region that is not a polygon was left out"] += 1
        else:
            regions.append(np.column_stack([x, y]))
    return regions


def _read_person(
    annotation: dict[str, Any], names: tuple[str, ...], posetrack: bool, remarks: Counter[str]
) -> PersonRecord | None:
    person = PersonRecord.empty()
    person.extensions = {key: annotation[key] for key in EXTENSION_KEYS if key in annotation}
    person.track_id = whole_number(annotation.get("track_id"))
    person.score = number(annotation.get("score"))
    person.bbox_xywh = _read_box(annotation, "bbox", remarks)
    if person.bbox_xywh is not None and (person.bbox_xywh[2:] <= 0).any() and "bbox_provenance" not in annotation:
        remarks["a box without width or height was left out"] += 1
        person.bbox_xywh = None
    person.bbox_head_xywh = _read_box(annotation, "bbox_head", remarks)
    _read_keypoints(person, annotation, names, posetrack, remarks)
    if person.bbox_xywh is None and not person.labelled.any() and person.bbox_head_xywh is None:
        remarks["an annotation with neither a box nor a keypoint was skipped"] += 1
        return None
    return person


def _read_box(annotation: dict[str, Any], key: str, remarks: Counter[str]) -> FloatArray | None:
    if annotation.get(key) in (None, []):
        return None
    box = numbers(annotation[key], 4)
    if box is None:
        remarks[f"a {key} that is not four numbers was left out"] += 1
    return box


def _read_keypoints(
    person: PersonRecord, annotation: dict[str, Any], names: tuple[str, ...], posetrack: bool, remarks: Counter[str]
) -> None:
    """Fills in keypoints, visibility and scores by the category's names."""
    flat = annotation.get("keypoints")
    if flat in (None, []):
        return
    if not isinstance(flat, list) or len(flat) % 3:
        remarks["keypoints that are not triples of numbers were left out"] += 1
        return
    count = len(flat) // 3
    if not names and count == len(POSETRACK):
        names = POSETRACK.keypoint_names if posetrack else COCO.keypoint_names
        remarks["the file names no keypoints: their usual order was assumed"] = 1
    if not names or len(names) > count:
        remarks["keypoints were left out, because the category's names don't say what they are"] += 1
        return
    if len(names) < count:
        remarks[f"of {count} keypoints of a person only the {len(names)} with a name were read"] += 1
    unknown = [name for name in names if name not in POSETRACK.keypoint_names]
    if unknown:
        named = ", ".join(unknown[:3]) + (f" and {len(unknown) - 3} others" if len(unknown) > 3 else "")
        remarks[f"the file's {named} have no place in this program's skeleton and were left out"] = 1
    rows = mapping(names, POSETRACK)
    person.extensions = {**person.extensions, **_in_skeleton_order(person.extensions, rows, len(names))}
    scores = annotation.get("scores")
    scores = scores if isinstance(scores, list) and len(scores) >= len(names) else []
    for keypoint, row in enumerate(rows):
        if row < 0:
            continue
        person.scores[keypoint] = np.nan if not scores or (s := number(scores[row])) is None else s
        x, y, v = (number(item) for item in flat[3 * row : 3 * row + 3])
        if x is None or y is None:
            remarks["a keypoint without finite coordinates was left out"] += 1
        elif (visibility := _visibility(x, y, v or 0.0, posetrack)) != Visibility.NOT_LABELLED:
            person.keypoints[keypoint] = x, y
            person.visibility[keypoint] = visibility
    declared = whole_number(annotation.get("num_keypoints"))
    counts = {int(person.labelled.sum()), int((person.visibility == Visibility.VISIBLE).sum())}
    if declared is not None and names == POSETRACK.keypoint_names and declared not in counts:
        remarks["num_keypoints is not the number of labelled keypoints; the keypoints were counted instead"] += 1


def _in_skeleton_order(extensions: Mapping[str, Any], rows: NDArray[np.int64], count: int) -> dict[str, list[Any]]:
    """This program's own lists by keypoint, in the order of the PoseTrack skeleton."""
    nobody = {"provenance": "none", "scores_kept": None}
    lists = {key: extensions[key] for key in nobody if isinstance(extensions.get(key), list)}
    return {
        key: [values[row] if row >= 0 else nobody[key] for row in rows] if len(values) >= count else []
        for key, values in lists.items()
    }


def _visibility(x: float, y: float, v: float, posetrack: bool) -> Visibility:
    if posetrack:
        if v > 0:
            return Visibility.VISIBLE
        return Visibility.OCCLUDED if x != 0 or y != 0 else Visibility.NOT_LABELLED
    return Visibility.VISIBLE if v >= 2 else Visibility.OCCLUDED if v >= 1 else Visibility.NOT_LABELLED
