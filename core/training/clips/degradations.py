"""What cameras, light and passers-by do to the frames of a clip: blur, darkness, noise, compression, occluders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import BoolArray, ByteArray, FloatArray

Kind = Literal["blurred", "occluded", "dark"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Spoiling:
    """A bad degradation as drawn: of which frames, and how. Letter: F frames of a clip, the key frame first.

    Attributes:
        kind: None where nothing is spoilt.
        frames: (F,) which are.
        shutter: how long their exposure is, in frames, where that is part of it.
        kernel: of a shake.
        sigma_px: out of focus by so much.
        gain: what is left of the light.
        noise: its deviation in levels.
    """

    kind: Kind | None
    frames: BoolArray
    shutter: float | None = None
    kernel: NDArray[np.float32] | None = None
    sigma_px: float | None = None
    gain: float = 1.0
    noise: float = 0.0

    def on(self, frame: ByteArray) -> ByteArray:
        """A frame (H, W, 3) out of focus, shaken or dark; noise and whatever hides something come apart from it."""
        if self.sigma_px is not None:
            frame = defocused(frame, self.sigma_px)
        if self.kernel is not None:
            frame = shaken(frame, self.kernel)
        return darkened(frame, self.gain) if self.gain < 1 else frame


def draw_spoiling(
    rng: np.random.Generator,
    num_frames: int,
    width: int,
    *,
    degraded: float,
    kinds: tuple[Kind, ...],
    on_key: float,
    on_neighbours: float,
) -> Spoiling:
    """What spoils a clip badly, if anything does.

    Args:
        rng: the source of chance.
        num_frames: F.
        width: of the crop, in pixels: blur is a part of it.
        degraded: probability that anything does.
        kinds: of which one is drawn.
        on_key: of spoilt clips, the share in which only the key frame is spoilt.
        on_neighbours: and in which only its neighbours are; in the others all frames are.
    """
    frames = np.zeros(num_frames, dtype=bool)
    if rng.random() >= degraded:
        return Spoiling(None, frames)
    kind: Kind = kinds[int(rng.integers(len(kinds)))]
    where = rng.random()
    frames[0] = where < on_key or where >= on_key + on_neighbours
    frames[1:] = where >= on_key
    if not frames.any():  # the neighbours alone were to be spoilt, and there are none
        return Spoiling(None, frames)
    if kind == "dark":
        gain = float(np.exp(rng.uniform(np.log(0.04), np.log(0.2))))
        return Spoiling(kind, frames, gain=gain, noise=float(rng.uniform(3, 10)))
    if kind == "occluded":
        return Spoiling(kind, frames)
    # Seldom is a long exposure alone enough to blur: people also stand still.
    how, shutter = int(rng.integers(3)), float(rng.uniform(0.8, 1.4))
    if how == 0:
        return Spoiling(kind, frames, shutter, sigma_px=float(rng.uniform(0.012, 0.03)) * width)
    length = float(rng.uniform(0.06, 0.16)) * width * (0.5 if how == 1 else 1.0)
    return Spoiling(kind, frames, shutter, kernel=draw_shake(rng, length))


@dataclass(frozen=True)
class Occluder:
    """Something that passes between the camera and the person.

    Attributes:
        rgba: (h, w, 4) float32, colours multiplied by alpha.
        place: (2,) x, y of its centre at time 0, in crop pixels.
        velocity: (2,) pixels a frame.
    """

    rgba: NDArray[np.float32]
    place: FloatArray
    velocity: FloatArray

    def on(self, frame: ByteArray, time: float) -> ByteArray:
        """A frame (H, W, 3) of that time with the occluder in front."""
        height, width = frame.shape[:2]
        corner = self.place + self.velocity * time - np.array(self.rgba.shape[1::-1]) / 2
        moved = cv2.warpAffine(self.rgba, np.column_stack([np.eye(2), corner]), (width, height))
        return (frame * (1 - moved[:, :, 3:]) + moved[:, :, :3]).clip(0, 255).astype(np.uint8)


def draw_occluder(
    rng: np.random.Generator,
    texture: ByteArray,
    keypoints: FloatArray,
    labelled: BoolArray,
    size_wh: tuple[int, int],
    *,
    at_time: float,
    sudden: bool,
) -> Occluder:
    """An ellipse, a bar or a box with the texture of another picture, over one of the person's joints.

    Args:
        rng: the source of chance.
        texture: (H, W, 3) another picture.
        keypoints: (17, 2) in crop pixels at `at_time`.
        labelled: (17,).
        size_wh: width and height of the crop.
        at_time: when it stands over the joint.
        sudden: it is there for one frame only; otherwise it may stay for the whole clip.
    """
    width, height = size_wh
    shape = int(rng.integers(3))
    extent = np.array([width, width]) * rng.uniform(0.2, 0.5, 2)
    if shape == 1:  # a bar across the picture
        extent = np.array([width * rng.uniform(0.1, 0.25), height * rng.uniform(0.8, 1.6)])[:: rng.choice([1, -1])]
    w, h = (int(v) for v in np.maximum(extent, 4))
    alpha = np.zeros((h + 4, w + 4), np.uint8)
    if shape == 0:
        cv2.ellipse(alpha, (w // 2 + 2, h // 2 + 2), (w // 2, h // 2), 0.0, 0, 360, (255,), -1, cv2.LINE_AA)
    else:
        cv2.rectangle(alpha, (2, 2), (w + 1, h + 1), (255,), -1)
    soft = cv2.GaussianBlur(alpha, (3, 3), 0).astype(np.float32) / 255
    left, top = (int(rng.integers(0, max(n - 8, 1))) for n in (texture.shape[1], texture.shape[0]))
    piece = texture[top : top + max(h // 2, 8), left : left + max(w // 2, 8)]
    colours = cv2.resize(piece, (w + 4, h + 4), interpolation=cv2.INTER_LINEAR)
    visible = np.flatnonzero(labelled)
    target = keypoints[rng.choice(visible)] if len(visible) else np.array([width / 2, height / 2])
    target = target + rng.normal(0, 0.04, 2) * width
    if sudden:  # in one frame it goes further than it is wide, so that it isn't there before and after
        along = 0 if w <= h else 1
        velocity = rng.normal(0, 0.05, 2) * width
        velocity[along] = rng.choice([-1, 1]) * (min(w, h) + width * rng.uniform(0.5, 1.0))
    else:
        velocity = rng.normal(0, 0.08, 2) * width
    return Occluder(
        np.dstack([colours * soft[:, :, None], soft]).astype(np.float32), target - velocity * at_time, velocity
    )


def draw_shake(rng: np.random.Generator, length_px: float) -> NDArray[np.float32]:
    """A kernel for a camera that moved during the exposure: a slightly bent line of about this length."""
    side = max(3, int(np.ceil(length_px)) | 1)
    angle, bend = rng.uniform(0, np.pi), rng.uniform(-0.25, 0.25)
    along = np.linspace(-0.5, 0.5, 16)
    across = bend * (along**2 - 1 / 12) * 4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    path = (np.stack([along, across], axis=1) @ turn.T) * length_px + side // 2
    kernel = np.zeros((side, side), np.float32)
    points = np.rint(path * 16).astype(np.int32)[None]
    cv2.polylines(kernel, [points.reshape(-1, 1, 2)], False, (1.0,), 1, cv2.LINE_8, 4)
    # A line of whole pixels need not be balanced; a blur that shifts the picture would shift its joints.
    ys, xs = np.nonzero(kernel)
    shift = np.array([side // 2 - xs.mean(), side // 2 - ys.mean()])
    centred = cv2.warpAffine(kernel, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), (side, side))
    return np.asarray(centred / centred.sum(), dtype=np.float32)


def shaken(frame: ByteArray, kernel: NDArray[np.float32]) -> ByteArray:
    """The frame smeared by a shake's kernel."""
    return np.asarray(cv2.filter2D(frame, -1, kernel, borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)


def defocused(frame: ByteArray, sigma_px: float) -> ByteArray:
    """The frame out of focus."""
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)


