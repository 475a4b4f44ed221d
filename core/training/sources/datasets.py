"""A data set of labelled video, as what a stage trains on and is measured by."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import TrainingError
from core.files.checkout import REPOSITORY
from core.geometry import FloatArray, apply_affine, invert_affine
from core.heatmaps import decode_dark
from core.judging.scoring import ScoreModel
from core.model.network.backbones import SingleFrame
from core.model.network.fami_pose import FamiPose, softmax_heatmaps
from core.model.prediction.crops import request_affine
from core.model.weights.files import LoadedModel
from core.predictions import Request
from core.training.datasets import ClipDataset, DatasetConfig, open_dataset
from core.training.datasets.accuracy import dataset_accuracy
from core.training.datasets.config import TRUTH
from core.training.learning.engine import Engine
from core.training.learning.optimisation import multi_frame_output
from core.training.learning.recipe import Recipe, Stage
from core.training.samples.batches import Batch, SampleSettings, collate
from core.training.samples.loading import Sampler, load_batches
from core.training.sources.sample_source import Measured

_BATCH = 16


class DatasetSampler:
    """The samples of a data set, numbered without end: every person once in each epoch, in a new order.

    Args:
        dataset: makes them.
        seed: of the order.
    """

    def __init__(self, dataset: ClipDataset, seed: tuple[int, ...]) -> None:
        self.dataset, self.seed = dataset, seed
        self._order: tuple[int, NDArray[np.int64]] = (-1, np.arange(0))

    def index_of(self, number: int) -> tuple[int, int]:
        """The person that sample `number` shows, and the epoch."""
        epoch, place = divmod(number, len(self.dataset))
        if self._order[0] != epoch:
            self._order = epoch, np.random.default_rng((*self.seed, epoch)).permutation(len(self.dataset))
        return int(self._order[1][place]), epoch

    def batch(self, start: int, size: int) -> Batch:
        """Samples `start` to `start + size`."""
        return collate([self.dataset.sample(*self.index_of(number)) for number in range(start, start + size)])


class PlainSampler:
    """A data set's people as prediction sees them, one after another; those of one of several processes."""

    def __init__(self, dataset: ClipDataset, indices: range) -> None:
        self.dataset, self.indices = dataset, indices

    def batch(self, start: int, size: int) -> Batch:
        """People `start` to `start + size` of the indices."""
        return collate([self.dataset.sample(index, 0) for index in self.indices[start : start + size]])


class DatasetSource:
    """The data sets that a recipe trains on and validates on.

    Raises:
        TrainingError: if one of them is not there, or holds nothing.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._config = _config("dataset", recipe.dataset)
        self._validation_config = _config("validation", recipe.validation)
        dataset = open_dataset(
            self._config, recipe.supporting_offsets, recipe.input_size_wh, recipe.sigma, recipe.augmentation, 0
        )
        self.num_samples = len(dataset)
        self.skeleton_name = dataset.skeleton.name
        labelled = np.any([instance.labelled for instance in dataset.instances], axis=0)
        self.trained_keypoints = tuple(
            name for name, is_there in zip(dataset.skeleton.keypoint_names, labelled, strict=True) if is_there
        )

    def sampler(self, stage_index: int, stage: Stage, settings: SampleSettings) -> Sampler:
        """The people of the training part, by the seed and the stage."""
        recipe = self.recipe
        augmentation = recipe.augmentation.weakened(stage.augmentation_strength)
        seed = (recipe.seed, stage_index)
        dataset = open_dataset(
            self._config,
            recipe.supporting_offsets,
            settings.input_size_wh,
            settings.sigma,
            augmentation,
            int(np.random.default_rng(seed).integers(2**31)),
        )
        return DatasetSampler(dataset, seed)

    @torch.no_grad()
    def measure(self, model: SingleFrame | FamiPose, settings: SampleSettings, engine: Engine) -> Measured:
        """PoseTrack AP, or PCK for Sub-JHMDB, on the validation part; each process predicts its share of the people."""
        dataset = open_dataset(
            self._validation_config,
            self.recipe.supporting_offsets,
            settings.input_size_wh,
            settings.sigma,
            None,
            0,
        )
        mine = range(engine.rank, len(dataset), engine.processes)
        keypoints, scores = _predicted(model, dataset, mine, settings, engine)
        everybody = engine.gather((list(mine), keypoints, scores))
        order = np.argsort(np.concatenate([indices for indices, _, _ in everybody]))
        found: FloatArray = np.concatenate([part for _, part, _ in everybody])[order]
        sure: FloatArray = np.concatenate([part for _, _, part in everybody])[order]
        metric, by_name = dataset_accuracy(self._validation_config, dataset, found, sure)
        known = {name: value for name, value in by_name.items() if name != "mean" and not np.isnan(value)}
        accuracy = {f"{metric}, {name}": round(value, 2) for name, value in known.items()}
        return Measured(metric, by_name["mean"], {metric: round(by_name["mean"], 2), **accuracy})

    def score_model(self, loaded: LoadedModel) -> ScoreModel | None:
        """None: the validation part is reported on, and nobody else is kept for it."""


def _config(table: str, settings: dict[str, Any]) -> DatasetConfig:
    """The data set that a table of the recipe names; its paths are relative to the checkout."""
    places: dict[str, Any] = {
        name: REPOSITORY / settings[name]
        for name in ("root", "labels", "boxes")
        if name in settings and settings[name] != TRUTH
    }
    values: dict[str, Any] = {**settings, **places}
    try:
        return DatasetConfig(**values)
    except TypeError as error:
        raise TrainingError(f"The recipe's table {table} names no data set ({error}); see docs/training.md.") from error


def _predicted(
    model: SingleFrame | FamiPose, dataset: ClipDataset, indices: range, settings: SampleSettings, engine: Engine
) -> tuple[FloatArray, FloatArray]:
    """(n, K, 2) keypoints in full-frame pixels and (n, K) scores of some of the people, as the predictor decodes."""
    pieces = [(start, min(_BATCH, len(indices) - start)) for start in range(0, len(indices), _BATCH)]
    count = len(dataset.skeleton)
    keypoints, scores = [np.zeros((0, count, 2))], [np.zeros((0, count))]
    for (start, size), batch in zip(
        pieces, load_batches(PlainSampler(dataset, indices), pieces, engine.local_processes), strict=True
    ):
        key, supporting = batch.key.to(engine.device), batch.supporting.to(engine.device)
        if isinstance(model, FamiPose):
            heatmaps = multi_frame_output(model, key, supporting).heatmaps
        else:
            heatmaps = softmax_heatmaps(model(key), settings.sigma)
        points, peaks = decode_dark(heatmaps.float().cpu().numpy(), settings.sigma)
        for place in range(size):
            instance = dataset.instances[indices[start + place]]
            request = Request(instance.frame_index, instance.track_id, instance.bbox_xywh)
            affine = request_affine(request, settings.input_size_wh, settings.heatmap_size_wh)
            points[place] = apply_affine(invert_affine(affine), points[place])
        keypoints.append(points)
        scores.append(np.clip(peaks, 0.0, 1.0))
    return np.concatenate(keypoints), np.concatenate(scores)
