"""What is doubtful about poses: unsure joints, jumps from frame to frame, limbs of an unusual length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.judging.sizes import person_size_px
from core.keypoints import Skeleton
from core.poses import FramePoses, Pose

_JUMP_OF_SIZE = 0.17
"""A joint jumps that moves beyond the body by more than this part of the person's size: a quarter of the root of the
area of an upright person's box."""
LIMB_TIMES_USUAL = 1.7
LIMB_COLLAPSED = 0.15
USUAL_QUANTILE = 0.75
FRAMES_FOR_USUAL = 5

_LIMB_NAMES = {
    ("shoulder", "elbow"): "upper arm",
    ("elbow", "wrist"): "forearm",
    ("hip", "knee"): "thigh",
    ("knee", "ankle"): "lower leg",
    ("shoulder", "hip"): "side",
}


class Reason(StrEnum):
    """Why something is worth a look. The first three are doubts about joints; the values are stored."""

    UNSURE = "unsure"
    JUMP = "jump"
    LIMB = "limb"
    LOST = "lost"
    SAME_PERSON = "same_person"
    CUT_SHORT = "cut_short"
    MOST = "most_to_mend"

    @property
    def words(self) -> str:
        """As a list of reasons says it."""
        return _REASON_WORDS[self][0]

    @property
    def verb(self) -> str:
        """As a sentence about a joint or limb ends."""
        return _REASON_WORDS[self][1]


_REASON_WORDS = {
    Reason.UNSURE: ("Unsure joints", "was unsure"),
    Reason.JUMP: ("Jumps", "jumped"),
    Reason.LIMB: ("Unusual limbs", "was too long"),
    Reason.LOST: ("Lost people", "was lost"),
    Reason.SAME_PERSON: ("Same person?", "may be the same"),
    Reason.CUT_SHORT: ("Cut-short runs", "was cut short"),
    Reason.MOST: ("Most to mend", "was looked at"),
}


class DoubtKey(NamedTuple):
    """One kind of doubt about one joint or limb of a person; its frames make entries of the queue.

    Attributes:
        track_id: the person.
        reason: of which kind.
        target: the keypoint, or of Reason.LIMB the place of the limb in the skeleton's limbs.
    """

    track_id: int
    reason: Reason
    target: int

    @property
    def is_limb(self) -> bool:
        """Whether `target` is a limb."""
        return self.reason == Reason.LIMB

    @property
    def target_keypoint(self) -> int:
        """The keypoint, -1 of a limb."""
        return -1 if self.is_limb else self.target

    def keypoints(self, skeleton: Skeleton) -> tuple[int, ...]:
        """The keypoints that it is about."""
        return skeleton.limbs[self.target] if self.is_limb else (self.target,)

    def what(self, skeleton: Skeleton) -> str:
        """How the project names it, whoever has it: "left_wrist jump"."""
        names = "-".join(skeleton.keypoint_names[keypoint] for keypoint in self.keypoints(skeleton))
        return f"{names} {self.reason.value}"


class Doubt(NamedTuple):
    """One doubt in one frame.

    Attributes:
        frame_index: the frame.
        urgency: from 0 to 1.
        amount: the score, the pixels of a jump, or how many times the usual length.
        keypoint: where to look: the joint, or of a limb the end that is less sure.
        print: of what the doubt was about: another pose gives another one.
    """

    frame_index: int
    urgency: float
    amount: float
    keypoint: int
    print: int


