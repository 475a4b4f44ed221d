"""What a stage trains on and how good a network is: what the trainer asks of people and of data sets alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.judging.scoring import ScoreModel
from core.model.network.backbones import SingleFrame
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import LoadedModel
from core.training.learning.engine import Engine
from core.training.learning.recipe import Stage
from core.training.samples.batches import SampleSettings
from core.training.samples.loading import Sampler


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
