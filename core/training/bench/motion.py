"""The motion bench: the paper's Tables 6 and 7 in small, on clips made of photographs (docs/motion_bench.md).

Every row has the same clips, budget and seeds. What is finished is kept, so that an interrupted bench goes on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from core.errors import TrainingError
from core.files.checkout import REPOSITORY, shared_path
from core.files.replacing import replacing
from core.files.small_files import toml_table
from core.model.network.backbones import SingleFrame
from core.model.network.config import TABLE_6, TABLE_7, Ablation, ablation
from core.model.weights.files import LoadedModel, load_model
from core.training.bench.motion_clips import (
    Cell,
    ClipSpeed,
    FeatureClips,
    cells,
    evaluation_clips,
    evaluation_people,
    evaluation_settings,
    read_features,
    store_features,
    training_settings,
)
from core.training.bench.motion_rows import (
    CellAccuracy,
    RowSettings,
    measure_cells,
    train_on_features,
    train_with_backbone,
)
from core.training.clips.synthetic_clips import ClipSampler, ClipSettings
from core.training.learning.optimisation import use_one_thread
from core.training.photographs.lspet import PersonCrops

CONFIG = REPOSITORY / "resources" / "configs" / "motion_bench.toml"
LINES = tuple(dict.fromkeys((*TABLE_6, *(line for line in TABLE_7 if TABLE_7[line] not in TABLE_6.values()))))
"""The lines that are trained; Table 7's whole window is Table 6's last line."""


@dataclass(frozen=True)
class Size:
    """A budget.

    Attributes:
        input_size_wh: the crop.
        sigma: of the targets, in heatmap pixels.
        training_clips: how many clips are made once and kept; 0 for fresh ones, which a backbone that learns needs.
        with_backbone: whether the backbone learns too.
        training: how every row is trained.
    """

    input_size_wh: tuple[int, int]
    sigma: float
    training_clips: int
    with_backbone: bool
    training: RowSettings


@dataclass(frozen=True)
class BenchConfig:
    """The bench as its configuration file says.

    Attributes:
        version: raised when the clips change, so that older results are not mixed with newer ones.
        weights: the network whose backbone is used, relative to the checkout.
        crops: the people, relative to the folder of shared data.
        work_folder: for what is kept, relative to the checkout.
        split_seed, held_out_part, calibration_part: as the weights were trained.
        supporting_offsets: the largest window.
        gtm_width, lcm_width, lcm_blocks: of the alignment.
        clips_seed: of the clips.
        seeds: of the trainings.
        evaluation_clips: of each kind.
        speeds: kinds of movement.
        training_clips: how the clips that are trained on move, and what spoils them.
        sizes: budgets by name.
    """

    version: int
    weights: str
    crops: str
    work_folder: str
    split_seed: int
    held_out_part: float
    calibration_part: float
    supporting_offsets: tuple[int, ...]
    gtm_width: int
    lcm_width: int
    lcm_blocks: int
    clips_seed: int
    seeds: tuple[int, ...]
    evaluation_clips: int
    speeds: tuple[ClipSpeed, ...]
    training_clips: ClipSettings
    sizes: dict[str, Size]


@dataclass(frozen=True)
class BenchRun:
    """One training and what it gave."""

    line: str
    seed: int
    seconds: float
    measured: dict[Cell, CellAccuracy]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as kept."""
        cells_ = [{**asdict(cell), **asdict(found)} for cell, found in self.measured.items()]
        return {"line": self.line, "seed": self.seed, "seconds": self.seconds, "cells": cells_}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> BenchRun:
        """The run in what `to_dict` gave, also by way of JSON."""
        measured = {
            Cell(entry["degradation"], entry["speed"]): CellAccuracy(
                {float(threshold): share for threshold, share in entry["pck"].items()},
                entry["motion_correlation"],
                entry["motion_slope"],
            )
            for entry in values["cells"]
        }
        return cls(values["line"], values["seed"], values["seconds"], measured)


