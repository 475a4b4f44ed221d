"""How likely a located joint is right, read off the heatmaps of the whole person.

A peak alone says little: 1 of a small, twisted person means less than 0.7 of a tall one. So the score is a logistic
regression on the joint's own map, on the maps of the person's other joints, and on the torso that they give, fitted
on people who were not trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray
from core.judging.sizes import torso_sizes
from core.keypoints import Skeleton

FEATURES = (
    "peak",
    "log_peak",
    "log_near_mass",
    "log_wide_mass",
    "log_mean_peak",
    "log_low_peak",
    "log_torso",
)
_NEAR_SIGMAS, _WIDE_SIGMAS = 2.0, 5.0
_LOW_PART = 0.25
_SMALLEST = 1e-4


@dataclass(frozen=True)
class ScoreModel:
    """A logistic regression from what maps look like to the probability of being right.

    Attributes:
        weights: one for each of FEATURES.
        biases: (K,) one for each keypoint.
    """

    weights: tuple[float, ...]
    biases: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raises ValueError where the numbers are not those of FEATURES."""
        if len(self.weights) != len(FEATURES) or not np.isfinite([*self.weights, *self.biases]).all():
            raise ValueError(f"a score model needs {len(FEATURES)} weights, and only numbers")

    def scores(self, features: FloatArray) -> FloatArray:
        """(N, K) probabilities from the features (N, K, F) of `score_features`."""
        logits = features @ np.array(self.weights) + np.array(self.biases)
        probabilities: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))
        return probabilities

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as stored."""
        return {"features": list(FEATURES), **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ScoreModel:
        """The model out of a file. Raises ValueError, KeyError or TypeError where it is not one of these features."""
        if tuple(values["features"]) != FEATURES:
            raise ValueError("its scores are made of other features")
        return cls(tuple(map(float, values["weights"])), tuple(map(float, values["biases"])))


def score_features(
    heatmaps: NDArray[np.floating[Any]],
    points: FloatArray,
    peaks: FloatArray,
    located: NDArray[np.bool_],
    *,
    sigma: float,
    skeleton: Skeleton,
) -> FloatArray:
    """What a score is made of.

    Args:
        heatmaps: (N, K, h, w), not negative.
        points: (N, K, 2) the joints in heatmap pixels; anything where not located.
        peaks: (N, K).
        located: (N, K) the joints that the weights locate; the others take no part.
        sigma: of the targets, in heatmap pixels.
        skeleton: of the maps.

    Returns:
        (N, K, F) in the order of FEATURES; of joints that are not located anything finite.
    """
    log_peaks = np.log(np.maximum(peaks, _SMALLEST))
    mean, low = _over_the_person(log_peaks, located)
    torso = np.log1p(np.nan_to_num(torso_sizes(points, located, skeleton)) / sigma)
    own = [peaks, log_peaks, *_masses(heatmaps, points, sigma)]
    person = [np.broadcast_to(value[:, None], peaks.shape) for value in (mean, low, torso)]
    features: FloatArray = np.nan_to_num(np.stack([*own, *person], axis=2).astype(np.float64))
    return features


def _over_the_person(log_peaks: FloatArray, located: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """(N,) mean, and (N,) mean of the lowest quarter, of the located joints' logarithms."""
    count = np.maximum(located.sum(axis=1), 1)
    rising = np.sort(np.where(located, log_peaks, np.inf), axis=1)
    lowest = np.maximum(np.round(count * _LOW_PART).astype(int), 1)
    is_low = np.arange(rising.shape[1]) < lowest[:, None]
    low = np.where(is_low & np.isfinite(rising), rising, 0.0).sum(axis=1) / lowest
    return np.where(located, log_peaks, 0.0).sum(axis=1) / count, low


def _masses(heatmaps: NDArray[np.floating[Any]], points: FloatArray, sigma: float) -> tuple[FloatArray, FloatArray]:
    """Logarithms (N, K) of the parts of each map's sum that lie near its joint, and in its wider surroundings."""
    height, width = heatmaps.shape[2:]
    maps = np.maximum(heatmaps, 0.0).astype(np.float32)
    maps = maps / np.maximum(maps.sum(axis=(2, 3), keepdims=True), 1e-12)
    x = np.arange(width)[None, None, None, :] - np.nan_to_num(points)[:, :, 0, None, None]
    y = np.arange(height)[None, None, :, None] - np.nan_to_num(points)[:, :, 1, None, None]
    distance_sq = x**2 + y**2
    near, wide = (
        np.log((maps * (distance_sq <= (sigmas * sigma) ** 2)).sum(axis=(2, 3)) + _SMALLEST)
        for sigmas in (_NEAR_SIGMAS, _WIDE_SIGMAS)
    )
    return near, wide
