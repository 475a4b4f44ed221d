"""Label Studio's JSON (also its short form, JSON-MIN): joints and rectangles in percent of a picture's size."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from core.errors import FormatError
from core.formats.kept import others
from core.formats.labels import LabelImage, Labels
from core.formats.layouts.coco_like.annotations import written_scores
from core.formats.layouts.frame_names import name_of
from core.formats.texts.names import joint_named, note_unplaced
from core.formats.texts.records import (
    ImageRecord,
    LabelFile,
    PersonRecord,
    PlacedJoint,
    number,
    whole_number,
    write_file_atomically,
)
from core.keypoints import POSETRACK
from core.poses import FloatArray, Pose, Visibility

FAMILY = "label_studio"
OWN_OF_TASKS = {"annotations", "completions", "predictions", "data"}
OWN_OF_DATA = {"frame_index", "nframes", "file_name_made"}
REGION_KEYS = {"keypointlabels", "rectanglelabels"}
PERSON = "person"
"""Rectangles that this program writes are labelled "person 7": a label that ends in a number names a track."""


def is_label_studio(document: object) -> bool:
    """Whether a JSON document is a list of Label Studio's tasks."""
    first = document[0] if isinstance(document, list) and document else None
    if not isinstance(first, dict):
        return False
    return isinstance(first.get("data"), dict) or any(_is_region_list(value) for value in first.values())


def _is_region_list(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) and REGION_KEYS & set(item) for item in value)


@dataclass(eq=False)
class _Group:
    """The regions of one person: a rectangle, and joints by POSETRACK keypoint."""

    box: FloatArray | None = None
    joints: dict[int, PlacedJoint] = field(default_factory=dict)
    label: str = ""


def parse(document: list[Any], path: Path) -> LabelFile:
    """Reads Label Studio's tasks: a picture each.

    What an annotator submitted is a person's word; a task without annotations has its predictions, with their scores.
    Joints belong to the rectangle that they name as their parent, or are related to, else to the smallest one around
    them; without rectangles a picture shows one person.

    Raises:
        FormatError: no task names a picture.
    """
    remarks: Counter[str] = Counter()
    images = []
    for task in document:
        name = _picture_name(task) if isinstance(task, dict) else None
        if name is None:
            remarks["a task without a picture was skipped"] += 1
            continue
        data = task["data"] if isinstance(task.get("data"), dict) else {}
        image = ImageRecord(
            name,
            frame_index=whole_number(data.get("frame_index")),
            num_frames=whole_number(data.get("nframes")),
            name_is_made=data.get("file_name_made") is True,
        )
        if data and not image.name_is_made:
            own = {key: value for key, value in data.items() if key not in OWN_OF_DATA}
            image.kept = others(task, OWN_OF_TASKS, remarks) | others({"data": own}, (), remarks)
        for regions, predicted in _answers(task):
            known = {person.track_id for person in image.people}
            people = [_record(group, predicted) for group in _groups(regions, image, remarks)]
            # A prediction beside an annotation is what the annotator began with, but for people it numbers itself.
            image.people += [p for p in people if not known or (p.track_id is not None and p.track_id not in known)]
        images.append(image)
    if not images:
        raise FormatError(f"{path.name} names no picture in its tasks; export it as JSON from Label Studio.")
    return LabelFile(path, "label_studio", images, remarks)


def _picture_name(task: dict[str, Any]) -> str | None:
    """The picture's name: of the upload, of a local file's address, or of an address elsewhere."""
    values = task["data"] if isinstance(task.get("data"), dict) else task
    keys = [key for key in ("image", "img", "url", "ocr") if isinstance(values.get(key), str)]
    address = next((values[key] for key in keys), None)
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:  # it begins as an address does, and is none
        return str(address).replace("\\", "/").lstrip("/")
    local = parse_qs(parts.query).get("d")
    return unquote(local[0] if local else parts.path or address).replace("\\", "/").lstrip("/")


