"""Moving, turning and scaling a whole person: the same for the picture meanwhile as for the edit at the end."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike

from core.geometry import FloatArray, apply_affine
from core.poses import Pose, Provenance

MIN_SIDE_PX = 1.0


def translation(dx: float, dy: float) -> FloatArray:
    """The (2, 3) affine that moves everything by (dx, dy)."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])


def turning(centre_xy: tuple[float, float], angle_rad: float, pixel_aspect: float = 1.0) -> FloatArray:
    """The (2, 3) affine that turns about a place, clockwise on the screen.

    Args:
        centre_xy: stays where it is.
        angle_rad: how far.
        pixel_aspect: how much wider than high a pixel is shown: the turn is one of what is seen.
    """
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    linear = np.array([[cos, -sin / pixel_aspect], [sin * pixel_aspect, cos]])
    return _about(centre_xy, linear)


def scaling(centre_xy: tuple[float, float], factor: float) -> FloatArray:
    """The (2, 3) affine that scales about a place, alike in both directions."""
    return _about(centre_xy, np.eye(2) * factor)


def _about(centre_xy: tuple[float, float], linear: FloatArray) -> FloatArray:
    centre = np.asarray(centre_xy, dtype=np.float64)
    return np.column_stack([linear, centre - linear @ centre])


def transformed(pose: Pose, affine: ArrayLike, still: Collection[int] = ()) -> Pose:
    """A person moved by a hand: the labelled joints and boxes go along and are the person's word from then on.

    Joints keep their visibility. Where the person is turned, the box keeps its distance from the outermost joints on
    each side, so that turning back gives the same box again; the head's box keeps its size about its middle.

    Args:
        pose: of a person with a box.
        affine: (2, 3), in full-frame pixels.
        still: keypoints that stay where they are and whose word they are, as locked ones do.
    """
    affine = np.asarray(affine, dtype=np.float64)
    moves = pose.labelled.copy()
    moves[list(still)] = False
    keypoints = np.where(moves[:, None], apply_affine(affine, pose.keypoints), pose.keypoints)
    head = pose.bbox_head_xywh
    return pose.replaced(
        keypoints=keypoints,
        scores=np.where(moves, 1.0, pose.scores),
        provenance=np.where(moves, Provenance.CORRECTED, pose.provenance),
        bbox_xywh=_box(pose, affine),
        bbox_provenance=Provenance.CORRECTED,
        bbox_head_xywh=None if head is None else _about_middle(head, affine),
    )


def _scale(affine: FloatArray) -> float:
    return math.sqrt(abs(float(np.linalg.det(affine[:, :2]))))


def _about_middle(bbox_xywh: FloatArray, affine: FloatArray) -> FloatArray:
    if np.array_equal(affine[:, :2], np.eye(2)):  # only moved: exactly as large as before
        return np.concatenate([bbox_xywh[:2] + affine[:, 2], bbox_xywh[2:]])
    size = bbox_xywh[2:] * _scale(affine)
    middle = apply_affine(affine, [bbox_xywh[:2] + bbox_xywh[2:] / 2])[0]
    return np.concatenate([middle - size / 2, size])


def _box(pose: Pose, affine: FloatArray) -> FloatArray:
    is_turned = abs(affine[0, 1]) > 1e-12 or abs(affine[1, 0]) > 1e-12
    joints = pose.keypoints[pose.placed]
    if not is_turned or not len(joints):
        return _about_middle(pose.bbox_xywh, affine)
    after = apply_affine(affine, joints)
    corners = np.array([pose.bbox_xywh[:2], pose.bbox_xywh[:2] + pose.bbox_xywh[2:]])
    low = after.min(axis=0) + (corners[0] - joints.min(axis=0))
    high = after.max(axis=0) + (corners[1] - joints.max(axis=0))
    return np.concatenate([low, np.maximum(high - low, MIN_SIDE_PX)])
