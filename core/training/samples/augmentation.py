"""What is changed at random in a picture of a person before the network sees it.

One draw serves every frame of a sample (paper, section 4); `draw_motion` adds the movement between its frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import BoolArray, ByteArray, FloatArray, apply_affine, center_and_scale, crop_affine
from core.keypoints import POSETRACK, Skeleton
from core.training.samples.person import Person


@dataclass(frozen=True)
class AugmentationSettings:
    """How far each change goes; each default is the paper's where the paper names one.

    Attributes:
        flip: probability of a mirrored picture.
        rotation_deg: largest rotation either way; `rotated` is the probability that there is any.
        rotated: see above.
        scale_low, scale_high: factors on the size of the window.
        shift: largest offset of the window's centre, as a fraction of its size: boxes drawn by hand are not centred.
        half_body: probability that the window shows only the upper or the lower body (truncation).
        colour: largest change of gain of each colour, of brightness and of contrast, as a fraction.
        blur: probability of a blurred picture.
        occluded: probability that a rectangle of noise or another picture's colours hides a part.
        foreign_background: probability that the window beyond the picture shows another picture.
        cut: probability that the frame ends within the person.
        small: probability that the person is small in the picture, and blurred by being enlarged.
    """

    flip: float = 0.5
    rotation_deg: float = 40.0
    rotated: float = 0.6
    scale_low: float = 0.65
    scale_high: float = 1.35
    shift: float = 0.06
    half_body: float = 0.1
    colour: float = 0.25
    blur: float = 0.15
    occluded: float = 0.15
    foreign_background: float = 0.4
    cut: float = 0.0
    small: float = 0.0

    def weakened(self, strength: float) -> AugmentationSettings:
        """All changes but the mirror, made `strength` times as far or as often (1 changes nothing, 0 leaves none)."""
        amounts = (
            "rotation_deg",
            "rotated",
            "shift",
            "half_body",
            "colour",
            "blur",
            "occluded",
            "foreign_background",
            "cut",
            "small",
        )
        scaled = {name: getattr(self, name) * strength for name in amounts}
        return replace(self, scale_low=self.scale_low**strength, scale_high=self.scale_high**strength, **scaled)


@dataclass(frozen=True)
class WindowDraw:
    """One draw: the window as an affine from picture pixels to crop pixels, and whether the picture is mirrored."""

    crop_from_image: FloatArray
    flipped: bool


@dataclass(frozen=True)
class ColourDraw:
    """One draw of colours: (256, 3) table, uint8, applied to each colour."""

    table: NDArray[np.uint8]


PAPER_AUGMENTATION = AugmentationSettings(
    flip=0.5, rotation_deg=45.0, rotated=0.6, scale_low=0.65, scale_high=1.35, shift=0.0, half_body=0.3, colour=0.0,
    blur=0.0, occluded=0.0, foreign_background=0.0,
)  # fmt: skip
"""What the paper changes: rotation, scale, truncation and flip, one draw for all frames of a sample. It gives the
ranges; how often there is a rotation or a truncation is HRNet's."""

_LOWER = ("hip", "knee", "ankle")
_FEWEST_FOR_HALF_BODY = 4


def draw_window(
    rng: np.random.Generator,
    person: Person,
    settings: AugmentationSettings,
    size_wh: tuple[int, int],
    skeleton: Skeleton = POSETRACK,
) -> WindowDraw:
    """Draws mirror, scale, rotation, shift and truncation.

    Args:
        rng: the source of chance.
        person: picture, joints and box.
        settings: how far each change goes.
        size_wh: width and height of the crop.
        skeleton: of the person's joints.
    """
    box = person.bbox_xywh
    if rng.random() < settings.half_body:
        box = _half_body(rng, person, skeleton)
    flipped = bool(rng.random() < settings.flip)
    center, scale = center_and_scale(box, size_wh[0] / size_wh[1])
    if flipped:
        center = center * [-1.0, 1.0] + [person.rgb.shape[1] - 1.0, 0.0]
    factor = float(np.exp(rng.uniform(np.log(settings.scale_low), np.log(settings.scale_high))))
    rotation = float(rng.uniform(-1, 1)) * settings.rotation_deg if rng.random() < settings.rotated else 0.0
    center = center + rng.uniform(-1, 1, 2) * settings.shift * scale * 200.0
    return WindowDraw(crop_affine(center, scale * factor, rotation, size_wh), flipped)


def plain_window(person: Person, size_wh: tuple[int, int]) -> WindowDraw:
    """The window that prediction uses: nothing is drawn."""
    center, scale = center_and_scale(person.bbox_xywh, size_wh[0] / size_wh[1])
    return WindowDraw(crop_affine(center, scale, 0.0, size_wh), False)


def _half_body(rng: np.random.Generator, person: Person, skeleton: Skeleton) -> FloatArray:
    """The box of the upper or the lower half's joints, or the whole box where too few are labelled."""
    upper = np.array([not name.endswith(_LOWER) for name in skeleton.keypoint_names])
    half = person.labelled & (upper if rng.random() < 0.7 else ~upper)
    if half.sum() < _FEWEST_FOR_HALF_BODY:
        return person.bbox_xywh
    low, high = person.keypoints[half].min(axis=0), person.keypoints[half].max(axis=0)
    size = np.maximum((high - low) * 1.4, 0.3 * person.bbox_xywh[2:])
    return np.concatenate([(low + high - size) / 2, size])


