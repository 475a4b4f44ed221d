"""What a project's corrections teach: which joints a person vouches for, and which frames only measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import TrainingError
from core.geometry import BOX_MARGIN, BoolArray, FloatArray, bbox_of_points
from core.keypoints import POSETRACK
from core.poses import Pose
from core.project import Project

FEWEST_FRAMES = 4
"""With fewer corrected frames there is no round: one is held out, and three are too few already."""

MOST_HELD_OUT_FRAMES = 40
"""More would only make the round wait longer for the same answer."""


@dataclass(frozen=True, eq=False)
class CorrectedPose:
    """One person in one frame, as far as a person vouches for it.

    Attributes:
        frame_index: the frame.
        track_id: the person.
        bbox_xywh: (4,) the box, in full-frame pixels.
        keypoints: (17, 2) full-frame pixels, 0 where not known.
        known: (17,) True where a person set or accepted the place of the joint.
    """

    frame_index: int
    track_id: int
    bbox_xywh: FloatArray
    keypoints: FloatArray
    known: BoolArray


@dataclass(frozen=True)
class RoundSplit:
    """The poses that are trained on, and those of the frames that are held out to measure."""

    train: tuple[CorrectedPose, ...]
    held_out: tuple[CorrectedPose, ...]

    @property
    def held_out_frames(self) -> frozenset[int]:
        """Frames that training never sees, not even as neighbours."""
        return frozenset(pose.frame_index for pose in self.held_out)

    @property
    def train_frames(self) -> frozenset[int]:
        """Frames with labels that are trained on."""
        return frozenset(pose.frame_index for pose in self.train)


def corrected_pose(frame_index: int, pose: Pose) -> CorrectedPose | None:
    """What a person vouches for in a pose; None where that is no joint's place."""
    known = pose.human & pose.placed
    if not known.any():
        return None
    box = pose.bbox_xywh
    if box[2:].min() <= 0:
        box = bbox_of_points(pose.keypoints[known], BOX_MARGIN)
        if box[2:].min() <= 0:
            return None
    return CorrectedPose(frame_index, pose.track_id, box, np.where(known[:, None], pose.keypoints, 0.0), known)


def corrected_poses(project: Project, is_usable: Callable[[int], bool] = lambda _: True) -> list[CorrectedPose]:
    """Everything in a project that a person vouches for, in the order of frames.

    Args:
        project: is only read.
        is_usable: asked once for each frame with corrections; False leaves it out.
    """
    found = []
    for frame in project.frames():
        poses = [corrected_pose(frame.frame_index, pose) for pose in frame.poses]
        some = [pose for pose in poses if pose is not None]
        if some and is_usable(frame.frame_index):
            found.extend(some)
    return found


def split_round(poses: Sequence[CorrectedPose], held_out_part: float, seed: int) -> RoundSplit:
    """Holds out a part of the corrected frames, at least one and at most `MOST_HELD_OUT_FRAMES`, spread over the clip.

    The frames in order are cut into as many stretches as frames are held out, and one of each stretch is drawn: by
    the seed, not by looking.

    Raises:
        TrainingError: if there are fewer than `FEWEST_FRAMES` corrected frames.
    """
    frames = np.array(sorted({pose.frame_index for pose in poses}), dtype=np.int64)
    if len(frames) < FEWEST_FRAMES:
        raise TrainingError(
            f"Correct or accept poses in at least {FEWEST_FRAMES} frames first ({len(frames)} so far): "
            "some of them are held out to measure the error."
        )
    count = min(max(1, round(len(frames) * held_out_part)), MOST_HELD_OUT_FRAMES)
    rng = np.random.default_rng(seed)
    held_out = {int(rng.choice(stretch)) for stretch in np.array_split(frames, count)}
    return RoundSplit(
        tuple(pose for pose in poses if pose.frame_index not in held_out),
        tuple(pose for pose in poses if pose.frame_index in held_out),
    )


def training_neighbours(
    frame_index: int, offsets: Sequence[int], num_frames: int, held_out: frozenset[int]
) -> list[int]:
    """The supporting frames of a key frame that is trained on.

    Beyond the clip the nearest existing frame stands in, as in prediction. A held-out frame is replaced by the next
    one on the way to the key frame, so that no pixel of it is ever trained on.
    """
    neighbours = []
    for offset in offsets:
        neighbour = min(max(frame_index + offset, 0), num_frames - 1)
        while neighbour in held_out:
            neighbour += 1 if neighbour < frame_index else -1
        neighbours.append(neighbour)
    return neighbours


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
