"""The error of a network on corrected poses, measured with the predictor that people use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray
from core.judging.sizes import box_sizes, joints_right
from core.keypoints import POSETRACK
from core.model.prediction.predictor import Predictor
from core.model.weights.files import LoadedModel
from core.predictions import Prediction, Request
from core.training.rounds.corrections import CorrectedPose

PCK_OF_SIZE = 0.1
"""A joint is found within this part of the person's size; for somebody upright it is about 0.3 of the torso."""
ACCEPTED_WITHIN = 0.05
"""So near a joint that a person accepted, as a part of the person's size, nothing is wrong: the word was "near enough".

The weights that put it there would have no error otherwise, and no others could ever be as good.
"""
_MISSED = 1.0


@dataclass(frozen=True)
class HeldOutError:
    """Distances from the labels, as fractions of the person's size.

    Attributes:
        frame_indices: (N,) of the poses.
        distances: (N, 17) NaN where the joint has no label or the weights do not know it; a joint that they know and
            did not find counts as a whole person's size away; from an accepted one what goes beyond `ACCEPTED_WITHIN`.
        found: (N, 17) whether each was within `PCK_OF_SIZE`; False where it was not measured.
        sizes_px: (N,) people's sizes in pixels.
    """

    frame_indices: NDArray[np.int64]
    distances: FloatArray
    found: NDArray[np.bool_]
    sizes_px: FloatArray

    @property
    def joint_errors(self) -> dict[str, float]:
        """Mean distance by keypoint name, of the keypoints that could be measured."""
        return {
            name: float(np.nanmean(self.distances[:, k]))
            for k, name in enumerate(POSETRACK.keypoint_names)
            if np.isfinite(self.distances[:, k]).any()
        }

    def joined(self, other: HeldOutError) -> HeldOutError:
        """These poses and others, one after the other."""
        return HeldOutError(
            np.concatenate([self.frame_indices, other.frame_indices]),
            np.concatenate([self.distances, other.distances]),
            np.concatenate([self.found, other.found]),
            np.concatenate([self.sizes_px, other.sizes_px]),
        )

    def _columns(self, names: Sequence[str]) -> FloatArray:
        return self.distances[:, [POSETRACK.index(name) for name in names]]

    def errors(self, names: Sequence[str]) -> dict[str, float]:
        """Mean distance: "mean" over all joints of these names, and by name."""
        columns = self._columns(names)
        by_name = {name: value for name, value in self.joint_errors.items() if name in names}
        return {"mean": float(np.nanmean(columns)), **by_name} if np.isfinite(columns).any() else by_name

    def pck(self, names: Sequence[str]) -> dict[str, float]:
        """Share (0 to 1) of joints within `PCK_OF_SIZE`: "mean" over all joints of these names, and by name."""
        shares = np.where(np.isfinite(self.distances), self.found.astype(np.float64), np.nan)
        return replace(self, distances=shares).errors(names)

    def by_frame(self, names: Sequence[str]) -> dict[int, float]:
        """Mean distance by frame index, of the frames where a joint of these names is measured."""
        columns = self._columns(names)
        return {
            int(index): float(np.nanmean(columns[self.frame_indices == index]))
            for index in np.unique(self.frame_indices)
            if np.isfinite(columns[self.frame_indices == index]).any()
        }


def held_out_predictions(
    loaded: LoadedModel,
    poses: Sequence[CorrectedPose],
    frame: Callable[[int], NDArray[np.uint8]],
    num_frames: int,
    device: str,
) -> list[Prediction]:
    """Predicts the poses from their boxes.

    Args:
        loaded: the network.
        poses: what a person said.
        frame: the pixels of a frame.
        num_frames: of the clip.
        device: where to compute.
    """
    requests = [Request(pose.frame_index, pose.track_id, pose.bbox_xywh) for pose in poses]
    return Predictor(loaded, device).predict(requests, frame, num_frames)


def held_out_error(
    trained_keypoints: Sequence[str], poses: Sequence[CorrectedPose], predictions: Sequence[Prediction]
) -> HeldOutError:
    """Compares predictions with what a person said.

    Args:
        trained_keypoints: names of those that the weights know.
        poses: what a person said.
        predictions: of the same people, in the same order.
    """
    learnt = np.array([name in trained_keypoints for name in POSETRACK.keypoint_names])
    found = _stacked([prediction.keypoints for prediction in predictions])
    truth = _stacked([pose.keypoints for pose in poses])
    sizes_px = box_sizes([pose.bbox_xywh for pose in poses])
    known = np.array([pose.known for pose in poses], dtype=bool).reshape(-1, len(learnt)) & learnt
    _, right = joints_right(found, truth, known, PCK_OF_SIZE, sizes_px=sizes_px)
    fractions = np.linalg.norm(found - truth, axis=2) / sizes_px[:, None]
    fractions = np.nan_to_num(fractions, nan=_MISSED)
    accepted = np.array([_accepted(pose) for pose in poses], dtype=bool).reshape(known.shape)
    fractions = np.where(accepted, np.maximum(fractions - ACCEPTED_WITHIN, 0.0), fractions)
    distances = np.where(known, fractions, np.nan)
    return HeldOutError(np.array([pose.frame_index for pose in poses], dtype=np.int64), distances, right, sizes_px)


def _accepted(pose: CorrectedPose) -> NDArray[np.bool_]:
    return np.zeros(len(POSETRACK), dtype=bool) if pose.accepted is None else pose.accepted


def _stacked(keypoints: Sequence[FloatArray]) -> FloatArray:
    """(N, 17, 2), also of nobody."""
    return np.array(keypoints, dtype=np.float64).reshape(-1, len(POSETRACK), 2)