def _answers(task: dict[str, Any]) -> Iterator[tuple[list[dict[str, Any]], bool]]:
    """The regions of a task's annotation and of its prediction, each with whether a network made them."""
    for keys, predicted in ((("annotations", "completions"), False), (("predictions",), True)):
        answers = [answer for key in keys for answer in (task[key] if isinstance(task.get(key), list) else [])]
        for answer in answers:
            if isinstance(answer, dict) and isinstance(answer.get("result"), list) and not answer.get("was_cancelled"):
                yield [region for region in answer["result"] if isinstance(region, dict)], predicted
                break
    short = [region for value in task.values() if _is_region_list(value) for region in value]
    yield [{"value": region, **region} for region in short if isinstance(region, dict)], False


def _groups(regions: list[dict[str, Any]], image: ImageRecord, remarks: Counter[str]) -> list[_Group]:
    """The people of a picture."""
    boxes: dict[str, _Group] = {}
    parents = {str(r.get("from_id")): str(r.get("to_id")) for r in regions if r.get("type") == "relation"}
    parents |= {to: start for start, to in parents.items()}
    for region in regions:
        box = _box(region, image)
        if box is not None:
            boxes[str(region.get("id", len(boxes)))] = _Group(box, label=_text(region, "rectanglelabels"))
    groups = list(boxes.values())
    alone = _Group()
    for region in regions:
        if region.get("type") not in (None, "relation", *REGION_KEYS):
            remarks[f"a region of type {region['type']} was left out: only keypoints and rectangles are read"] += 1
        placed = _joint(region, image, remarks)
        if placed is None:
            continue
        owner = boxes.get(str(region.get("parentID"))) or boxes.get(parents.get(str(region.get("id")), ""))
        group = owner or _smallest_around(groups, placed) or alone
        if placed.keypoint in group.joints:
            remarks["a joint that its person has twice was left out; group each person's joints by a rectangle"] += 1
        else:
            group.joints[placed.keypoint] = placed
    return groups + ([alone] if alone.joints else [])


def _smallest_around(groups: list[_Group], placed: PlacedJoint) -> _Group | None:
    def contains(box: FloatArray) -> bool:
        x, y, width, height = box
        return bool(x <= placed.x <= x + width and y <= placed.y <= y + height)

    around = [group for group in groups if group.box is not None and contains(group.box)]
    return min(around, key=lambda group: float(np.prod(group.box[2:])) if group.box is not None else 0.0, default=None)


def _scale(region: dict[str, Any], image: ImageRecord) -> tuple[float, float] | None:
    """Pixels of one percent; remembers the picture's size."""
    width, height = whole_number(region.get("original_width")), whole_number(region.get("original_height"))
    if not width or not height or width <= 0 or height <= 0:
        return None
    image.size = (width, height)
    return width / 100, height / 100


def _text(region: dict[str, Any], key: str) -> str:
    value = region.get("value")
    words = value.get(key) if isinstance(value, dict) else None
    return words[0] if isinstance(words, list) and words and isinstance(words[0], str) else ""


def _box(region: dict[str, Any], image: ImageRecord) -> FloatArray | None:
    scale, value = _scale(region, image), region.get("value")
    if not isinstance(value, dict) or "rectanglelabels" not in value or scale is None:
        return None
    percents = [number(value.get(key)) for key in ("x", "y", "width", "height")]
    found = [percent for percent in percents if percent is not None]
    if len(found) != len(percents) or min(found[2:]) <= 0 or number(value.get("rotation")) not in (None, 0.0):
        return None
    box: FloatArray = np.array(found, dtype=np.float64) * np.array(scale + scale)
    return box


