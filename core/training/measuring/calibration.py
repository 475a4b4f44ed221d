"""Fits what a score is made of: how likely a located joint is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from core.geometry import BoolArray, FloatArray, apply_affine, invert_affine
from core.judging.review import SURE_FROM
from core.judging.scoring import FEATURES, ScoreModel, score_features
from core.judging.sizes import joints_right
from core.keypoints import SKELETONS
from core.model.prediction.predictor import Predictor
from core.model.weights.files import WeightsMetadata
from core.predictions import Prediction
from core.training.measuring.people_sets import PeopleSet, predictions

_PULL = 1e-3
"""Weight of the squared coefficients, of features scaled to one another."""

_FEWEST = 100

FEWEST_OF_A_KIND = 10 * len(FEATURES)
"""So many joints that are right, and so many that are wrong, tell what a round did to its weights' scores: ten of the
rarer kind for each feature, the usual least of a logistic regression. Fewer fit the frames and not the network."""

SURE_ARE_RIGHT = 0.9
"""The share of sure joints that is right, as the window says it."""

FEWEST_SURE = 20
"""So many joints that nothing was fitted to have to be sure before their share says anything."""


def fit_score_model(predictor: Predictor, *sets: PeopleSet) -> ScoreModel | None:
    """The score model of a predictor's weights, decoding and flip test.

    Args:
        predictor: its scores are not used.
        sets: people who are neither trained on nor reported on.

    Returns:
        None where too few joints, or only right or only wrong ones, could be measured.
    """
    found = [prediction for people in sets for prediction in predictions(predictor, people)]
    truth = np.concatenate([people.keypoints for people in sets])
    labelled = np.concatenate([people.labelled for people in sets])
    keypoints = np.stack([p.keypoints for p in found])
    located: BoolArray = np.asarray(np.isfinite(keypoints).all(axis=2))
    measured, right = joints_right(keypoints, truth, labelled & located)
    if measured.sum() < _FEWEST:
        return None
    return fit_on(predictor.metadata, found, measured, right)


def fit_on(
    metadata: WeightsMetadata, found: Sequence[Prediction], measured: BoolArray, right: BoolArray, fewest: int = 1
) -> ScoreModel | None:
    """The score model of what weights said of people.

    Args:
        metadata: of the weights.
        found: N predictions; their scores are not used.
        measured: (N, K) which joints have a label to compare with.
        right: (N, K) which of them are right.
        fewest: joints of either kind, right and wrong, that are needed.

    Returns:
        None where there are fewer.
    """
    keypoints = np.stack([p.keypoints for p in found])
    located: BoolArray = np.asarray(np.isfinite(keypoints).all(axis=2))
    measured = measured & located
    num_right = int((measured & right).sum())
    if min(num_right, int(measured.sum()) - num_right) < fewest:
        return None
    return _fit(_features(metadata, found, located), measured, right)


def sure_are_right(
    score_model: ScoreModel,
    metadata: WeightsMetadata,
    found: Sequence[Prediction],
    measured: BoolArray,
    right: BoolArray,
) -> bool:
    """Whether, of the joints that a score model calls sure, as many are right as the program says.

    Args:
        score_model: fitted on others.
        metadata: of the weights.
        found: N predictions; their scores are not used.
        measured: (N, K) which joints have a label to compare with.
        right: (N, K) which of them are right.

    Returns:
        False also where too few are sure to tell.
    """
    if not found:
        return False
    keypoints = np.stack([p.keypoints for p in found])
    located: BoolArray = np.asarray(np.isfinite(keypoints).all(axis=2))
    sure = measured & located & (score_model.scores(_features(metadata, found, located)) >= SURE_FROM)
    return bool(sure.sum() >= FEWEST_SURE and right[sure].mean() >= SURE_ARE_RIGHT)


def _features(metadata: WeightsMetadata, found: Sequence[Prediction], located: BoolArray) -> FloatArray:
    """(N, K, F) what the scores of predictions are made of."""
    heatmaps = np.stack([p.heatmaps for p in found]).astype(np.float32)
    points = np.stack([apply_affine(invert_affine(p.image_from_heatmap), p.keypoints) for p in found])
    return score_features(
        heatmaps, points, heatmaps.max(axis=(2, 3)), located,
        sigma=metadata.config.heatmap_sigma, skeleton=SKELETONS[metadata.keypoints],
    )  # fmt: skip


def _fit(features: FloatArray, measured: BoolArray, right: BoolArray) -> ScoreModel:
    """Logistic regression by Newton's kind of steps (L-BFGS), on features of mean 0 and deviation 1."""
    num_keypoints = features.shape[1]
    mean, deviation = features[measured].mean(axis=0), features[measured].std(axis=0) + 1e-9
    x = torch.from_numpy((features[measured] - mean) / deviation)
    joint = torch.from_numpy(np.broadcast_to(np.arange(num_keypoints), measured.shape)[measured].copy())
    y = torch.from_numpy(right[measured].astype(np.float64))
    weights = torch.zeros(len(FEATURES), dtype=torch.float64, requires_grad=True)
    biases = torch.zeros(num_keypoints, dtype=torch.float64, requires_grad=True)
    common = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, biases, common], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        logits = x @ weights + biases[joint] + common
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
        loss = loss + _PULL * (weights.square().sum() + biases.square().sum() / num_keypoints)
        torch.autograd.backward(loss)
        return float(loss.detach())

    optimizer.step(closure)  # type: ignore[no-untyped-call]  # torch's stub
    slopes = weights.detach().numpy() / deviation
    offsets = biases.detach().numpy() + common.item() - float(slopes @ mean)
    return ScoreModel(tuple(map(float, slopes)), tuple(map(float, offsets)))
