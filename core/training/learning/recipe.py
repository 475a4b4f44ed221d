"""A training recipe as read from a TOML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from core.errors import TrainingError
from core.files.small_files import toml_table
from core.training.samples.augmentation import AugmentationSettings

Kind = Literal["pictures", "clips", "dataset"]
Loss = Literal["cross_entropy", "squared_error"]
Optimizer = Literal["adamw", "adam"]
Schedule = Literal["cosine", "constant", "multi_step"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
FrozenStatistics = Literal["backbone", "all", "none"]


@dataclass(frozen=True)
class Stage:
    """A part of the training with one loss and one rise and fall of the learning rate.

    Attributes:
        name: shown in the log.
        kind: "pictures" trains the single-frame network on the people, "clips" the multi-frame one around it on clips
            of them, "dataset" the multi-frame one on a data set of labelled video.
        samples: how many samples are seen; a budget in samples makes a busy machine slower, not worse.
        epochs: how long, in place of `samples`: how often every sample is seen.
        batch_size: B, over all devices.
        micro_batch_size: how many of them a device computes at once, if not its whole share; gradients are summed.
        learning_rate: the highest.
        backbone_learning_rate: the highest for the backbone, in a stage of the multi-frame network; with 0 the backbone
            is held, and nothing is computed for it.
        theta_learning_rate: the highest for the layer that gives Theta. It sums hundreds of values, and a pixel is a
            fiftieth of Theta's range: at the others' rate its first steps throw the window off the person.
        head_learning_rate, gain_learning_rate: the highest for the head, which starts as the single-frame network's,
            and for the gain. These three are `learning_rate` where they are 0.
        first_gain: where the gain starts, in a first stage of the multi-frame network. At 0 the network starts as the
            single-frame one; but what is not aligned yet is better left out, and while it is 0 nothing teaches the
            alignment.
        optimizer: "adamw" or "adam", whose weight decay is a pull to zero in the gradient.
        weight_decay: of the optimizer.
        gradient_clip: largest norm of the gradient; 0 for none.
        augmentation_strength: how much of the recipe's augmentation the stage has.
        loss: "cross_entropy" between maps as distributions, or "squared_error" (Eq. 11).
        alpha, beta: weights of the complementary term and of all mutual information terms (Eq. 10 and 12), in a stage
            of the multi-frame network; with beta 0 nothing of them is computed.
        degraded: probability that frames of a clip made of pictures are spoilt badly, most often the key frame.
        real_clips: the share of a stage of clips that are real ones, of the recipe's `people`; the others are made.
        motion_weight: of what Theta lacks to the true motion, in feature pixels, where it is known: of made clips.
            Not the paper's, which leaves Theta to the loss of the heatmaps; 0 leaves it so.
        schedule: "cosine" lets the rate rise and then fall to nothing; "constant" holds it after the rise: how long
            such a stage lasts need not be known when it begins; "multi_step" starts at the highest rate and multiplies
            it by `decay` at the beginning of each epoch in `milestones`, counted from 0.
        milestones, decay: see above.
        input_size_wh, sigma: of this stage's crops and targets, where they are not the recipe's: small pictures first.
        precision: of the backbone, all else is float32. "auto" is bfloat16 where the device is fast with it, float16
            with a scaled loss on older GPUs, else float32.
        frozen_statistics: the batch norms whose statistics stay as they are, in a stage of the multi-frame network.
        crops_times: how often a round of a stage of pictures shows each of the people in `crops`, where there are
            others too: theirs are the hardest postures.
        holds_entry: leave the layers up to stride 4 as they are, in a stage of pictures whose backbone started from
            ImageNet: half the time, since nothing is computed backwards at the highest resolutions.
        recompute: compute the backbone's activations a second time for the gradient instead of keeping them, one
            frame of the window after the other: a third more time for a fraction of the memory.
    """

    name: str
    kind: Kind
    batch_size: int
    learning_rate: float
    samples: int = 0
    epochs: int = 0
    micro_batch_size: int = 0
    backbone_learning_rate: float = 0.0
    theta_learning_rate: float = 0.0
    head_learning_rate: float = 0.0
    gain_learning_rate: float = 0.0
    first_gain: float = 0.0
    optimizer: Optimizer = "adamw"
    weight_decay: float = 0.01
    gradient_clip: float = 5.0
    augmentation_strength: float = 1.0
    loss: Loss = "cross_entropy"
    alpha: float = 1.0
    beta: float = 0.1
    degraded: float = 0.3
    real_clips: float = 0.0
    motion_weight: float = 0.0
    schedule: Schedule = "cosine"
    milestones: tuple[int, ...] = ()
    decay: float = 0.1
    input_size_wh: tuple[int, int] | None = None
    sigma: float | None = None
    precision: Precision = "auto"
    frozen_statistics: FrozenStatistics = "backbone"
    crops_times: int = 1
    holds_entry: bool = False
    recompute: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for a choice that there is not, or settings that contradict each other."""
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"stage {self.name!r} has {name} {getattr(self, name)!r}, not one of {choices}")
        if (self.samples > 0) == (self.epochs > 0):
            raise ValueError(f"stage {self.name!r} needs samples or epochs, one of them")
        if self.schedule == "multi_step" and not self.epochs:
            raise ValueError(f"stage {self.name!r} has milestones in epochs and no epochs")
        if self.crops_times < 1:
            raise ValueError(f"stage {self.name!r} shows the crops {self.crops_times} times a round")
        if self.batch_size < 1 or self.micro_batch_size < 0:
            raise ValueError(f"stage {self.name!r} has a batch of {self.batch_size} by {self.micro_batch_size}")
        if not 0 <= self.real_clips <= 1 or (self.real_clips and self.kind != "clips"):
            raise ValueError(f"stage {self.name!r} of kind {self.kind!r} has real_clips {self.real_clips}")
        if self.motion_weight < 0 or (self.motion_weight and (self.kind != "clips" or self.real_clips == 1)):
            raise ValueError(f"stage {self.name!r} has motion_weight {self.motion_weight} and no made clips")
        if self.recompute and (self.kind == "pictures" or self.frozen_statistics == "none"):
            raise ValueError(f"stage {self.name!r} cannot recompute a backbone whose statistics move")

    @property
    def is_multi_frame(self) -> bool:
        """Whether the stage trains the multi-frame network."""
        return self.kind != "pictures"


