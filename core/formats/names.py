"""Which joint, and which person, another program's name means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from core.keypoints import COCO, POSETRACK

CALLED_PEOPLE = {"person", "persons", "people", "human", "humans", "pedestrian", "pedestrians"}
"""What other programs call the category or label of people, in small letters."""
_OTHER_NAMES = {
    "neck": "head_bottom",
    "upper_neck": "head_bottom",
    "bottom_head": "head_bottom",
    "top_head": "head_top",
    "top_of_head": "head_top",
}


def _spellings() -> dict[str, str]:
    """What PoseTrack and COCO call each joint, by all its names in small letters with nothing between the words."""
    spellings: dict[str, str] = {}
    for name in (*POSETRACK.keypoint_names, *COCO.keypoint_names):
        side, _, part = name.partition("_")
        if side in ("left", "right"):
            part = part.replace("_", "")
            spellings |= dict.fromkeys((side + part, side[0] + part, part + side, part + side[0]), name)
        else:
            spellings[name.replace("_", "")] = name
    return spellings | {other.replace("_", ""): name for other, name in _OTHER_NAMES.items()}


_SPELLINGS = _spellings()


def usual_name(name: str) -> str | None:
    """What PoseTrack or COCO calls the joint that a name means; None where it means none of theirs.

    Case, spaces, hyphens and where the side stands do not count, nor does a number before the name ("9: lwrist").
    """
    letters = re.sub(r"[^a-z0-9]+", "", name.lower())
    return _SPELLINGS.get(re.sub(r"^(\d+|kpt|keypoint)+|joint$", "", letters))


def joint_named(name: str) -> int | None:
    """The POSETRACK keypoint that a name means, whatever its spelling.

    "Left Wrist", "wrist-L", "rAnkle" and "neck" are names of joints; None where a name means none.
    """
    wanted = usual_name(name)
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
