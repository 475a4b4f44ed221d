"""What to look at next and why: unsure joints, jumps from frame to frame, limbs of an unusual length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.keypoints import POSETRACK, Skeleton
from core.poses import FramePoses, Pose
from core.sizes import person_size_px

DOUBTFUL_BELOW = 0.5
"""A machine's joint with a score below this is more likely wrong than right and asks for a person's look."""

SURE_FROM = 0.85
"""From this score on a machine's joint is shown as sure: of such joints of the starter, nine in ten are right. Set on
people kept for it; docs/starter.md has what it comes to on others."""

_JUMP_OF_SIZE = 0.17
"""A joint jumps that moves beyond the body by more than this part of the person's size: a quarter of the root of the
area of an upright person's box."""
_LIMB_TIMES_USUAL = 1.7
_FRAMES_FOR_USUAL = 5

_LIMB_NAMES = {
    ("shoulder", "elbow"): "upper arm",
    ("elbow", "wrist"): "forearm",
    ("hip", "knee"): "thigh",
    ("knee", "ankle"): "lower leg",
    ("shoulder", "hip"): "side",
}


@dataclass(frozen=True)
class Suggestion:
    """A person in a frame who is worth a look.

    Attributes:
        frame_index: the frame.
        track_id: the person.
        reason: why, in words.
        urgency: from 0 to 1; higher comes first.
        keypoint: the joint that the reason is about (of a limb the end that is less sure), None if none.
    """

    frame_index: int
    track_id: int
    reason: str
    urgency: float
    keypoint: int | None = None


def doubtful_joints(pose: Pose, threshold: float = DOUBTFUL_BELOW) -> NDArray[np.bool_]:
    """(K,) True for a machine's joint with a score below `threshold` that no person accepted or corrected."""
    with np.errstate(invalid="ignore"):
        return pose.by_machine & (pose.scores < threshold)


def is_doubtful(pose: Pose, threshold: float = DOUBTFUL_BELOW) -> bool:
    """True if a joint of the pose is doubtful."""
    return bool(doubtful_joints(pose, threshold).any())


def is_mostly_guessed(scores: NDArray[np.float64]) -> bool:
    """True where most of a person's located joints have a score below DOUBTFUL_BELOW: a scene unlike the training's.

    Args:
        scores: (K,) NaN where a joint is not located.
    """
    located = np.isfinite(scores)
    return bool(located.any() and np.mean(scores[located] < DOUBTFUL_BELOW) > 0.5)


def limb_name(skeleton: Skeleton, limb: tuple[int, int]) -> str:
    """A limb in words: "left forearm"; limbs without a name of their own say what they join."""
    first, second = (skeleton.keypoint_names[keypoint] for keypoint in limb)
    side = skeleton.side(limb[0])
    if side == skeleton.side(limb[1]) != "centre":
        name = _LIMB_NAMES.get((first.removeprefix(f"{side}_"), second.removeprefix(f"{side}_")))
        if name is not None:
            return f"{side} {name}"
    return f"{skeleton.label(limb[0])} to {skeleton.label(limb[1])}"


def suggestions(
    frames: Iterable[FramePoses], threshold: float = DOUBTFUL_BELOW, skeleton: Skeleton = POSETRACK
) -> list[Suggestion]:
    """What to look at next, the most urgent first; one suggestion a person and frame, with its strongest reason.

    Only joints that a machine set are doubted, and none in frames that a person marked as reviewed.

    Args:
        frames: the frames that hold people, by rising frame index; read once.
        threshold: scores below it are unsure.
        skeleton: of the poses.
    """
    strongest: dict[tuple[int, int], Suggestion] = {}

    def keep(suggestion: Suggestion) -> None:
        key = (suggestion.frame_index, suggestion.track_id)
        if key not in strongest or suggestion.urgency > strongest[key].urgency:
            strongest[key] = suggestion

    last_seen: dict[int, tuple[int, Pose]] = {}
    limbs: dict[int, _LimbLengths] = {}
    for frame in frames:
        for pose in frame.poses:
            last_frame, last_pose = last_seen.get(pose.track_id, (-1, None))
            last_seen[pose.track_id] = (frame.frame_index, pose)
            limbs.setdefault(pose.track_id, _LimbLengths()).add(frame, pose, skeleton)
            if frame.reviewed:
                continue
            found = [_unsure(frame.frame_index, pose, threshold, skeleton)]
            if last_pose is not None and last_frame == frame.frame_index - 1:
                found.append(_jump(frame.frame_index, last_pose, pose, skeleton))
            for suggestion in found:
                if suggestion is not None:
                    keep(suggestion)
    for track_id, lengths in limbs.items():
        for suggestion in lengths.unusual(track_id, skeleton):
            keep(suggestion)
    return sorted(strongest.values(), key=lambda s: (-s.urgency, s.frame_index, s.track_id))


