"""How neighbours were aligned, as lines, arrows and a map over their crops. Plain arrays, no Qt.

Places are in pixels of the crop, whole numbers at the centres of pixels. "Key" places are of the key frame's crop,
which is where a feature ends up; "neighbour" places are of the neighbour's crop, which is where it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray, apply_affine
from core.heatmaps import STRIDE
from core.predictions import Explanation

TAP_STEPS = tuple((x * STRIDE, y * STRIDE) for y in (-1, 0, 1) for x in (-1, 0, 1))
"""Where the nine taps of a 3 x 3 kernel lie from its middle, from the upper left to the lower right."""
LEAST_OFFSET_SCALE_PX, LEAST_MODULATION_SCALE = 1.0, 0.1
"""The colour scales never span less, so that noise does not look like a finding."""

_SINGULAR = 1e-6
IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True, eq=False)
class Alignment:
    """How one neighbour was aligned; what the network does not have is None.

    Attributes:
        neighbour_from_key: (2, 3) Theta as an affine of crop pixels.
        tap_offsets: (9, h, w, 2) O as x, y in crop pixels, of each tap at each feature.
        modulation: (9, h, w) M, 0 to 2.
        tap_weights: (9,) how strong each tap's kernel is, of sum 1.
    """

    neighbour_from_key: FloatArray | None = None
    tap_offsets: NDArray[np.floating] | None = None
    modulation: NDArray[np.floating] | None = None
    tap_weights: FloatArray | None = None

    @property
    def affine(self) -> FloatArray:
        """Theta, the identity where there is none."""
        return IDENTITY if self.neighbour_from_key is None else self.neighbour_from_key

    def feature_at(self, place: tuple[float, float]) -> tuple[int, int] | None:
        """Column and row of the feature that Theta takes from nearest to a place of the neighbour's crop.

        None without local calibration, or where no feature is taken from near there.
        """
        linear, translation = self.affine[:, :2], self.affine[:, 2]
        if self.tap_offsets is None or abs(np.linalg.det(linear)) < _SINGULAR:
            return None
        key = np.linalg.solve(linear, np.asarray(place) - translation)
        column, row = (int(value) for value in np.round(key / STRIDE))
        height, width = self.tap_offsets.shape[1:3]
        return (column, row) if 0 <= column < width and 0 <= row < height else None

    def tap_shares(self) -> FloatArray:
        """(9, h, w) how much each tap counts at each feature: its kernel's strength times its modulation, of sum 1."""
        if self.tap_weights is None or self.modulation is None:
            raise ValueError("there are no taps without local calibration")
        shares = self.tap_weights[:, None, None] * np.asarray(self.modulation, dtype=np.float64)
        scaled: FloatArray = shares / np.maximum(shares.sum(axis=0), 1e-9)
        return scaled

    def mean_offsets(self) -> FloatArray | None:
        """(h, w, 2) the mean offset of the nine taps, each counted by `tap_shares`.

        A plain mean would mislead: a tap whose kernel is next to nothing may point anywhere.
        """
        if self.tap_offsets is None:
            return None
        offsets = np.asarray(self.tap_offsets, dtype=np.float64)
        mean: FloatArray = np.einsum("khw,khwc->hwc", self.tap_shares(), offsets)
        return mean

    def mean_modulation(self) -> FloatArray | None:
        """(h, w) the mean modulation of the nine taps, each counted by its kernel's strength."""
        if self.modulation is None or self.tap_weights is None:
            return None
        mean: FloatArray = np.tensordot(self.tap_weights, np.asarray(self.modulation, dtype=np.float64), axes=1)
        return mean


@dataclass(frozen=True, eq=False)
class Arrows:
    """Arrows over a neighbour's crop.

    Attributes:
        starts: (n, 2) where a feature would be taken from by Theta alone.
        ends: (n, 2) where it is taken from, Theta and O together.
    """

    starts: FloatArray
    ends: FloatArray

    @property
    def lengths_px(self) -> FloatArray:
        """(n,) distance from start to end."""
        lengths: FloatArray = np.linalg.norm(self.ends - self.starts, axis=1)
        return lengths


