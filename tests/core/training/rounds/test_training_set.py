"""A project's labels go out as a training set for `train`, without what the project holds out."""

from pathlib import Path

from core.training.datasets import DatasetConfig, open_dataset
from core.training.learning.recipe import read_recipe
from core.training.rounds.holding_out import History, divide
from core.training.rounds.training_set import write_training_set
from tests.core.training.rounds.rounds_project import small_project, small_weights


def test_what_is_held_out_is_in_the_part_that_measures_and_nowhere_else(tmp_path: Path) -> None:
    path, weights = small_project(tmp_path, 16), small_weights(tmp_path / "start.pth")
    made = write_training_set(path, weights, tmp_path / "set")
    parts = divide(range(16), History(), 0.25, 1, 0)
    assert (made.train_frames, made.held_out_frames, made.num_pictures) == (len(parts.train), len(parts.held_out), 16)
    recipe = read_recipe(made.recipe)
    assert recipe.warm_start == str(weights) or Path(str(recipe.warm_start)) == weights
    for split, frames in (("train", parts.train), ("val", parts.held_out)):
        config = DatasetConfig("posetrack18", tmp_path / "set", tmp_path / "set" / "annotations", split)
        dataset = open_dataset(config, (-1, 1), (48, 64), 1.0, None, 0)
        assert len(dataset.instances) == len(frames)
