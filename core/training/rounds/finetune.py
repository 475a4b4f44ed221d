"""One-click fine-tuning: a round of training on what a person corrected in one project.

The project is only read. What comes out is a candidate weights file beside it and a report of the error before and
after, on corrected frames that were held out.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from core.errors import Cancelled, TrainingError
from core.judging.sizes import joints_right
from core.keypoints import POSETRACK
from core.model.device import available_device, within_memory
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import LoadedModel, load_model, save_weights_by_hash
from core.model.weights.reskeleton import in_posetrack
from core.predictions import Prediction
from core.project import Project
from core.training.learning.memory import available_memory, kept_bytes
from core.training.learning.objective import loss_terms
from core.training.learning.optimisation import descend, freeze_statistics, learning_rate_factor, multi_frame_output
from core.training.learning.recipe import Loss
from core.training.measuring.calibration import FEWEST_OF_A_KIND, fit_on, sure_are_right
from core.training.rounds.correction_batches import LIGHT_AUGMENTATION, CorrectionSampler
from core.training.rounds.corrections import (
    CorrectedPose,
    RoundSplit,
    corrected_poses,
    split_round,
    taught_keypoints,
    training_neighbours,
)
from core.training.rounds.held_out_error import HeldOutError, held_out_error, held_out_predictions
from core.training.rounds.new_keypoints import start_new_keypoints
from core.training.rounds.report import FinetuneSettings, RoundProgress, RoundReport
from core.training.samples.batches import Batch, SampleSettings
from core.video import FrameCache, Source, frame_proof, open_source

_CACHE_BYTES = 256 * 2**20
_MEMORY_TO_SPARE = 1.5


def finetune(  # noqa: PLR0917 - the order of the contract
    project_path: Path | str,
    weights_path: Path | str,
    out_folder: Path | str,
    settings: FinetuneSettings | None = None,
    on_progress: Callable[[RoundProgress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> RoundReport:
    """Runs one round.

    Args:
        project_path: read only.
        weights_path: where the round starts from.
        out_folder: takes the new weights, named by their hash.
        settings: how it trains.
        on_progress: told before the first step and after every one.
        cancelled: asked before every step.

    Returns:
        What it did. Whether the weights are taken into use is for a person, or `accepted`, to say.

    Raises:
        TrainingError: in one sentence: fewer than four corrected frames, no memory, a loss that is no number.
        ProjectError, SourceError, WeightsError, PredictionError: from what it reads.
        Cancelled: after `cancelled` said so; nothing is left behind.
    """
    started = time.perf_counter()
    settings = settings or FinetuneSettings()
    out_folder = Path(out_folder)
    device = available_device(settings.device)
    with Project.open(project_path, read_only=True) as project, open_source(project.source.path) as source:
        cache = FrameCache(source, _CACHE_BYTES)
        skipped: list[int] = []
        poses = corrected_poses(project, lambda index: _is_usable(index, project, source, cache, skipped))
        split = split_round(poses, settings.held_out_part, settings.seed)
        loaded = in_posetrack(load_model(weights_path, str(device)))

        def predicted(model: LoadedModel) -> list[Prediction]:
            return held_out_predictions(model, split.held_out, cache.get, len(source), str(device))

        before = held_out_error(loaded.metadata.trained_keypoints, split.held_out, predicted(loaded))
        if not before.joint_errors:
            raise TrainingError("The held-out frames hold no joint that these weights locate: correct more joints.")
        candidate, new = _trained(
            loaded,
            split,
            cache,
            num_frames=len(source),
            settings=settings,
            on_progress=on_progress,
            cancelled=cancelled,
        )
        found = predicted(candidate)
        after = held_out_error(candidate.metadata.trained_keypoints, split.held_out, found)
        candidate = with_scores(candidate, split.held_out, found)
    if cancelled():
        raise Cancelled
    report = _report(before, after, split, new)
    path, sha256 = save_weights_by_hash(out_folder, candidate.model, candidate.metadata)
    return replace(
        report,
        skipped_frames=sorted(skipped),
        seconds=time.perf_counter() - started,
        weights=str(path),
        weights_sha256=sha256,
        parent_sha256=loaded.sha256,
    )


def _is_usable(index: int, project: Project, source: Source, cache: FrameCache, skipped: list[int]) -> bool:
    """Whether the video still shows the picture that was labelled; a label on another picture would teach nonsense."""
    if index < len(source):
        proof = (float(source.timestamps[index]), frame_proof(cache.get(index)))
        if not project.mismatched(index, proof):
            return True
    skipped.append(index)
    return False


def _trained(
    loaded: LoadedModel,
    split: RoundSplit,
    cache: FrameCache,
    *,
    num_frames: int,
    settings: FinetuneSettings,
    on_progress: Callable[[RoundProgress], None],
    cancelled: Callable[[], bool],
) -> tuple[LoadedModel, tuple[str, ...]]:
    """The network after the round, and the names of the keypoints that it learnt anew."""
    metadata = loaded.metadata
    names, new = taught_keypoints(split.train, metadata.trained_keypoints, settings.new_joint_examples)
    taught = np.array([name in names for name in POSETRACK.keypoint_names])
    if not any((pose.known & taught).any() for pose in split.train):
        raise TrainingError(
            "So far only joints that these weights do not know are corrected: correct or accept others, "
            f"or at least {settings.new_joint_examples} of one of them."
        )
    model = copy.deepcopy(loaded.model)
    start_new_keypoints(model, new, metadata.trained_keypoints)
    offsets = metadata.config.supporting_offsets
    sampler = CorrectionSampler(
        _as_many_as_needed(split.train, settings),
        taught,
        SampleSettings(metadata.input_size_wh, metadata.config.heatmap_sigma, LIGHT_AUGMENTATION),
        lambda index: training_neighbours(index, offsets, num_frames, split.held_out_frames),
        cache.get,
        seed=settings.seed,
    )
    RoundTraining(model, sampler, settings).run(on_progress, cancelled)
    described = replace(
        metadata,
        name=f"{metadata.name.split(' +')[0]} + corrections",
        trained_keypoints=names,
        description=f"{metadata.description.split(' Fine-tuned')[0]} Fine-tuned on {len(split.train_frames)} corrected "
        "frames of one clip.",
        accuracy={},
        score_model=None,
        parent_sha256=loaded.sha256,
    )
    return LoadedModel(model.eval(), described, ""), new


def with_scores(candidate: LoadedModel, held_out: Sequence[CorrectedPose], found: Sequence[Prediction]) -> LoadedModel:
    """The weights with a score model that the held-out frames tell, or with none.

    What the parent's scores meant, they mean no more: a round moves the maps that they are read off. Every other
    held-out frame tells what the new ones mean, and the frames between have to bear it out.

    Args:
        candidate: what the round made.
        held_out: what a person said of people in frames that were not trained on.
        found: what the weights say of them.
    """
    known = np.isin(POSETRACK.keypoint_names, candidate.metadata.trained_keypoints)
    measured, right = joints_right(
        np.stack([prediction.keypoints for prediction in found]),
        np.stack([pose.keypoints for pose in held_out]),
        np.stack([pose.known for pose in held_out]) & known,
    )
    frame_indices = np.array([pose.frame_index for pose in held_out])
    fits = np.isin(frame_indices, np.unique(frame_indices)[::2])
    fitting, checking = (
        ([one for one, taken in zip(found, half, strict=True) if taken], measured[half], right[half])
        for half in (fits, ~fits)
    )
    score_model = fit_on(candidate.metadata, *fitting, FEWEST_OF_A_KIND)
    if score_model is not None and not sure_are_right(score_model, candidate.metadata, *checking):
        score_model = None
    return replace(candidate, metadata=replace(candidate.metadata, score_model=score_model))


def _as_many_as_needed(poses: Sequence[CorrectedPose], settings: FinetuneSettings) -> Sequence[CorrectedPose]:
    """No more poses than the round has samples: the pixels of each are kept in memory."""
    most = settings.steps * settings.batch_size
    if len(poses) <= most:
        return poses
    chosen = np.random.default_rng(settings.seed).choice(len(poses), most, replace=False)
    return [poses[i] for i in np.sort(chosen)]


class RoundTraining:
    """The steps of a round.

    Args:
        model: trained in place, its batch norms' statistics held.
        sampler: gives batches.
        settings: how.
    """

    def __init__(self, model: FamiPose, sampler: CorrectionSampler, settings: FinetuneSettings) -> None:
        self.model, self.sampler, self.settings = model, sampler, settings
        self.device = next(model.parameters()).device
        self.batch_size = settings.batch_size
        groups = [{"params": list(model.parameters()), "highest": settings.learning_rate}]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
        self._start = [parameter.detach().clone() for parameter in model.parameters()]
        model.train()
        freeze_statistics(model)

    def run(self, on_progress: Callable[[RoundProgress], None], cancelled: Callable[[], bool]) -> None:
        """All steps. Raises TrainingError where memory does not hold even one sample, Cancelled."""
        steps, loss = self.settings.steps, None
        memory, seconds = self._estimate()
        on_progress(RoundProgress(0, steps, None, seconds, memory))
        started = time.perf_counter()
        for step in range(steps):
            if cancelled():
                raise Cancelled
            value = self._step_within_memory(step)
            loss = value if loss is None else 0.9 * loss + 0.1 * value
            left = (time.perf_counter() - started) / (step + 1) * (steps - step - 1)
            on_progress(RoundProgress(step + 1, steps, loss, left, memory))

    def _estimate(self) -> tuple[int, float]:
        """Bytes and seconds that the round will need, from one sample; makes the batch smaller if it would not fit."""
        for_one, seconds = within_memory(self._cost_of_a_sample, lambda: False, self.device, _no_memory)
        self.optimizer.zero_grad(set_to_none=True)
        fixed = 5 * sum(parameter.numel() * parameter.element_size() for parameter in self._start)
        free = available_memory(self.device)
        while free is not None and self.batch_size > 1 and fixed + for_one * self.batch_size * _MEMORY_TO_SPARE > free:
            self.batch_size //= 2
        return fixed + for_one * self.batch_size, seconds * self.batch_size * self.settings.steps

    def _cost_of_a_sample(self) -> tuple[int, float]:
        """Bytes that a forward pass keeps, and seconds for both passes."""
        losses = [self.loss(self.sampler.batch(1))]
        torch.autograd.backward(losses.pop())  # the first pass is slow
        started = time.perf_counter()
        kept = kept_bytes(lambda: losses.append(self.loss(self.sampler.batch(1))), self.model.parameters())
        torch.autograd.backward(losses.pop())
        return kept, time.perf_counter() - started

    def _step_within_memory(self, step: int) -> float:
        def shrink() -> bool:
            is_smallest = self.batch_size == 1
            self.batch_size = max(1, self.batch_size // 2)
            self.optimizer.zero_grad(set_to_none=True)
            return not is_smallest

        return within_memory(lambda: self._step(step), shrink, self.device, _no_memory)

    def _step(self, step: int) -> float:
        loss = self.loss(self.sampler.batch(self.batch_size))
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError("The loss is no longer a number: start the round again from other weights.")
        factor = learning_rate_factor(step / self.settings.steps)
        descend(self.optimizer, loss, factor)
        with torch.no_grad():
            for parameter, start in zip(self.model.parameters(), self._start, strict=True):
                parameter.lerp_(start, self.settings.pull * factor)
        return value

    def loss(self, batch: Batch) -> torch.Tensor:
        """The loss that the weights were made with: cross-entropy for heatmaps that are a softmax, else Eq. 11."""
        key, supporting, targets, weights = (
            tensor.to(self.device) for tensor in (batch.key, batch.supporting, batch.targets, batch.weights)
        )
        output = multi_frame_output(self.model, key, supporting)
        loss: Loss = "cross_entropy" if self.model.config.heatmap_activation == "softmax" else "squared_error"
        return loss_terms(loss, output.logits, output.heatmaps, targets, weights)["total"]


def _no_memory() -> TrainingError:
    return TrainingError(
        "There is not enough memory to train even one sample: close other programs, or choose smaller weights."
    )


def _report(
    before: HeldOutError,
    after: HeldOutError,
    split: RoundSplit,
    new: tuple[str, ...],
) -> RoundReport:
    """What the round did to the error; the weights file and the rest are filled in by the caller."""
    compared = tuple(before.joint_errors)
    errors_before, errors_after = before.errors(compared), after.errors(compared)
    frames_before, frames_after = before.by_frame(compared), after.by_frame(compared)
    return RoundReport(
        before=errors_before,
        after=errors_after | {name: value for name, value in after.errors(new).items() if name != "mean"},
        pck_before=before.pck(compared),
        pck_after=after.pck(compared),
        train_frames=sorted(split.train_frames),
        held_out_frames=sorted(split.held_out_frames),
        worse_frames=[index for index, error in frames_before.items() if frames_after[index] > error],
        new_keypoints=list(new),
        accepted=errors_after["mean"] <= errors_before["mean"],
    )
