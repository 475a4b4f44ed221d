"""Fields of label files that this program has no place for: kept with the import, written back by the same family.

A family is what shares a layout: COCO and PoseTrack18 files are one. Readers put such fields, as JSON values, into
`kept` of their records; a project keeps them until the import is taken back; writers find them on `LabelImage` and
`Labels`, by family.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from core.formats.texts.records import LabelFile

ByFamily = Mapping[str, Mapping[str, Any]]
"""The fields that a file of each family has."""

FAMILIES = {"posetrack18": "coco", "coco": "coco"}
"""The family of a format, where it is not the format alone."""
WRITTEN_TO = {
    "coco": "COCO and PoseTrack18",
    "posetrack17": "PoseTrack17",
    "label_studio": "Label Studio",
    "cvat": "CVAT",
}
MAX_BYTES = 2**18
"""A field larger than this, as JSON text, is left out: an outline takes some thousands."""


def family_of(format_name: str) -> str:
    """The family of a format."""
    return FAMILIES.get(format_name, format_name)


def by_family(label_file: LabelFile, kept: Mapping[str, Any]) -> ByFamily:
    """The fields of a record under the family of its file; empty where there is none."""
    return {family_of(label_file.format_name): kept} if kept else {}


def named_path(file_name: str) -> dict[str, str]:
    """The name of an image as a field to keep, where it is more than the name of a picture in its folder."""
    return {"file_name": file_name} if "/" in file_name else {}


def name_in(image_kept: ByFamily, family: str, picture: str) -> str | None:
    """The path that a file of a family has for a picture, None where it has none, or one that leads elsewhere."""
    path = image_kept.get(family, {}).get("file_name")
    parts = path.split("/") if isinstance(path, str) else [""]
    is_inside = not {"", ".", ".."} & set(parts)
    return path if is_inside and parts[-1] == picture else None


def others(entry: Mapping[str, Any], known: Collection[str], remarks: Counter[str]) -> dict[str, Any]:
    """The fields of a record of a file that are not known by name, but for those that cannot be kept.

    Args:
        entry: the record, as JSON values.
        known: the names of fields that are read, or written anew.
        remarks: counts what cannot be kept, because it is too large or no JSON (as NaN is none).
    """
    kept = {}
    for name, value in entry.items():
        if name in known:
            continue
        try:
            size = len(json.dumps(value, allow_nan=False))
        except (ValueError, TypeError, RecursionError):
            size = MAX_BYTES + 1
        if size > MAX_BYTES:
            remarks[f"a field '{name}' that is too large, or holds what is no number, was left out"] += 1
        else:
            kept[name] = value
    return kept