_CHOICES = {
    "kind": get_args(Kind),
    "optimizer": get_args(Optimizer),
    "loss": get_args(Loss),
    "schedule": get_args(Schedule),
    "precision": get_args(Precision),
    "frozen_statistics": get_args(FrozenStatistics),
}


@dataclass(frozen=True)
class Recipe:
    """A whole training.

    Attributes:
        name, description: of the weights.
        output: where the weights go, relative to the checkout.
        work_folder: where the training keeps what it needs to resume, relative to the checkout.
        seed: of everything that is drawn.
        backbone: a name in core.model.network.config.BACKBONES or PYRAMIDS.
        supporting_offsets: the window of neighbours.
        input_size_wh: the crop.
        sigma: of the targets, in heatmap pixels.
        checkpoint_every: samples between two checkpoints; a stage counted in samples is also measured there, one
            counted in epochs after each epoch.
        gtm_width, lcm_width: channels inside the alignment.
        network: further fields of core.model.network.config.FamiPoseConfig, such as `use_lcm`.
        warm_start: a public checkpoint or weights of our own to start from; "" to start from nothing.
        pretrained: "imagenet" to start the backbone from a classifier's weights, "" to start it from nothing.
        warm_start_keypoints: the skeleton of the checkpoint's heatmaps, as in `load_weights`.
        crops: the people, relative to the folder of shared data; "" where no stage needs them.
        people: the folder of pictures.h5 and clips.h5, relative to the folder of shared data, whose people are mixed
            with those of `crops`; "" to train on `crops` alone.
        held_out_part, calibration_part: shares of the people who are never trained on.
        dataset, validation: settings of core.training.datasets.DatasetConfig: what is trained on, and what is
            measured by.
        average_decay: of the running average of the weights, which is what is measured and kept; 0 for none.
        flip_test: whether the weights predict with the mirrored crop as well, in twice the time.
        keep: the weights that are written: the "last", or the "best" by what is measured.
        device: "auto", "cpu", "cuda" or "cuda:N"; one process for each of `devices` (0: every GPU there is).
        devices: see above. A launcher such as torchrun, which starts the processes itself, overrules it.
        tensorboard: write events for TensorBoard beside metrics.csv.
        log_every: steps between two lines of metrics.
        augmentation, stages: see there.
    """

    name: str
    description: str
    output: str
    work_folder: str
    seed: int
    backbone: str
    supporting_offsets: tuple[int, ...]
    input_size_wh: tuple[int, int]
    sigma: float
    checkpoint_every: int
    stages: tuple[Stage, ...]
    augmentation: AugmentationSettings
    gtm_width: int = 64
    lcm_width: int = 48
    network: dict[str, Any] = field(default_factory=lambda: {"heatmap_activation": "softmax"})
    warm_start: str = ""
    pretrained: Literal["", "imagenet"] = ""
    warm_start_keypoints: Literal["auto", "posetrack", "coco"] = "auto"
    crops: str = ""
    people: str = ""
    held_out_part: float = 0.1
    calibration_part: float = 0.05
    dataset: dict[str, Any] = field(default_factory=dict)
    validation: dict[str, Any] = field(default_factory=dict)
    average_decay: float = 0.998
    flip_test: bool = False
    keep: Literal["last", "best"] = "last"
    device: str = "auto"
    devices: int = 1
    tensorboard: bool = False
    log_every: int = 50

    def __post_init__(self) -> None:
        """Raises ValueError where a stage lacks what it trains on."""
        if not self.stages:
            raise ValueError("it has no stages")
        for stage in self.stages:
            if stage.kind == "dataset" and not (self.dataset and self.validation):
                raise ValueError(f"stage {stage.name!r} needs the tables dataset and validation")
            if stage.kind != "dataset" and not self.crops:
                raise ValueError(f"stage {stage.name!r} needs crops")
            if stage.real_clips and not self.people:
                raise ValueError(f"stage {stage.name!r} needs people, whose clips are the real ones")
        if self.pretrained not in ("", "imagenet"):
            raise ValueError(f"pretrained is {self.pretrained!r}, not 'imagenet' or ''")
        if self.keep not in ("last", "best"):
            raise ValueError(f"keep is {self.keep!r}, not 'last' or 'best'")

    def fingerprint(self, stage: int) -> dict[str, Any]:
        """What a checkpoint within `stage` depends on: later stages may still be changed.

        Settings at their defaults are left out, so that a setting that is new to the program leaves the checkpoints
        of its earlier versions as they are.
        """
        described = _changed(self, [name for name in _FINGERPRINT if name not in ("augmentation", "stages")])
        described["augmentation"] = asdict(self.augmentation)
        size_wh = list(self.input_size_wh)
        described["stages"] = [
            {**_changed(s, [f.name for f in fields(s)]), "input_size_wh": list(s.input_size_wh or size_wh)}
            for s in self.stages[: stage + 1]
        ]
        return described

    def is_fingerprint(self, kept: dict[str, Any], stage: int) -> bool:
        """Whether a checkpoint's fingerprint, perhaps with settings at their defaults, is this recipe's."""
        stages = [
            {name: value for name, value in described.items() if value != _DEFAULTS_OF_STAGES.get(name, MISSING)}
            for described in kept.get("stages", [])
        ]
        augmentation = asdict(AugmentationSettings(**kept.get("augmentation", {})))
        kept = {
            n: v for n, v in {**kept, "augmentation": augmentation}.items() if v != _DEFAULTS_OF_RECIPES.get(n, MISSING)
        }
        return {**kept, "stages": stages} == self.fingerprint(stage)


