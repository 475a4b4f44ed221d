"""What to look at next and why: unsure joints, jumps from frame to frame, limbs of an unusual length."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.judging.sizes import person_size_px
from core.keypoints import POSETRACK, Skeleton
from core.poses import FramePoses, Pose, Provenance

DOUBTFUL_BELOW = 0.5
"""A machine's joint with a score below this asks for a person's look; where scores were measured, it is more
likely wrong than right."""

SURE_FROM = 0.85
"""From this score on a predicted joint is shown as sure, where the scores were measured: of such joints of the starter,
nine in ten are right. Set on people kept for it; docs/starter.md has what it comes to on others."""

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


def sure_joints(pose: Pose, calibrated_runs: Collection[int]) -> NDArray[np.bool_]:
    """(K,) True for a predicted joint with a score from SURE_FROM on that is a measured probability.

    Args:
        pose: whose joints the network may have set.
        calibrated_runs: the runs whose scores were measured for their weights, `Project.calibrated_runs`.
    """
    if pose.run_id not in calibrated_runs:
        return np.zeros(len(pose.scores), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        sure: NDArray[np.bool_] = pose.placed & (pose.provenance == Provenance.PREDICTED) & (pose.scores >= SURE_FROM)
    return sure


def is_doubtful(pose: Pose, threshold: float = DOUBTFUL_BELOW) -> bool:
    """True if a joint of the pose is doubtful."""
    return bool(doubtful_joints(pose, threshold).any())


def is_mostly_guessed(scores: NDArray[np.float64]) -> bool:
    """True where most of a person's located joints have a score below DOUBTFUL_BELOW: a scene unlike the training's.

    Args:
        scores: (K,) measured probabilities, NaN where a joint is not located. Of bare peaks nobody knows it.
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
    queue = ReviewQueue(threshold, skeleton)
    queue.look_at(frames)
    return queue.suggestions()


class ReviewQueue:
    """The suggestions of a clip, kept up to date frame by frame: what an edit does not concern is not looked at again.

    A joint that is unsure is a matter of its own frame, a jump of two neighbouring ones. Limbs are compared with the
    person's usual length, for which the lengths in all frames are remembered.
    """

    def __init__(self, threshold: float = DOUBTFUL_BELOW, skeleton: Skeleton = POSETRACK) -> None:
        """Starts with a clip that holds nobody; see `suggestions` for the arguments."""
        self._threshold = threshold
        self._skeleton = skeleton
        self._of_frames: dict[int, dict[int, Suggestion]] = {}
        self._limbs: dict[int, _LimbLengths] = {}
        self._of_limbs: dict[int, list[Suggestion]] = {}

    def look_at(self, frames: Iterable[FramePoses]) -> None:
        """Looks at frames that were not looked at before, by rising frame index."""
        self._judge_limbs(self._take(frames, lambda _: True))

    def look_again(self, changed: Iterable[int], read: Callable[[int, int], Iterable[FramePoses]]) -> None:
        """Looks at frames that changed, and at what depends on them.

        Args:
            changed: the indices of the frames.
            read: gives the frames of [start, stop) that hold people now, by rising index. It is asked for each stretch
                of changed frames with one frame on either side, where a joint may now jump or no longer do so.
        """
        touched: set[int] = set()
        for start, stop in _stretches(changed):
            for frame_index in range(start, stop):
                self._of_frames.pop(frame_index, None)
                touched |= {track_id for track_id, limbs in self._limbs.items() if limbs.forget(frame_index)}
            touched |= self._take(read(start - 1, stop + 1), range(start, stop).__contains__)
        self._judge_limbs(touched)

    def suggestions(self) -> list[Suggestion]:
        """All of them, the most urgent first; one a person and frame, with its strongest reason."""
        strongest = {
            (frame_index, track_id): suggestion
            for frame_index, of_frame in self._of_frames.items()
            for track_id, suggestion in of_frame.items()
        }
        for of_person in self._of_limbs.values():
            for suggestion in of_person:
                key = (suggestion.frame_index, suggestion.track_id)
                if key not in strongest or suggestion.urgency > strongest[key].urgency:
                    strongest[key] = suggestion
        return sorted(strongest.values(), key=lambda s: (-s.urgency, s.frame_index, s.track_id))

    def _take(self, frames: Iterable[FramePoses], has_changed: Callable[[int], bool]) -> set[int]:
        """Judges frames by themselves and the one before; returns the people whose limbs are to be judged again."""
        touched: set[int] = set()
        last = FramePoses(-1)
        for frame in frames:
            before = last if last.frame_index == frame.frame_index - 1 else FramePoses(frame.frame_index - 1)
            last = frame
            if has_changed(frame.frame_index):
                for pose in frame.poses:
                    limbs = self._limbs.setdefault(pose.track_id, _LimbLengths())
                    limbs.add(frame, pose, self._skeleton)
                    touched.add(pose.track_id)
            elif not has_changed(frame.frame_index - 1):
                continue  # the frame before a change, which is read for the jumps from it
            self._of_frames[frame.frame_index] = self._judged(before, frame)
        return touched

    def _judged(self, before: FramePoses, frame: FramePoses) -> dict[int, Suggestion]:
        """The strongest reason that each person's joints give, by track id."""
        found: dict[int, Suggestion] = {}
        for pose in () if frame.reviewed else frame.poses:
            reasons = [_unsure(frame.frame_index, pose, self._threshold, self._skeleton)]
            last_pose = before.pose(pose.track_id)
            if last_pose is not None:
                reasons.append(_jump(frame.frame_index, last_pose, pose, self._skeleton))
            known = [reason for reason in reasons if reason is not None]
            if known:
                found[pose.track_id] = max(known, key=lambda reason: reason.urgency)
        return found

    def _judge_limbs(self, track_ids: Iterable[int]) -> None:
        for track_id in track_ids:
            self._of_limbs[track_id] = list(self._limbs[track_id].unusual(track_id, self._skeleton))


