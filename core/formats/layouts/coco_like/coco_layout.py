"""Reads the layout that COCO and PoseTrack18 files share: images, annotations, categories."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core.errors import FormatError
from core.formats.frames.frame_match import first_three
from core.formats.kept import named_path, others
from core.formats.layouts.coco_like import further_joints
from core.formats.layouts.coco_like.coco_results import are_percent, flat_keypoints
from core.formats.layouts.coco_like.other_keypoints import OTHER_KEYPOINTS, other_keypoints
from core.formats.layouts.coco_like.tracks import PERSON_KEYS, keys_of_tracks, number_named_tracks, track_of
from core.formats.texts.image_names import parts_of, stem
from core.formats.texts.names import CALLED_PEOPLE, joint_named, joints_named, note_unplaced
from core.formats.texts.records import ImageRecord, LabelFile, PersonRecord, number, numbers, whole_number
from core.keypoints import COCO, POSETRACK, mapping
from core.poses import FloatArray, Visibility

Third = Literal["posetrack", "coco", "score", "percent"]
"""What the third number of a keypoint says: visibility as PoseTrack18 or as COCO counts it, or a score to 1 or 100."""
EXTENSION_KEYS = ("provenance", "bbox_provenance", "keypoints_kept", "scores_kept", "bbox_head_made")
OWN_OF_PEOPLE = {
    *EXTENSION_KEYS, "image_id", "category_id", "track_id", "bbox", "bbox_head", "keypoints", "num_keypoints",
    "scores", "score", "area", "iscrowd", "id_kept", further_joints.KEY,
}  # fmt: skip
"""Fields of an annotation that are read, or written anew; "id" and an area that is not the box's are kept, too."""
OWN_OF_IMAGES = {
    "file_name", "file_name_made", "id_made", "width", "height", "is_labeled", "nframes", "ignore_regions_x",
    "ignore_regions_y", "frame_index", "reviewed", "has_no_densepose",
}  # fmt: skip
IDS_OF_IMAGES = {"id", "frame_id", "vid_id"}
CROWDS = "crowds"
"""The field of an image, as it is kept, that holds its annotations of whole crowds."""


def is_coco_layout(document: object) -> bool:
    """Whether a JSON document has the images of a PoseTrack18 or COCO file."""
    return isinstance(document, dict) and isinstance(document.get("images"), list)


def is_posetrack(document: dict[str, Any]) -> bool:
    """Whether a COCO-like document is PoseTrack18, where coordinates with v = 0 are an occluded joint.

    The names of the category's keypoints decide (only PoseTrack has head_bottom and head_top), unless a keypoint has
    COCO's v = 2; where the file has no names, the keys that only PoseTrack's images have.
    """
    names = {name for category in dicts(document.get("categories")) for name in _names(category)}
    if not names:
        return any("vid_id" in image or "frame_id" in image for image in dicts(document["images"]))
    of_posetrack = {POSETRACK.index("head_bottom"), POSETRACK.index("head_top")}
    if not any("head" in name.lower() and joint_named(name) in of_posetrack for name in names):
        return False
    return not any(2 in flat_keypoints(entry)[2::3] for entry in dicts(document.get("annotations")))


