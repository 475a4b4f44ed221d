"""The size of a person and the torso, by hand."""

import subprocess
import sys

import numpy as np
import pytest

from core.judging.sizes import box_sizes, person_size_px, torso_sizes
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility


def pose_with(bbox_xywh: tuple[float, ...], points: dict[str, tuple[float, float]]) -> Pose:
    pose = Pose.empty(1, np.array(bbox_xywh), Provenance.CORRECTED)
    for name, xy in points.items():
        pose = pose.with_keypoint(POSETRACK.index(name), xy, Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
    return pose


def test_a_person_is_as_large_as_the_longer_side_of_the_box() -> None:
    assert box_sizes([[0, 0, 30, 100], [5, 5, 40, 20]]).tolist() == [100, 40]
    assert person_size_px(pose_with((10, 10, 30, 100), {})) == 100


def test_without_a_box_the_joints_tell_the_size() -> None:
    points = {"nose": (10.0, 20.0), "left_ankle": (40.0, 90.0)}
    assert person_size_px(pose_with((0, 0, 0, 0), points)) == 70
    assert person_size_px(pose_with((0, 0, 0, 0), {})) == 0


def test_the_torso_is_the_mean_of_the_labelled_diagonals() -> None:
    keypoints, labelled = np.zeros((3, 17, 2)), np.zeros((3, 17), dtype=bool)
    a, b, c, d = (POSETRACK.index(n) for n in ("left_shoulder", "right_hip", "right_shoulder", "left_hip"))
    keypoints[:, b], keypoints[:, d] = (30, 40), (0, 70)
    labelled[0, [a, b, c, d]] = labelled[1, [a, b]] = True
    labelled[2, [a, c]] = True
    assert torso_sizes(keypoints, labelled)[:2] == pytest.approx([60, 50])
    assert np.isnan(torso_sizes(keypoints, labelled)[2])


def test_metrics_load_without_torch() -> None:
    modules = "core.metrics, core.judging.sizes, core.judging.scoring, core.judging.review"
    probe = f"import {modules}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
