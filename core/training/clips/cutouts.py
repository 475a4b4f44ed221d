"""A photographed person cut into the parts of the body, and the background behind them.

A cut-out is made of capsules around the bones, whose edge a guided filter draws to the edges in the picture. It is
no segmentation: a seam of background goes with each limb. Letters in shape comments: H W the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import BoolArray, ByteArray, FloatArray
from core.training.clips.limbs import PARTS, TRUNK, TRUNK_KEYPOINTS, can_swing, torso_length

Pixels = NDArray[np.float32]

_ROOM = 1.5
"""How much wider than the flesh a part is cut, so that parts overlap at the joints."""


@dataclass(frozen=True)
class CutOut:
    """A piece of a picture that can be moved.

    Attributes:
        part: index in PARTS.
        rgba: (h, w, 4) float32, colours from 0 to 255 already multiplied by the alpha, which goes from 0 to 1.
        corner: (2,) x, y in the picture of its first pixel.
    """

    part: int
    rgba: Pixels
    corner: FloatArray


def cut_out_parts(rgb: ByteArray, keypoints: FloatArray, labelled: BoolArray) -> tuple[list[CutOut], ByteArray]:
    """The parts of the body in the order of drawing, and the picture without the person.

    Without two labelled points of the trunk there is nothing to cut: no parts, and the picture as it is.

    Args:
        rgb: (H, W, 3).
        keypoints: (17, 2) in pixels of `rgb`.
        labelled: (17,).
    """
    torso = torso_length(keypoints, labelled)
    if torso <= 0 or sum(bool(labelled[k]) for k in TRUNK_KEYPOINTS) < 2:
        return [], rgb
    alpha = person_alpha(rgb, keypoints, labelled, torso)
    hidden = np.zeros(rgb.shape[:2], np.float32)
    limbs = []
    for number in np.flatnonzero(can_swing(labelled)):
        mask, left, top = _capsule(int(number), keypoints, torso, rgb.shape[:2])
        if mask is None:
            continue
        region = slice(top, top + mask.shape[0]), slice(left, left + mask.shape[1])
        soft = mask * alpha[region]
        np.maximum(hidden[region], soft, out=hidden[region])
        limbs.append(CutOut(int(number), _premultiplied(rgb[region], soft), np.array([left, top], np.float64)))
    trunk = _trunk_mask(keypoints, labelled, torso, rgb.shape[:2]) * alpha
    behind = filled(rgb, (1 - hidden) * (trunk + 0.02))  # what limbs in front of the trunk hide of it
    background = filled(rgb, _pixels(cv2.dilate(alpha, np.ones((7, 7), np.uint8)) < 0.08))
    whole = CutOut(TRUNK, _premultiplied(behind, trunk), np.zeros(2))
    return [_tight(whole), *limbs], background


def cut_out_whole(rgb: ByteArray, keypoints: FloatArray, labelled: BoolArray) -> Pixels:
    """(H, W, 4) the person as one piece, colours multiplied by alpha; nothing where there is nothing to cut."""
    torso = torso_length(keypoints, labelled)
    if torso <= 0 or sum(bool(labelled[k]) for k in TRUNK_KEYPOINTS) < 2:
        return np.zeros((*rgb.shape[:2], 4), np.float32)
    return _premultiplied(rgb, person_alpha(rgb, keypoints, labelled, torso))


def person_alpha(rgb: ByteArray, keypoints: FloatArray, labelled: BoolArray, torso: float) -> Pixels:
    """(H, W) how much of each pixel is the person, 0 to 1."""
    mask = _trunk_mask(keypoints, labelled, torso, rgb.shape[:2], room=1.0)
    for number in np.flatnonzero(can_swing(labelled)):
        capsule, left, top = _capsule(int(number), keypoints, torso, rgb.shape[:2], room=1.0)
        if capsule is not None:
            region = mask[top : top + capsule.shape[0], left : left + capsule.shape[1]]
            np.maximum(region, capsule, out=region)
    guide = _pixels(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)) / np.float32(255)
    matted = _guided(guide, mask, max(2, round(0.1 * torso)), 1e-3)
    near = cv2.GaussianBlur(cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=2), (5, 5), 0)
    alpha = np.clip((matted - 0.5) * 2 + 0.5, 0, 1)
    return _pixels(alpha * near)  # nowhere far from the bones


def filled(rgb: ByteArray, keep: Pixels) -> ByteArray:
    """(H, W, 3) the picture, with what `keep` (H, W) leaves out filled smoothly from around it.

    Colours are averaged on ever coarser grids until every cell knows one, and the gaps filled from coarse to fine.
    """
    height, width = keep.shape
    # The filling is smooth: half the picture's resolution is enough for it.
    kept = _resized(_premultiplied(rgb, keep), width // 2, height // 2)
    pyramid = [kept]
    while min(kept.shape[:2]) > 2:
        kept = _resized(kept, kept.shape[1] // 2, kept.shape[0] // 2)
        pyramid.append(kept)
    result = _divided(pyramid[-1])
    for kept in reversed(pyramid[:-1]):
        coarse = _resized(result, kept.shape[1], kept.shape[0])
        result = _mixed(coarse, _divided(kept), np.minimum(kept[:, :, 3] * 4, 1))
    mixed = _mixed(_resized(result, width, height), _pixels(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA)), np.minimum(keep, 1))
    return np.asarray(cv2.cvtColor(np.clip(mixed, 0, 255).astype(np.uint8), cv2.COLOR_RGBA2RGB), dtype=np.uint8)


def _pixels(array: NDArray[Any]) -> Pixels:
    return np.asarray(array, dtype=np.float32)


def _resized(picture: Pixels, width: int, height: int) -> Pixels:
    """Averaged where it becomes smaller, interpolated where larger."""
    smaller = width < picture.shape[1]
    return _pixels(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR))


def _divided(kept: Pixels) -> Pixels:
    """(h, w, 4) colours that were multiplied by their weight, the fourth channel, without it."""
    return kept / cv2.cvtColor(np.maximum(kept[:, :, 3], 1e-6), cv2.COLOR_GRAY2RGBA)


def _mixed(first: Pixels, second: Pixels, share: Pixels) -> Pixels:
    """(h, w, 4) the first, and where `share` (h, w) is 1 the second."""
    return first + (second - first) * cv2.cvtColor(share, cv2.COLOR_GRAY2RGBA)


def _capsule(
    number: int, keypoints: FloatArray, torso: float, shape: tuple[int, ...], room: float = _ROOM
) -> tuple[Pixels | None, int, int]:
    """A part's mask within its own box, and the box's left and top; no mask where it is out of the picture."""
    part = PARTS[number]
    start, end = keypoints[part.start], keypoints[part.end]
    tip = end + part.beyond * (end - start)
    width = max(2.0, part.width * torso * room)
    low = np.floor(np.minimum(start, tip) - width / 2 - 2).astype(int)
    high = np.ceil(np.maximum(start, tip) + width / 2 + 3).astype(int)
    low, high = np.maximum(low, 0), np.minimum(high, [shape[1], shape[0]])
    if (high - low < 2).any():
        return None, 0, 0
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    points = [tuple(int(v) for v in np.rint(point - low)) for point in (start, tip)]
    cv2.line(mask, points[0], points[1], (255,), max(1, round(width)), cv2.LINE_AA)
    return _pixels(cv2.GaussianBlur(mask, (3, 3), 0)) / np.float32(255), int(low[0]), int(low[1])


def _trunk_mask(
    keypoints: FloatArray, labelled: BoolArray, torso: float, shape: tuple[int, ...], room: float = _ROOM
) -> Pixels:
    """(H, W) the hull of shoulders and hips, and the neck, with flesh around them."""
    points = np.rint(keypoints[[k for k in TRUNK_KEYPOINTS if labelled[k]]]).astype(np.int32)
    mask = np.zeros(shape[:2], np.uint8)
    hull = cv2.convexHull(points)
    cv2.fillPoly(mask, [hull], (255,), cv2.LINE_AA)
    thickness = max(2, round(PARTS[TRUNK].width * torso * room))
    cv2.polylines(mask, [hull], True, (255,), thickness, cv2.LINE_AA)
    return _pixels(cv2.GaussianBlur(mask, (3, 3), 0)) / np.float32(255)


def _guided(guide: Pixels, mask: Pixels, radius: int, regularisation: float) -> Pixels:
    """The guided filter (He et al. 2010): a local linear function of the guide that is nearest to the mask."""
    size = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_mask = cv2.blur(guide, size), cv2.blur(mask, size)
    covariance = cv2.blur(guide * mask, size) - mean_guide * mean_mask
    slope = covariance / (cv2.blur(guide * guide, size) - mean_guide**2 + regularisation)
    offset = mean_mask - slope * mean_guide
    return np.asarray(cv2.blur(slope, size) * guide + cv2.blur(offset, size), dtype=np.float32)


def _premultiplied(rgb: ByteArray, alpha: Pixels) -> Pixels:
    """(h, w, 4) colours times alpha, and alpha."""
    result = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA).astype(np.float32)
    result *= cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGBA)
    result[:, :, 3] = alpha
    return result


def _tight(piece: CutOut) -> CutOut:
    """The same without the empty rows and columns around it."""
    left, top, width, height = cv2.boundingRect((piece.rgba[:, :, 3] > 0).astype(np.uint8))
    rgba = np.ascontiguousarray(piece.rgba[top : top + height, left : left + width])
    return CutOut(piece.part, rgba, piece.corner + np.array([left, top]))
