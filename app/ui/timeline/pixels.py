"""Arrays of pixels that are drawn as pictures: what they cost does not depend on what is in them.

Qt takes a tenth of a second for a line through thousands of points, and as long for thousands of little areas.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

Image = NDArray[np.uint32]
LINE_PX = 1.3


def rgb(colour: QColor) -> np.uint32:
    """A colour as a pixel of an `Image`."""
    return np.uint32(colour.rgb())


def draw(painter: QPainter, place: QPointF, image: Image, ratio: float) -> None:
    """Draws an image (H, W) whose pixels are the screen's."""
    height, width = image.shape
    picture = QImage(image.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    painter.drawImage(place, picture)


def graph(
    height: int,
    shade: NDArray[np.float64],
    line: NDArray[np.float64],
    *,
    shade_colour: QColor,
    line_colour: QColor,
    ground: QColor,
) -> Image:
    """A shade below some values and a line through others, with soft edges.

    Args:
        height: of the image, in its pixels.
        shade: (W,) from 0 to 1 of the height, NaN where nothing is shaded.
        line: (W,) likewise.
        shade_colour: may let the ground through.
        line_colour: of the line.
        ground: behind both.
    """
    from_foot = np.arange(height - 1, -1, -1, dtype=np.float32)[:, None]
    tops = np.nan_to_num(np.clip(shade, 0, 1)).astype(np.float32) * (height - 1)
    cover = np.clip(tops - from_foot, 0, 1) * shade_colour.alphaF()
    pixels = _blend(_channels(ground), _channels(shade_colour), cover)

    middle = np.clip(line, 0, 1).astype(np.float32) * (height - 1)
    following = np.append(middle[1:], middle[-1:])
    half = np.float32(LINE_PX / 2)
    low, high = np.fmin(middle, following) - half, np.fmax(middle, following) + half
    cover = np.clip(np.minimum(high, from_foot + 1) - np.maximum(low, from_foot), 0, 1)
    cover[:, np.isnan(middle)] = 0
    red, green, blue = np.moveaxis(_blend(pixels, _channels(line_colour), cover).astype(np.uint32), -1, 0)
    opaque = np.uint32(0xFF000000)
    return np.ascontiguousarray(opaque | red << np.uint32(16) | green << np.uint32(8) | blue)


def _channels(colour: QColor) -> NDArray[np.float32]:
    return np.array([colour.red(), colour.green(), colour.blue()], np.float32)


def _blend(below: NDArray[np.float32], above: NDArray[np.float32], cover: NDArray[np.float32]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = below + cover[..., None].astype(np.float32) * (above - below)
    return result
