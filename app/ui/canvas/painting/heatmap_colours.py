"""A heatmap as a picture, and the places where it peaks. Plain arrays, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray

from core.geometry import apply_affine

COLOUR_MAP = "inferno"
SUPERSAMPLING = 4
"""The picture is this much finer than the heatmap, so that a peak is round and not a diamond."""


@dataclass(frozen=True)
class Peak:
    """A local maximum of a heatmap: its place in full-frame pixels and its value."""

    x: float
    y: float
    value: float


@cache
def colour_table() -> NDArray[np.uint8]:
    """(256, 3) RGB of a perceptually uniform colour map, from the lowest value to the highest."""
    table = np.asarray(pg.colormap.get(COLOUR_MAP).getLookupTable(nPts=256, alpha=False), dtype=np.uint8)
    table.setflags(write=False)
    return table


def heatmap_rgba(heatmap: ArrayLike) -> NDArray[np.uint8]:
    """The heatmap (h, w) as an RGBA picture (4h, 4w, 4): opacity rises with the value, the peak is opaque.

    Values are shown relative to the heatmap's maximum; a heatmap without a positive value is transparent.
    """
    values = np.clip(np.nan_to_num(np.asarray(heatmap, dtype=np.float32)), 0.0, None)
    top = float(values.max(initial=0.0))
    size = values.shape[1] * SUPERSAMPLING, values.shape[0] * SUPERSAMPLING
    if top <= 0.0:
        return np.zeros((size[1], size[0], 4), np.uint8)
    levels = np.clip(cv2.resize(values / top, size, interpolation=cv2.INTER_CUBIC), 0.0, 1.0)
    opacity = np.clip((levels - 0.03) / 0.6, 0.0, 1.0)
    rgba = np.empty((size[1], size[0], 4), np.uint8)
    rgba[..., :3] = colour_table()[(levels * 255).astype(np.uint8)]
    rgba[..., 3] = np.round(255 * opacity * (2.0 - opacity))
    return rgba


def heatmap_peaks(
    heatmap: ArrayLike, image_from_heatmap: ArrayLike, max_count: int = 5, min_fraction: float = 0.15
) -> tuple[Peak, ...]:
    """The highest local maxima of a heatmap, highest first.

    Args:
        heatmap: (h, w) values.
        image_from_heatmap: (2, 3) affine from heatmap cells to full-frame pixels.
        max_count: how many peaks at most.
        min_fraction: a peak lower than this part of the highest is noise.

    Returns:
        At most `max_count` peaks; none for a heatmap without a positive value.
    """
    values = np.nan_to_num(np.asarray(heatmap, dtype=np.float32))
    top = float(values.max(initial=0.0))
    if top <= 0.0:
        return ()
    # A 5 x 5 neighbourhood, and the first of equal neighbours, so that a plateau is one peak.
    highest_near = cv2.dilate(values, np.ones((5, 5), np.uint8))
    rows, columns = np.nonzero((values >= highest_near) & (values >= min_fraction * top))
    order = np.argsort(-values[rows, columns], kind="stable")
    chosen: list[tuple[int, int]] = []
    for row, column in zip(rows[order], columns[order], strict=True):
        if all(max(abs(row - r), abs(column - c)) > 2 for r, c in chosen):
            chosen.append((int(row), int(column)))
        if len(chosen) == max_count:
            break
    places = apply_affine(image_from_heatmap, [(column, row) for row, column in chosen])
    return tuple(Peak(float(x), float(y), float(values[cell])) for (x, y), cell in zip(places, chosen, strict=True))
