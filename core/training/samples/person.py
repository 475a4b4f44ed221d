"""A picture of one person with labelled joints: what every source of photographs and clips gives."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from core.geometry import BoolArray, ByteArray, FloatArray


class Person(NamedTuple):
    """One picture of one person.

    Attributes:
        rgb: (H, W, 3) uint8.
        keypoints: (17, 2) x, y in pixels of `rgb`; anything where not labelled.
        labelled: (17,) True where the joint is labelled.
        bbox_xywh: (4,) the person's box in pixels of `rgb`.
        trust: (17,) 0 to 1, how far each label can be believed; None where a person labelled all of them.
    """

    rgb: ByteArray
    keypoints: FloatArray
    labelled: BoolArray
    bbox_xywh: FloatArray
    trust: FloatArray | None = None


class PeopleInPictures(Protocol):
    """Pictures of people, by number."""

    def person(self, index: int) -> Person:
        """The picture and labels of one person."""
        ...
