"""What of a project's labels a format has no place for, told with counts when they are exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.formats.known import KNOWN_FORMATS
from core.formats.labels import LabelImage, Labels
from core.poses import Pose, Provenance, Visibility

NOTHING = "nothing"


@dataclass(frozen=True)
class Loss:
    """One kind of thing that a format may have no place for.

    Attributes:
        one: what becomes of one of them, in words.
        many: what becomes of `{count}` of them.
        count: how many of them an image has.
    """

    one: str
    many: str
    count: Callable[[LabelImage], int]

    def in_words(self, labels: Labels) -> str | None:
        """A sentence with the count; None where there are none."""
        count = sum(self.count(image) for image in labels.images)
        if not count:
            return None
        what = self.one if count == 1 else self.many.format(count=count)
        return f"{what}: the file has no place for that."


def _left_out(one: str, many: str, count: Callable[[LabelImage], int]) -> Loss:
    return Loss(f"1 {one} is left out", f"{{count}} {many} are left out", count)


def _of_poses(count: Callable[[Pose], int | np.int_]) -> Callable[[LabelImage], int]:
    return lambda image: sum(int(count(pose)) for pose in image.poses.poses)


def _reviewed(image: LabelImage) -> int:
    return int(image.poses.reviewed)


LOSSES: Mapping[str, Loss] = {
    "occlusion": Loss(
        "1 occluded joint is written as a visible one",
        "{count} occluded joints are written as visible ones",
        _of_poses(lambda pose: (pose.visibility == Visibility.OCCLUDED).sum()),
    ),
    "scores": _left_out(
        "score", "scores", _of_poses(lambda pose: (pose.labelled & (pose.scores != 1) & ~np.isnan(pose.scores)).sum())
    ),
    "who set each joint": Loss(
        "Who set 1 joint is left out",
        "Who set each of {count} joints is left out",
        _of_poses(lambda pose: pose.labelled.sum()),
    ),
    "reviewed marks": _left_out("mark of a reviewed frame", "marks of reviewed frames", _reviewed),
    "ignore regions": _left_out("ignore region", "ignore regions", lambda image: len(image.ignore_regions)),
    "boxes": _left_out("box", "boxes", _of_poses(lambda pose: int(pose.bbox_provenance != Provenance.NONE))),
    "head boxes": _left_out("head box", "head boxes", _of_poses(lambda pose: int(pose.bbox_head_xywh is not None))),
}
"""By the words of `KnownFormat.cannot_keep`, whose parts a comma divides."""
SAME = {"boxes of people": "boxes"}


def parts_of(cannot_keep: str) -> list[str]:
    """The kinds of things, as `LOSSES` has them, that a format's `cannot_keep` names."""
    parts = [part.strip() for part in cannot_keep.split(",")]
    return [SAME.get(part, part) for part in parts if part and part != NOTHING]


def losses(labels: Labels, format_name: str) -> tuple[str, ...]:
    """A sentence for each kind of thing in the labels that the format has no place for, with its count.

    Args:
        labels: what is exported.
        format_name: as `KNOWN_FORMATS` has it.
    """
    known = next(entry for entry in KNOWN_FORMATS if entry.name == format_name)
    sentences = [LOSSES[part].in_words(labels) for part in parts_of(known.cannot_keep)]
    return tuple(sentence for sentence in sentences if sentence is not None)
