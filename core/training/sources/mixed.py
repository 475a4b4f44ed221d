"""The starter's people, of three files: what a stage of its training sees, and is measured by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.files.checkout import shared_path
from core.judging.scoring import ScoreModel
from core.keypoints import POSETRACK
from core.model.network.backbones import SingleFrame
from core.model.network.fami_pose import FamiPose
from core.model.prediction.predictor import Predictor
from core.model.weights.files import LoadedModel
from core.training.clips.real_clips import RealClips
from core.training.clips.real_samples import RealClipSampler
from core.training.clips.synthetic_clips import ClipSettings
from core.training.learning.accuracy import crop_accuracy
from core.training.learning.engine import Engine
from core.training.learning.recipe import Recipe, Stage
from core.training.measuring.calibration import fit_score_model
from core.training.measuring.people_sets import labelled_people
from core.training.photographs.pictures import Pictures
from core.training.samples.batches import SampleSettings
from core.training.samples.loading import Sampler
from core.training.samples.person import PeopleInPictures
from core.training.sources.mixed_people import MixedClips, MixedPeople, PictureSampler
from core.training.sources.people import PeopleSource
from core.training.sources.sample_source import Measured
from core.training.sources.starter_split import Indices, split_clips, split_pictures

CHOOSING = "PCK@0.2 on the choosing split"
_CHOOSING_FRAMES = 4
"""Of each clip: its frames are alike."""


@dataclass(frozen=True)
class MeasuredPart:
    """A name, people, and which of them."""

    name: str
    people: PeopleInPictures
    indices: Indices


class MixedSource(PeopleSource):
    """All people of the starter's files; clips are made of those of LSP Extended, whose bodies are whole.

    Attributes:
        pictures: the photographs.
        clips: the real clips.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        folder = shared_path(recipe.people)
        self.pictures, self.clips = Pictures(folder / "pictures.h5"), RealClips(folder / "clips.h5")
        self.of_pictures = split_pictures(self.pictures.groups)
        self.of_clips = split_clips(self.clips.videos, self.clips.has_person)
        self.num_samples = len(self.everybody())
        self.trained_keypoints = POSETRACK.keypoint_names

    def sampler(self, stage_index: int, stage: Stage, settings: SampleSettings) -> Sampler:
        """Everybody in pictures; in clips the people of LSP Extended, beside real ones; by the seed and the stage."""
        if stage.kind == "pictures":
            everybody = self.everybody(stage.crops_times)
            every, seed = np.arange(len(everybody)), (self.recipe.seed, stage_index)
            return PictureSampler(everybody, every, self.augmented(stage, settings), seed)
        made = self.made_clips(stage_index, stage, settings)
        if not stage.real_clips:
            return made
        return MixedClips(made, self.real_clips(stage_index, stage, settings), stage.real_clips)

    def real_clips(self, stage_index: int, stage: Stage, settings: SampleSettings) -> RealClipSampler:
        """The real clips that are trained on."""
        frames = self.clips.labelled_frames(self.of_clips.train)
        return RealClipSampler(
            self.clips, frames, self.augmented(stage, settings), (self.recipe.seed, stage_index),
            self.recipe.supporting_offsets, ClipSettings(degraded=stage.degraded),
        )  # fmt: skip

    def everybody(self, crops_times: int = 1) -> MixedPeople:
        """All who are trained on, those of LSP Extended so many times."""
        frames = self.clips.labelled_frames(self.of_clips.train)
        crops = [(self.crops, self.split.train)] * crops_times
        return MixedPeople([*crops, (self.pictures, self.of_pictures.train), (self.clips, frames)])

    def choosing(self) -> tuple[MeasuredPart, ...]:
        """The people that choose: none of them is trained on, none is reported on."""
        frames = [
            np.unique(np.linspace(low, high - 1, _CHOOSING_FRAMES).round().astype(np.int64))
            for low, high in map(self.clips.frames, self.of_clips.choosing)
        ]
        return (
            MeasuredPart("LSPET", self.crops, self.split.calibration),
            MeasuredPart("photographs", self.pictures, self.of_pictures.choosing),
            MeasuredPart("JHMDB", self.clips, np.concatenate(frames)),
        )

    def measure(self, model: SingleFrame | FamiPose, settings: SampleSettings, engine: Engine) -> Measured:
        """The value is the mean over the parts that choose: each counts alike, whatever its size."""
        found = {part.name: crop_accuracy(model, part.people, part.indices, settings) for part in self.choosing()}
        values = {f"{CHOOSING}, {name}": round(accuracy.mean, 4) for name, accuracy in found.items()}
        mean = float(np.mean([accuracy.mean for accuracy in found.values()]))
        return Measured(CHOOSING, mean, {CHOOSING: round(mean, 4), **values})

    def score_model(self, loaded: LoadedModel) -> ScoreModel | None:
        """Fitted on the people that choose, as the window's predictor sees them."""
        device = str(next(loaded.model.parameters()).device)
        people = [labelled_people(part.people, part.indices, part.name) for part in self.choosing()]
        return fit_score_model(Predictor(loaded, device), *people)
