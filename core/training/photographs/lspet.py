"""The photographed people of LSP Extended as training material, in the PoseTrack skeleton."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from core.errors import TrainingError
from core.geometry import BOX_MARGIN, ByteArray, bbox_of_points
from core.keypoints import POSETRACK, posetrack_places
from core.training.photographs.pictures import array_of, opened
from core.training.samples.jpegs import Jpegs
from core.training.samples.person import Person


@dataclass(frozen=True)
class Split:
    """Indices of people who are trained on, who set the score's scale, and who are only measured."""

    train: NDArray[np.int64]
    calibration: NDArray[np.int64]
    held_out: NDArray[np.int64]


class PersonCrops:
    """The crops of an `lspet_train.h5` or `lspet_train_small.h5`, decoded one at a time.

    Attributes:
        keypoints: (N, 17, 2) x, y in pixels of the crop.
        labelled: (N, 17) True where the joint is labelled.
        trained_keypoints: names of the PoseTrack keypoints that the file labels.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise TrainingError(
                f"The crops to train on are not at {path}: set FAMI_SHARED to the folder that holds them."
            )
        with opened(path) as file:
            names = tuple(map(str, file.attrs["joint_names"]))
            self._jpegs = Jpegs(*_pictures(file), path.name)
            joints = array_of(file, "keypoints", (len(self._jpegs), len(names), 3))
        where = posetrack_places(names)
        self.keypoints = np.where((where >= 0)[:, None], joints[:, where, :2], 0.0)
        self.labelled = (where >= 0) & (joints[:, where, 2] > 0)
        self.trained_keypoints = tuple(name for name, i in zip(POSETRACK.keypoint_names, where, strict=True) if i >= 0)

    def __len__(self) -> int:
        return len(self._jpegs)

    def person(self, index: int) -> Person:
        """The picture and labels of one person."""
        rgb = self._jpegs.rgb(index)
        keypoints, labelled = self.keypoints[index], self.labelled[index]
        box = bbox_of_points(keypoints[labelled], BOX_MARGIN)
        return Person(rgb, keypoints, labelled, box)

    def split(self, seed: int, held_out_part: float, calibration_part: float) -> Split:
        """Parts the people by index; the same seed gives the same parts."""
        order = np.random.default_rng(seed).permutation(len(self))
        held_out = round(len(self) * held_out_part)
        calibration = round(len(self) * calibration_part)
        return Split(
            np.sort(order[held_out + calibration :]),
            np.sort(order[held_out : held_out + calibration]),
            np.sort(order[:held_out]),
        )


def _pictures(file: h5py.File) -> tuple[ByteArray, NDArray[np.int64]]:
    """All JPEGs, one after another, and where each ends: as the small file stores them, or out of the large one's."""
    if "bytes" in file:
        return np.asarray(file["bytes"], dtype=np.uint8), np.asarray(file["end"], dtype=np.int64)
    pictures = [np.asarray(picture, dtype=np.uint8) for picture in file["jpeg"]]
    return np.concatenate(pictures), np.cumsum([len(picture) for picture in pictures])
