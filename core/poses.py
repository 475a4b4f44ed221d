"""Pose and FramePoses: what is known of the people in a frame, and who said so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.geometry import ByteArray, FloatArray
from core.keypoints import POSETRACK

__all__ = ["ByteArray", "FloatArray", "FramePoses", "Pose", "Provenance", "Visibility", "set_by_machine"]


class Visibility(IntEnum):
    """Whether a keypoint is labelled, and whether the picture shows it."""

    NOT_LABELLED = 0
    OCCLUDED = 1
    VISIBLE = 2

    @property
    def words(self) -> str:
        """As the program says it."""
        return self.name.lower().replace("_", " ")

    @property
    def following(self) -> Visibility:
        """What a click makes of it: visible, occluded, not labelled, and visible again."""
        return Visibility((self - 1) % len(Visibility))


class Provenance(IntEnum):
    """Who set a keypoint or a box. From IMPORTED on it is a person's word, which no machine changes."""

    NONE = 0
    PREDICTED = 1
    PROPAGATED = 2
    INTERPOLATED = 3
    IMPORTED = 4
    ACCEPTED = 5
    CORRECTED = 6

    @property
    def is_human(self) -> bool:
        """True for what a person set or accepted, here or in the file it was imported from."""
        return self >= Provenance.IMPORTED


def set_by_machine(visibility: ByteArray, provenance: ByteArray) -> NDArray[np.bool_]:
    """Where a keypoint is labelled, a machine set it and no person accepted it; arrays of one shape, of any poses."""
    machine: NDArray[np.bool_] = (
        (visibility != Visibility.NOT_LABELLED) & (provenance != Provenance.NONE) & (provenance < Provenance.IMPORTED)
    )
    return machine


