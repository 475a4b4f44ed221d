"""People as everyday pictures show them: cut by the frame, or small and far away."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import BoolArray, ByteArray
from core.training.samples.augmentation import AugmentationSettings
from core.training.samples.person import Person

_FEWEST_LABELS = 4
_SMALLEST_HEIGHT = 40.0
"""Of a small person's box, in pixels; the window that the network sees enlarges it again."""


@dataclass(frozen=True)
class SeenPerson:
    """A person after one draw, and whether the frame ends where the picture does."""

    person: Person
    is_cut: bool


def draw_cut(rng: np.random.Generator, person: Person, settings: AugmentationSettings) -> SeenPerson:
    """Draws whether the frame ends within the person, and where: at the knees, at a shoulder, left or right.

    What is cut off is not in the picture, its joints are not labelled, and the box is what is left, as whoever draws
    a box draws it.
    """
    if rng.random() >= settings.cut:
        return SeenPerson(person, False)
    x, y, width, height = person.bbox_xywh
    # Most often the legs are missing, then a side, seldom the head.
    side = ("bottom", "left", "right", "top")[rng.choice(4, p=(0.55, 0.175, 0.175, 0.1))]
    share = float(rng.uniform(0.15, 0.55 if side == "bottom" else 0.4))
    low, high = np.zeros(2), np.array(person.rgb.shape[1::-1], dtype=np.float64)
    if side == "bottom":
        high[1] = y + height * (1 - share)
    elif side == "top":
        low[1] = y + height * share
    elif side == "left":
        low[0] = x + width * share
    else:
        high[0] = x + width * (1 - share)
    cut = _within(person, np.rint(low).astype(int), np.rint(high).astype(int))
    return SeenPerson(person, False) if cut is None else SeenPerson(cut, True)


def _within(person: Person, low: np.ndarray, high: np.ndarray) -> Person | None:
    """The person in the part of the picture from `low` to `high` (x, y); None where too little is left."""
    low = np.maximum(low, 0)
    high = np.minimum(high, person.rgb.shape[1::-1])
    if (high - low < 8).any():
        return None
    keypoints = person.keypoints - low
    size = high - low
    inside: BoolArray = ((keypoints >= 0) & (keypoints <= size - 1)).all(axis=1)
    labelled = person.labelled & inside
    if labelled.sum() < _FEWEST_LABELS:
        return None
    corner, end = person.bbox_xywh[:2] - low, person.bbox_xywh[:2] + person.bbox_xywh[2:] - low
    corner, end = np.clip(corner, 0, size), np.clip(end, 0, size)
    if (end - corner < 4).any():
        return None
    rgb = np.ascontiguousarray(person.rgb[low[1] : high[1], low[0] : high[0]])
    return person._replace(
        rgb=rgb, keypoints=keypoints, labelled=labelled, bbox_xywh=np.concatenate([corner, end - corner])
    )


def seen_from_afar(rng: np.random.Generator, person: Person, settings: AugmentationSettings) -> Person:
    """Draws whether the person is small in the picture: fewer pixels of the same size, as when enlarged again."""
    if rng.random() >= settings.small:
        return person
    height, width = person.rgb.shape[:2]
    least = min(_SMALLEST_HEIGHT / max(float(person.bbox_xywh[3]), 1.0), 0.9)
    factor = float(rng.uniform(least, 0.9))
    few = cv2.resize(
        person.rgb, (max(round(width * factor), 8), max(round(height * factor), 8)), interpolation=cv2.INTER_AREA
    )
    rgb: ByteArray = np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return person._replace(rgb=rgb)
