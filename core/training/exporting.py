"""From a training's network to a weights file that says what it is."""

from __future__ import annotations

from dataclasses import replace

from core.model.config import FamiPoseConfig
from core.model.fami_pose import FamiPose
from core.model.hrnet import HRNet
from core.model.weights import WeightsMetadata, save_weights
from core.training.accuracy import crop_accuracy
from core.training.batches import SampleSettings
from core.training.calibration import calibration_table
from core.training.lspet import REPOSITORY, PersonCrops, Split
from core.training.recipe import Recipe


def multi_frame_config(recipe: Recipe) -> FamiPoseConfig:
    """The network that the recipe's weights are for."""
    return FamiPoseConfig(
        backbone=recipe.backbone,
        supporting_offsets=recipe.supporting_offsets,
        gtm_width=recipe.gtm_width,
        lcm_width=recipe.lcm_width,
        heatmap_activation="softmax",
        heatmap_sigma=recipe.sigma,
    )


def export(
    recipe: Recipe, model: HRNet | FamiPose, crops: PersonCrops, split: Split, settings: SampleSettings
) -> WeightsMetadata:
    """Writes the weights file of the recipe: scores calibrated on one split, accuracy measured on the held-out one.

    A single-frame network is written as the multi-frame one that starts as it.
    """
    config = replace(multi_frame_config(recipe), heatmap_sigma=settings.sigma)
    if isinstance(model, HRNet):
        whole = FamiPose(config)
        whole.backbone.load_state_dict({name: tensor.cpu() for name, tensor in model.state_dict().items()})
    else:
        whole = model
    calibration = crop_accuracy(model, crops, split.calibration, settings)
    held_out = crop_accuracy(model, crops, split.held_out, settings)
    accuracy = {f"PCK@0.2 on held-out LSPET, {name}": round(value, 4) for name, value in held_out.by_joint.items()}
    metadata = WeightsMetadata(
        name=recipe.name,
        config=config,
        input_size_wh=settings.input_size_wh,
        trained_keypoints=crops.trained_keypoints,
        description=recipe.description,
        accuracy={"PCK@0.2 on held-out LSPET": round(held_out.mean, 4), **accuracy},
        calibration=calibration_table(calibration.peaks, calibration.right),
    )

    save_weights(REPOSITORY / recipe.output, whole, metadata)
    return metadata