def darkened(frame: ByteArray, gain: float) -> ByteArray:
    """The frame with `gain` times the light, rounded to whole levels as a camera does."""
    levels = (np.arange(256) * gain).astype(np.uint8)
    return np.asarray(cv2.LUT(frame, levels), dtype=np.uint8)


def noisy(rng: np.random.Generator, frame: ByteArray, deviation: float) -> ByteArray:
    """The frame with normal noise of this standard deviation, in levels."""
    height, width = frame.shape[:2]
    store = _noise()
    top, left = (int(rng.integers(0, s - n + 1)) for s, n in zip(store.shape, (height, width), strict=False))
    piece = store[top : top + height, left : left + width] * np.float32(deviation)
    piece += frame
    return np.clip(piece, 0, 255, out=piece).astype(np.uint8)


@cache
def _noise() -> NDArray[np.float32]:
    """Normal noise, drawn once: to draw it for every frame would take longer than all else."""
    return np.random.default_rng(1).standard_normal((640, 640, 3), dtype=np.float32)


def compressed(frame: ByteArray, quality: int) -> ByteArray:
    """The frame after a JPEG of this quality, 1 to 100."""
    encoded = cv2.imencode(".jpg", frame[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB)
    if decoded is None:
        raise RuntimeError("a picture just encoded cannot be decoded")
    return np.asarray(decoded, dtype=np.uint8)
