"""A training recipe as read from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from core.errors import TrainingError
from core.training.augmentation import AugmentationSettings


@dataclass(frozen=True)
class Stage:
    """A part of the training with one loss and one rise and fall of the learning rate.

    Attributes:
        name: shown in the log.
        kind: "pictures" trains the single-frame network, "clips" the multi-frame one around it.
        samples: how many samples are seen; a budget in samples makes a busy machine slower, not worse.
        batch_size: B.
        learning_rate: the highest.
        backbone_learning_rate: the highest for the backbone, in a stage of clips.
        weight_decay: AdamW's.
        augmentation_strength: how much of the recipe's augmentation the stage has.
        beta: weight of the mutual information terms (Eq. 12), in a stage of clips.
        degraded: probability that a clip's key frame is blurred, and as much that it is occluded.
        schedule: "cosine" lets the rate rise and then fall to nothing, "constant" holds it after the rise: how long
            such a stage lasts need not be known when it begins.
        input_size_wh, sigma: of this stage's crops and targets, where they are not the recipe's: small pictures first.
    """

    name: str
    kind: Literal["pictures", "clips"]
    samples: int
    batch_size: int
    learning_rate: float
    backbone_learning_rate: float = 0.0
    weight_decay: float = 0.01
    augmentation_strength: float = 1.0
    beta: float = 0.1
    degraded: float = 0.3
    schedule: Literal["cosine", "constant"] = "cosine"
    input_size_wh: tuple[int, int] | None = None
    sigma: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a kind or a schedule that there is not."""
        if self.kind not in ("pictures", "clips") or self.schedule not in ("cosine", "constant"):
            raise ValueError(f"stage {self.name!r} has kind {self.kind!r} and schedule {self.schedule!r}")


@dataclass(frozen=True)
class Recipe:
    """A whole training.

    Attributes:
        name, description: of the weights.
        output: where the weights go, relative to the checkout.
        work_folder: where the training keeps what it needs to resume, relative to the checkout.
        crops: the people, relative to the folder of shared data.
        seed: of everything that is drawn.
        backbone: a name in core.model.config.BACKBONES.
        supporting_offsets: the window of neighbours.
        gtm_width, lcm_width: channels inside the alignment.
        input_size_wh: the crop.
        sigma: of the targets, in heatmap pixels.
        held_out_part, calibration_part: shares of the people who are never trained on.
        average_decay: of the running average of the weights, which is what is kept.
        checkpoint_every: samples between two checkpoints.
        augmentation, stages: see there.
    """

    name: str
    description: str
    output: str
    work_folder: str
    crops: str
    seed: int
    backbone: str
    supporting_offsets: tuple[int, ...]
    gtm_width: int
    lcm_width: int
    input_size_wh: tuple[int, int]
    sigma: float
    held_out_part: float
    calibration_part: float
    average_decay: float
    checkpoint_every: int
    augmentation: AugmentationSettings
    stages: tuple[Stage, ...]

    def fingerprint(self, stage: int) -> dict[str, Any]:
        """What a checkpoint within `stage` depends on: later stages may still be changed."""
        kept = ("seed", "crops", "backbone", "input_size_wh", "sigma", "held_out_part", "calibration_part")
        described: dict[str, Any] = {name: getattr(self, name) for name in kept}
        described["input_size_wh"] = list(self.input_size_wh)
        described["augmentation"] = asdict(self.augmentation)
        described["stages"] = [
            {**asdict(s), "input_size_wh": list(s.input_size_wh or self.input_size_wh)}
            for s in self.stages[: stage + 1]
        ]
        return described


def read_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file.

    Raises:
        TrainingError: if the file is missing, is no TOML, or lacks or misnames a setting.
    """
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
        values = {**table}
        values["supporting_offsets"] = tuple(table["supporting_offsets"])
        values["input_size_wh"] = _size_wh(table["input_size_wh"])
        values["augmentation"] = AugmentationSettings(**table.get("augmentation", {}))
        values["stages"] = tuple(_stage(stage) for stage in table["stages"])
        return Recipe(**values)
    except OSError as error:
        raise TrainingError(f"The recipe {path} cannot be read ({error.strerror}); check its path.") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        known = ", ".join(f.name for f in fields(Recipe))
        raise TrainingError(f"The recipe {path} is not one ({error}); its settings are {known}.") from error


def _stage(table: dict[str, Any]) -> Stage:
    size = {"input_size_wh": _size_wh(table["input_size_wh"])} if "input_size_wh" in table else {}
    return Stage(**{**table, **size})


def _size_wh(values: Sequence[int]) -> tuple[int, int]:
    width, height = values
    return int(width), int(height)