@dataclass(frozen=True)
class Scales:
    """The ranges of colour that all neighbours of a window share.

    Attributes:
        offset_px: the offset of the fullest colour.
        modulation: how far from 1 the fullest colours lie.
    """

    offset_px: float = LEAST_OFFSET_SCALE_PX
    modulation: float = LEAST_MODULATION_SCALE


def alignment_of(explanation: Explanation, row: int) -> Alignment:
    """How the frame of a row was aligned; the key frame, row 0, stands as it is."""
    if row == 0:
        return Alignment(IDENTITY if explanation.neighbour_from_key is not None else None)
    theta, offsets, modulation = (
        None if values is None else values[row - 1]
        for values in (explanation.neighbour_from_key, explanation.tap_offsets, explanation.modulation)
    )
    return Alignment(theta, offsets, modulation, explanation.tap_weights)


def scales_of(alignments: list[Alignment]) -> Scales:
    """Ranges that hold all but the most extreme hundredth of what the neighbours have."""
    lengths = [arrows(a).lengths_px for a in alignments if a.tap_offsets is not None]
    deviations = [np.abs(m - 1).ravel() for a in alignments if (m := a.mean_modulation()) is not None]
    offset_px = float(np.percentile(np.concatenate(lengths), 99)) if lengths else 0.0
    modulation = float(np.percentile(np.concatenate(deviations), 99)) if deviations else 0.0
    return Scales(max(offset_px, LEAST_OFFSET_SCALE_PX), max(modulation, LEAST_MODULATION_SCALE))


def grid_lines(alignment: Alignment, crop_wh: tuple[int, int], columns: int) -> FloatArray:
    """(n, 2, 2) lines over the neighbour's crop: where a grid of squares over the key frame's crop is taken from.

    A row of the grid has `columns` squares. The first four lines are the crop's own edges.
    """
    width, height = crop_wh
    step = width / columns
    left, top, right, bottom = -0.5, -0.5, width - 0.5, height - 0.5
    xs = [left, right, *np.arange(left + step, right - step / 2, step)]
    ys = [top, bottom, *np.arange(top + step, bottom - step / 2, step)]
    lines = [((x, top), (x, bottom)) for x in xs[:2]] + [((left, y), (right, y)) for y in ys[:2]]
    lines += [((x, top), (x, bottom)) for x in xs[2:]] + [((left, y), (right, y)) for y in ys[2:]]
    return apply_affine(alignment.affine, np.array(lines).reshape(-1, 2)).reshape(-1, 2, 2)


def arrows(alignment: Alignment, step: int = 1) -> Arrows:
    """One arrow for each block of `step` x `step` features: its mean offset, at its middle.

    O is in the key frame's coordinates, so both ends go through Theta: an arrow starts where Theta alone would take
    the feature from, and ends where it is taken from.
    """
    offsets = alignment.mean_offsets()
    if offsets is None:
        return Arrows(np.empty((0, 2)), np.empty((0, 2)))
    height, width = offsets.shape[:2]
    step = min(step, height, width)
    rows, columns = height // step, width // step
    top, left = (height - rows * step) // 2, (width - columns * step) // 2
    blocks = offsets[top : top + rows * step, left : left + columns * step]
    means = blocks.reshape(rows, step, columns, step, 2).mean(axis=(1, 3))
    x = STRIDE * (left + np.arange(columns) * step + (step - 1) / 2)
    y = STRIDE * (top + np.arange(rows) * step + (step - 1) / 2)
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    affine = alignment.affine
    return Arrows(apply_affine(affine, places), apply_affine(affine, places + means.reshape(-1, 2)))


def taps_at(alignment: Alignment, place: tuple[float, float]) -> tuple[FloatArray, FloatArray] | None:
    """The nine places (9, 2) in the neighbour's crop that one aligned feature is put together from, and their shares.

    Args:
        alignment: of the neighbour.
        place: in the neighbour's crop; the feature is the one that Theta takes from nearest to it.

    Returns:
        None without local calibration, and where no feature is taken from near there.
    """
    feature = alignment.feature_at(place)
    if alignment.tap_offsets is None or feature is None:
        return None
    column, row = feature
    middle = np.array([column, row], dtype=np.float64) * STRIDE
    taps = middle + np.array(TAP_STEPS) + np.asarray(alignment.tap_offsets[:, row, column], dtype=np.float64)
    return apply_affine(alignment.affine, taps), alignment.tap_shares()[:, row, column]
