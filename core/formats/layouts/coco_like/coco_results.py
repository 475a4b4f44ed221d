"""COCO's list of results: what pose networks and detectors write, boxes and keypoints by image_id, without images."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import FormatError
from core.formats.layouts.coco_like.tracks import PERSON_KEYS, track_of
from core.formats.texts.names import CALLED_PEOPLE
from core.formats.texts.records import ImageRecord, LabelFile, PersonRecord, number, numbers, whole_number
from core.keypoints import COCO, POSETRACK, mapping
from core.poses import FloatArray, Visibility

COUNTS_THAT_BEGIN_AS_COCO = (17, 26, 133, 136)
"""Numbers of keypoints of skeletons whose first 17 are COCO's: COCO, Halpe, COCO-WholeBody, Halpe-FullBody."""
SCORE_LISTS = ("keypoint_scores", "keypoints_scores", "keypoints_score", "scores")
"""What programs call the list of scores that they write beside pairs."""
SMALLEST_BOX_PX = 0.0
PERCENT_FROM = 20.0
"""The highest score of a file that counts to 100 is more than this; no network's score to 1 comes near it."""


def is_results(document: object) -> bool:
    """Whether a JSON document is a list of records, some of which name an image."""
    return isinstance(document, list) and any(isinstance(item, dict) and "image_id" in item for item in document)


def parse(document: Sequence[object], path: Path) -> LabelFile:
    """Reads a list of results; everything in it is a machine's, and the third number of a keypoint is its score.

    Raises:
        FormatError: no entry names an image and has a box or a keypoint.
    """
    remarks: Counter[str] = Counter()
    entries = [entry for entry in document if isinstance(entry, dict)]
    person = person_category(entries)
    scale = scale_of_scores(entries)
    images: dict[int | str, ImageRecord] = {}
    for entry in entries:
        image_id = image_key(entry.get("image_id"))
        if image_id is None:
            remarks["a result without an image_id was skipped"] += 1
        elif not is_of_category(entry, person):
            remarks["a result of something other than a person was skipped"] += 1
        elif (record := _read_person(entry, scale, remarks)) is not None:
            image = images.setdefault(image_id, _image(image_id))
            image.people.append(record)
    label_file = LabelFile(path, "coco", list(images.values()), remarks)
    if not images:
        reasons = " ".join(label_file.warnings())
        raise FormatError(
            f"{path.name} is a list of results, but none of its {len(entries)} entries has an image_id "
            f"with a person's box or keypoints; check how it was written. {reasons}".strip()
        )
    if scale not in (None, 1.0):
        remarks["scores of up to 100 were taken as percent"] = 1
    label_file.sort_images()
    return label_file


def image_key(value: object) -> int | str | None:
    """An image_id: a number, also as text, or text that is the image's name, with or without its suffix."""
    if isinstance(value, str) and not re.fullmatch(r"0|[1-9][0-9]{0,17}", value):
        return value.replace("\\", "/") or None
    return whole_number(value)


def person_category(entries: Sequence[Mapping[str, Any]]) -> int:
    """The category of people: COCO's 1, or 0 where the file counts from 0, as YOLO's do.

    Where neither is there and all results with keypoints are of one category, it is that one.
    """
    found = {whole_number(entry.get("category_id")) for entry in entries}
    if not found & {0, 1}:
        with_joints = {whole_number(entry.get("category_id")) for entry in entries if entry.get("keypoints")} - {None}
        return next(iter(with_joints)) or 1 if len(with_joints) == 1 else 1
    return 0 if 0 in found else 1


def is_of_category(entry: Mapping[str, Any], category: int) -> bool:
    """Whether a result is of a category of people: its number, also as text, its name, or no word of any other."""
    own = entry.get("category_id")
    return own is None or whole_number(own) == category or str(own).strip().lower() in CALLED_PEOPLE


