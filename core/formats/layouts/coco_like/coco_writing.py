"""What COCO and PoseTrack18 files that are written share: ids, names, and the fields that were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from core.formats.labels import LabelImage
from core.formats.layouts.coco_like.annotations import CATEGORY_ID, annotation
from core.formats.layouts.coco_like.coco_layout import CROWDS
from core.formats.layouts.coco_like.other_keypoints import OTHER_KEYPOINTS, write_others
from core.formats.layouts.coco_like.tracks import track_key
from core.formats.layouts.frame_names import name_of
from core.formats.texts.records import whole_number
from core.keypoints import Skeleton
from core.poses import Pose

FAMILY = "coco"


class Id(NamedTuple):
    """An id as it is written, and whether this program made it."""

    value: int | str
    is_made: bool


def kept_of_image(image: LabelImage) -> Mapping[str, Any]:
    """What a file of this family said of an image."""
    return image.kept.get(FAMILY, {})


def ids_of(wanted: Sequence[object], made: Sequence[int]) -> list[Id]:
    """Ids of their own: the wanted one (a number or text) of whoever has one first, else the made one.

    A made one that is wanted by somebody becomes the next above all.
    """
    own: list[int | str | None] = []
    taken: set[int | str] = set()
    for value in wanted:
        is_id = isinstance(value, (int, str)) and not isinstance(value, bool) and value not in taken
        own.append(value if is_id and isinstance(value, (int, str)) else None)
        if own[-1] is not None:
            taken.add(own[-1])
    highest = max([*made, *(value for value in taken if isinstance(value, int))], default=0)
    ids = []
    for value, other in zip(own, made, strict=True):
        if value is None and other in taken:
            highest += 1
            other = highest  # noqa: PLW2901 - as said above
        ids.append(Id(other if value is None else value, value is None))
    return ids


def image_entry(image: LabelImage, image_id: Id, source_name: str) -> dict[str, Any]:
    """What every image has in both formats, and what its file said of it besides."""
    kept = {key: value for key, value in kept_of_image(image).items() if key not in ("id", "file_name", CROWDS)}
    name, name_is_made = name_of(image, source_name)
    entry: dict[str, Any] = {**kept, "id": image_id.value, "file_name": name}
    if image_id.is_made:
        entry["id_made"] = True
    if name_is_made:
        entry["file_name_made"] = True
    if image.size is not None:
        entry["width"], entry["height"] = image.size
    return {**entry, "frame_index": image.frame_index, "reviewed": image.poses.reviewed}


def annotations_of(
    images: Sequence[LabelImage],
    image_ids: Sequence[Id],
    made_ids: Sequence[Sequence[int]],
    skeleton: Skeleton,
    codes: dict[int, int],
) -> list[dict[str, Any]]:
    """Everybody as an annotation, and behind them the crowds that the file had.

    Args:
        images: those that are written.
        image_ids: their ids.
        made_ids: for each image an id for each of its people, for those whose file had none.
        skeleton: see `annotation`.
        codes: see `annotation`.
    """
    people = [
        (image, image_id, pose) for image, image_id in zip(images, image_ids, strict=True) for pose in image.poses.poses
    ]
    crowds = [
        {**crowd, "image_id": image_id.value, "category_id": CATEGORY_ID}
        for image, image_id in zip(images, image_ids, strict=True)
        for crowd in kept_of_image(image).get(CROWDS, ())
    ]
    made = [number for of_image in made_ids for number in of_image]
    wanted = [_kept_of_person(image, pose).get("id") for image, _, pose in people]
    behind = range(max(made, default=0) + 1, max(made, default=0) + 1 + len(crowds))
    ids = ids_of([*wanted, *(crowd.get("id") for crowd in crowds)], [*made, *behind])
    entries = []
    for (image, image_id, pose), own_id in zip(people, ids[: len(people)], strict=True):
        kept = _with_track_id(_kept_of_person(image, pose), pose.track_id)
        others = kept.pop(OTHER_KEYPOINTS, {})
        entry = {**kept, "id": own_id.value, "image_id": image_id.value, **annotation(pose, skeleton, codes)}
        write_others(entry, others, pose, skeleton)
        if "area" in kept:
            entry["area"] = kept["area"]
        if not own_id.is_made:
            entry["id_kept"] = True
        entries.append(entry)
    for crowd, own_id in zip(crowds, ids[len(people) :], strict=True):
        entries.append({**crowd, "id": own_id.value})
    return entries


def _kept_of_person(image: LabelImage, pose: Pose) -> Mapping[str, Any]:
    return image.kept_of.get(pose.track_id, {}).get(FAMILY, {})


def _with_track_id(kept: Mapping[str, Any], track_id: int) -> dict[str, Any]:
    """The fields with the person's number as it is now, wherever the file had a number, also as text."""
    current = dict(kept)
    for key, value in kept.items():
        if track_key(key) is not None and whole_number(value) is not None:
            current[key] = str(track_id) if isinstance(value, str) else track_id
    if isinstance(current.get("attributes"), dict):
        current["attributes"] = _with_track_id(current["attributes"], track_id)
    return current
