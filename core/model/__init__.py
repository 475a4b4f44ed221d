"""The pose network, its weights files and its predictor. Knows no files but weights."""

from core.model.config import BACKBONES, FamiPoseConfig, HRNetConfig
from core.model.fami_pose import FamiPose, FamiPoseOutput
from core.model.hrnet import HRNet
from core.model.weights import LoadedModel, WeightsMetadata, load_model, load_weights, read_metadata, save_weights

__all__ = [
    "BACKBONES",
    "FamiPose",
    "FamiPoseConfig",
    "FamiPoseOutput",
    "HRNet",
    "HRNetConfig",
    "LoadedModel",
    "WeightsMetadata",
    "load_model",
    "load_weights",
    "read_metadata",
    "save_weights",
]