def parse(document: dict[str, Any], path: Path) -> LabelFile:
    """Reads what can be read of a COCO-like document, and counts what cannot.

    Raises:
        FormatError: there is no list of images, no image in it can be used, or no keypoint has a name known here.
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
    people = PersonCategories.of(document, path, remarks)
    found = ImagesByKey(list(images.values()))
    third: Third = "posetrack" if posetrack else _third_of(dicts(annotations), remarks)
    track_names: dict[int, str] = {}
    track_keys = keys_of_tracks(dicts(annotations))
    for annotation in annotations:
        image = found.image_of(annotation) if isinstance(annotation, dict) else None
        if image is None:
            remarks["an annotation names no listed image and was skipped"] += 1
        elif (names := people.names_of(annotation)) is None:
            remarks["an annotation of something other than a person was skipped"] += 1
        elif annotation.get("iscrowd") in (1, True):
            remarks["an annotation of a whole crowd was skipped"] += 1
            image.kept = {**image.kept, CROWDS: [*image.kept.get(CROWDS, []), others(annotation, (), remarks)]}
        elif (person := _read_person(annotation, names, third, remarks)) is not None:
            image.people.append(person)
            track = track_of(annotation, track_keys)
            if track is not None and track_keys is PERSON_KEYS:
                remarks["person_id was taken as the track id, because the file has no other"] = 1
            person.track_id = whole_number(track)
            if person.track_id is not None and person.track_id < 0:  # several programs' word for nobody in particular
                person.track_id = None
            if person.track_id is None and isinstance(track, str) and track.strip():
                track_names[id(person)] = track.strip()
    number_named_tracks(found.images, track_names, remarks)
    kept = others(document, {"images", "annotations", "categories"}, remarks)
    label_file = LabelFile(path, "posetrack18" if posetrack else "coco", found.images, remarks, kept)
    label_file.sort_images()
    return label_file


@dataclass(frozen=True)
class PersonCategories:
    """Which categories of a file are people.

    Attributes:
        names: the keypoint names of each category of people by its id; empty where the file names no categories.
        only: the id of the file's only category, which annotations without one have; None where there are several.
    """

    names: dict[int | str | None, tuple[str, ...]]
    only: int | str | None = None

    @classmethod
    def of(cls, document: dict[str, Any], path: Path, remarks: Counter[str] | None = None) -> PersonCategories:
        """The categories of people: those called person, else those that have keypoints, else the only one.

        Raises:
            FormatError: there are categories, but none of people, or none of their keypoints has a name known here.
        """
        remarks = Counter() if remarks is None else remarks
        categories = dicts(document.get("categories"))
        people = [c for c in categories if str(c.get("name")).strip().lower() in CALLED_PEOPLE]
        people = [c for c in people if _names(c)] or people
        if not people:
            people = [c for c in categories if _names(c)] or (categories if len(categories) == 1 else [])
            if len(people) > 1:
                called = ", ".join(str(category.get("name")) for category in people)
                remarks[f"no category is called person: all that have keypoints ({called}) were taken as people"] = 1
        if categories and not people:
            raise FormatError(f"{path.name} has no people: none of its categories is 'person' or has keypoints.")
        named = [name for category in people for name in _names(category)]
        if named and all(joint_named(name) is None for name in named):
            raise FormatError(
                f"{path.name} has no joint that this program knows (its keypoints are {first_three(named)}); "
                "name them as PoseTrack or COCO do: nose, left_shoulder, ..."
            )
        only = _key(categories[0].get("id")) if len(categories) == 1 else None
        return cls({_key(category.get("id")): _names(category) for category in people}, only)

    def names_of(self, annotation: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The keypoint names of an annotation's category, () where nobody says; None if it is not of people."""
        category = _key(annotation.get("category_id"))
        category = self.only if category is None else category
        return self.names.get(category) if self.names else ()


class ImagesByKey:
    """Images by what annotations call them: their id, or where no image has that id their name.

    Attributes:
        images: all of them.
    """

    def __init__(self, images: list[ImageRecord]) -> None:
        self.images = images
        self._by_id = {image.image_id: image for image in images}
        self._by_name: dict[str, list[ImageRecord]] = {}
        for image in images:
            parts = parts_of(image.file_name)
            for name in {"/".join(parts), *(key(parts[-1]) for key in (str, stem) if parts)}:
                self._by_name.setdefault(name, []).append(image)

    def image_of(self, annotation: Mapping[str, Any]) -> ImageRecord | None:
        """The image that an annotation names; None where it names none, or a name that several have."""
        image_id = annotation.get("image_id")
        image = self._by_id.get(_key(image_id)) if _key(image_id) is not None else None
        if image is None and isinstance(image_id, str):
            same = self._by_name.get("/".join(parts_of(image_id)), [])
            image = same[0] if len(same) == 1 else None
        return image


def _third_of(annotations: list[dict[str, Any]], remarks: Counter[str]) -> Third:
    """Whether the third numbers of keypoints are scores, as some programs write them in place of COCO's v."""
    thirds = [number(third) for entry in annotations for third in flat_keypoints(entry)[2::3]]
    if are_percent(thirds):
        remarks["scores of up to 100 were taken as percent"] = 1
        return "percent"
    return "score" if any(third is not None and 0 < third < 1 for third in thirds) else "coco"


