"""Which track an annotation of a COCO-like file belongs to, whatever its program calls that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.formats.texts.names import track_ids_named
from core.formats.texts.records import ImageRecord

TRACK_KEYS = ("trackid", "objectid", "instanceid")
"""In small letters, with nothing between the words."""
PERSON_KEYS = ("personid",)
"""What tells people apart in files that have none of these; where both are, it numbers people beyond the clip."""


def track_key(key: str, keys: Sequence[str] = TRACK_KEYS) -> int | None:
    """Which of `keys` a field is called, whatever the spelling; None if it is no track's."""
    spelled = re.sub(r"[\W_]", "", key).lower()
    return keys.index(spelled) if spelled in keys else None


def keys_of_tracks(annotations: Iterable[Mapping[str, Any]]) -> Sequence[str]:
    """What the annotations of a file call a track: TRACK_KEYS, or PERSON_KEYS where none has one of these."""
    return TRACK_KEYS if any(track_of(annotation) is not None for annotation in annotations) else PERSON_KEYS


def track_of(annotation: Mapping[str, Any], keys: Sequence[str] = TRACK_KEYS) -> object:
    """What an annotation calls its track: track_id, or object_id or instance_id; CVAT has it under attributes."""
    for holder in (annotation, annotation.get("attributes")):
        if isinstance(holder, Mapping):
            by_place = {place: value for key, value in holder.items() if (place := track_key(key, keys)) is not None}
            for place in sorted(by_place):
                if by_place[place] not in (None, ""):
                    return by_place[place]
    return None


def number_named_tracks(images: list[ImageRecord], track_names: Mapping[int, str], remarks: Counter[str]) -> None:
    """Gives people whose track has a name and no number one: the name's own where that is free."""
    people = [person for image in images for person in image.people]
    numbers_taken = {person.track_id for person in people if person.track_id is not None}
    ids = track_ids_named(list(track_names.values()), None if numbers_taken else remarks)
    if numbers_taken & set(ids.values()):
        first = max(numbers_taken) + 1
        ids = {name: first + place for place, name in enumerate(ids)}
    for person in people:
        if id(person) in track_names:
            person.track_id = ids[track_names[id(person)]]
