"""A small project and small weights for rounds of two steps."""

from pathlib import Path

import cv2
import numpy as np
import torch

from core.keypoints import POSETRACK
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import WeightsMetadata, save_weights
from core.poses import Pose, Provenance, Visibility
from core.project import PoseChange, Project, SourceRecord

CONFIG = FamiPoseConfig("w12", supporting_offsets=(), heatmap_activation="softmax", heatmap_sigma=1.0)
WRISTS = ("left_wrist", "right_wrist")


def small_project(folder: Path, num_frames: int = 6) -> Path:
    """Pictures of noise with a person's wrists in each."""
    (folder / "pictures").mkdir()
    rng = np.random.default_rng(0)
    changes = []
    for i in range(num_frames):
        cv2.imwrite(str(folder / "pictures" / f"{i:03}.png"), rng.integers(0, 255, (96, 72, 3), dtype=np.uint8))
        pose = Pose.empty(1, (10, 10, 50, 70), Provenance.CORRECTED)
        for name in WRISTS:
            place = (20.0 + 5 * (i % 6), 30.0 + 5 * (i % 6))
            pose = pose.with_keypoint(POSETRACK.index(name), place, Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
        changes.append(PoseChange(i, None, pose))
    record = SourceRecord(folder / "pictures", "images", 72, 96, num_frames)
    with Project.create(folder / "p.fami", record) as project:
        project.commit("Correct", changes, {})
    return folder / "p.fami"


def small_weights(path: Path, seed: int = 0) -> Path:
    """A tiny network that knows the wrists."""
    torch.manual_seed(seed)
    save_weights(path, FamiPose(CONFIG), WeightsMetadata("start", CONFIG, (48, 64), trained_keypoints=WRISTS))
    return path
