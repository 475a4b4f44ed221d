"""What pose networks write frame by frame: MMPose, OpenPose, AlphaPose in OpenPose's form, and ViTPose.

Everything in these files is a machine's: joints are predicted, with their scores, and boxes come along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import FormatError
from core.formats.layouts.coco_like.tracks import keys_of_tracks, track_of
from core.formats.texts.names import joint_named, note_unplaced
from core.formats.texts.records import (
    ImageRecord,
    LabelFile,
    PersonRecord,
    PlacedJoint,
    load_json,
    number,
    numbers,
    whole_number,
)
from core.keypoints import COCO
from core.poses import FloatArray

_ARMS = ("right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist")
_RIGHT, _LEFT = (tuple(f"{side}_{part}" for part in ("hip", "knee", "ankle")) for side in ("right", "left"))
_FACE = ("right_eye", "left_eye", "right_ear", "left_ear")
# OpenPose's neck lies between the shoulders, lower than PoseTrack's head_bottom.
_OPENPOSE = {
    25: ("nose", "mid_shoulders", *_ARMS, "mid_hip", *_RIGHT, *_LEFT, *_FACE),
    18: ("nose", "mid_shoulders", *_ARMS, *_RIGHT, *_LEFT, *_FACE),
    17: COCO.keypoint_names,
}
"""Names of the first joints of OpenPose's skeletons (BODY_25, COCO, and AlphaPose's 17), by their number of joints."""
_BEGIN_AS_COCO = (17, 26, 133, 136)
OF_ONE_FRAME = "_keypoints"
"""OpenPose writes a file a frame, clip_000000000012_keypoints.json."""


def is_mmpose(document: object) -> bool:
    """Whether a document is MMPose's: instances with keypoint_scores, by frame or of one picture."""
    document = _instances_of(document)
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, dict) and ("keypoint_scores" in first or isinstance(first.get("instances"), list))


def _instances_of(document: object) -> object:
    """The list of instances or frames in a document of MMPose's, also as its inferencer returns it, by picture."""
    if isinstance(document, dict) and isinstance(pictures := document.get("predictions"), list):
        if len(pictures) == 1 and isinstance(pictures[0], list):
            return pictures[0]
        return [{"frame_id": place, "instances": of_one} for place, of_one in enumerate(pictures)]
    if isinstance(document, list) and len(document) == 1 and isinstance(document[0], list):
        return document[0]
    return document.get("instance_info") if isinstance(document, dict) else document


def is_openpose(document: object) -> bool:
    """Whether a document is of one frame, as OpenPose writes it."""
    return isinstance(document, dict) and isinstance(document.get("people"), list)


def is_alphapose(document: object) -> bool:
    """Whether a document has OpenPose's people by the picture's name, as AlphaPose's `--format open` writes it."""
    values = list(document.values()) if isinstance(document, dict) else []
    return bool(values) and all(
        isinstance(v, dict) and isinstance(v.get("people", v.get("bodies")), list) for v in values
    )


def is_vitpose(document: object) -> bool:
    """Whether a document is of easy_ViTPose: for each frame, everybody's joints by the person's number."""
    frames = document.get("keypoints") if isinstance(document, dict) else None
    return isinstance(frames, list) and isinstance(document, dict) and isinstance(document.get("skeleton"), dict)


def parse(document: Any, path: Path) -> LabelFile | None:  # noqa: ANN401 - JSON has no one type
    """Reads a document of one of these programs; None if it is of none.

    Raises:
        FormatError: nobody in it has a box or a joint that is known here.
    """
    remarks: Counter[str] = Counter()
    if is_mmpose(document):
        name, images = "mmpose", _of_mmpose(document, path, remarks)
    elif is_openpose(document):
        name, images = "openpose", [_of_openpose(document, _picture_of(path), remarks)]
        remarks["the file is of one frame: import its folder to bring them all"] = 1
    elif is_alphapose(document):
        name, images = "openpose", [_of_openpose(entry, picture, remarks) for picture, entry in document.items()]
    elif is_vitpose(document):
        name, images = "vitpose", _of_vitpose(document, remarks)
    else:
        return None
    return _file(path, name, images, remarks)


def parse_folder(folder: Path) -> LabelFile | None:
    """Reads a folder of files of one frame each, OpenPose's or MMPose's; None if it holds none.

    Raises:
        FormatError: one of them cannot be read.
    """
    remarks: Counter[str] = Counter()
    images: list[ImageRecord] = []
    names = set()
    for path in sorted(path for path in folder.glob("*.json") if not path.name.startswith(".")):
        document = load_json(path)
        if is_openpose(document):
            names.add("openpose")
            images.append(_of_openpose(document, _picture_of(path), remarks))
        elif is_mmpose(document) and isinstance(document, list) and "keypoint_scores" in document[0]:
            names.add("mmpose")
            images += _of_mmpose(document, path, remarks)
        elif document == []:  # MMPose's, of a picture with nobody in it
            images.append(ImageRecord(path.stem))
    if len(names) != 1:
        return None
    return _file(folder, names.pop(), images, remarks)


def _file(path: Path, name: str, images: list[ImageRecord], remarks: Counter[str]) -> LabelFile:
    if not any(image.people for image in images):
        raise FormatError(f"{path.name} holds nobody with a box or a joint that this program knows.")
    label_file = LabelFile(path, name, images, remarks)
    label_file.sort_images()
    return label_file


def _picture_of(path: Path) -> str:
    return path.stem.removesuffix(OF_ONE_FRAME)