class Doubts(NamedTuple):
    """The frames of one doubt, rising; the fields of `Doubt` as columns (N,). Never changed, only replaced."""

    frame_index: NDArray[np.int64]
    urgency: NDArray[np.float32]
    amount: NDArray[np.float32]
    keypoint: NDArray[np.int16]
    prints: NDArray[np.uint32]

    @classmethod
    def of(cls, doubts: Sequence[Doubt]) -> Doubts:
        """From single doubts, in any order."""
        columns = list(zip(*sorted(doubts), strict=True)) if doubts else [()] * 5
        dtypes = (np.int64, np.float32, np.float32, np.int16, np.uint32)
        return _of_columns(np.array(column, dtype) for column, dtype in zip(columns, dtypes, strict=True))

    def at(self, frame_indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """(M,) the rows of those of the rising `frame_indices` that have the doubt."""
        return rows_at(self.frame_index, frame_indices)

    def without(self, rows: NDArray[np.int64]) -> Doubts:
        """All but some rows."""
        return _of_columns(np.delete(column, rows) for column in self) if len(rows) else self

    def with_more(self, others: Doubts) -> Doubts:
        """With those of other frames."""
        if not len(others.frame_index):
            return self
        places = self.frame_index.searchsorted(others.frame_index)
        both: Iterator[tuple[NDArray[Any], NDArray[Any]]] = zip(self, others, strict=True)
        return _of_columns(np.insert(column, places, other) for column, other in both)


def _of_columns(columns: Iterable[NDArray[Any]]) -> Doubts:
    return Doubts(*columns)


def rows_at(rising: NDArray[np.int64], frame_indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """(M,) where those of `frame_indices` stand in `rising` that are in it."""
    if not len(rising):
        return np.zeros(0, np.int64)
    places = rising.searchsorted(frame_indices)
    found: NDArray[np.int64] = places[rising[np.minimum(places, len(rising) - 1)] == frame_indices]
    return found


def prints_of(pose: Pose) -> NDArray[np.uint32]:
    """(K,) a number for the place and score of each joint; another place or score gives another one."""
    words = np.column_stack([pose.keypoints, pose.scores]).astype(np.float32).view(np.uint32)
    mixed: NDArray[np.uint32] = (words * np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], np.uint32)).sum(
        axis=1, dtype=np.uint32
    )
    return mixed ^ (mixed >> np.uint32(15))


def limb_name(skeleton: Skeleton, limb: tuple[int, int]) -> str:
    """A limb in words: "left forearm"; limbs without a name of their own say what they join."""
    first, second = (skeleton.keypoint_names[keypoint] for keypoint in limb)
    side = skeleton.side(limb[0])
    if side == skeleton.side(limb[1]) != "centre":
        name = _LIMB_NAMES.get((first.removeprefix(f"{side}_"), second.removeprefix(f"{side}_")))
        if name is not None:
            return f"{side} {name}"
    return f"{skeleton.label(limb[0])} to {skeleton.label(limb[1])}"


def joint_doubts(
    frame_index: int, before: Pose | None, pose: Pose, threshold: float
) -> Iterator[tuple[DoubtKey, Doubt]]:
    """The doubts about a pose's joints; of a joint that is unsure and jumps, the stronger one.

    Args:
        frame_index: the frame of the pose.
        before: the same person in the frame before, None if they are not there.
        pose: the person.
        threshold: scores below it are unsure.
    """
    with np.errstate(invalid="ignore"):
        machine = pose.by_machine
        scores = np.where(machine, pose.scores, np.nan)
        unsure = np.where(scores < threshold, np.clip(1 - scores, 0, 1), 0.0)
    jump, moved_px = (np.zeros(len(scores)),) * 2 if before is None else _jumps(before, pose, machine)
    doubtful: list[int] = np.flatnonzero((unsure > 0) | (jump > 0)).tolist()
    if not doubtful:
        return
    prints = prints_of(pose)
    before_prints = prints if before is None else prints_of(before)
    for keypoint in doubtful:
        if unsure[keypoint] >= jump[keypoint]:
            key = DoubtKey(pose.track_id, Reason.UNSURE, keypoint)
            found = Doubt(
                frame_index, float(unsure[keypoint]), float(scores[keypoint]), keypoint, int(prints[keypoint])
            )
        else:
            key = DoubtKey(pose.track_id, Reason.JUMP, keypoint)
            both = int(prints[keypoint]) ^ (int(before_prints[keypoint]) >> 1)
            found = Doubt(frame_index, float(jump[keypoint]), float(moved_px[keypoint]), keypoint, both)
        yield key, found