def _unsure(frame_index: int, pose: Pose, threshold: float, skeleton: Skeleton) -> Suggestion | None:
    scores = np.where(pose.by_machine, pose.scores, np.nan)
    if np.isnan(scores).all():
        return None
    keypoint = int(np.nanargmin(scores))
    score = float(scores[keypoint])
    if score >= threshold:
        return None
    reason = f"{skeleton.label(keypoint)} is unsure ({score:.2f})"
    return Suggestion(frame_index, pose.track_id, reason, float(np.clip(1 - score, 0, 1)), keypoint)


def _jump(frame_index: int, last_pose: Pose, pose: Pose, skeleton: Skeleton) -> Suggestion | None:
    """A joint that moves far more than the body does, from one frame to the next."""
    both = last_pose.labelled & pose.labelled
    motion = np.where(both[:, None], pose.keypoints - last_pose.keypoints, np.nan)
    known = np.isfinite(motion).all(axis=1)
    size_px = person_size_px(pose)
    if not known.any() or size_px <= 0:
        return None
    body_motion = np.median(motion[known], axis=0)
    beyond_px = np.linalg.norm(motion - body_motion, axis=1)
    beyond_px[~known | ~pose.by_machine] = 0
    keypoint = int(beyond_px.argmax())
    if beyond_px[keypoint] <= _JUMP_OF_SIZE * size_px:
        return None
    moved_px = float(np.linalg.norm(motion[keypoint]))
    urgency = float(np.clip(beyond_px[keypoint] / size_px, 0, 1))
    reason = f"{skeleton.label(keypoint)} jumps {moved_px:.0f} px"
    return Suggestion(frame_index, pose.track_id, reason, urgency, keypoint)


@dataclass
class _LimbLengths:
    """A person's limbs through the clip, as fractions of the person's size."""

    frame_indices: list[int] = field(default_factory=list)
    relative: list[NDArray[np.float32]] = field(default_factory=list)
    doubted: list[NDArray[np.bool_]] = field(default_factory=list)
    weaker_ends: list[NDArray[np.uint8]] = field(default_factory=list)

    def add(self, frame: FramePoses, pose: Pose, skeleton: Skeleton) -> None:
        """Remembers the limbs of one frame."""
        size_px = person_size_px(pose)
        if size_px <= 0:
            return
        first, second = np.array(skeleton.limbs).T
        lengths = np.linalg.norm(pose.keypoints[first] - pose.keypoints[second], axis=1)
        lengths[~(pose.labelled[first] & pose.labelled[second])] = np.nan
        # From shoulder to shoulder or hip to hip it is next to nothing in profile: no length is unusual there.
        lengths[[{skeleton.side(a), skeleton.side(b)} == {"left", "right"} for a, b in skeleton.limbs]] = np.nan
        machine = pose.by_machine
        # A person's joint is as sure as can be, so that the reason points at the machine's end of the limb.
        sureness = np.where(machine, np.nan_to_num(pose.scores, nan=0.0), np.inf)
        self.frame_indices.append(frame.frame_index)
        self.relative.append((lengths / size_px).astype(np.float32))
        self.doubted.append((machine[first] | machine[second]) & (not frame.reviewed))
        self.weaker_ends.append(np.where(sureness[first] < sureness[second], first, second).astype(np.uint8))

    def unusual(self, track_id: int, skeleton: Skeleton) -> Iterator[Suggestion]:
        """The frames in which a limb is far longer than usual; shorter ones are mostly foreshortened."""
        if len(self.relative) < _FRAMES_FOR_USUAL:
            return
        relative = np.stack(self.relative)
        often = np.isfinite(relative).sum(axis=0) >= _FRAMES_FOR_USUAL
        usual = np.full(relative.shape[1], np.nan, np.float32)
        usual[often] = np.nanmedian(relative[:, often], axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            times = np.where(np.stack(self.doubted), relative / usual, 0)
        times = np.nan_to_num(times, nan=0.0, posinf=0.0)
        for row in np.flatnonzero(times.max(axis=1) > _LIMB_TIMES_USUAL):
            limb = int(times[row].argmax())
            ratio = float(times[row, limb])
            reason = f"{limb_name(skeleton, skeleton.limbs[limb])} is {ratio:.1f} x its usual length"
            urgency = float(np.clip(1 - 1 / ratio, 0, 1))
            yield Suggestion(self.frame_indices[row], track_id, reason, urgency, int(self.weaker_ends[row][limb]))


def neighbour(frame_indices: ArrayLike, current: int, step: int) -> int | None:
    """The next (`step` > 0) or previous frame among `frame_indices`, None beyond the last or first."""
    sorted_indices: NDArray[np.int64] = np.unique(np.asarray(frame_indices, dtype=np.int64))
    if step > 0:
        position = int(np.searchsorted(sorted_indices, current, side="right"))
    else:
        position = int(np.searchsorted(sorted_indices, current, side="left")) - 1
    return int(sorted_indices[position]) if 0 <= position < len(sorted_indices) else None
