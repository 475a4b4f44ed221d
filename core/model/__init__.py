"""The pose network, its weights files and its predictor. Knows no files but weights."""

from core.model.config import BACKBONES, FamiPoseConfig, HRNetConfig
from core.model.crops import Request
from core.model.device import available_device
from core.model.explanation import Explanation, explain
from core.model.fami_pose import FamiPose, FamiPoseOutput
from core.model.hrnet import HRNet
from core.model.predictor import Prediction, Predictor
from core.model.weights import LoadedModel, WeightsMetadata, load_model, load_weights, read_metadata, save_weights

__all__ = [
    "BACKBONES",
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
    "WeightsMetadata",
    "available_device",
    "explain",
    "load_model",
    "load_weights",
    "read_metadata",
    "save_weights",
]