@dataclass(frozen=True, eq=False)
class Pose:
    """One person in one frame. Arrays are read-only; every change makes a new Pose.

    Attributes:
        track_id: the person's number, the same in every frame of the clip.
        bbox_xywh: (4,) left, top, width, height of the person's box in full-frame pixels.
        keypoints: (K, 2) x, y in full-frame pixels, NaN where never located. A NOT_LABELLED keypoint may
            keep coordinates (where it stood last): go by `visibility`.
        visibility: (K,) of Visibility.
        scores: (K,) from 0 to 1; 1 where a person set the keypoint, NaN where there is none.
        provenance: (K,) of Provenance: who set the place, also of a keypoint that is not labelled.
        bbox_provenance: who drew the box.
        bbox_head_xywh: (4,) the head's box, or None.
        run_id: the run whose prediction this pose holds, or None.
        visibility_by_hand: (K,) True where a person said whether the keypoint is visible, occluded or not labelled.
            That is no word on its place, of which `provenance` speaks; empty is nowhere.
    """

    track_id: int
    bbox_xywh: FloatArray
    keypoints: FloatArray
    visibility: ByteArray
    scores: FloatArray
    provenance: ByteArray
    bbox_provenance: Provenance = Provenance.NONE
    bbox_head_xywh: FloatArray | None = None
    run_id: int | None = None
    visibility_by_hand: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __post_init__(self) -> None:
        """Coerces dtypes, checks shapes and freezes the arrays. Raises ValueError on a wrong shape."""
        count = len(self.keypoints)
        if not len(self.visibility_by_hand):
            object.__setattr__(self, "visibility_by_hand", np.zeros(count, np.bool_))
        for name, dtype, shape in (
            ("bbox_xywh", np.float64, (4,)),
            ("keypoints", np.float64, (count, 2)),
            ("visibility", np.uint8, (count,)),
            ("scores", np.float64, (count,)),
            ("provenance", np.uint8, (count,)),
            ("visibility_by_hand", np.bool_, (count,)),
        ):
            array = np.array(getattr(self, name), dtype=dtype)
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}, not {shape}")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if self.bbox_head_xywh is not None:
            head = np.array(self.bbox_head_xywh, dtype=np.float64).reshape(4)
            head.setflags(write=False)
            object.__setattr__(self, "bbox_head_xywh", head)

    @classmethod
    def empty(
        cls, track_id: int, bbox_xywh: ArrayLike, bbox_provenance: Provenance, num_keypoints: int = len(POSETRACK)
    ) -> Self:
        """A person with a box and no keypoint."""
        return cls(
            track_id,
            np.asarray(bbox_xywh, dtype=np.float64),
            np.full((num_keypoints, 2), np.nan),
            np.zeros(num_keypoints, np.uint8),
            np.full(num_keypoints, np.nan),
            np.zeros(num_keypoints, np.uint8),
            bbox_provenance,
        )

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(K,) True where the keypoint is labelled, visible or occluded."""
        labelled: NDArray[np.bool_] = self.visibility != Visibility.NOT_LABELLED
        return labelled

    @property
    def human(self) -> NDArray[np.bool_]:
        """(K,) True where a person set or accepted the keypoint's place."""
        by_a_person: NDArray[np.bool_] = self.provenance >= Provenance.IMPORTED
        return by_a_person

    @property
    def touched_by_hand(self) -> NDArray[np.bool_]:
        """(K,) True where a person set or accepted the keypoint, or said what the picture shows of it."""
        touched: NDArray[np.bool_] = self.human | self.visibility_by_hand
        return touched

    @property
    def by_machine(self) -> NDArray[np.bool_]:
        """(K,) True for a labelled keypoint that a machine set and no person accepted."""
        return set_by_machine(self.visibility, self.provenance)

    @property
    def told_scores(self) -> FloatArray:
        """(K,) the scores as they are shown and exported: 1 where a person set or accepted the keypoint."""
        told: FloatArray = np.where(self.human & self.labelled, 1.0, self.scores)
        return told

    @property
    def placed(self) -> NDArray[np.bool_]:
        """(K,) True where the keypoint is labelled and somewhere, so that it can be drawn and measured."""
        placed: NDArray[np.bool_] = self.labelled & np.isfinite(self.keypoints).all(axis=1)
        return placed

    def replaced(self, **fields: object) -> Pose:
        """A copy with some attributes replaced."""
        return replace(self, **fields)  # type: ignore[arg-type]  # dataclasses.replace has no precise type

    def with_keypoint(
        self, keypoint: int, xy: ArrayLike, visibility: Visibility, score: float, provenance: Provenance
    ) -> Pose:
        """A copy with one keypoint set."""
        keypoints, vis, scores, prov = (
            self.keypoints.copy(),
            self.visibility.copy(),
            self.scores.copy(),
            self.provenance.copy(),
        )
        keypoints[keypoint], vis[keypoint], scores[keypoint], prov[keypoint] = xy, visibility, score, provenance
        return self.replaced(keypoints=keypoints, visibility=vis, scores=scores, provenance=prov)

    def same_as(self, other: Pose | None) -> bool:
        """True if every value is equal (NaN equals NaN)."""
        if other is None or (self.bbox_head_xywh is None) != (other.bbox_head_xywh is None):
            return False
        if (self.track_id, self.bbox_provenance, self.run_id) != (other.track_id, other.bbox_provenance, other.run_id):
            return False
        arrays = ["bbox_xywh", "keypoints", "visibility", "scores", "provenance", "visibility_by_hand"]
        if self.bbox_head_xywh is not None:
            arrays.append("bbox_head_xywh")
        return all(np.array_equal(getattr(self, a), getattr(other, a), equal_nan=True) for a in arrays)


@dataclass(frozen=True, eq=False)
class FramePoses:
    """All people of one frame, by rising track id; `reviewed` is a person's word that the frame is done."""

    frame_index: int
    poses: tuple[Pose, ...] = field(default=())
    reviewed: bool = False

    def pose(self, track_id: int) -> Pose | None:
        """The pose of a person, None if the person is not in this frame."""
        return next((pose for pose in self.poses if pose.track_id == track_id), None)
