"""The trainer: stage after stage, step after step, with all that is needed to go on exactly where it stopped."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.errors import TrainingError, WeightsError
from core.files.checkout import REPOSITORY
from core.files.replacing import replacing
from core.keypoints import SKELETONS
from core.model.device import within_memory
from core.model.network.backbones import SingleFrame, new_backbone
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.network.pyramid import PyramidNet
from core.model.weights.checkpoints import read_checkpoint
from core.model.weights.files import write_torch_file
from core.training.learning.engine import Engine, synchronised_statistics
from core.training.learning.objective import Objective, joint_weight, new_objective
from core.training.learning.optimisation import (
    RunningAverage,
    clip_gradients,
    half_precision,
    learning_rate_factor,
    multi_frame_groups,
    multi_step_factor,
)
from core.training.learning.recipe import Recipe, Stage
from core.training.samples.batches import Batch, SampleSettings
from core.training.samples.loading import load_batches, split_batch, step_pieces
from core.training.sources.of_recipe import SampleSources
from core.training.sources.sample_source import SampleSource
from core.training.trainer.exporting import multi_frame_config
from core.training.trainer.imagenet import imagenet_weights, start_from_imagenet
from core.training.trainer.warm_start import warm_start

CHECKPOINT = "checkpoint.pth"
_OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}

log = logging.getLogger(__name__)


class Training:
    """A training by a recipe, with all that a checkpoint holds.

    Attributes:
        recipe: what is done.
        engine: where it computes.
        stage_index: the stage now.
        done: samples seen in this stage, by all processes.
        model: the single-frame network in stages of pictures, else FamiPose.
        average: running average of the model, which is then what is measured and kept; None without one.
        micro_batch_size: samples that this process computes at once.
        best: the highest value measured so far, and by which metric; None before the first.
        is_measuring_due: whether the checkpoint was written before its weights were measured.
    """

    def __init__(self, recipe: Recipe, engine: Engine) -> None:
        self.recipe, self.engine = recipe, engine
        self.sources = SampleSources(recipe)
        self.work_folder = REPOSITORY / recipe.work_folder
        self.stage_index, self.done = 0, 0
        self.best: tuple[str, float] | None = None
        self.is_measuring_due = False
        self.model: SingleFrame | FamiPose = self.new_model(recipe.stages[0])
        if recipe.warm_start:
            path = REPOSITORY / recipe.warm_start
            warm_start(self.model, path, recipe.warm_start_keypoints, SKELETONS[self.source.skeleton_name])
        if recipe.pretrained and not isinstance(self.model, FamiPose):
            start_from_imagenet(self.model, imagenet_weights())
        self._start_stage(None)

    @property
    def stage(self) -> Stage:
        """The stage now."""
        return self.recipe.stages[self.stage_index]

    @property
    def source(self) -> SampleSource:
        """What the stage now trains on."""
        return self.sources.of(self.stage)

    @property
    def settings(self) -> SampleSettings:
        """Crop size, sigma and augmentation of the stage now."""
        stage, recipe = self.stage, self.recipe
        return SampleSettings(
            stage.input_size_wh or recipe.input_size_wh, stage.sigma or recipe.sigma, recipe.augmentation
        )

    @property
    def config(self) -> FamiPoseConfig:
        """The multi-frame network of the recipe. Raises TrainingError where the recipe describes none."""
        return multi_frame_config(self.recipe, len(SKELETONS[self.source.skeleton_name]))

    def num_samples(self, stage: Stage) -> int:
        """How many samples a stage sees: no last batch that is smaller than the number of processes."""
        count = self.sources.num_samples(stage)
        rest = count % stage.batch_size
        return count - rest if rest < self.engine.processes else count

    @property
    def total(self) -> int:
        """Samples to be seen in all stages."""
        return sum(map(self.num_samples, self.recipe.stages))

    @property
    def total_done(self) -> int:
        """Samples seen in all stages."""
        return sum(map(self.num_samples, self.recipe.stages[: self.stage_index])) + self.done

    @property
    def epoch(self) -> int:
        """The epoch of the next sample in this stage, from 0."""
        return self.done // self.source.num_samples

    @property
    def learning_rates(self) -> list[float]:
        """Of the optimizer's groups in the next step."""
        stage = self.stage
        if stage.schedule == "multi_step":
            factor = multi_step_factor(self.epoch, stage.milestones, stage.decay)
        else:
            factor = learning_rate_factor(self.done / self.num_samples(stage), stage.schedule)
        return [group["highest"] * factor for group in self.optimizer.param_groups]

    def new_model(self, stage: Stage) -> SingleFrame | FamiPose:
        """A network as it starts."""
        torch.manual_seed(self.recipe.seed)  # whatever ran before: a resumed training starts a stage alike
        model = (
            FamiPose(self.config)
            if stage.is_multi_frame
            else new_backbone(self.recipe.backbone, self.config.num_keypoints)
        )
        return model.to(self.engine.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]  # torch's stub lacks the pair

    def _start_stage(self, before: dict[str, Tensor] | None) -> None:
        """A new optimizer, and the weights of the stage before as the start."""
        stage, model = self.stage, self.model
        if before is not None:
            target = model.backbone if isinstance(model, FamiPose) and "gain" not in before else model
            target.load_state_dict(before)
        if isinstance(model, PyramidNet):
            model.entry.requires_grad_(not stage.holds_entry)
        if not (isinstance(model, FamiPose) and stage.frozen_statistics == "all"):
            self.model = model = synchronised_statistics(model, self.engine)
        self.objective: Objective = new_objective(model, stage, self.recipe.seed).to(self.engine.device)
        groups: list[dict[str, Any]] = [{"params": list(model.parameters()), "highest": stage.learning_rate}]
        if isinstance(model, FamiPose):
            groups = multi_frame_groups(model, stage, with_backbone=stage.backbone_learning_rate > 0)
        if self.objective.information is not None:
            groups.append({"params": list(self.objective.information.parameters()), "highest": stage.learning_rate})
        self.optimizer = _OPTIMIZERS[stage.optimizer](groups, lr=stage.learning_rate, weight_decay=stage.weight_decay)  # type: ignore[call-arg]  # the base class's stub knows no rate
        is_float16 = half_precision(self.engine.device, stage.precision) is torch.float16
        self._scaler = torch.amp.GradScaler(self.engine.device.type, enabled=is_float16)
        self.average = RunningAverage(model, self.recipe.average_decay) if self.recipe.average_decay else None
        self.micro_batch_size = stage.micro_batch_size or -(-stage.batch_size // self.engine.processes)
        self._wrapped = self.engine.wrap(self.objective)
        self._batches: Iterator[Batch] | None = None

    def next_stage(self) -> bool:
        """Goes on to the next stage; False if there is none."""
        if self.stage_index + 1 == len(self.recipe.stages):
            return False
        was_multi_frame = self.stage.is_multi_frame
        self.stage_index, self.done = self.stage_index + 1, 0
        before = self.kept_state
        if self.stage.is_multi_frame != was_multi_frame:
            self.model = self.new_model(self.stage)
            if isinstance(self.model, FamiPose) and self.stage.first_gain:
                torch.nn.init.constant_(self.model.gain, self.stage.first_gain)
        self._start_stage(before)
        return True

    def step(self) -> dict[str, float]:
        """One batch, over all processes; the terms of the loss by name.

        Raises:
            TrainingError: if the loss is no number, or memory runs out even for a single sample.
        """
        if self._batches is None:
            self._batches = self._new_batches()
        batch = next(self._batches)
        for group, rate in zip(self.optimizer.param_groups, self.learning_rates, strict=True):
            group["lr"] = rate
        self.objective.train()
        terms = self._gradients(batch)
        if not all(map(math.isfinite, terms.values())):
            raise TrainingError(
                f"The loss is {terms['total']} in stage {self.stage.name}: lower its learning_rate and start again."
            )
        self._scaler.unscale_(self.optimizer)
        if self.stage.gradient_clip:
            clip_gradients(self.optimizer, self.stage.gradient_clip)
        self._scaler.step(self.optimizer)
        self._scaler.update()
        if self.average is not None:
            self.average.update(self.model)
        self.done += min(self.stage.batch_size, self.num_samples(self.stage) - self.done)
        return terms

    def _new_batches(self) -> Iterator[Batch]:
        stage, engine = self.stage, self.engine
        sampler = self.source.sampler(self.stage_index, stage, self.settings)
        pieces = step_pieces(self.done, self.num_samples(stage), stage.batch_size, engine.rank, engine.processes)
        return load_batches(sampler, pieces, engine.local_processes)

    def _gradients(self, batch: Batch) -> dict[str, float]:
        """Adds up the gradients of the whole batch's loss, and returns its terms; less at once if memory runs out."""

        def shrink() -> bool:
            if self.engine.processes > 1 or self.micro_batch_size == 1:
                return False
            self.micro_batch_size = max(1, min(self.micro_batch_size, len(batch)) // 2)
            log.warning(
                "memory ran out: %d samples at once from now on, with the same batch of %d",
                self.micro_batch_size, self.stage.batch_size,
            )  # fmt: skip
            return True

        def too_little() -> TrainingError:
            return TrainingError(
                f"There is not enough memory for {self.micro_batch_size} samples of stage {self.stage.name} on one "
                "device: set a smaller micro_batch_size, recompute = true or a smaller network."
            )

        return within_memory(lambda: self._accumulated(batch), shrink, self.engine.device, too_little)

    def _accumulated(self, batch: Batch) -> dict[str, float]:
        self.optimizer.zero_grad(set_to_none=True)
        parts = split_batch(batch, self.micro_batch_size)
        processes, shares = self.engine.processes, [(1.0, 1.0)]
        if len(parts) * processes > 1:
            counts = [(float(len(part)), joint_weight(part.targets, part.weights)) for part in parts]
            samples, joints = self.engine.sum([sum(column) for column in zip(*counts, strict=True)]).tolist()
            # The engine's mean over processes divides by their number.
            shares = [(processes * n / samples, processes * weight / max(joints, 1e-6)) for n, weight in counts]
        names: list[str] = []
        sums = torch.zeros((), device=self.engine.device)
        for place, (part, share) in enumerate(zip(parts, shares, strict=True)):
            if place < len(parts) - 1:
                with self.engine.unsynchronised(self._wrapped):
                    terms = self._backward(part, share)
            else:
                terms = self._backward(part, share)
            names, sums = list(terms), sums + torch.stack([term.detach() for term in terms.values()])
        return dict(zip(names, (self.engine.sum(sums) / processes).tolist(), strict=True))

    def _backward(self, part: Batch, share: tuple[float, float]) -> dict[str, Tensor]:
        tensors = (part.key, part.supporting, part.targets, part.weights, part.motion)
        terms: dict[str, Tensor] = self._wrapped(*(t.to(self.engine.device) for t in tensors), share)
        self.engine.backward(self._scaler.scale(terms["total"]))
        return terms

    @property
    def kept_state(self) -> dict[str, Tensor]:
        """The weights that are measured and kept: the running average, or the last ones without it."""
        return self.model.state_dict() if self.average is None else self.average.state

    def kept_model(self) -> SingleFrame | FamiPose:
        """A copy of the network with the kept weights, ready to be measured."""
        model = self.new_model(self.stage)
        model.load_state_dict(self.kept_state)
        return model.eval()

    def go_back_to(self, state: dict[str, Tensor]) -> None:
        """Keeps other weights of the same network in place of its own."""
        if self.average is not None:
            self.average.state = state
        else:
            self.model.load_state_dict(state)

    def save(self) -> None:
        """Writes the checkpoint, replacing the one before only when it is complete."""
        if self.engine.rank:
            return
        information, average = self.objective.information, self.average
        content = {
            "fingerprint": self.recipe.fingerprint(self.stage_index),
            "stage_index": self.stage_index,
            "done": self.done,
            "model": self.model.state_dict(),
            "average": None if average is None else average.state,
            "average_updates": 0 if average is None else average.updates,
            "information": None if information is None else information.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "micro_batch_size": self.micro_batch_size,
            "best": self.best,
            "is_measuring_due": self.is_measuring_due,
        }
        write_atomically(content, self.work_folder / CHECKPOINT)

    def resume(self) -> bool:
        """Continues from the checkpoint, if there is one of this recipe.

        Raises:
            TrainingError: if there is one of another recipe, or it cannot be read.
        """
        path = self.work_folder / CHECKPOINT
        if not path.is_file():
            return False
        content = _read(path, ("stage_index", "fingerprint", "done", "model", "optimizer"), self.engine.device)
        stage_index = content["stage_index"]
        is_known = stage_index < len(self.recipe.stages)
        if not is_known or not self.recipe.is_fingerprint(content["fingerprint"], stage_index):
            raise TrainingError(f"{path} belongs to another recipe: remove it to start over.")
        self.stage_index = stage_index
        self.model = self.new_model(self.stage)
        self._start_stage(None)
        self.done = content["done"]
        self.model.load_state_dict(content["model"])
        if self.objective.information is not None:
            self.objective.information.load_state_dict(content["information"])
        if self.average is not None:
            self.average.state, self.average.updates = content["average"], content["average_updates"]
        self.optimizer.load_state_dict(content["optimizer"])
        if content.get("scaler"):
            self._scaler.load_state_dict(content["scaler"])
        self.micro_batch_size = content.get("micro_batch_size", self.micro_batch_size)
        best = content.get("best")
        self.best = None if best is None else (best[0], best[1])
        self.is_measuring_due = content.get("is_measuring_due", False)
        return True

    def keep_stage(self, metric: str, value: float) -> None:
        """Remembers the weights that a stage ended with, and how good they are."""
        if self.engine.rank == 0:
            content = {"average": self.kept_state, "accuracy": value, "metric": metric}
            write_atomically(content, self._stage_path(self.stage_index))

    def finished_stage(self, index: int) -> dict[str, Any] | None:
        """What `keep_stage` wrote for a stage, None if there is none. Raises TrainingError if it cannot be read."""
        path = self._stage_path(index)
        if index < 0 or not path.is_file():
            return None
        return _read(path, ("average", "accuracy"), torch.device("cpu"))

    def _stage_path(self, index: int) -> Path:
        return self.work_folder / f"stage-{index}.pth"


def write_atomically(content: dict[str, Any], path: Path) -> None:
    """Writes a torch file, replacing an older one only once it is complete.

    Raises:
        TrainingError: if it cannot be written.
    """
    with replacing(path, TrainingError, make_folder=True) as draft:
        write_torch_file(content, draft)


def _read(path: Path, needed: tuple[str, ...], device: torch.device) -> dict[str, Any]:
    """What `write_atomically` wrote. Raises TrainingError for any other file."""
    try:
        content = read_checkpoint(path, device=device)
    except WeightsError as error:
        raise TrainingError(f"{path} is damaged or not a training checkpoint: remove it to start over.") from error
    if not isinstance(content, dict) or not all(name in content for name in needed):
        raise TrainingError(f"{path} is not a training checkpoint: remove it to start over.")
    return content
