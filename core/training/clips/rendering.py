"""Draws the frames of a clip: layers over a background, averaged over each frame's exposure.

Letters in shape comments: T moments, F frames, H W the crop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import ByteArray, FloatArray
from core.training.clips.cutouts import Pixels

_MOST_MOMENTS = 7
_PIXELS_A_MOMENT = 2.0


@dataclass(frozen=True)
class PictureLayer:
    """A picture with alpha, and where it is.

    Attributes:
        rgba: (h, w, 4) float32, colours from 0 to 255 multiplied by the alpha, which goes from 0 to 1.
        affines: (T, 2, 3) from its pixels to the crop's, at each moment.
    """

    rgba: Pixels
    affines: FloatArray


@dataclass(frozen=True)
class Exposure:
    """The moments that frames average.

    Attributes:
        times: (T,) the moments.
        frames: (T,) the number of the frame that each belongs to, rising.
    """

    times: FloatArray
    frames: NDArray[np.int64]


def exposure(frame_times: FloatArray, shutters: FloatArray, speeds_px: FloatArray) -> Exposure:
    """Enough moments that nothing jumps further than two pixels between two.

    Args:
        frame_times: (F,) the middle of each exposure.
        shutters: (F,) how long each lasts, in frames.
        speeds_px: (F,) how far the fastest joint goes in one frame's time.
    """
    counts = np.clip(np.ceil(speeds_px * shutters / _PIXELS_A_MOMENT), 1, _MOST_MOMENTS).astype(np.int64)
    times = [
        time + shutter * ((np.arange(count) + 0.5) / count - 0.5)
        for time, shutter, count in zip(frame_times, shutters, counts, strict=True)
    ]
    return Exposure(np.concatenate(times), np.repeat(np.arange(len(frame_times)), counts))


def render(
    background: ByteArray,
    background_affines: FloatArray,
    layers: Sequence[PictureLayer],
    moments: Exposure,
    size_wh: tuple[int, int],
) -> ByteArray:
    """(F, H, W, 3) the frames.

    Args:
        background: the picture behind everything; its edge goes on beyond it.
        background_affines: (T, 2, 3) from its pixels to the crop's.
        layers: from the back to the front.
        moments: which moments make up which frame.
        size_wh: width and height of the crop.
    """
    counts = np.bincount(moments.frames)
    # Four channels throughout, the last without meaning: NumPy is slow where the last axis is 3 and one factor's is 1.
    opaque = cv2.cvtColor(background, cv2.COLOR_RGB2RGBA)
    sums = np.zeros((len(counts), size_wh[1], size_wh[0], 4), np.float32)
    for moment, frame in enumerate(moments.frames):
        picture = cv2.warpAffine(
            opaque, background_affines[moment], size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).astype(np.float32)
        for layer in layers:
            _paste(picture, layer.rgba, layer.affines[moment])
        cv2.accumulate(picture, sums[frame])
    means = (sums * (1 / counts.astype(np.float32))[:, None, None, None] + 0.5).astype(np.uint8)
    return np.stack([cv2.cvtColor(mean, cv2.COLOR_RGBA2RGB) for mean in means])


def _paste(picture: Pixels, rgba: Pixels, affine: FloatArray) -> None:
    """Draws one layer over the picture (H, W, 4), touching only the pixels that it can reach."""
    h, w = rgba.shape[:2]
    linear, offset = affine[:, :2], affine[:, 2]
    middle = linear @ [(w - 1) / 2, (h - 1) / 2] + offset
    reach = np.abs(linear) @ [(w + 1) / 2, (h + 1) / 2]
    left, top = (max(int(v), 0) for v in middle - reach)
    right, bottom = (
        min(int(v) + 2, most) for v, most in zip(middle + reach, (picture.shape[1], picture.shape[0]), strict=True)
    )
    if right <= left or bottom <= top:
        return
    shifted = affine.copy()
    shifted[:, 2] -= (left, top)
    drawn = cv2.warpAffine(rgba, shifted, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    region = picture[top:bottom, left:right]
    region *= cv2.cvtColor(1 - drawn[:, :, 3], cv2.COLOR_GRAY2RGBA)
    region += drawn
