"""PoseTrack17, PoseTrack18 and Sub-JHMDB as samples for training and judging; see docs/datasets.md."""

from core.training.datasets.config import DatasetConfig
from core.training.datasets.dataset import ClipDataset, PersonInstance, open_dataset

__all__ = ["ClipDataset", "DatasetConfig", "PersonInstance", "open_dataset"]
