"""Scores mean what they say, on people who were neither trained on nor calibrated on."""

from pathlib import Path

import numpy as np

from core.files.checkout import shared_path
from core.judging.review import SURE_FROM
from core.model.prediction.predictor import Predictor
from core.model.weights.files import load_model
from core.training.bench.evaluate_starter import RECIPE, STARTER
from core.training.learning.recipe import read_recipe
from core.training.measuring.people_sets import held_out_people, measure
from core.training.photographs.lspet import PersonCrops


def test_of_the_starters_joints_as_many_are_right_as_their_scores_say(shared: Path) -> None:
    recipe = read_recipe(RECIPE)
    crops = PersonCrops(shared_path(recipe.crops))
    split = crops.split(recipe.seed, recipe.held_out_part, recipe.calibration_part)
    people = held_out_people(crops, split.held_out[:300], "some of the held-out people")
    accuracy = measure(Predictor(load_model(STARTER), "cpu"), people)
    for low, high in ((0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        between = (accuracy.peaks >= low) & (accuracy.peaks < high)
        assert between.sum() > 50
        assert abs(accuracy.right[between].mean() - accuracy.peaks[between].mean()) < 0.1
    sure = accuracy.peaks >= SURE_FROM
    assert accuracy.right[sure].mean() > 0.85
    assert np.mean(sure) > 0.04
