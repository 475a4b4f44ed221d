"""What a score is made of."""

import numpy as np
import pytest

from core.heatmaps import gaussian_targets
from core.judging.scoring import FEATURES, ScoreModel, score_features
from core.keypoints import POSETRACK

SIGMA = 1.5
K = len(POSETRACK)


def maps(points, heights):
    """(1, K, 48, 36) Gaussians of these peaks on a faint even ground."""
    gaussians, _ = gaussian_targets(points * 4.0, np.ones(K, bool), (36, 48), SIGMA, subpixel=True)
    return (gaussians * np.asarray(heights)[:, None, None] + 1e-3)[None]


def features_of(points, heights, located=None):
    located = np.ones((1, K), bool) if located is None else located[None]
    stack = maps(points, heights)
    peaks = stack.max(axis=(2, 3)).astype(float)
    return score_features(stack, points[None], peaks, located, sigma=SIGMA, skeleton=POSETRACK)[0]


def some_points():
    return np.random.default_rng(0).uniform(8, 28, (K, 2))


def test_features_tell_the_peak_its_surroundings_the_person_and_the_torso():
    points, heights = some_points(), np.linspace(0.2, 1.0, K)
    features = dict(zip(FEATURES, features_of(points, heights).T, strict=True))
    assert np.corrcoef(features["peak"], heights)[0, 1] > 0.99
    assert np.allclose(features["log_peak"], np.log(features["peak"]))
    assert (features["log_near_mass"] < features["log_wide_mass"]).all()
    assert np.corrcoef(features["log_near_mass"], heights)[0, 1] > 0.8  # a higher peak holds more of its map's sum
    assert np.ptp(features["log_mean_peak"]) == 0
    assert features["log_low_peak"][0] < features["log_mean_peak"][0]
    diagonals = [
        np.linalg.norm(points[POSETRACK.index(a)] - points[POSETRACK.index(b)])
        for a, b in (("left_shoulder", "right_hip"), ("right_shoulder", "left_hip"))
    ]
    assert features["log_torso"][0] == pytest.approx(np.log1p(np.mean(diagonals) / SIGMA))


def test_joints_that_are_not_located_take_no_part():
    points, heights = some_points(), np.linspace(0.2, 1.0, K)
    located = np.arange(K) >= 5
    strange = points.copy()
    strange[:5] = np.nan
    with_them = features_of(points, heights, located)
    without = score_features(
        maps(points, np.where(located, heights, 0.9)), strange[None], maps(points, heights).max(axis=(2, 3)),
        located[None], sigma=SIGMA, skeleton=POSETRACK,
    )[0]  # fmt: skip
    assert np.allclose(with_them[located], without[located])
    assert np.isfinite(without).all()


def test_a_score_model_survives_being_stored_and_refuses_other_features():
    model = ScoreModel(tuple(np.linspace(-1, 1, len(FEATURES))), tuple(np.linspace(0, 1, K)))
    assert ScoreModel.from_dict(model.to_dict()) == model
    with pytest.raises(ValueError, match="other features"):
        ScoreModel.from_dict({**model.to_dict(), "features": ["peak"]})
    with pytest.raises(ValueError, match="only numbers"):
        ScoreModel((np.nan,) * len(FEATURES), (0.0,) * K)
