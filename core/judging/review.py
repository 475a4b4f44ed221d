"""What to look at next: which joints are doubtful or sure, and the doubts of a clip, kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.judging.doubts import Doubt, DoubtKey, Doubts, LimbLengths, joint_doubts, rows_at
from core.judging.entries import Entry, EntryColumns, Marks, Runs, grouped, in_order
from core.judging.gain import ExpectedGain
from core.keypoints import POSETRACK, Skeleton
from core.poses import FramePoses, Pose, Provenance

DOUBTFUL_BELOW = 0.5
"""A machine's joint with a score below this asks for a person's look; where scores were measured, it is more
likely wrong than right."""

SURE_FROM = 0.85
"""From this score on a predicted joint is shown as sure, where the scores were measured: of such joints of the starter,
nine in ten are right. Set on people kept for it; docs/starter.md has what it comes to on others."""


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


def entries_of(
    frames: Iterable[FramePoses], threshold: float = DOUBTFUL_BELOW, skeleton: Skeleton = POSETRACK
) -> list[Entry]:
    """The entries of a whole clip about joints, the most urgent first.

    Only joints that a machine set are doubted, and none in frames that a person marked as reviewed.

    Args:
        frames: the frames that hold people, by rising frame index; read once.
        threshold: scores below it are unsure.
        skeleton: of the poses.
    """
    queue = ReviewQueue(threshold, skeleton)
    queue.look_at(frames)
    columns = queue.columns()
    return [columns.entry(row) for row in in_order(columns, np.arange(len(columns))).tolist()]


class ReviewQueue:
    """The doubts of a clip, kept up to date frame by frame: what an edit does not concern is not looked at again.

    A joint that is unsure is a matter of its own frame, a jump of two neighbouring ones. Limbs are compared with the
    person's usual length, for which the lengths in all frames are remembered. A doubt that goes because a person set
    the joint or reviewed the frame stays in its entry as settled, until the clip is looked at anew.
    """

    def __init__(self, threshold: float = DOUBTFUL_BELOW, skeleton: Skeleton = POSETRACK) -> None:
        """Starts with a clip that holds nobody; see `entries_of` for the arguments."""
        self._threshold = threshold
        self._skeleton = skeleton
        self._doubts: dict[DoubtKey, Doubts] = {}
        self._settled: dict[DoubtKey, NDArray[np.int64]] = {}
        self._limbs: dict[int, LimbLengths] = {}
        self._runs: dict[DoubtKey, Runs] = {}
        self._marks: Marks = {}
        self._stale: set[DoubtKey] = set()
        self.gain = ExpectedGain()

    def look_at(self, frames: Iterable[FramePoses]) -> None:
        """Looks at frames that were not looked at before, by rising frame index."""
        rejudged = _Rejudged()
        self._take(frames, lambda _: True, rejudged)
        self._replace(rejudged)

    def look_again(self, changed: Iterable[int], read: Callable[[int, int], Iterable[FramePoses]]) -> None:
        """Looks at frames that changed, and at what depends on them.

        Args:
            changed: the indices of the frames.
            read: gives the frames of [start, stop) that hold people now, by rising index. It is asked for each stretch
                of changed frames with one frame on either side, where a joint may now jump or no longer do so.
        """
        rejudged = _Rejudged()
        for start, stop in _stretches(changed):
            for frame_index in range(start, stop):
                rejudged.frames.setdefault(frame_index, FramePoses(frame_index))
                rejudged.limbs_of |= {who for who, limbs in self._limbs.items() if limbs.forget(frame_index)}
            self._take(read(start - 1, stop + 1), range(start, stop).__contains__, rejudged)
        self._replace(rejudged)

    def mark(self, marks: Marks) -> None:
        """Takes what a person has marked as done, in place of the marks until now."""
        self.gain.mark(marks)
        changed = {what for what in {*marks, *self._marks} if not _same(marks.get(what), self._marks.get(what))}
        self._marks = marks
        self._stale |= {key for key in self._keys() if key.what(self._skeleton) in changed}

    def columns(self, others: Sequence[Entry] = ()) -> EntryColumns:
        """All entries, and others beside them, each with what a look there may mend."""
        none = np.zeros(0, np.int64)
        for key in self._stale:
            doubts, settled = self._doubts.get(key, Doubts.of([])), self._settled.get(key, none)
            if len(doubts.frame_index) or len(settled):
                self._runs[key] = grouped(key, doubts, settled, self._marks.get(key.what(self._skeleton)))
            else:
                self._runs.pop(key, None)
        self._stale.clear()
        columns = EntryColumns.of(self._skeleton, list(self._runs.values()), others)
        return replace(columns, gain=self.gain.at(columns.frame_index))

    def _keys(self) -> set[DoubtKey]:
        return self._doubts.keys() | self._settled.keys()

    def _take(self, frames: Iterable[FramePoses], has_changed: Callable[[int], bool], rejudged: _Rejudged) -> None:
        """Judges frames by themselves and the one before."""
        last = FramePoses(-1)
        for frame in frames:
            before = last if last.frame_index == frame.frame_index - 1 else FramePoses(frame.frame_index - 1)
            last = frame
            if has_changed(frame.frame_index):
                for pose in frame.poses:
                    if pose.track_id not in self._limbs:
                        self._limbs[pose.track_id] = LimbLengths(self._skeleton)
                    self._limbs[pose.track_id].add(frame, pose)
                    rejudged.limbs_of.add(pose.track_id)
            elif not has_changed(frame.frame_index - 1):
                continue  # the frame before a change, which is read for the jumps from it
            rejudged.frames[frame.frame_index] = frame
            for pose in () if frame.reviewed else frame.poses:
                for key, doubt in joint_doubts(frame.frame_index, before.pose(pose.track_id), pose, self._threshold):
                    rejudged.doubts.setdefault(key, []).append(doubt)

    def _replace(self, rejudged: _Rejudged) -> None:
        """Puts what was found in the place of what was known of these frames."""
        for frame in rejudged.frames.values():
            self.gain.note(frame)
        at = np.array(sorted(rejudged.frames), np.int64)
        fresh = {key: Doubts.of(doubts) for key, doubts in rejudged.doubts.items()}
        limbs: dict[DoubtKey, Doubts] = {}
        for track_id in rejudged.limbs_of:
            limbs |= self._limbs[track_id].unusual(track_id)
        for key in self._keys() | fresh.keys() | limbs.keys():
            known = self._doubts.get(key)
            if key.is_limb:
                if key.track_id not in rejudged.limbs_of:
                    continue
                doubts = limbs.get(key)
            else:
                rows = np.zeros(0, np.int64) if known is None else known.at(at)
                if key not in fresh and not len(rows) and not len(rows_at(self._settled.get(key, _NONE), at)):
                    continue
                rest = Doubts.of([]) if known is None else known.without(rows)
                doubts = rest.with_more(fresh.get(key, Doubts.of([])))
            self._settle(key, known, doubts, at, rejudged.frames)
            if doubts is None or not len(doubts.frame_index):
                self._doubts.pop(key, None)
            else:
                self._doubts[key] = doubts
            self._stale.add(key)

    def _settle(
        self,
        key: DoubtKey,
        known: Doubts | None,
        doubts: Doubts | None,
        at: NDArray[np.int64],
        frames: Mapping[int, FramePoses],
    ) -> None:
        """Remembers the frames that had a doubt, and have none because of what a person did there."""
        settled = self._settled.get(key, _NONE)
        had = np.union1d(_NONE if known is None else known.frame_index[known.at(at)], settled[rows_at(settled, at)])
        if doubts is not None:
            had = np.setdiff1d(had, doubts.frame_index[doubts.at(had)])
        by_hand = [index for index in had.tolist() if _is_settled(frames[index], key, self._skeleton)]
        kept = np.union1d(np.delete(settled, rows_at(settled, at)), np.array(by_hand, np.int64))
        if len(kept):
            self._settled[key] = kept
        else:
            self._settled.pop(key, None)


_NONE: NDArray[np.int64] = np.zeros(0, np.int64)


@dataclass
class _Rejudged:
    """What a look at some frames came to.

    Attributes:
        frames: the frames that were judged; an empty one where nobody is any more.
        doubts: about joints in them.
        limbs_of: the people whose limbs are to be judged again.
    """

    frames: dict[int, FramePoses] = field(default_factory=dict)
    doubts: dict[DoubtKey, list[Doubt]] = field(default_factory=dict)
    limbs_of: set[int] = field(default_factory=set)


def _is_settled(frame: FramePoses, key: DoubtKey, skeleton: Skeleton) -> bool:
    """Whether a person has set the joint or reviewed the frame."""
    pose = frame.pose(key.track_id)
    return pose is not None and (frame.reviewed or bool(pose.human[list(key.keypoints(skeleton))].any()))


def _same(marks: NDArray[np.int64] | None, others: NDArray[np.int64] | None) -> bool:
    return marks is not None and others is not None and np.array_equal(marks, others)


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


def neighbour(frame_indices: ArrayLike, current: int, step: int) -> int | None:
    """The next (`step` > 0) or previous frame among `frame_indices`, None beyond the last or first."""
    sorted_indices: NDArray[np.int64] = np.unique(np.asarray(frame_indices, dtype=np.int64))
    if step > 0:
        position = int(np.searchsorted(sorted_indices, current, side="right"))
    else:
        position = int(np.searchsorted(sorted_indices, current, side="left")) - 1
    return int(sorted_indices[position]) if 0 <= position < len(sorted_indices) else None
