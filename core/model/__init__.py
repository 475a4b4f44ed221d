"""The pose network, its weights files and its predictor. Knows no files but weights."""

from core.model.config import BACKBONES, FamiPoseConfig, HRNetConfig
from core.model.hrnet import HRNet

__all__ = ["BACKBONES", "FamiPoseConfig", "HRNet", "HRNetConfig"]