def _key(value: object) -> int | str | None:
    found = whole_number(value)
    return found if found is not None else value if isinstance(value, str) else None


def dicts(value: object) -> list[dict[str, Any]]:
    """The records of a list, without what is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _names(category: dict[str, Any]) -> tuple[str, ...]:
    names = category.get("keypoints")
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def _read_images(entries: list[Any], remarks: Counter[str]) -> dict[int | str | None, ImageRecord]:
    images: dict[int | str | None, ImageRecord] = {}
    for entry in entries:
        key = _key(entry.get("id")) if isinstance(entry, dict) else None
        if key is None or key in images:
            remarks["an image without an id of its own was skipped"] += 1
            continue
        width, height = whole_number(entry.get("width")), whole_number(entry.get("height"))
        name = entry.get("file_name") if isinstance(entry.get("file_name"), str) else ""
        id_is_made = entry.get("id_made", entry.get("file_name_made")) is True
        labelled = entry.get("is_labeled")
        images[key] = ImageRecord(
            file_name=name.replace("\\", "/"),
            frame_id=whole_number(entry.get("frame_id")),
            image_id=key,
            size=(width, height) if width and height and width > 0 and height > 0 else None,
            ignore_regions=_read_ignore_regions(entry, remarks),
            labelled=bool(labelled) if isinstance(labelled, (bool, int)) else None,
            reviewed=entry.get("reviewed") is True,
            frame_index=whole_number(entry.get("frame_index")),
            num_frames=whole_number(entry.get("nframes")),
            name_is_made=entry.get("file_name_made") is True,
            id_is_made=id_is_made,
            kept=others(entry, OWN_OF_IMAGES | (IDS_OF_IMAGES if id_is_made else set()), remarks)
            | ({} if entry.get("file_name_made") is True else named_path(name)),
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
    annotation: dict[str, Any], names: tuple[str, ...], third: Third, remarks: Counter[str]
) -> PersonRecord | None:
    person = PersonRecord.empty()
    person.extensions = {key: annotation[key] for key in EXTENSION_KEYS if key in annotation}
    person.score = number(annotation.get("score"))
    person.bbox_xywh = _read_box(annotation, "bbox", remarks)
    if person.bbox_xywh is not None and (person.bbox_xywh[2:] <= 0).any() and "bbox_provenance" not in annotation:
        remarks["a box without width or height was left out"] += 1
        person.bbox_xywh = None
    person.bbox_head_xywh = _read_box(annotation, "bbox_head", remarks)
    _read_keypoints(person, annotation, names, third, remarks)
    further_joints.read(person, annotation)
    person.kept = _kept_of_person(annotation, person.bbox_xywh, remarks)
    if third == "coco" and (eyes := other_keypoints(names, flat_keypoints(annotation))):
        person.kept = {**person.kept, OTHER_KEYPOINTS: eyes}
    if person.bbox_xywh is None and not person.labelled.any() and person.bbox_head_xywh is None:
        remarks["an annotation with neither a box nor a keypoint was skipped"] += 1
        return None
    return person


def _kept_of_person(annotation: dict[str, Any], box: FloatArray | None, remarks: Counter[str]) -> dict[str, Any]:
    """The fields that are written back; not the id that this program made, which is as good as any other."""
    id_is_made = "bbox_provenance" in annotation and annotation.get("id_kept") is not True
    own = OWN_OF_PEOPLE | ({"id"} if id_is_made else set())
    kept = others(annotation, own, remarks)
    area = number(annotation.get("area"))
    if area is not None and (box is None or not math.isclose(area, float(box[2] * box[3]), rel_tol=1e-6)):
        kept["area"] = area
    return kept


def _read_box(annotation: dict[str, Any], key: str, remarks: Counter[str]) -> FloatArray | None:
    if annotation.get(key) in (None, []):
        return None
    box = numbers(annotation[key], 4)
    if box is None:
        remarks[f"a {key} that is not four numbers was left out"] += 1
    return box


def _read_keypoints(
    person: PersonRecord, annotation: dict[str, Any], names: tuple[str, ...], third: Third, remarks: Counter[str]
) -> None:
    """Fills in keypoints, visibility and scores by the category's names."""
    if annotation.get("keypoints") in (None, []):
        return
    flat = flat_keypoints(annotation)
    if not flat or len(flat) % 3:
        remarks["keypoints that are not triples of numbers were left out"] += 1
        return
    count = len(flat) // 3
    if not names and count == len(POSETRACK):
        names = POSETRACK.keypoint_names if third == "posetrack" else COCO.keypoint_names
        remarks["the file names no keypoints: their usual order was assumed"] = 1
    if not names or len(names) > count:
        remarks["keypoints were left out, because the category's names don't say what they are"] += 1
        return
    if len(names) < count:
        remarks[f"of {count} keypoints of a person only the {len(names)} with a name were read"] += 1
    rows = rows_of(names)
    for row, name in enumerate(names):
        if joint_named(name) is None and _is_labelled(flat[3 * row : 3 * row + 3], third):
            note_unplaced(name, remarks)
    person.extensions = {**person.extensions, **_in_skeleton_order(person.extensions, rows, len(names))}
    scores = annotation.get("scores")
    scores = scores if isinstance(scores, list) and len(scores) >= len(names) else []
    for keypoint, row in enumerate(rows):
        if row < 0:
            continue
        person.scores[keypoint] = np.nan if not scores or (s := number(scores[row])) is None else s
        _read_point(person, keypoint, flat[3 * row : 3 * row + 3], third, remarks)
    if third in ("score", "percent") and "provenance" not in person.extensions:
        set_by = np.where(person.labelled, "predicted", "none").tolist()
        person.extensions = {**person.extensions, "provenance": set_by}
    declared = whole_number(annotation.get("num_keypoints"))
    counts = {int(person.labelled.sum()), int((person.visibility == Visibility.VISIBLE).sum())}
    if declared is not None and names == POSETRACK.keypoint_names and declared not in counts:
        remarks["num_keypoints is not the number of labelled keypoints; the keypoints were counted instead"] += 1


