"""From a training's network to a weights file that says what it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import TrainingError
from core.model.network.backbones import SingleFrame
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import LoadedModel, WeightsMetadata, save_weights
from core.training.learning.recipe import Recipe
from core.training.samples.batches import SampleSettings
from core.training.sources.sample_source import Measured, SampleSource


def multi_frame_config(recipe: Recipe, num_keypoints: int) -> FamiPoseConfig:
    """The network that the recipe's weights are for. Raises TrainingError for a setting that it does not know."""
    settings: dict[str, Any] = {
        "backbone": recipe.backbone,
        "num_keypoints": num_keypoints,
        "supporting_offsets": recipe.supporting_offsets,
        "gtm_width": recipe.gtm_width,
        "lcm_width": recipe.lcm_width,
        "heatmap_sigma": recipe.sigma,
    }
    try:
        return FamiPoseConfig(**{**settings, **recipe.network})
    except (TypeError, ValueError) as error:
        raise TrainingError(f"The recipe describes no network: {error}.") from error


def export(
    recipe: Recipe,
    config: FamiPoseConfig,
    model: SingleFrame | FamiPose,
    measured: Measured,
    *,
    settings: SampleSettings,
    source: SampleSource,
    path: Path,
) -> None:
    """Writes a weights file. A single-frame network is written as the multi-frame one that starts as it."""
    config = replace(config, heatmap_sigma=settings.sigma)
    if not isinstance(model, FamiPose):
        whole = FamiPose(config)
        whole.backbone.load_state_dict({name: tensor.cpu() for name, tensor in model.state_dict().items()})
    else:
        whole = model
    metadata = WeightsMetadata(
        name=recipe.name,
        config=config,
        input_size_wh=settings.input_size_wh,
        keypoints=source.skeleton_name,
        trained_keypoints=source.trained_keypoints,
        description=recipe.description,
        accuracy=measured.accuracy,
        flip_test=recipe.flip_test,
    )
    metadata = replace(metadata, score_model=source.score_model(LoadedModel(whole.eval(), metadata, "")))
    save_weights(path, whole, metadata)
