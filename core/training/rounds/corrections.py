"""What a project's corrections teach: which joints, and how far each can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.geometry import BOX_MARGIN, BoolArray, FloatArray, bbox_of_points
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance
from core.project import Project

TRUST = {
    Provenance.CORRECTED: 1.0,
    Provenance.IMPORTED: 1.0,
    Provenance.ACCEPTED: 0.7,
    Provenance.INTERPOLATED: 0.3,
    Provenance.PROPAGATED: 0.3,
    Provenance.PREDICTED: 0.1,
    Provenance.NONE: 0.0,
}
"""What a joint weighs in the loss, by who set it (docs/adr/0016)."""

_TRUST = np.array([TRUST[Provenance(value)] for value in range(len(TRUST))])
_CARRIED = (Provenance.PROPAGATED, Provenance.INTERPOLATED)


@dataclass(frozen=True, eq=False)
class CorrectedPose:
    """One person in one frame, as far as there is something to learn from it.

    Attributes:
        frame_index: the frame.
        track_id: the person.
        bbox_xywh: (4,) the box, in full-frame pixels.
        keypoints: (17, 2) full-frame pixels, 0 where there is nothing.
        known: (17,) True where a person set or accepted the place of the joint: what a round is measured by.
        trust: (17,) 0 to 1, what each joint weighs in training; None where only `known` counts, with 1.
        accepted: (17,) True where a person only said that the machine's place is right; None for nowhere.
    """

    frame_index: int
    track_id: int
    bbox_xywh: FloatArray
    keypoints: FloatArray
    known: BoolArray
    trust: FloatArray | None = None
    accepted: BoolArray | None = None

    @property
    def weights(self) -> FloatArray:
        """(17,) what each joint weighs in training."""
        return self.known.astype(np.float64) if self.trust is None else self.trust

    @property
    def is_human(self) -> bool:
        """Whether a person vouches for any of its joints; the others were carried here by the machine."""
        return bool(self.known.any())


def corrected_pose(frame_index: int, pose: Pose) -> CorrectedPose | None:
    """What can be learnt from a pose; None where no person and no joint carried from a person's says anything.

    A joint that was only predicted never makes a pose worth learning from. Beside a person's it says what was let be.
    """
    placed = pose.placed
    known = pose.human & placed
    if not (known | (placed & np.isin(pose.provenance, _CARRIED))).any():
        return None
    taught = placed & (_TRUST[pose.provenance] > 0)
    box = pose.bbox_xywh
    if box[2:].min() <= 0:
        box = bbox_of_points(pose.keypoints[known if known.any() else taught], BOX_MARGIN)
        if box[2:].min() <= 0:
            return None
    return CorrectedPose(
        frame_index,
        pose.track_id,
        box,
        np.where(taught[:, None], pose.keypoints, 0.0),
        known,
        np.where(taught, _TRUST[pose.provenance], 0.0),
        known & (pose.provenance == Provenance.ACCEPTED),
    )


def corrected_poses(project: Project) -> list[CorrectedPose]:
    """Everything in a project that can be learnt from, in the order of frames."""
    found = (corrected_pose(frame.frame_index, pose) for frame in project.frames() for pose in frame.poses)
    return [pose for pose in found if pose is not None]


def human_frames(poses: Sequence[CorrectedPose]) -> list[int]:
    """The frames in which a person vouches for a joint, in order."""
    return sorted({pose.frame_index for pose in poses if pose.is_human})


def supporting_frames(frame_index: int, offsets: Sequence[int], num_frames: int) -> list[int]:
    """The supporting frames of a key frame; beyond the clip the nearest existing frame stands in, as in prediction."""
    return [min(max(frame_index + offset, 0), num_frames - 1) for offset in offsets]


def taught_keypoints(
    poses: Sequence[CorrectedPose], trained: Sequence[str], fewest_examples: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which keypoints a round trains.

    Args:
        poses: those that are trained on.
        trained: names of the keypoints that the weights know already.
        fewest_examples: a keypoint that the weights do not know needs as many.

    Returns:
        Names of all keypoints that the new weights will know, and of those that are new among them.
    """
    examples = np.sum([pose.known for pose in poses], axis=0)
    new = tuple(
        name
        for k, name in enumerate(POSETRACK.keypoint_names)
        if name not in trained and examples[k] >= fewest_examples
    )
    return tuple(name for name in POSETRACK.keypoint_names if name in trained or name in new), new
