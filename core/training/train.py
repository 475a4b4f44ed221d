"""Trains weights by a recipe: `python -m core.training.train --config resources/configs/starter.toml`.

Resumes where it was interrupted, and writes usable weights at every checkpoint.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.errors import Cancelled, FamiError, TrainingError
from core.model.fami_pose import FamiPose
from core.model.hrnet import HRNet
from core.model.losses import MutualInformation, spatial_cross_entropy
from core.training.accuracy import crop_accuracy
from core.training.batches import Batch, CropSampler, SampleSettings
from core.training.exporting import export, multi_frame_config
from core.training.lspet import REPOSITORY, PersonCrops, Split, shared_path
from core.training.optimisation import (
    RunningAverage,
    freeze_statistics,
    has_fast_bfloat16,
    learning_rate_factor,
    multi_frame_output,
    use_one_thread,
)
from core.training.recipe import Recipe, Stage, read_recipe

CHECKPOINT = "checkpoint.pth"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is: the stage's name, samples seen and to see in all stages, running loss, time left."""

    stage: str
    done: int
    total: int
    loss: float
    seconds_left: float


class Training:
    """A training by a recipe, with all that a checkpoint holds.

    Attributes:
        recipe: what is done.
        stage_index: the stage now.
        done: samples seen in this stage.
        model: HRNet in stages of pictures, FamiPose in stages of clips.
        average: running average of the model, which is what is measured and kept.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.crops = PersonCrops(shared_path(recipe.crops))
        self.split: Split = self.crops.split(recipe.seed, recipe.held_out_part, recipe.calibration_part)
        self.work_folder = REPOSITORY / recipe.work_folder
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.stage_index, self.done = 0, 0
        self.model: HRNet | FamiPose = self._new_model(recipe.stages[0])
        self._start_stage(None)

    @property
    def stage(self) -> Stage:
        """The stage now."""
        return self.recipe.stages[self.stage_index]

    @property
    def settings(self) -> SampleSettings:
        """Crop size, sigma and augmentation of the stage now."""
        stage, recipe = self.stage, self.recipe
        return SampleSettings(
            stage.input_size_wh or recipe.input_size_wh, stage.sigma or recipe.sigma, recipe.augmentation
        )

    def _new_model(self, stage: Stage) -> HRNet | FamiPose:
        torch.manual_seed(self.recipe.seed)  # whatever ran before: a resumed training starts a stage alike
        model = HRNet(self.recipe.backbone) if stage.kind == "pictures" else FamiPose(multi_frame_config(self.recipe))
        return model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]  # torch's stub lacks the pair

    def _start_stage(self, before: dict[str, torch.Tensor] | None) -> None:
        """A new optimizer, and the weights of the stage before as the start."""
        stage = self.stage
        if before is not None:
            target = self.model.backbone if isinstance(self.model, FamiPose) and "gain" not in before else self.model
            target.load_state_dict(before)
        groups: list[dict[str, Any]] = [{"params": list(self.model.parameters()), "highest": stage.learning_rate}]
        self.information: MutualInformation | None = None
        if isinstance(self.model, FamiPose):
            channels, count = self.model.backbone.num_channels, self.model.config.num_keypoints
            torch.manual_seed(self.recipe.seed)
            self.information = MutualInformation(channels, count).to(self.device)
            backbone = list(self.model.backbone.parameters())
            known = {id(parameter) for parameter in backbone}
            others = [parameter for parameter in self.model.parameters() if id(parameter) not in known]
            groups = [
                {"params": others, "highest": stage.learning_rate},
                {"params": backbone, "highest": stage.backbone_learning_rate},
                {"params": list(self.information.parameters()), "highest": stage.learning_rate},
            ]
        self.optimizer = torch.optim.AdamW(groups, lr=stage.learning_rate, weight_decay=stage.weight_decay)
        self.average = RunningAverage(self.model, self.recipe.average_decay)
        offsets = self.recipe.supporting_offsets if stage.kind == "clips" else ()
        augmentation = self.recipe.augmentation.weakened(stage.augmentation_strength)
        if stage.kind == "clips":
            augmentation = replace(augmentation, blur=stage.degraded, occluded=stage.degraded)
        settings = replace(self.settings, augmentation=augmentation)
        seed = (self.recipe.seed, self.stage_index)
        self.sampler = CropSampler(self.crops, self.split.train, settings, seed, offsets)
        self._batches: Iterator[Batch] | None = None

    def next_stage(self) -> bool:
        """Goes on to the next stage; False if there is none."""
        if self.stage_index + 1 == len(self.recipe.stages):
            return False
        self.stage_index, self.done = self.stage_index + 1, 0
        before = self.average.state
        if self.stage.kind == "clips":
            self.model = self._new_model(self.stage)
        self._start_stage(before)
        return True

    def step(self) -> float:
        """One batch; the loss."""
        stage = self.stage
        if self._batches is None:
            self._batches = self.sampler.batches(self.done, stage.samples, stage.batch_size)
        batch = next(self._batches)
        factor = learning_rate_factor(self.done / stage.samples, stage.schedule)
        for group in self.optimizer.param_groups:
            group["lr"] = group["highest"] * factor
        self.model.train()
        if isinstance(self.model, FamiPose):
            freeze_statistics(self.model.backbone)
        loss = self._loss(batch)
        value = loss.item()
        if not np.isfinite(value):
            raise TrainingError(f"The loss is {value} in stage {stage.name}: lower its learning_rate and start again.")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's stub
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.average.update(self.model)
        self.done += len(batch)
        return value

    def _loss(self, batch: Batch) -> torch.Tensor:
        key, targets, weights = (t.to(self.device) for t in (batch.key, batch.targets, batch.weights))
        if isinstance(self.model, HRNet):
            fast = self.device.type == "cuda" or has_fast_bfloat16()
            with torch.autocast(self.device.type, torch.bfloat16, enabled=fast):
                logits = self.model(key)
            return spatial_cross_entropy(logits, targets, weights)
        output = multi_frame_output(self.model, key, batch.supporting.to(self.device))
        loss: torch.Tensor = spatial_cross_entropy(output.logits, targets, weights)
        if self.information is None:
            return loss
        terms: dict[str, torch.Tensor] = self.information(output, targets, weights)
        return loss + self.stage.beta * terms["mutual_information"] + terms["heads"]

    def averaged_model(self) -> HRNet | FamiPose:
        """A copy of the network with the averaged weights, ready to be measured."""
        model = self._new_model(self.stage)
        model.load_state_dict(self.average.state)
        return model.eval()

    def save(self) -> None:
        """Writes the checkpoint, replacing the one before only when it is complete."""
        self.work_folder.mkdir(parents=True, exist_ok=True)
        content = {
            "fingerprint": self.recipe.fingerprint(self.stage_index),
            "stage_index": self.stage_index,
            "done": self.done,
            "model": self.model.state_dict(),
            "average": self.average.state,
            "average_updates": self.average.updates,
            "information": None if self.information is None else self.information.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        partial = self.work_folder / (CHECKPOINT + ".part")
        torch.save(content, partial)
        partial.replace(self.work_folder / CHECKPOINT)

    def keep_stage(self, accuracy: float) -> None:
        """Remembers the weights that a stage ended with, and their accuracy on the calibration split."""
        path = self.work_folder / f"stage-{self.stage_index}.pth"
        torch.save({"average": self.average.state, "accuracy": accuracy}, path)

    def finished_stage(self, index: int) -> dict[str, Any] | None:
        """What `keep_stage` wrote for a stage, None if there is none."""
        path = self.work_folder / f"stage-{index}.pth"
        if index < 0 or not path.is_file():
            return None
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        return content

    def resume(self) -> bool:
        """Continues from the checkpoint, if there is one of this recipe.

        Raises:
            TrainingError: if there is one of another recipe.
        """
        path = self.work_folder / CHECKPOINT
        if not path.is_file():
            return False
        content: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        stage_index = content["stage_index"]
        if stage_index >= len(self.recipe.stages) or content["fingerprint"] != self.recipe.fingerprint(stage_index):
            raise TrainingError(f"{path} belongs to another recipe: remove it to start anew.")
        self.stage_index = stage_index
        self.model = self._new_model(self.stage)
        self._start_stage(None)
        self.done, self._batches = content["done"], None
        self.model.load_state_dict(content["model"])
        if self.information is not None:
            self.information.load_state_dict(content["information"])
        self.average.state, self.average.updates = content["average"], content["average_updates"]
        self.optimizer.load_state_dict(content["optimizer"])
        return True


def main(
    config_path: Path,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Trains, or goes on training, and writes the weights.

    Args:
        config_path: the recipe.
        on_progress: told after every step.
        cancelled: asked after every step; what is done then stays in the checkpoint.

    Returns:
        The weights file.

    Raises:
        TrainingError: if the recipe or the people are missing or wrong.
        Cancelled: after `cancelled` said so.
    """
    recipe = read_recipe(Path(config_path))
    use_one_thread()
    training = Training(recipe)
    if training.resume():
        log.info("going on in stage %s after %d samples", training.stage.name, training.done)
    started, seen, loss = time.perf_counter(), 0, float("nan")
    total = sum(stage.samples for stage in recipe.stages)
    while True:
        while training.done < training.stage.samples:
            before = training.done
            value = training.step()
            seen += training.done - before
            loss = value if np.isnan(loss) else 0.98 * loss + 0.02 * value
            done = sum(s.samples for s in recipe.stages[: training.stage_index]) + training.done
            seconds = (time.perf_counter() - started) / seen * (total - done)
            if on_progress is not None:
                on_progress(TrainingProgress(training.stage.name, done, total, loss, seconds))
            if training.done // recipe.checkpoint_every != before // recipe.checkpoint_every:
                training.save()
                _measure_and_export(training, loss, time.perf_counter() - started)
            if cancelled is not None and cancelled():
                training.save()
                raise Cancelled
        training.save()
        _finish_stage(training, loss, time.perf_counter() - started)
        if not training.next_stage():
            return REPOSITORY / recipe.output


