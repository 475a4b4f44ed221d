"""Limbs of a frame beside the person's usual ones: those far too long, or with next to no length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray
from core.judging.doubts import FRAMES_FOR_USUAL, LIMB_COLLAPSED, LIMB_TIMES_USUAL, USUAL_QUANTILE, limb_name
from core.judging.sizes import person_size_px
from core.keypoints import Skeleton
from core.poses import Pose


@dataclass(frozen=True)
class UnusualLimb:
    """A limb of a person that is not as long as it mostly is.

    Attributes:
        track_id: the person.
        ends: the keypoints that it joins.
        reason: in words: "left forearm is 2.1 x its usual length".
    """

    track_id: int
    ends: tuple[int, int]
    reason: str


def usual_lengths(poses: Iterable[Pose], skeleton: Skeleton) -> FloatArray:
    """(L,) how long a person's limbs mostly are, in parts of the person's size, as the queue judges them.

    Args:
        poses: of the person, from all over the clip.
        skeleton: of the poses.

    Returns:
        NaN for limbs that are seen in too few of the poses, and for those from one side of the body to the other, which
        shorten as somebody turns.
    """
    relative = np.array([_relative(pose, skeleton) for pose in poses]).reshape(-1, len(skeleton.limbs))
    usual = np.full(len(skeleton.limbs), np.nan)
    for limb, lengths in enumerate(relative.T):
        known = lengths[~np.isnan(lengths)]
        if len(known) >= FRAMES_FOR_USUAL:
            usual[limb] = np.quantile(known, USUAL_QUANTILE, method="lower")
    return usual


def unusual_limbs(pose: Pose, usual: FloatArray, skeleton: Skeleton) -> tuple[UnusualLimb, ...]:
    """The limbs of a pose that are far longer than `usual` (L,), or have next to no length."""
    with np.errstate(invalid="ignore", divide="ignore"):
        times: NDArray[np.float64] = _relative(pose, skeleton) / usual
        odd = np.isfinite(times) & ((times > LIMB_TIMES_USUAL) | (times < LIMB_COLLAPSED))
    return tuple(
        UnusualLimb(
            pose.track_id,
            skeleton.limbs[limb],
            f"{limb_name(skeleton, skeleton.limbs[limb])} is {times[limb]:.1f} x its usual length",
        )
        for limb in np.flatnonzero(odd).tolist()
    )


def _relative(pose: Pose, skeleton: Skeleton) -> FloatArray:
    """(L,) lengths in parts of the person's size, NaN where there is none to judge by."""
    first, second = np.array(skeleton.limbs).T
    lengths: FloatArray = np.linalg.norm(pose.keypoints[first] - pose.keypoints[second], axis=1)
    lengths[~(pose.placed[first] & pose.placed[second])] = np.nan
    lengths[[skeleton.side(a) != skeleton.side(b) for a, b in skeleton.limbs]] = np.nan
    size_px = person_size_px(pose)
    return lengths / size_px if size_px > 0 else np.full(len(lengths), np.nan)
