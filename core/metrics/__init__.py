"""How good poses are: PoseTrack AP and MOTA, PCK, and COCO's object keypoint similarity."""

from core.judging.sizes import PCK_OF_TORSO, box_sizes, joints_right, torso_sizes
from core.metrics.folders import pck_of_folders
from core.metrics.keypoint_accuracy import pck
from core.metrics.object_similarity import oks_ap, oks_of_folders
from core.metrics.posetrack import posetrack_ap, posetrack_evaluation

__all__ = [
    "PCK_OF_TORSO",
    "box_sizes",
    "joints_right",
    "oks_ap",
    "oks_of_folders",
    "pck",
    "pck_of_folders",
    "posetrack_ap",
    "posetrack_evaluation",
    "torso_sizes",
]