def _measure_and_export(training: Training, loss: float, seconds: float) -> float:
    """Writes the weights as they stand; their accuracy on the split that also sets the score's scale."""
    model = training.averaged_model()
    mean = crop_accuracy(model, training.crops, training.split.calibration, training.settings).mean
    export(training.recipe, model, training.crops, training.split, training.settings)
    log.info(
        "stage %s, %d samples, %.0f s: loss %.3f, PCK@0.2 on the calibration split %.3f",
        training.stage.name, training.done, seconds, loss, mean,
    )  # fmt: skip
    return mean


def _finish_stage(training: Training, loss: float, seconds: float) -> None:
    """Keeps the stage's weights, unless they are worse than those of the stage before: then these stay the output."""
    mean = _measure_and_export(training, loss, seconds)
    before = training.finished_stage(training.stage_index - 1)
    if before is not None and mean < before["accuracy"]:
        log.info(
            "stage %s did not help (%.3f before): its weights are left out", training.stage.name, before["accuracy"]
        )
        model = HRNet(training.recipe.backbone)
        model.load_state_dict(before["average"])
        if isinstance(training.model, HRNet):
            training.average.state, mean = before["average"], before["accuracy"]
        export(training.recipe, model.eval(), training.crops, training.split, training.settings)
    training.keep_stage(mean)


def _command_line() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="the recipe, a TOML file")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        log.info("wrote %s", main(arguments.config))
    except FamiError as error:
        log.error("error: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_command_line())