def crop_labels(window: WindowDraw, person: Person, skeleton: Skeleton = POSETRACK) -> tuple[FloatArray, BoolArray]:
    """(K, 2) joints in crop pixels and (K,) whether labelled; left and right change places in a mirrored crop."""
    keypoints, labelled = person.keypoints, person.labelled
    if window.flipped:
        mirrored = keypoints * [-1.0, 1.0] + [person.rgb.shape[1] - 1.0, 0.0]
        keypoints, labelled = mirrored[skeleton.flip_order], labelled[skeleton.flip_order]
    return apply_affine(window.crop_from_image, keypoints), labelled


def crop_pixels(
    window: WindowDraw,
    rgb: ByteArray,
    size_wh: tuple[int, int],
    background: ByteArray | None = None,
    border: int = cv2.BORDER_REPLICATE,
) -> ByteArray:
    """(H, W, 3) the window's pixels; beyond the picture stands `background`, or what OpenCV's `border` says."""
    image = rgb[:, ::-1] if window.flipped else rgb
    affine = window.crop_from_image
    if background is None:
        crop = cv2.warpAffine(image, affine, size_wh, flags=cv2.INTER_LINEAR, borderMode=border)
    else:
        crop = cv2.resize(background, size_wh, interpolation=cv2.INTER_LINEAR)
        transparent = cv2.BORDER_TRANSPARENT
        crop = cv2.warpAffine(image, affine, size_wh, dst=crop, flags=cv2.INTER_LINEAR, borderMode=transparent)
    return np.asarray(crop, dtype=np.uint8)


def draw_colour(rng: np.random.Generator, settings: AugmentationSettings) -> ColourDraw:
    """Draws brightness, contrast, gamma and a gain for each colour."""
    amount = settings.colour
    levels = np.arange(256.0)[:, None] / 255.0
    gain = (1 + rng.uniform(-amount, amount)) * (1 + rng.uniform(-amount, amount, 3) / 2)
    gamma = np.exp(rng.uniform(-amount, amount) * 1.5)
    table = (levels**gamma - 0.5) * gain + 0.5 + rng.uniform(-amount, amount) / 2
    return ColourDraw(np.clip(table * 255.0, 0, 255).astype(np.uint8))


def recolour(colour: ColourDraw, crop: ByteArray) -> ByteArray:
    """(H, W, 3) the crop with changed colours."""
    return np.asarray(cv2.LUT(crop, colour.table[:, None, :]), dtype=np.uint8)


def blurred(rng: np.random.Generator, crop: ByteArray) -> ByteArray:
    """The crop out of focus, or smeared along a line as by motion."""
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(crop, (0, 0), float(rng.uniform(0.5, 1.6))), dtype=np.uint8)
    length = int(rng.integers(3, 10))
    angle = rng.uniform(0, np.pi)
    kernel = np.zeros((length, length), np.float32)
    reach = (length - 1) / 2
    ends = np.rint([[reach + s * reach * np.cos(angle), reach + s * reach * np.sin(angle)] for s in (-1, 1)])
    cv2.line(kernel, [int(v) for v in ends[0]], [int(v) for v in ends[1]], (1.0,))
    return np.asarray(cv2.filter2D(crop, -1, kernel / kernel.sum()), dtype=np.uint8)


def occlude(rng: np.random.Generator, crop: ByteArray, largest: float = 0.35) -> ByteArray:
    """A copy with one rectangle, at most `largest` of the crop's sides, filled with a colour and its noise."""
    height, width = crop.shape[:2]
    h, w = (np.array([height, width]) * rng.uniform(0.1, largest, 2)).astype(int) + 1
    top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    colour = crop[rng.integers(height), rng.integers(width)].astype(np.float32)
    result = crop.copy()
    patch = colour + rng.normal(0, 12, (h, w, 1)).astype(np.float32)
    result[top : top + h, left : left + w] = np.clip(patch, 0, 255).astype(np.uint8)
    return result


def draw_motion(rng: np.random.Generator, offsets: tuple[int, ...], size_wh: tuple[int, int]) -> list[FloatArray]:
    """A smooth movement of the person about the crop's centre.

    Velocity and acceleration of shift, rotation and size are drawn once; time 0 is the key frame.

    Args:
        rng: the source of chance.
        offsets: the times of the supporting frames.
        size_wh: width and height of the crop.

    Returns:
        For each offset the (2, 3) affine from the key frame's crop pixels to that frame's.
    """
    size = np.asarray(size_wh, dtype=np.float64)
    speed = rng.gamma(1.5, 0.5)
    shift = rng.normal(0, 0.025 * speed, 2) * size, rng.normal(0, 0.004 * speed, 2) * size
    turn = rng.normal(0, np.deg2rad(3.0) * speed), rng.normal(0, np.deg2rad(0.6) * speed)
    growth = rng.normal(0, 0.02 * speed), rng.normal(0, 0.003 * speed)
    affines = []
    for time in offsets:
        angle, factor = turn[0] * time + turn[1] * time**2, np.exp(growth[0] * time + growth[1] * time**2)
        linear = factor * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        offset = size / 2 + shift[0] * time + shift[1] * time**2 - linear @ (size / 2)
        affines.append(np.column_stack([linear, offset]))
    return affines
