"""Keypoints of a COCO file that PoseTrack's skeleton has not, such as the eyes: kept, and written back to COCO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.formats.texts.names import joint_named
from core.formats.texts.records import number
from core.keypoints import Skeleton
from core.poses import Pose, Provenance

OTHER_KEYPOINTS = "other_keypoints"
"""The field under which they are kept: x, y and v by name."""


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def other_keypoints(names: Sequence[str], flat: Sequence[Any]) -> dict[str, list[float]]:
    """The labelled keypoints of a person whose names mean no joint here, by name."""
    found = {}
    for row, name in enumerate(names):
        values = [number(value) for value in flat[3 * row : 3 * row + 3]]
        triple = [value for value in values if value is not None]
        if len(triple) == 3 and triple[2] > 0 and joint_named(name) is None:
            found[_plain(name)] = triple
    return found


def write_others(entry: dict[str, Any], others: Mapping[str, Any], pose: Pose, skeleton: Skeleton) -> None:
    """Puts them into an annotation where the skeleton has them.

    Where a person corrected a joint since, they are left out: they may lie wrong, too, and nobody sees them here.
    """
    if (pose.provenance == Provenance.CORRECTED).any():
        return
    for row, name in enumerate(skeleton.keypoint_names):
        if name in others and entry["keypoints"][3 * row : 3 * row + 3] == [0, 0, 0]:
            entry["keypoints"][3 * row : 3 * row + 3] = others[name]
            entry["num_keypoints"] += 1
