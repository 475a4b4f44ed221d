"""The photographed people of LSP Extended, as what a stage trains on and is measured by."""

from __future__ import annotations

from dataclasses import replace

from core.files.checkout import shared_path
from core.judging.scoring import ScoreModel
from core.keypoints import POSETRACK
from core.model.network.backbones import SingleFrame
from core.model.network.fami_pose import FamiPose
from core.model.prediction.predictor import Predictor
from core.model.weights.files import LoadedModel
from core.training.clips.synthetic_clips import ClipSampler, ClipSettings
from core.training.learning.accuracy import crop_accuracy
from core.training.learning.engine import Engine
from core.training.learning.recipe import Recipe, Stage
from core.training.measuring.calibration import fit_score_model
from core.training.measuring.people_sets import held_out_people
from core.training.photographs.lspet import PersonCrops, Split
from core.training.samples.batches import CropSampler, SampleSettings
from core.training.samples.loading import Sampler
from core.training.sources.sample_source import Measured


class PeopleSource:
    """The photographed people of a recipe: trained on in pictures or made clips, measured by PCK@0.2 of the torso."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.crops = PersonCrops(shared_path(recipe.crops))
        self.split: Split = self.crops.split(recipe.seed, recipe.held_out_part, recipe.calibration_part)
        self.num_samples = len(self.split.train)
        self.skeleton_name = POSETRACK.name
        self.trained_keypoints = self.crops.trained_keypoints

    def sampler(self, stage_index: int, stage: Stage, settings: SampleSettings) -> Sampler:
        """The people, alone or in clips, by the seed and the stage."""
        if stage.kind != "pictures":
            return self.made_clips(stage_index, stage, settings)
        return CropSampler(
            self.crops, self.split.train, self.augmented(stage, settings), (self.recipe.seed, stage_index)
        )

    def made_clips(self, stage_index: int, stage: Stage, settings: SampleSettings) -> ClipSampler:
        """Clips made of the people."""
        return ClipSampler(
            self.crops, self.split.train, self.augmented(stage, settings), (self.recipe.seed, stage_index),
            self.recipe.supporting_offsets, ClipSettings(degraded=stage.degraded),
        )  # fmt: skip

    def augmented(self, stage: Stage, settings: SampleSettings) -> SampleSettings:
        """The settings with as much of the recipe's augmentation as the stage has."""
        return replace(settings, augmentation=self.recipe.augmentation.weakened(stage.augmentation_strength))

    def measure(self, model: SingleFrame | FamiPose, settings: SampleSettings, engine: Engine) -> Measured:
        """The value on the calibration split, and the accuracy on the held-out one."""
        calibration = crop_accuracy(model, self.crops, self.split.calibration, settings)
        held_out = crop_accuracy(model, self.crops, self.split.held_out, settings)
        what = "PCK@0.2 on held-out LSPET"
        by_joint = {f"{what}, {name}": round(value, 4) for name, value in held_out.by_joint.items()}
        return Measured(
            "PCK@0.2 on the calibration split",
            calibration.mean,
            {what: round(held_out.mean, 4), **by_joint},
        )

    def score_model(self, loaded: LoadedModel) -> ScoreModel | None:
        """Fitted on the calibration split, as people's predictor sees it."""
        people = held_out_people(self.crops, self.split.calibration, "calibration split")
        device = str(next(loaded.model.parameters()).device)
        return fit_score_model(Predictor(loaded, device), people)
