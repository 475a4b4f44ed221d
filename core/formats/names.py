"""Which joint, and which person, another program's name means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from core.keypoints import POSETRACK

CALLED_PEOPLE = {"person", "persons", "people", "human", "humans", "pedestrian", "pedestrians"}
"""What other programs call the category or label of people, in small letters."""
_SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}
_OTHER_NAMES = {
    "neck": "head_bottom",
    "upper_neck": "head_bottom",
    "headbottom": "head_bottom",
    "bottom_head": "head_bottom",
    "headtop": "head_top",
    "top_head": "head_top",
    "top_of_head": "head_top",
}


def joint_named(name: str) -> int | None:
    """The POSETRACK keypoint that a name means, without regard to case, spaces, hyphens or where the side stands.

    "Left Wrist", "wrist-L", "rAnkle" and "neck" are names of joints; None where a name means none.
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name.strip())
    parted = re.sub(r"^(left|right)(?=[a-z])", r"\1 ", parted.lower())
    words = [word for word in re.split(r"[^a-z0-9]+", parted) if word]
    sides = [_SIDES[word] for word in words if word in _SIDES]
    rest = "_".join(word for word in words if word not in _SIDES)
    if len(sides) > 1 or not rest:
        return None
    wanted = f"{sides[0]}_{rest}" if sides else _OTHER_NAMES.get(rest, rest)
    return POSETRACK.keypoint_names.index(wanted) if wanted in POSETRACK.keypoint_names else None


def joints_named(names: Sequence[str], remarks: Counter[str]) -> list[int | None]:
    """The POSETRACK keypoint of each name; those that mean none are named in one remark."""
    joints = [joint_named(name) for name in names]
    unknown = [name for name, joint in zip(names, joints, strict=True) if joint is None]
    if unknown:
        named = ", ".join(unknown[:3]) + (f" and {len(unknown) - 3} others" if len(unknown) > 3 else "")
        remarks[f"the file's {named} have no place in this program's skeleton and were left out"] = 1
    return joints


def track_ids_named(names: Sequence[str]) -> dict[str, int]:
    """A track id for each person's name: the number it ends in where each has one of its own, else 1, 2, ..."""
    found = {name: re.search(r"[0-9]{1,9}$", name) for name in dict.fromkeys(names)}
    numbers = {name: int(match.group()) for name, match in found.items() if match is not None}
    if len(numbers) == len(found) and len(set(numbers.values())) == len(numbers):
        return numbers
    return {name: place for place, name in enumerate(found, start=1)}