_FINGERPRINT = (
    "seed", "crops", "backbone", "input_size_wh", "sigma", "held_out_part", "calibration_part", "dataset",
    "warm_start", "people", "pretrained", "augmentation", "stages",
)  # fmt: skip
_DEFAULTS_OF_STAGES = {f.name: f.default for f in fields(Stage) if f.default is not MISSING}
_DEFAULTS_OF_RECIPES = {f.name: f.default for f in fields(Recipe) if f.default is not MISSING} | {"dataset": {}}


def _changed(settings: Stage | Recipe, names: Sequence[str]) -> dict[str, Any]:
    """The settings that are not at their default, with lists in place of tuples, as a checkpoint stores them."""
    defaults = _DEFAULTS_OF_STAGES if isinstance(settings, Stage) else _DEFAULTS_OF_RECIPES
    values = {name: getattr(settings, name) for name in names}
    changed = {name: value for name, value in values.items() if value != defaults.get(name, MISSING)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in changed.items()}


def read_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file.

    Raises:
        TrainingError: if the file is missing, is no TOML, or lacks or misnames a setting.
    """
    try:
        table = toml_table(path)
        values = {**table}
        values["supporting_offsets"] = tuple(table["supporting_offsets"])
        values["input_size_wh"] = _size_wh(table["input_size_wh"])
        values["augmentation"] = AugmentationSettings(**table.get("augmentation", {}))
        values["stages"] = tuple(_stage(stage) for stage in table["stages"])
        return Recipe(**values)
    except OSError as error:
        raise TrainingError(f"The recipe {path} cannot be read ({error.strerror}); check its path.") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        known = ", ".join(f.name for f in fields(Recipe))
        raise TrainingError(f"{path} is not a recipe ({error}); its settings are {known}.") from error


def _stage(table: dict[str, Any]) -> Stage:
    size = {"input_size_wh": _size_wh(table["input_size_wh"])} if "input_size_wh" in table else {}
    return Stage(**{**table, "milestones": tuple(table.get("milestones", ())), **size})


def _size_wh(values: Sequence[int]) -> tuple[int, int]:
    width, height = values
    return int(width), int(height)