@dataclass(frozen=True)
class BenchProgress:
    """How far a bench is.

    Attributes:
        doing: what it does now.
        done, total: work, in estimated milliseconds.
        seconds_left: at the pace since this start.
        finished: the run that has just ended, if one has.
    """

    doing: str
    done: int
    total: int
    seconds_left: float
    finished: BenchRun | None = None


def read_bench_config(path: Path = CONFIG) -> BenchConfig:
    """The bench's configuration. Raises TrainingError if the file is missing or wrong."""
    try:
        table = toml_table(path)
        sizes = {
            name: Size(
                **{
                    **values,
                    "input_size_wh": (values["input_size_wh"][0], values["input_size_wh"][1]),
                    "training": RowSettings(**values["training"]),
                }
            )
            for name, values in table["sizes"].items()
        }
        speeds = tuple(
            ClipSpeed(entry["name"], (entry["activity"][0], entry["activity"][1])) for entry in table["speeds"]
        )
        tuples = {name: tuple(table[name]) for name in ("supporting_offsets", "seeds")}
        clips = dict(table["training_clips"])
        training_clips = ClipSettings(**{**clips, "activity": (clips["activity"][0], clips["activity"][1])})
        return BenchConfig(
            **{**table, **tuples, "speeds": speeds, "training_clips": training_clips, "sizes": sizes},
        )
    except OSError as error:
        raise TrainingError(f"The bench's configuration {path} cannot be read ({error.strerror}).") from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise TrainingError(f"{path} is not a configuration of the motion bench ({error}); restore it.") from error


