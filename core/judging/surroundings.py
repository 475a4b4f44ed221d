"""What stands around a frame: where joints come from and go, the poses before it, and what a machine had said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.judging.limbs import UnusualLimb
from core.poses import ByteArray, FloatArray, FramePoses


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One joint of one person through neighbouring frames.

    Attributes:
        keypoint: the joint.
        frame_indices: (N,) rising, those in which it is placed.
        places_xy: (N, 2) in full-frame pixels.
        provenance: (N,) who set each place.
    """

    keypoint: int
    frame_indices: NDArray[np.int64]
    places_xy: FloatArray
    provenance: ByteArray


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is drawn around the people of a frame.

    Attributes:
        frame_index: the frame.
        trajectories: of the selected joint, or of all joints of the selected person.
        before: the people of the frame before, None where they are not wanted.
        said: (K, 2) by track id: where a machine had a joint that a person has moved, NaN elsewhere.
        unusual: limbs of an unusual length.
    """

    frame_index: int
    trajectories: tuple[Trajectory, ...] = ()
    before: FramePoses | None = None
    said: Mapping[int, FloatArray] = field(default_factory=dict)
    unusual: tuple[UnusualLimb, ...] = ()


def trajectories(frames: Iterable[FramePoses], track_id: int, keypoint: int | None) -> tuple[Trajectory, ...]:
    """Where a person's joints are in some frames.

    Args:
        frames: by rising frame index.
        track_id: the person.
        keypoint: the joint, None for all of them.
    """
    held = [(frame.frame_index, pose) for frame in frames if (pose := frame.pose(track_id)) is not None]
    if not held:
        return ()
    indices = np.array([index for index, _ in held], np.int64)
    places, placed, provenance = (
        np.stack([getattr(pose, name) for _, pose in held]) for name in ("keypoints", "placed", "provenance")
    )
    keypoints = range(places.shape[1]) if keypoint is None else (keypoint,)
    return tuple(
        Trajectory(k, indices[placed[:, k]], places[placed[:, k], k], provenance[placed[:, k], k])
        for k in keypoints
        if placed[:, k].any()
    )
