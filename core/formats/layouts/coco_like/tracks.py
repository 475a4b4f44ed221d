"""Which track an annotation of a COCO-like file belongs to, whatever its program calls that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.formats.names import track_ids_named
from core.formats.records import ImageRecord

TRACK_KEYS = ("trackid", "objectid", "instanceid")
"""In small letters, with nothing between the words."""


def track_key(key: str) -> int | None:
    """Which of TRACK_KEYS a field is called, whatever the spelling; None if it is no track's."""
    spelled = re.sub(r"[\W_]", "", key).lower()
    return TRACK_KEYS.index(spelled) if spelled in TRACK_KEYS else None


def track_of(annotation: Mapping[str, Any]) -> object:
    """What an annotation calls its track: track_id, or object_id or instance_id; CVAT has it under attributes."""
    for holder in (annotation, annotation.get("attributes")):
        if isinstance(holder, Mapping):
            by_place = {place: value for key, value in holder.items() if (place := track_key(key)) is not None}
            for place in sorted(by_place):
                if by_place[place] not in (None, ""):
                    return by_place[place]
    return None


def number_named_tracks(images: list[ImageRecord], track_names: Mapping[int, str]) -> None:
    """Gives people whose track has a name and no number one: the name's own where that is free."""
    people = [person for image in images for person in image.people]
    numbers_taken = {person.track_id for person in people if person.track_id is not None}
    ids = track_ids_named(list(track_names.values()))
    if numbers_taken & set(ids.values()):
        first = max(numbers_taken) + 1
        ids = {name: first + place for place, name in enumerate(ids)}
    for person in people:
        if id(person) in track_names:
            person.track_id = ids[track_names[id(person)]]
