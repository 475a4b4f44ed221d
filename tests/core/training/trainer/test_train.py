"""A recipe is read, trained, interrupted and resumed; what comes out predicts."""

from pathlib import Path

import pytest
import torch

from core.errors import Cancelled, TrainingError
from core.files.checkout import REPOSITORY
from core.keypoints import POSETRACK
from core.model.weights.files import load_model, read_metadata
from core.training.learning.recipe import read_recipe
from core.training.trainer import train
from tests.core.training.tiny_recipe import replace_once, write_recipe

STAGES = """
[[stages]]
name = "pictures"
kind = "pictures"
samples = 16
batch_size = 4
learning_rate = 1e-3

[[stages]]
name = "clips"
kind = "clips"
samples = 2
batch_size = 2
learning_rate = 1e-3
backbone_learning_rate = 1e-5
"""


def recipe_of(folder: Path) -> Path:
    crops = "data/images/lspet_train_small.h5"
    return write_recipe(folder, STAGES, crops=crops, held_out_part=0.002, calibration_part=0.002)


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(shared: Path, tmp_path: Path) -> None:
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    whole.mkdir()
    parted.mkdir()
    seen: list[train.TrainingProgress] = []
    path = train.main(recipe_of(whole), seen.append)
    assert [step.done for step in seen] == [4, 8, 12, 16, 18]
    assert {step.stage for step in seen} == {"pictures", "clips"}
    assert seen[-1].seconds_left == 0

    seen.clear()
    recipe = recipe_of(parted)
    with pytest.raises(Cancelled):
        train.main(recipe, seen.append, lambda: len(seen) == 2)
    assert not (parted / "tiny.pth").exists()
    resumed = train.main(recipe, seen.append)
    assert [step.done for step in seen] == [4, 8, 12, 16, 18]
    first, second = (torch.load(p, weights_only=True)["state_dict"] for p in (path, resumed))
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())

    loaded = load_model(path)
    assert loaded.metadata.name == "tiny"
    assert loaded.metadata.input_size_wh == (96, 128)
    assert "nose" not in loaded.metadata.trained_keypoints
    assert loaded.metadata.score_model
    assert 0 <= loaded.metadata.accuracy["PCK@0.2 on held-out LSPET"] <= 1

    replace_once(recipe, "seed = 3", "seed = 4")
    with pytest.raises(TrainingError, match="another recipe"):
        train.main(recipe)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("seed = 3", "sead = 3"), "sead"),
        (('backbone = "w12"', "backbone = "), "not a recipe"),
        (("samples = 16", "samples = 16\nspeed = 4"), "speed"),
        (("input_size_wh = [96, 128]", "input_size_wh = [96]"), "not a recipe"),
    ],
)
def test_a_recipe_that_is_none_says_so(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    path = recipe_of(tmp_path)
    replace_once(path, *change)
    with pytest.raises(TrainingError, match=named):
        read_recipe(path)


def test_a_missing_recipe_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"none\.toml"):
        read_recipe(tmp_path / "none.toml")


def test_the_shipped_recipe_is_the_one_of_the_shipped_weights() -> None:
    recipe = read_recipe(REPOSITORY / "resources/configs/starter.toml")
    weights = REPOSITORY / recipe.output
    assert weights.stat().st_size <= 16 * 2**20
    metadata = read_metadata(weights)
    assert metadata.config.backbone == recipe.backbone
    assert metadata.input_size_wh == recipe.input_size_wh
    assert metadata.trained_keypoints == POSETRACK.keypoint_names
    assert metadata.description == recipe.description
    assert metadata.score_model is not None
    assert metadata.flip_test == recipe.flip_test
