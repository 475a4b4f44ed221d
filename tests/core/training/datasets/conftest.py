"""Small video trees with real pixels, laid out as the benchmarks are published."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from core.training.datasets import DatasetConfig

VIDEO = "060470979_mpii_test"
JHMDB_CLIPS = (("catch", "Frisbee_catch_f_cm_np1_ri_med_0"), ("catch", "Frisbee_catch_f_cm_np1_ri_med_1"))
SHIFT_PX = np.array([2.0, 1.0])
"""How far the person moves from frame to frame in the JHMDB tree."""


class PoseTrackTree:
    """The paddleboard clip as a PoseTrack18 tree under a folder.

    Args:
        folder: where it is written.
        shared: the folder of shared data.
        missing: frames whose picture is not there.
        listed: frames that the label file lists, all by default.
    """

    def __init__(self, folder: Path, shared: Path, missing=(), listed=None):
        self.folder = folder
        source = shared / "data/posetrack/paddleboard"
        self.document = json.loads((source / "labels_posetrack18.json").read_text())
        pictures = folder / "images" / "train" / VIDEO
        pictures.mkdir(parents=True)
        self.pictures = [source / "060470979" / f"{i + 1:05d}.jpg" for i in range(20)]
        for i, picture in enumerate(self.pictures):
            if i not in missing:
                shutil.copy(picture, pictures / f"{i:06d}.jpg")
        for i, image in enumerate(self.document["images"]):
            image["file_name"] = f"images/train/{VIDEO}/{i:06d}.jpg"
        if listed is not None:
            self.document["images"] = [self.document["images"][i] for i in listed]
            ids = {image["id"] for image in self.document["images"]}
            self.document["annotations"] = [a for a in self.document["annotations"] if a["image_id"] in ids]

    def config(self, **changes) -> DatasetConfig:
        """Writes the label file as it is now, and names the data set."""
        path = self.folder / "annotations" / "train" / f"{VIDEO}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.document))
        return DatasetConfig(
            **{"kind": "posetrack18", "root": self.folder, "labels": self.folder / "annotations", **changes}
        )

    def rgb(self, frame: int) -> np.ndarray:
        return cv2.cvtColor(cv2.imread(str(self.pictures[frame])), cv2.COLOR_BGR2RGB)


@pytest.fixture
def posetrack_tree(tmp_path, shared):
    return lambda **changes: PoseTrackTree(tmp_path / "posetrack", shared, **changes)


@pytest.fixture
def jhmdb_tree(tmp_path, shared):
    """Two clips of six frames as JHMDB publishes them: real pictures and joints that move by SHIFT_PX a frame."""
    folder = tmp_path / "jhmdb"
    real = shared / "data/jhmdb/mmpose_jhmdb"
    document = json.loads((real / "test_jhmdb_sub1.json").read_text())
    for (action, clip), image, annotation in zip(
        JHMDB_CLIPS, document["images"], document["annotations"], strict=False
    ):
        picture = cv2.imread(str(real / image["file_name"]))
        joints = np.array(annotation["keypoints"]).reshape(15, 3)[:, :2]
        x, y, width, height = (int(v) for v in annotation["bbox"])
        pictures, positions, masks = folder / "Rename_Images" / action / clip, [], np.zeros((240, 320, 6), np.uint8)
        pictures.mkdir(parents=True)
        for i in range(6):
            dx, dy = (int(v) for v in SHIFT_PX * i)
            moved = np.roll(picture, (dy, dx), axis=(0, 1))
            cv2.imwrite(str(pictures / f"{i + 1:05d}.png"), moved)
            positions.append(joints + SHIFT_PX * i)
            masks[y - 1 + dy : y - 1 + dy + height, x - 1 + dx : x - 1 + dx + width, i] = 1
        for kind, name, content in (
            ("joint_positions", "joint_positions.mat", {"pos_img": np.stack(positions, axis=-1).transpose(1, 0, 2)}),
            ("puppet_mask", "puppet_mask.mat", {"part_mask": masks}),
        ):
            path = folder / kind / action / clip / name
            path.parent.mkdir(parents=True)
            savemat(path, content)
    return folder
