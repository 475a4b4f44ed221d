"""The pose network, its weights files and its predictor. Knows no files but weights.

Letters in shape comments, here and in every module below:

    B batch, S supporting frames, K keypoints, C channels of the highest-resolution branch (48 for W48),
    H W the crop, h w a quarter of it: feature maps and heatmaps.
"""

from core.model.device import available_device
from core.model.network.backbones import SingleFrame, new_backbone
from core.model.network.config import (
    BACKBONES,
    PYRAMIDS,
    TABLE_6,
    TABLE_7,
    Ablation,
    FamiPoseConfig,
    HRNetConfig,
    ablation,
)
from core.model.network.fami_pose import FamiPose, FamiPoseOutput
from core.model.network.hrnet import HRNet
from core.model.prediction.explanation import explain
from core.model.prediction.loading import load_predictor
from core.model.prediction.predictor import Predictor
from core.model.weights.files import LoadedModel, WeightsMetadata, load_model, load_weights, read_metadata, save_weights
from core.model.weights.reskeleton import in_posetrack
from core.predictions import Explanation, Prediction, Request

__all__ = [
    "BACKBONES",
    "PYRAMIDS",
    "TABLE_6",
    "TABLE_7",
    "Ablation",
    "Explanation",
    "FamiPose",
    "FamiPoseConfig",
    "FamiPoseOutput",
    "HRNet",
    "HRNetConfig",
    "LoadedModel",
    "Prediction",
    "Predictor",
    "Request",
    "SingleFrame",
    "WeightsMetadata",
    "ablation",
    "available_device",
    "explain",
    "in_posetrack",
    "load_model",
    "load_predictor",
    "load_weights",
    "new_backbone",
    "read_metadata",
    "save_weights",
]