class MotionBench:
    """One bench: a configuration at a size.

    Attributes:
        config: what is compared.
        size: its budget.
        weights: whose backbone is used.
        described: the configuration at this size, as plain values.
        folder: where finished runs and features are kept; another configuration or other weights have another one.
    """

    def __init__(self, config: BenchConfig, size: str, on_progress: Callable[[BenchProgress], None]) -> None:
        self.config, self.size, self._on_progress = config, config.sizes[size], on_progress
        self.device = torch.device("cuda" if self.size.with_backbone and torch.cuda.is_available() else "cpu")
        self.weights: LoadedModel = load_model(REPOSITORY / config.weights)
        self.described: dict[str, Any] = {**asdict(config), "sizes": {size: asdict(self.size)}}
        described = json.dumps([self.described, self.weights.sha256], sort_keys=True)
        digest = hashlib.sha256(described.encode()).hexdigest()
        self.folder = REPOSITORY / config.work_folder / f"{size}-{digest[:12]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.crops = PersonCrops(shared_path(config.crops))
        self.split = self.crops.split(config.split_seed, config.held_out_part, config.calibration_part)
        self._kept: tuple[FeatureClips, dict[Cell, FeatureClips]] | None = None
        clips = 0 if self.size.with_backbone else self.size.training_clips + self._evaluation_count()
        self._started, self._done = time.perf_counter(), 0.0
        self._total = clips * _MS_A_CLIP + sum(self._work_of(line) for line in LINES) * len(config.seeds)

    def ablation(self, line: str) -> Ablation:
        """A row's network and beta: the paper's line with the starter's backbone and the bench's widths."""
        config = self.config
        network = replace(
            self.weights.metadata.config,
            gtm_width=config.gtm_width,
            lcm_width=config.lcm_width,
            lcm_blocks=config.lcm_blocks,
            heatmap_sigma=self.size.sigma,
        )
        return ablation(line, network)

    def run(self) -> list[BenchRun]:
        """All runs, those kept from before included, line by line.

        Raises:
            TrainingError: if a loss is not finite.
            KeyboardInterrupt: at Ctrl+C; finished runs are kept.
        """
        use_one_thread()
        self._started = time.perf_counter()
        runs = []
        for seed in self.config.seeds:
            for line in LINES:
                path = self.folder / f"{LINES.index(line)}-seed-{seed}.json"
                if path.is_file():
                    self._total -= self._work_of(line)
                    runs.append(BenchRun.from_dict(json.loads(path.read_text(encoding="utf-8"))))
                    continue
                runs.append(self._run_one(line, seed))
                with replacing(path, TrainingError) as draft:
                    draft.write_text(json.dumps(runs[-1].to_dict(), indent=1), encoding="utf-8")
                self._advance(f"{line}, seed {seed}", 0, runs[-1])
        shutil.rmtree(self.folder / "features", ignore_errors=True)
        return sorted(runs, key=lambda run: (LINES.index(run.line), run.seed))

    def _run_one(self, line: str, seed: int) -> BenchRun:
        size, chosen, backbone = self.size, self.ablation(line), self.weights.model.backbone
        if not size.with_backbone and self._kept is None:
            self._kept = self._features_of(self._training_clips(), size.training_clips, "training"), self.evaluation()
        started = time.perf_counter()

        def on_step(count: int) -> None:
            self._advance(f"{line}, seed {seed}", count * _work_of_sample(chosen, with_backbone=size.with_backbone))

        if self._kept is not None:
            clips, evaluation = self._kept
            model = train_on_features(chosen, backbone, clips, size.training, seed, on_step=on_step)
        else:
            sampler = self._training_clips()
            model = train_with_backbone(
                chosen, backbone, sampler, size.training, seed, device=self.device, on_step=on_step
            )
            shutil.rmtree(self.folder / "features", ignore_errors=True)
            evaluation = self.evaluation(model.backbone)
        return BenchRun(line, seed, time.perf_counter() - started, measure_cells(model, evaluation))

    def _training_clips(self) -> ClipSampler:
        config = self.config
        settings = training_settings(self.size.input_size_wh, self.size.sigma)
        return ClipSampler(
            self.crops, self.split.train, settings, (config.clips_seed, 0), config.supporting_offsets,
            config.training_clips,
        )  # fmt: skip

    def evaluation(self, backbone: SingleFrame | None = None) -> dict[Cell, FeatureClips]:
        """The evaluation clips as a backbone sees them."""
        config = self.config
        settings = evaluation_settings(self.size.input_size_wh, self.size.sigma)
        people = evaluation_people(self.crops, self.split.held_out, config.evaluation_clips)
        result = {}
        for cell in cells(config.speeds):
            sampler = ClipSampler(
                self.crops, people, settings, (config.clips_seed, 1), config.supporting_offsets,
                evaluation_clips(cell, config.speeds),
            )  # fmt: skip
            result[cell] = self._features_of(sampler, config.evaluation_clips, cell.name, backbone)
        return result

    def _features_of(
        self, sampler: ClipSampler, count: int, name: str, backbone: SingleFrame | None = None
    ) -> FeatureClips:
        """The features of clips 0 to `count`, computed where they are not kept."""
        folder = self.folder / "features" / name

        def on_clips(made: int) -> None:
            self._advance("features of the clips", made * _MS_A_CLIP)

        store_features(backbone or self.weights.model.backbone, sampler, count, folder, on_clips)
        return read_features(folder, self.config.supporting_offsets, self.size.sigma)

    def _work_of(self, line: str) -> float:
        """An estimate of what a run takes, in milliseconds of one core; only the proportions matter."""
        size = self.size
        work = size.training.samples * _work_of_sample(self.ablation(line), with_backbone=size.with_backbone)
        return work + (self._evaluation_count() * _MS_A_CLIP if size.with_backbone else 0)

    def _evaluation_count(self) -> int:
        return self.config.evaluation_clips * len(cells(self.config.speeds))

    def _advance(self, doing: str, work: float, finished: BenchRun | None = None) -> None:
        self._done += work
        pace = (time.perf_counter() - self._started) / max(self._done, 1.0)
        left = max(self._total - self._done, 0.0) * pace
        self._on_progress(BenchProgress(doing, round(self._done), round(self._total), left, finished))


_MS_A_CLIP = 50.0
"""To make a clip and to compute its features, at 96x128."""


def _work_of_sample(line: Ablation, *, with_backbone: bool) -> float:
    """Measured on one core with w16 at 96x128, in milliseconds; only the proportions matter."""
    network = line.network
    neighbours = len(network.supporting_offsets)
    alignment = 1.2 + neighbours * (0.6 * network.use_gtm + 5.5 * network.use_lcm)
    return alignment + (1 + neighbours) * 15.0 if with_backbone else alignment
