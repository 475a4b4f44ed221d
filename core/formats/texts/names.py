"""Which joint, and which person, another program's name means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from core.keypoints import COCO, POSETRACK

CALLED_PEOPLE = {"person", "persons", "people", "human", "humans", "pedestrian", "pedestrians"}
"""What other programs call the category or label of people, in small letters."""
UNPLACED = "no place: "
"""How remarks begin that name a labelled joint without a place here; `unplaced_in_words` makes them one sentence."""
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


@lru_cache(maxsize=4096)  # a file has a name again for every person, and spelling it out takes longer than reading
def joint_named(name: str) -> int | None:
    """The POSETRACK keypoint that a name means, whatever its spelling.

    "Left Wrist", "wrist-L", "rAnkle" and "neck" are names of joints; None where a name means none.
    """
    wanted = usual_name(name)
    return POSETRACK.keypoint_names.index(wanted) if wanted in POSETRACK.keypoint_names else None


def joints_named(names: Iterable[str]) -> list[int | None]:
    """The POSETRACK keypoint of each name; None for those that mean none, see `note_unplaced`."""
    return [joint_named(name) for name in names]


def note_unplaced(name: str, remarks: Counter[str]) -> None:
    """Remembers that somebody has a labelled joint that has no place here."""
    remarks[UNPLACED + name] += 1


def unplaced_in_words(remarks: Counter[str]) -> Counter[str]:
    """The remarks, with those of `note_unplaced` as one."""
    unknown = [text.removeprefix(UNPLACED) for text in remarks if text.startswith(UNPLACED)]
    others = Counter({text: count for text, count in remarks.items() if not text.startswith(UNPLACED)})
    if unknown:
        named = ", ".join(unknown[:3]) + (f" and {len(unknown) - 3} others" if len(unknown) > 3 else "")
        have, are = ("has", "was") if len(unknown) == 1 else ("have", "were")
        others[f"the file's {named} {have} no place in this program's skeleton and {are} left out"] = 1
    return others


def track_ids_named(names: Sequence[str], remarks: Counter[str] | None = None) -> dict[str, int]:
    """A track id for each person's name: the number it ends in where each has one of its own, else 1, 2, ...

    Args:
        names: of people, "" for somebody who has none.
        remarks: gets the numbers that no name holds.
    """
    found = {name: re.search(r"[0-9]{1,9}$", name) for name in dict.fromkeys(names)}
    numbers = {name: int(match.group()) for name, match in found.items() if match is not None}
    if len(numbers) == len(found) and len(set(numbers.values())) == len(numbers):
        return numbers
    ids = {name: place for place, name in enumerate(found, start=1)}
    if remarks is not None and any(ids):
        told = ", ".join(f"{name} is {number}" for name, number in list(ids.items())[:3] if name)
        more = f" and {len(ids) - 3} others" if len(ids) > 3 else ""
        remarks[f"people who have names got numbers: {told}{more}"] = 1
    return ids
