"""Trains weights by a recipe: `python main.py train --config resources/configs/starter.toml`.

Resumes where it was interrupted, and writes usable weights whenever they are measured. Without the program's other
libraries: `python -m core.training.trainer.train --config FILE`.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import Cancelled, FamiError
from core.files.checkout import REPOSITORY
from core.model.network.backbones import SingleFrame, new_backbone
from core.model.network.fami_pose import FamiPose
from core.training.learning.engine import new_engine
from core.training.learning.optimisation import use_one_thread
from core.training.learning.recipe import Recipe, read_recipe
from core.training.sources.sample_source import Measured
from core.training.trainer.exporting import export
from core.training.trainer.metrics_log import VALIDATION, MetricsLog
from core.training.trainer.trainer import Training

LAST_WEIGHTS = "last.pth"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is: the stage's name, samples seen and to see in all stages, running loss, time left."""

    stage: str
    done: int
    total: int
    loss: float
    seconds_left: float


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
        TrainingError: if the recipe or what it trains on is missing or wrong.
        Cancelled: after `cancelled` said so.
    """
    recipe = read_recipe(Path(config_path))
    use_one_thread()
    training = Training(recipe, new_engine(recipe.device, recipe.devices))
    if training.resume():
        log.info("resuming in stage %s after %d samples", training.stage.name, training.done)
    if training.engine.device.type == "cuda":
        _tell_memory(recipe, training.engine.processes)
    run = _Run(training, on_progress or (lambda progress: None), cancelled or (lambda: False))
    try:
        return run.finish()
    finally:
        run.close()


def _tell_memory(recipe: Recipe, processes: int) -> None:
    try:
        from core.training.trainer.memory_estimate import memory_sentence  # noqa: PLC0415 - may not import, see below

        log.info("%s", memory_sentence(recipe, processes))
    except (ImportError, AttributeError, NotImplementedError, RuntimeError) as error:
        # Tensors without memory are no public part of torch: another version may not know them.
        log.info("the memory cannot be estimated with this version of torch (%s)", error)


class _Run:
    """A training from where it stands to its end, in one process.

    Args:
        training: what is trained.
        on_progress, cancelled: as `main`'s.
    """

    def __init__(
        self, training: Training, on_progress: Callable[[TrainingProgress], None], cancelled: Callable[[], bool]
    ) -> None:
        self.training, self.on_progress, self.cancelled = training, on_progress, cancelled
        self.started, self.seen, self.loss = time.perf_counter(), 0, float("nan")
        self.is_first = training.engine.rank == 0
        self.terms: Counter[str] = Counter()
        self.steps, self.steps_since = 0, time.perf_counter()
        self.samples_since = training.total_done
        self.metrics = (
            MetricsLog(
                training.work_folder,
                tensorboard=training.recipe.tensorboard,
                samples=training.total_done,
                measured=not training.is_measuring_due,
            )
            if self.is_first
            else None
        )

    def finish(self) -> Path:
        """Trains to the end of the last stage. Returns the weights file; raises Cancelled."""
        training = self.training
        while True:
            if training.is_measuring_due:
                self._measure_and_export()
            while training.done < training.num_samples(training.stage):
                before, epoch = training.done, training.epoch
                self._count(training.step(), training.done - before)
                if training.stage.epochs:
                    is_measuring_due = training.epoch != epoch
                else:
                    is_measuring_due = _is_passed(training.recipe.checkpoint_every, before, training.done)
                # The stage's last weights are measured by its end.
                training.is_measuring_due = is_measuring_due and training.done < training.num_samples(training.stage)
                if is_measuring_due or _is_passed(training.recipe.checkpoint_every, before, training.done):
                    training.save()
                if training.is_measuring_due:
                    self._measure_and_export()
                if self.engine_stops():
                    training.save()
                    raise Cancelled
            training.save()
            self._finish_stage()
            if not training.next_stage():
                return REPOSITORY / training.recipe.output

    def close(self) -> None:
        """Ends what goes on beside the training."""
        if self.metrics is not None:
            self.metrics.close()

    def engine_stops(self) -> bool:
        """Whether any process is to stop; all learn of it in the same step."""
        return bool(self.training.engine.sum([float(self.cancelled())]).item() > 0)

    def _count(self, terms: dict[str, float], samples: int) -> None:
        """Tells the progress of a step, and writes the means of the last steps' terms now and then."""
        training = self.training
        self.seen += samples
        loss = terms["total"]
        self.loss = loss if self.loss != self.loss else 0.98 * self.loss + 0.02 * loss
        done, total = training.total_done, training.total
        seconds = (time.perf_counter() - self.started) / self.seen * (total - done)
        self.on_progress(TrainingProgress(training.stage.name, done, total, self.loss, seconds))
        self.terms.update(terms)
        self.steps += 1
        if self.steps < training.recipe.log_every and training.done < training.num_samples(training.stage):
            return
        now = time.perf_counter()
        values = {f"loss/{name}": value / self.steps for name, value in self.terms.items()}
        values["learning_rate"] = training.optimizer.param_groups[0]["lr"]
        values["samples_per_second"] = (done - self.samples_since) / max(now - self.steps_since, 1e-9)
        if self.metrics is not None:
            self.metrics.write(training.stage.name, done, values)
        self.terms, self.steps, self.steps_since, self.samples_since = Counter(), 0, now, done

    def _measure_and_export(self) -> Measured:
        """Measures the weights as they stand, and writes them."""
        training = self.training
        model = training.kept_model()
        measured = training.source.measure(model, training.settings, training.engine)
        log.info(
            "stage %s, %d samples, %.0f s: loss %.4g, %s %.4g",
            training.stage.name, training.done, time.perf_counter() - self.started, self.loss,
            measured.metric, measured.value,
        )  # fmt: skip
        if self.metrics is not None:
            values = {f"{VALIDATION}{measured.metric}": measured.value}
            values |= {f"{VALIDATION}{name}": value for name, value in measured.accuracy.items()}
            self.metrics.write(training.stage.name, training.total_done, values)
        best = training.best
        is_best = best is None or best[0] != measured.metric or measured.value >= best[1]
        if is_best:
            training.best = measured.metric, measured.value
        output = REPOSITORY / training.recipe.output
        if training.recipe.keep == "best":
            self._export(model, measured, training.work_folder / LAST_WEIGHTS)
        if is_best or training.recipe.keep == "last":
            self._export(model, measured, output)
        was_due, training.is_measuring_due = training.is_measuring_due, False
        if was_due:
            training.save()
        return measured

    def _export(self, model: SingleFrame | FamiPose, measured: Measured, path: Path) -> None:
        training = self.training
        if self.is_first:
            export(
                training.recipe,
                training.config,
                model,
                measured,
                settings=training.settings,
                source=training.source,
                path=path,
            )

    def _finish_stage(self) -> None:
        """Keeps the stage's weights, or the weights of the stage before where these were better."""
        training = self.training
        measured = self._measure_and_export()
        value = measured.value
        before = training.finished_stage(training.stage_index - 1)
        is_comparable = before is not None and before.get("metric", measured.metric) == measured.metric
        if before is not None and is_comparable and value < before["accuracy"]:
            log.info(
                "stage %s did not help (%.3f before): its weights are left out", training.stage.name, before["accuracy"]
            )
            is_multi_frame = "gain" in before["average"]
            model = (
                FamiPose(training.config)
                if is_multi_frame
                else new_backbone(training.recipe.backbone, training.config.num_keypoints)
            )
            model.load_state_dict(before["average"])
            if is_multi_frame == isinstance(training.model, FamiPose):
                training.go_back_to(before["average"])
                value = before["accuracy"]
            model = model.to(training.engine.device).eval()
            measured = training.source.measure(model, training.settings, training.engine)
            if training.recipe.keep == "last":
                self._export(model, measured, REPOSITORY / training.recipe.output)
        training.keep_stage(measured.metric, value)


def _is_passed(every: int, before: int, now: int) -> bool:
    """Whether a multiple of `every` lies between two numbers of samples; never where it is 0."""
    return every > 0 and now // every != before // every


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