def _read_point(person: PersonRecord, keypoint: int, triple: list[Any], third: Third, remarks: Counter[str]) -> None:
    x, y, value = (number(item) for item in triple)
    if x is None or y is None:
        remarks["a keypoint without finite coordinates was left out"] += 1
    elif (visibility := _visibility(x, y, value or 0.0, third)) != Visibility.NOT_LABELLED:
        person.keypoints[keypoint] = x, y
        person.visibility[keypoint] = visibility
        if third in ("score", "percent") and value is not None:
            person.scores[keypoint] = value / (100 if third == "percent" else 1)


def _is_labelled(triple: list[Any], third: Third) -> bool:
    x, y, value = (number(item) for item in triple)
    return x is not None and y is not None and _visibility(x, y, value or 0.0, third) != Visibility.NOT_LABELLED


@lru_cache(maxsize=64)
def rows_of(names: tuple[str, ...]) -> tuple[int, ...]:
    """(K,) where each POSETRACK keypoint stands in `names`, whatever their spelling, -1 where it doesn't."""
    rows = mapping(names, POSETRACK)
    for row, joint in enumerate(joints_named(names)):
        if joint is not None and rows[joint] < 0:
            rows[joint] = row
    return tuple(rows.tolist())


def _in_skeleton_order(extensions: Mapping[str, Any], rows: Sequence[int], count: int) -> dict[str, list[Any]]:
    """This program's own lists by keypoint, in the order of the PoseTrack skeleton."""
    nobody = {"provenance": "none", "scores_kept": None}
    lists = {key: extensions[key] for key in nobody if isinstance(extensions.get(key), list)}
    return {
        key: [values[row] if row >= 0 else nobody[key] for row in rows] if len(values) >= count else []
        for key, values in lists.items()
    }


def _visibility(x: float, y: float, value: float, third: Third) -> Visibility:
    if third in ("score", "percent"):
        return Visibility.VISIBLE if value > 0 else Visibility.NOT_LABELLED
    if third == "posetrack":
        if value > 0:
            return Visibility.VISIBLE
        return Visibility.OCCLUDED if x != 0 or y != 0 else Visibility.NOT_LABELLED
    return Visibility.VISIBLE if value >= 2 else Visibility.OCCLUDED if value >= 1 else Visibility.NOT_LABELLED