def _stretches(frame_indices: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs [start, stop) of neighbouring frames; those that one unchanged frame parts are read together."""
    start = stop = None
    for frame_index in sorted(set(frame_indices)):
        if start is None or stop is None or frame_index > stop + 1:
            if start is not None and stop is not None:
                yield start, stop
            start = frame_index
        stop = frame_index + 1
    if start is not None and stop is not None:
        yield start, stop


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


class _Limbs(NamedTuple):
    """A person's limbs in one frame.

    Attributes:
        relative: (L,) lengths as fractions of the person's size, NaN where there is none to judge by.
        doubted: (L,) True where a machine set an end, in a frame that is not reviewed.
        weaker_ends: (L,) the keypoint of each limb that is less sure.
    """

    relative: NDArray[np.float32]
    doubted: NDArray[np.bool_]
    weaker_ends: NDArray[np.uint8]


@dataclass
class _LimbLengths:
    """A person's limbs through the clip, by frame index."""

    by_frame: dict[int, _Limbs] = field(default_factory=dict)

    def forget(self, frame_index: int) -> bool:
        """Forgets the limbs of one frame; True if there were any."""
        return self.by_frame.pop(frame_index, None) is not None

    def add(self, frame: FramePoses, pose: Pose, skeleton: Skeleton) -> None:
        """Remembers the limbs of one frame."""
        size_px = person_size_px(pose)
        if size_px <= 0:
            return
        first, second = np.array(skeleton.limbs).T
        lengths = np.linalg.norm(pose.keypoints[first] - pose.keypoints[second], axis=1)
        lengths[~(pose.labelled[first] & pose.labelled[second])] = np.nan
        # From shoulder to shoulder, or from the nose to an ear, it is next to nothing from one side or another: what is
        # not on one side of the body shortens as somebody turns, and no length of it is unusual.
        lengths[[skeleton.side(a) != skeleton.side(b) for a, b in skeleton.limbs]] = np.nan
        machine = pose.by_machine
        # A person's joint is as sure as can be, so that the reason points at the machine's end of the limb.
        sureness = np.where(machine, np.nan_to_num(pose.scores, nan=0.0), np.inf)
        self.by_frame[frame.frame_index] = _Limbs(
            (lengths / size_px).astype(np.float32),
            (machine[first] | machine[second]) & (not frame.reviewed),
            np.where(sureness[first] < sureness[second], first, second).astype(np.uint8),
        )

    def unusual(self, track_id: int, skeleton: Skeleton) -> Iterator[Suggestion]:
        """The frames in which a limb is far longer than usual; shorter ones are mostly foreshortened."""
        if len(self.by_frame) < _FRAMES_FOR_USUAL:
            return
        frame_indices, limbs = list(self.by_frame), list(self.by_frame.values())
        relative = np.stack([of_frame.relative for of_frame in limbs])
        often = np.isfinite(relative).sum(axis=0) >= _FRAMES_FOR_USUAL
        usual = np.full(relative.shape[1], np.nan, np.float32)
        usual[often] = np.nanmedian(relative[:, often], axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            times = np.where(np.stack([of_frame.doubted for of_frame in limbs]), relative / usual, 0)
        times = np.nan_to_num(times, nan=0.0, posinf=0.0)
        for row in np.flatnonzero(times.max(axis=1) > _LIMB_TIMES_USUAL):
            limb = int(times[row].argmax())
            ratio = float(times[row, limb])
            reason = f"{limb_name(skeleton, skeleton.limbs[limb])} is {ratio:.1f} x its usual length"
            urgency = float(np.clip(1 - 1 / ratio, 0, 1))
            yield Suggestion(frame_indices[row], track_id, reason, urgency, int(limbs[row].weaker_ends[limb]))


def neighbour(frame_indices: ArrayLike, current: int, step: int) -> int | None:
    """The next (`step` > 0) or previous frame among `frame_indices`, None beyond the last or first."""
    sorted_indices: NDArray[np.int64] = np.unique(np.asarray(frame_indices, dtype=np.int64))
    if step > 0:
        position = int(np.searchsorted(sorted_indices, current, side="right"))
    else:
        position = int(np.searchsorted(sorted_indices, current, side="left")) - 1
    return int(sorted_indices[position]) if 0 <= position < len(sorted_indices) else None