def _of_mmpose(document: Any, path: Path, remarks: Counter[str]) -> list[ImageRecord]:  # noqa: ANN401
    meta = document.get("meta_info", {}) if isinstance(document, dict) else {}
    entries: Any = _instances_of(document)
    names = _names_by_id(meta.get("keypoint_id2name") if isinstance(meta, dict) else None)
    if isinstance(entries[0], dict) and "keypoint_scores" in entries[0]:  # of one picture
        entries = [{"instances": entries}]
    images = []
    for entry in entries:
        frame = whole_number(entry.get("frame_id")) if isinstance(entry, dict) else None
        image = ImageRecord("" if frame is not None else _picture_of(path), frame_id=frame)
        instances = entry.get("instances") if isinstance(entry, dict) else None
        for instance in instances if isinstance(instances, list) else []:
            if not isinstance(instance, dict):
                continue
            places = instance.get("keypoints")
            scores = instance.get("keypoint_scores")
            joints = _pairs(places, scores)
            box = instance.get("bbox")
            box = box[0] if isinstance(box, list) and len(box) == 1 else box
            person = _person(joints, names, remarks)
            _add(image, person, _box_of_corners(box), number(instance.get("bbox_score")), remarks)
            track_id = whole_number(track_of(instance, keys_of_tracks([instance])))
            person.track_id = None if track_id is None or track_id < 0 else track_id
        images.append(image)
    return images


def _names_by_id(by_id: object) -> list[str] | None:
    """The names of a skeleton that a file gives by their numbers, in their order; None where it gives none."""
    if not isinstance(by_id, dict) or not by_id:
        return None
    numbered = {whole_number(key): str(name) for key, name in by_id.items()}
    found = sorted(key for key in numbered if key is not None)
    return [numbered[key] for key in found] if len(found) == len(by_id) else None


def _pairs(places: object, scores: object) -> list[tuple[object, object, object]]:
    if not isinstance(places, list) or not isinstance(scores, list) or len(places) != len(scores):
        return []
    return [
        (place[0], place[1], score)
        for place, score in zip(places, scores, strict=True)
        if isinstance(place, list) and len(place) >= 2
    ]


def _of_openpose(entry: Mapping[str, Any], picture: str, remarks: Counter[str]) -> ImageRecord:
    image = ImageRecord(picture.replace("\\", "/"))
    for body in entry.get("people", entry.get("bodies", [])):
        flat = body.get("pose_keypoints_2d", body.get("joints")) if isinstance(body, dict) else None
        flat = flat if isinstance(flat, list) else []
        triples = list(zip(flat[0::3], flat[1::3], flat[2::3], strict=False))
        names = _OPENPOSE.get(len(triples))
        if names is None:
            remarks[f"{len(triples)} keypoints of a person were left out: OpenPose has 25 or 18"] += 1
            continue
        person = _person(triples, names, remarks)
        track = body.get("person_id", body.get("idx"))
        track_id = whole_number(track[0] if isinstance(track, list) and track else track)
        person.track_id = track_id if track_id is not None and track_id >= 0 else None
        _add(image, person, None, None, remarks)
    return image


def _of_vitpose(document: Mapping[str, Any], remarks: Counter[str]) -> list[ImageRecord]:
    """Its joints are y, x, score."""
    names = _names_by_id(document["skeleton"])
    images = []
    for frame, people in enumerate(document["keypoints"]):
        image = ImageRecord("", frame_id=frame)
        for track, joints in people.items() if isinstance(people, dict) else ():
            listed = joints if isinstance(joints, list) else []
            triples = [(j[1], j[0], j[2]) for j in listed if isinstance(j, list) and len(j) == 3]
            person = _person(triples, names, remarks)
            person.track_id = whole_number(track)
            _add(image, person, None, None, remarks)
        images.append(image)
    return images


def _person(
    triples: Iterable[tuple[object, object, object]], names: Sequence[str] | None, remarks: Counter[str]
) -> PersonRecord:
    """Somebody with predicted joints; without names those of COCO, where the number of joints says so."""
    joints = list(triples)
    if names is None and len(joints) in _BEGIN_AS_COCO:
        names = COCO.keypoint_names
    if names is None or len(joints) < len(names):
        remarks[f"{len(joints)} keypoints of a person were left out: nothing says what they are"] += bool(joints)
        return PersonRecord.empty()
    placed = []
    for name, triple in zip(names, joints, strict=False):
        x, y, score = (number(value) for value in triple)
        if x is None or y is None or not score:
            continue
        keypoint = joint_named(name)
        if keypoint is None:
            note_unplaced(name, remarks)
        else:
            placed.append(PlacedJoint(keypoint, x, y, score=score))
    return PersonRecord.of_joints(placed, predicted=True)


def _box_of_corners(value: object) -> FloatArray | None:
    corners = numbers(value[:4], 4) if isinstance(value, list) else None
    if corners is None:
        return None
    left, top, right, bottom = corners
    return np.array([left, top, right - left, bottom - top]) if right > left and bottom > top else None


def _add(
    image: ImageRecord, person: PersonRecord, box: FloatArray | None, score: float | None, remarks: Counter[str]
) -> None:
    person.bbox_xywh, person.score = box, score
    if box is not None:
        person.extensions = {**person.extensions, "bbox_provenance": "predicted"}
    if box is None and not person.labelled.any():
        remarks["a person with neither a box nor a joint was skipped"] += 1
    else:
        image.people.append(person)