def thirds_are_flags(entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the third numbers of all keypoints are COCO's v (0, 1 or 2), so that they are no scores."""
    thirds = {number(third) for entry in entries for third in flat_keypoints(entry)[2::3]}
    return 2 in thirds and thirds <= {0, 1, 2}


def scale_of_scores(entries: Sequence[Mapping[str, Any]]) -> float | None:
    """What makes the third numbers of keypoints scores from 0 to 1; None where they are flags."""
    if thirds_are_flags(entries):
        return None
    return 0.01 if are_percent(number(third) for entry in entries for third in flat_keypoints(entry)[2::3]) else 1.0


def are_percent(thirds: Iterable[float | None]) -> bool:
    """Whether scores go to 100; heatmaps overshoot 1 by far less than up to `PERCENT_FROM`."""
    return PERCENT_FROM < max((third for third in thirds if third is not None), default=0.0) <= 100


def flat_keypoints(entry: Mapping[str, Any]) -> list[Any]:
    """x, y and the third number of all keypoints in one list; some write a list of three numbers for each.

    Others, such as MMPose, write pairs (or x and y in turn) and a list of scores beside them. Pairs without scores are
    seen where they are not (0, 0).
    """
    keypoints = entry.get("keypoints")
    if not isinstance(keypoints, list):
        return []
    if keypoints and all(isinstance(triple, list) and len(triple) == 3 for triple in keypoints):
        return [value for triple in keypoints for value in triple]
    pairs: list[Any] = []
    scores = next((entry[key] for key in SCORE_LISTS if isinstance(entry.get(key), list)), None)
    if keypoints and all(isinstance(pair, list) and len(pair) == 2 for pair in keypoints):
        pairs = keypoints
    elif scores and len(keypoints) == 2 * len(scores) and not isinstance(keypoints[0], (list, dict)):
        pairs = list(zip(keypoints[0::2], keypoints[1::2], strict=True))
    if pairs:
        thirds = [2 if x or y else 0 for x, y in pairs] if scores is None or len(scores) != len(pairs) else scores
        return [value for (x, y), third in zip(pairs, thirds, strict=True) for value in (x, y, third)]
    return [value for value in keypoints if not isinstance(value, (list, dict))]


def _image(image_id: int | str) -> ImageRecord:
    kept = {"id": image_id} if isinstance(image_id, int) else {}
    return ImageRecord(image_id if isinstance(image_id, str) else "", image_id=image_id, kept=kept)


def _read_person(entry: Mapping[str, Any], scale: float | None, remarks: Counter[str]) -> PersonRecord | None:
    person = PersonRecord.empty()
    person.score = number(entry.get("score"))
    person.track_id = _track_id(entry)
    person.bbox_xywh = _box(entry, remarks)
    _read_keypoints(person, flat_keypoints(entry), scale, remarks)
    if person.bbox_xywh is None and not person.labelled.any():
        remarks["a result with neither a box nor a keypoint was skipped"] += 1
        return None
    provenance = np.where(person.labelled, "predicted", "none").tolist()
    person.extensions = {"provenance": provenance, "bbox_provenance": "predicted"}
    if person.bbox_xywh is None:
        person.extensions = {"provenance": provenance}
    return person


def _track_id(entry: Mapping[str, Any]) -> int | None:
    """AlphaPose calls it idx, and puts it into a list; -1 is nobody's."""
    values = (track_of(entry), entry.get("idx"), track_of(entry, PERSON_KEYS))
    value = next((value for value in values if value is not None), None)
    while isinstance(value, list) and value:
        value = value[0]
    track_id = whole_number(value)
    return None if track_id is None or track_id < 0 else track_id


def _box(entry: Mapping[str, Any], remarks: Counter[str]) -> FloatArray | None:
    """AlphaPose calls it box."""
    value = entry.get("bbox") or entry.get("box")
    if not value:
        return None
    box = numbers(value, 4)
    if box is None or (box[2:] <= SMALLEST_BOX_PX).any():
        remarks["a box that is not four numbers with an area was left out"] += 1
        return None
    return box


def _read_keypoints(person: PersonRecord, flat: list[Any], scale: float | None, remarks: Counter[str]) -> None:
    if not flat:
        return
    count = len(flat) // 3
    if len(flat) % 3 or count not in COUNTS_THAT_BEGIN_AS_COCO:
        remarks[f"{count} keypoints of a person were left out: only COCO's 17 have a known order without names"] += 1
        return
    of_all = min(max(person.score if person.score is not None else 1.0, 0.0), 1.0)
    for keypoint, row in enumerate(mapping(COCO.keypoint_names, POSETRACK)):
        if row < 0:
            continue
        x, y, third = (number(value) for value in flat[3 * row : 3 * row + 3])
        if x is None or y is None:
            remarks["a keypoint without finite coordinates was left out"] += 1
        elif third and (x or y or scale is not None):
            person.keypoints[keypoint] = x, y
            person.visibility[keypoint] = Visibility.VISIBLE
            person.scores[keypoint] = of_all if scale is None else third * scale
