"""What a stage trains on and how good a network is: what the trainer asks of people and of data sets alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.model.backbones import SingleFrame
from core.model.fami_pose import FamiPose
from core.model.weights import LoadedModel
from core.scoring import ScoreModel
from core.training.batches import SampleSettings
from core.training.engine import Engine
from core.training.loading import Sampler
from core.training.recipe import Stage


@dataclass(frozen=True)
class Measured:
    """How good a network is.

    Attributes:
        metric: name of what stages are compared by, and the best weights chosen by.
        value: of it, higher is better.
        accuracy: what the weights file says, by name.
    """

    metric: str
    value: float
    accuracy: dict[str, float]


class SampleSource(Protocol):
    """Where samples come from, and what a network is measured on.

    Attributes:
        num_samples: how many there are before they repeat: an epoch.
        skeleton_name: of the heatmaps.
        trained_keypoints: names of the keypoints that are labelled somewhere.
    """

    num_samples: int
    skeleton_name: str
    trained_keypoints: tuple[str, ...]

    def sampler(self, stage_index: int, stage: Stage, settings: SampleSettings) -> Sampler:
        """The samples of a stage."""
        ...

    def measure(self, model: SingleFrame | FamiPose, settings: SampleSettings, engine: Engine) -> Measured:
        """Measures a network in evaluation mode; every process takes part and gets the result."""
        ...

    def score_model(self, loaded: LoadedModel) -> ScoreModel | None:
        """How likely the located joints are right, fitted on people kept for it; None without such people."""
        ...