def _joint(region: dict[str, Any], image: ImageRecord, remarks: Counter[str]) -> PlacedJoint | None:
    name = _text(region, "keypointlabels")
    if not name:
        return None
    scale, value = _scale(region, image), region["value"]
    x, y = number(value.get("x")), number(value.get("y"))
    keypoint = joint_named(name)
    if keypoint is None:
        note_unplaced(name, remarks)
    elif scale is None or x is None or y is None:
        remarks["a joint without a place or a picture's size was left out"] += 1
    else:
        score = number(region.get("score"))
        return PlacedJoint(keypoint, x * scale[0], y * scale[1], score=0.0 if score is None else score)
    return None


def _record(group: _Group, predicted: bool) -> PersonRecord:
    person = PersonRecord.of_joints(group.joints.values(), predicted=predicted)
    person.bbox_xywh = group.box
    if group.box is not None:
        person.extensions = {**person.extensions, "bbox_provenance": "predicted" if predicted else "imported"}
    digits = group.label.rpartition(" ")[2]
    person.track_id = int(digits) if group.label.startswith(PERSON) and digits.isascii() and digits.isdigit() else None
    return person


def write(labels: Labels, path: Path | str, source_name: str) -> None:
    """Writes a task for each labelled picture: a rectangle for each person, and joints that name it as their parent.

    People of whom somebody set, accepted or imported a joint are an annotation, the others a prediction with scores.
    Occlusion and who set each single joint have no place there; places are percents of the picture's size.

    Args:
        labels: what to write; pictures without a size are left out, since percents need one.
        path: of the JSON file.
        source_name: names the pictures where the labels don't.

    Raises:
        FormatError: the file cannot be written, or no picture has a size.
    """
    tasks = []
    for image in labels.images:
        if image.size is None or not image.labelled:
            continue
        task = _task(image, source_name)
        for key, wanted in (("annotations", True), ("predictions", False)):
            people = [pose for pose in image.poses.poses if bool(pose.human.any()) == wanted]
            regions = [region for pose in people for region in _written(pose, image.size, with_scores=not wanted)]
            if regions or key == "annotations":
                task[key] = [{"result": regions}] if regions else []
        tasks.append(task)
    if labels.images and not tasks:
        raise FormatError("Label Studio needs the pictures' size, which these labels do not say.")
    write_file_atomically(Path(path), json.dumps(tasks, allow_nan=False))


def _task(image: LabelImage, source_name: str) -> dict[str, Any]:
    """The task of a picture without its regions: as it was in the file that it came from, else a new one."""
    kept = image.kept.get(FAMILY, {})
    name, name_is_made = name_of(image, source_name)
    data = kept.get("data", {"image": name})
    own = {"frame_index": image.frame_index, "nframes": image.num_frames, "file_name_made": name_is_made}
    return {"id": image.frame_index + 1, **kept, "data": {**data, **own}}


def _written(pose: Pose, size: tuple[int, int], *, with_scores: bool) -> Iterator[dict[str, Any]]:
    """The regions of one person."""
    percent = 100.0 / np.array(size, dtype=np.float64)
    common = {"original_width": size[0], "original_height": size[1], "image_rotation": 0, "to_name": "image"}
    box_id = f"person{pose.track_id}"
    x, y, width, height = (pose.bbox_xywh * np.concatenate([percent, percent])).tolist()
    label = f"{PERSON} {pose.track_id}"
    box = {"x": x, "y": y, "width": width, "height": height, "rotation": 0, "rectanglelabels": [label]}
    yield {"id": box_id, "type": "rectanglelabels", "from_name": "box", "value": box, **common}
    scores = written_scores(pose)
    for keypoint, name in enumerate(POSETRACK.keypoint_names):
        if pose.visibility[keypoint] == Visibility.NOT_LABELLED or not np.isfinite(pose.keypoints[keypoint]).all():
            continue
        x, y = (pose.keypoints[keypoint] * percent).tolist()
        region = {
            "id": f"{box_id}_{name}",
            "parentID": box_id,
            "type": "keypointlabels",
            "from_name": "keypoints",
            "value": {"x": x, "y": y, "width": 0.5, "keypointlabels": [name]},
            **common,
        }
        yield {**region, "score": float(scores[keypoint])} if with_scores else region
