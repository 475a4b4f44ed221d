"""How good poses are: PoseTrack AP and MOTA, PCK, and COCO's object keypoint similarity."""

from core.metrics.keypoint_accuracy import oks_ap, pck
from core.metrics.posetrack import posetrack_ap, posetrack_evaluation

__all__ = ["oks_ap", "pck", "posetrack_ap", "posetrack_evaluation"]