def _jumps(before: Pose, pose: Pose, machine: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(K,) the urgency of joints that move far more than the body does, 0 where none does; (K,) pixels moved."""
    both = before.labelled & pose.labelled
    motion = np.where(both[:, None], pose.keypoints - before.keypoints, np.nan)
    known = both & np.isfinite(motion).all(axis=1)
    size_px = person_size_px(pose)
    if not known.any() or size_px <= 0:
        return np.zeros(len(known)), np.zeros(len(known))
    beyond_px = np.linalg.norm(motion - np.median(motion[known], axis=0), axis=1)
    beyond_px[~known | ~machine] = 0
    urgency = np.where(beyond_px > _JUMP_OF_SIZE * size_px, np.clip(beyond_px / size_px, 0, 1), 0.0)
    return urgency, np.linalg.norm(motion, axis=1)


class LimbLengths:
    """The limbs of one person through the clip: which are far longer than usual.

    Columns (L, frames) of the limbs that lie on one side of the body, so that judging them costs little however long
    the clip is. From shoulder to shoulder, or from the nose to an ear, it is next to nothing from one side or another:
    what is not on one side of the body shortens as somebody turns, and no length of it is unusual.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        self._limbs = [i for i, (a, b) in enumerate(skeleton.limbs) if skeleton.side(a) == skeleton.side(b)]
        self._ends = np.array([skeleton.limbs[limb] for limb in self._limbs]).T
        self._row_of: dict[int, int] = {}
        self._frames = np.zeros(0, np.int64)
        shape = len(self._limbs), 0
        self._relative = np.zeros(shape, np.float32)  # to the person's size, NaN where there is no length
        self._doubted = np.zeros(shape, np.bool_)  # where a machine set an end, in a frame that is not reviewed
        self._weaker_ends = np.zeros(shape, np.int16)
        self._prints = np.zeros(shape, np.uint32)

    def forget(self, frame_index: int) -> bool:
        """Forgets the limbs of one frame; True if there were any."""
        row = self._row_of.pop(frame_index, None)
        if row is None:
            return False
        last = len(self._row_of)
        if row != last:  # the last one takes its place
            self._frames[row] = self._frames[last]
            for column in (self._relative, self._doubted, self._weaker_ends, self._prints):
                column[:, row] = column[:, last]
            self._row_of[int(self._frames[row])] = row
        return True

    def add(self, frame: FramePoses, pose: Pose) -> None:
        """Remembers the limbs of one frame."""
        size_px = person_size_px(pose)
        if size_px <= 0:
            return
        row = len(self._row_of)
        if row == len(self._frames):
            self._make_room(max(64, 2 * row))
        self._row_of[frame.frame_index] = row
        first, second = self._ends
        lengths = np.linalg.norm(pose.keypoints[first] - pose.keypoints[second], axis=1)
        lengths[~(pose.labelled[first] & pose.labelled[second])] = np.nan
        machine, prints = pose.by_machine, prints_of(pose)
        # A person's joint is as sure as can be, so that the reason points at the machine's end of the limb.
        sureness = np.where(machine, np.nan_to_num(pose.scores, nan=0.0), np.inf)
        self._frames[row] = frame.frame_index
        self._relative[:, row] = lengths / size_px
        self._doubted[:, row] = (machine[first] | machine[second]) & (not frame.reviewed)
        self._weaker_ends[:, row] = np.where(sureness[first] < sureness[second], first, second)
        self._prints[:, row] = prints[first] ^ (prints[second] >> np.uint32(1))

    def _make_room(self, room: int) -> None:
        more = room - len(self._frames)
        self._frames = np.pad(self._frames, (0, more))
        columns: tuple[NDArray[Any], ...] = (self._relative, self._doubted, self._weaker_ends, self._prints)
        self._relative, self._doubted, self._weaker_ends, self._prints = (
            np.pad(column, ((0, 0), (0, more))) for column in columns
        )

    def unusual(self, track_id: int) -> dict[DoubtKey, Doubts]:
        """The frames in which a limb is far longer than usual, or has next to no length.

        Half as long is mostly foreshortened; next to nothing is an end put onto the other one. The usual length is an
        upper quartile, so that collapsed limbs do not make whole ones look too long.
        """
        count = len(self._row_of)
        found: dict[DoubtKey, Doubts] = {}
        if count < FRAMES_FOR_USUAL:
            return found
        for place, limb in enumerate(self._limbs):
            relative = self._relative[place, :count]
            known: NDArray[np.float32] = relative[~np.isnan(relative)]
            if len(known) < FRAMES_FOR_USUAL:
                continue
            usual = float(np.quantile(known, USUAL_QUANTILE, method="lower"))
            if usual <= 0:
                continue
            with np.errstate(invalid="ignore"):
                odd = (relative > LIMB_TIMES_USUAL * usual) | (relative < LIMB_COLLAPSED * usual)
                rows = np.flatnonzero(self._doubted[place, :count] & odd)
            if not len(rows):
                continue
            rows = rows[np.argsort(self._frames[rows])]
            times = (relative[rows] / usual).astype(np.float32)
            found[DoubtKey(track_id, Reason.LIMB, limb)] = Doubts(
                self._frames[rows],
                (1 - np.minimum(times, 1 / np.maximum(times, 1e-6))).astype(np.float32),
                times,
                self._weaker_ends[place, rows],
                self._prints[place, rows],
            )
        return found
