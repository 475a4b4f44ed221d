"""The sources that the stages of a recipe train on."""

from __future__ import annotations

from functools import cached_property

from core.training.learning.recipe import Recipe, Stage
from core.training.sources.mixed import MixedSource
from core.training.sources.people import PeopleSource
from core.training.sources.sample_source import SampleSource


class SampleSources:
    """The sources of a recipe, each opened when it is first needed."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    def of(self, stage: Stage) -> SampleSource:
        """What a stage trains on."""
        return self._dataset if stage.kind == "dataset" else self._people

    def num_samples(self, stage: Stage) -> int:
        """How many samples a stage sees."""
        return stage.samples or stage.epochs * self.of(stage).num_samples

    @cached_property
    def _people(self) -> SampleSource:
        if self.recipe.people:
            return MixedSource(self.recipe)
        return PeopleSource(self.recipe)

    @cached_property
    def _dataset(self) -> SampleSource:
        from core.training.sources.datasets import DatasetSource  # noqa: PLC0415 - it needs PyAV and pycocotools

        return DatasetSource(self.recipe)
