"""Heatmaps: the targets that a network learns, and the joints read out of what it gives.

Coordinates are x, y in heatmap pixels unless said otherwise; a crop pixel is a heatmap pixel times the stride (4).
Letters: K keypoints, h w the heatmap, N any number of leading axes.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.geometry import FloatArray

Float32Array = NDArray[np.float32]

STRIDE = 4
"""Crop pixels for one heatmap pixel."""
_SMALLEST_LOGARITHM_ARGUMENT = 1e-10


def gaussian_targets(
    keypoints_crop: ArrayLike,
    weights: ArrayLike,
    size_wh: tuple[int, int],
    sigma: float,
    *,
    subpixel: bool = False,
) -> tuple[Float32Array, Float32Array]:
    """Gaussians of peak 1 at the joints, cut off at three sigma, as HRNet trains on.

    Args:
        keypoints_crop: (K, 2) x, y in crop pixels; ignored where the weight is 0.
        weights: (K,) 0 where the joint is unlabelled, else above 0.5.
        size_wh: width and height of the heatmaps.
        sigma: in heatmap pixels; 3 at 72x96, 2 at 48x64.
        subpixel: put the Gaussian's centre exactly on the joint. Off, the centre is the joint at a quarter of the
            scale plus 0.5, truncated toward zero, as in the public release.

    Returns:
        (K, h, w) targets, and (K,) weights, 0 also where the joint's patch misses the map.
    """
    width, height = size_wh
    out_weights = np.array(weights, dtype=np.float32)
    labelled = out_weights > 0.5
    points = np.where(labelled[:, None], np.asarray(keypoints_crop, dtype=np.float64), 0.0) / STRIDE
    cells = np.trunc(points + 0.5)
    reach = sigma * 3
    low, high = np.trunc(cells - reach), np.trunc(cells + reach + 1)
    misses = (low >= [width, height]).any(axis=1) | (high < 0).any(axis=1)
    out_weights[misses] = 0.0

    centres = points if subpixel else cells
    xs, ys = np.arange(width), np.arange(height)
    along_x = np.exp(-((xs - centres[:, :1]) ** 2) / (2 * sigma**2)) * (xs >= low[:, :1]) * (xs < high[:, :1])
    along_y = np.exp(-((ys - centres[:, 1:]) ** 2) / (2 * sigma**2)) * (ys >= low[:, 1:]) * (ys < high[:, 1:])
    targets = along_y[:, :, None] * along_x[:, None, :]
    targets[out_weights <= 0.5] = 0.0
    return targets.astype(np.float32), out_weights


def decode_argmax(heatmaps: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The highest pixel of each map.

    Args:
        heatmaps: (N..., h, w).

    Returns:
        (N..., 2) x, y, zero where the maximum is not positive, and (N...) the maxima.
    """
    maps = np.asarray(heatmaps)
    flat = maps.reshape(*maps.shape[:-2], -1)
    best = flat.argmax(axis=-1)
    peaks = np.take_along_axis(flat, best[..., None], axis=-1)[..., 0].astype(np.float64)
    points = np.stack([best % maps.shape[-1], best // maps.shape[-1]], axis=-1).astype(np.float64)
    points[~(peaks > 0)] = 0.0
    return points, peaks


def decode_quarter_shift(heatmaps: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The highest pixel, moved a quarter of a pixel toward its higher neighbour along x and along y (HRNet).

    Takes and returns what `decode_argmax` does.
    """
    maps = np.asarray(heatmaps, dtype=np.float64)
    points, peaks = decode_argmax(maps)
    height, width = maps.shape[-2:]
    flat_maps, flat_points = maps.reshape(-1, height, width), points.reshape(-1, 2)
    x, y = flat_points.astype(np.int64).T
    chosen = np.flatnonzero((x > 1) & (x < width - 1) & (y > 1) & (y < height - 1))
    x, y = x[chosen], y[chosen]
    slope_x = flat_maps[chosen, y, x + 1] - flat_maps[chosen, y, x - 1]
    slope_y = flat_maps[chosen, y + 1, x] - flat_maps[chosen, y - 1, x]
    flat_points[chosen] += 0.25 * np.sign(np.column_stack([slope_x, slope_y]))
    return flat_points.reshape(points.shape), peaks


def decode_dark(heatmaps: ArrayLike, sigma: float) -> tuple[FloatArray, FloatArray]:
    """Distribution-aware decoding (Zhang et al. 2020): the peak of the Gaussian that fits best around the maximum.

    The map is smoothed to the shape it was trained on, and one Newton step on its logarithm goes from the highest
    pixel to the maximum. A step of more than a pixel, or one where the logarithm is no peak, is not taken.

    Args:
        heatmaps: (N..., h, w).
        sigma: of the targets, in heatmap pixels.

    Returns:
        (N..., 2) x, y, zero where the maximum is not positive, and (N...) the maxima before smoothing.
    """
    maps = np.asarray(heatmaps, dtype=np.float32)
    points, peaks = decode_argmax(maps)
    height, width = maps.shape[-2:]
    flat_points = points.reshape(-1, 2)
    x, y = flat_points.astype(np.int64).T
    inside = (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2) & (peaks.reshape(-1) > 0)
    chosen = np.flatnonzero(inside)
    if not len(chosen):
        return points, peaks
    smooth = _smoothed(maps.reshape(-1, height, width)[chosen], sigma)
    log = np.log(np.maximum(smooth, _SMALLEST_LOGARITHM_ARGUMENT)).astype(np.float64)
    flat_points[chosen] += _newton_step(log, x[chosen], y[chosen])
    return flat_points.reshape(points.shape), peaks


def _smoothed(maps: Float32Array, sigma: float) -> Float32Array:
    """(n, h, w) maps, smoothed with the published kernel sizes: 11 pixels for a sigma of 2, 17 for 3."""
    kernel = max(3, 2 * round(3 * sigma - 1) + 1)
    blurred = [cv2.GaussianBlur(one, (kernel, kernel), 0, borderType=cv2.BORDER_CONSTANT) for one in maps]
    return np.stack(blurred)


def _newton_step(log: FloatArray, x: NDArray[np.int64], y: NDArray[np.int64]) -> FloatArray:
    """(n, 2) the step from (x, y) to the maximum of the parabola through each log-map there, zero if there is none."""
    n = np.arange(len(log))
    slope_x = 0.5 * (log[n, y, x + 1] - log[n, y, x - 1])
    slope_y = 0.5 * (log[n, y + 1, x] - log[n, y - 1, x])
    xx = 0.25 * (log[n, y, x + 2] - 2 * log[n, y, x] + log[n, y, x - 2])
    yy = 0.25 * (log[n, y + 2, x] - 2 * log[n, y, x] + log[n, y - 2, x])
    xy = 0.25 * (log[n, y + 1, x + 1] - log[n, y - 1, x + 1] - log[n, y + 1, x - 1] + log[n, y - 1, x - 1])
    determinant = xx * yy - xy**2
    is_peak = (determinant > 1e-12) & (xx < 0)
    safe = np.where(is_peak, determinant, 1.0)
    step = -np.column_stack([yy * slope_x - xy * slope_y, xx * slope_y - xy * slope_x]) / safe[:, None]
    taken = is_peak & (np.abs(step) <= 1.0).all(axis=1)
    return np.where(taken[:, None], step, 0.0)
