"""The queue's entries: neighbouring frames with one reason to look are one entry, said in words, filtered and ordered.

Entries of a long clip are columns, so that filtering and ordering them costs next to nothing; only those that are
shown are made into an `Entry`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from core.judging.doubts import DoubtKey, Doubts, Reason, limb_name
from core.keypoints import Skeleton

BRIDGED_FRAMES = 5
"""So many frames without the doubt do not divide an entry."""

NOBODY = -1
"""In a column of people or joints: none."""

ALL_REASONS: tuple[Reason, ...] = tuple(Reason)


class Places(NamedTuple):
    """What a person says is done with an entry: the doubt, and in which frames, on which pose.

    Attributes:
        what: the doubt: "left_wrist jump".
        frame_index: (N,) the frames.
        prints: (N,) of the pose there: the doubt comes back where the pose is another one.
    """

    what: str
    frame_index: NDArray[np.int64]
    prints: NDArray[np.uint32]

    @property
    def codes(self) -> NDArray[np.int64]:
        """(N,) frame and print in one number each, rising by frame."""
        return codes_of(self.frame_index, self.prints)


def codes_of(frame_index: NDArray[np.int64], prints: NDArray[np.uint32]) -> NDArray[np.int64]:
    """(N,) frame and print of a pose in one number each."""
    codes: NDArray[np.int64] = (frame_index.astype(np.int64) << 32) | prints.astype(np.int64)
    return codes


Marks = Mapping[str, NDArray[np.int64]]
"""What a person has marked as done: `Places.codes`, rising, by `Places.what`."""


@dataclass(frozen=True)
class Entry:
    """Something that is worth a look: a run of neighbouring frames with one reason, or a place of its own kind.

    Attributes:
        reason: of which kind.
        first_frame: of the span.
        last_frame: likewise; it is included.
        frame_index: where to look: the worst frame.
        track_id: the person, None if it is about nobody.
        keypoint: the joint that it is about (of a limb the end that is less sure), None if none.
        sentence: why, and where that is not plain what to do, in words.
        urgency: from 0 to 1; higher comes first.
        num_open: frames that nobody has settled or marked as done.
        is_done: a person has looked at it and let it be, or settled it by an edit.
        other: of Reason.SAME_PERSON, who the person may be.
        places: what to mark as done.
        gain: how many wrong joints a look there may mend, see `core.judging.gain`.
    """

    reason: Reason
    first_frame: int
    last_frame: int
    frame_index: int
    track_id: int | None
    keypoint: int | None
    sentence: str
    urgency: float
    num_open: int = 1
    is_done: bool = False
    other: int | None = None
    places: Places | None = field(default=None, compare=False, repr=False)
    gain: float = field(default=0.0, compare=False)

    @property
    def where(self) -> str:
        """The place in words: "Frames 24 to 31 · #1"."""
        span = f"Frame {self.first_frame}"
        if self.last_frame != self.first_frame:
            span = f"Frames {self.first_frame} to {self.last_frame}"
        return span if self.track_id is None else f"{span} · #{self.track_id}"

    def is_same_place(self, other: Entry | None) -> bool:
        """True of the same doubt about the same person where both are, whatever was edited between."""
        return (
            other is not None
            and (self.reason, self.track_id, self._what) == (other.reason, other.track_id, other._what)
            and self.first_frame <= other.last_frame
            and other.first_frame <= self.last_frame
        )

    @property
    def _what(self) -> str:
        return "" if self.places is None else self.places.what


@dataclass(frozen=True)
class Wanted:
    """Which entries to show; None is all of them.

    Attributes:
        reason, track_id, keypoint: those of this reason, person or joint.
        hidden: people who are left out.
        with_done: whether those that are done are shown, too.
    """

    reason: Reason | None = None
    track_id: int | None = None
    keypoint: int | None = None
    hidden: frozenset[int] = frozenset()
    with_done: bool = False


class Runs(NamedTuple):
    """The entries of one doubt of a person, by rising frame; each a run of neighbouring frames.

    Attributes:
        key: the doubt.
        doubts: the doubts that the runs were made of.
        first, last, worst: (N,) frame indices.
        urgency, amount: (N,) of the worst frame.
        keypoint: (N,) the joint to look at there.
        num_open: (N,) frames with an open doubt.
    """

    key: DoubtKey
    doubts: Doubts
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    worst: NDArray[np.int64]
    urgency: NDArray[np.float32]
    amount: NDArray[np.float32]
    keypoint: NDArray[np.int16]
    num_open: NDArray[np.int64]


def grouped(key: DoubtKey, doubts: Doubts, settled: NDArray[np.int64], marks: NDArray[np.int64] | None) -> Runs:
    """Puts the frames of one doubt together where they are neighbours.

    Args:
        key: the doubt.
        doubts: where it is, one or more frames where `settled` is empty.
        settled: (M,) frames that had the doubt until a person edited them; they still belong to the run.
        marks: what is marked as done of it, None if nothing.
    """
    num_doubts, num_settled = len(doubts.frame_index), len(settled)
    frames = np.concatenate([doubts.frame_index, settled])
    order = np.argsort(frames, kind="stable")
    frames = frames[order]
    is_open = np.zeros(num_doubts + num_settled, np.bool_)
    is_open[:num_doubts] = True
    if marks is not None and num_doubts:
        is_open[:num_doubts] = ~np.isin(codes_of(doubts.frame_index, doubts.prints), marks)
    is_open = is_open[order]
    urgency = np.concatenate([doubts.urgency, np.zeros(num_settled, np.float32)])[order]
    begins = np.flatnonzero(np.diff(frames, prepend=frames[0] - BRIDGED_FRAMES - 2) > BRIDGED_FRAMES + 1)
    ends = np.append(begins[1:], len(frames)) - 1
    run_of = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(frames))))
    weight = urgency + 2 * is_open  # the worst of what is still open, where anything is
    at_top = np.flatnonzero(weight == np.maximum.reduceat(weight, begins)[run_of])
    worst = at_top[np.unique(run_of[at_top], return_index=True)[1]]
    return Runs(
        key,
        doubts,
        frames[begins],
        frames[ends],
        frames[worst],
        urgency[worst],
        np.concatenate([doubts.amount, np.full(num_settled, np.nan, np.float32)])[order][worst],
        np.concatenate([doubts.keypoint, np.full(num_settled, key.target_keypoint, np.int16)])[order][worst],
        np.add.reduceat(is_open.astype(np.int64), begins),
    )


@dataclass(frozen=True, eq=False)
class EntryColumns:
    """All entries of a clip, a row an entry, in no order.

    Attributes:
        reason: (N,) the place of the reason in ALL_REASONS.
        track_id, keypoint: (N,), NOBODY where there is none.
        first, last, frame_index: (N,) the span, and where to look.
        urgency: (N,) from 0 to 1.
        num_open: (N,) frames that are open.
        gain: (N,) how many wrong joints a look there may mend; 0 where nobody asked.
    """

    skeleton: Skeleton
    sources: tuple[Runs | Entry, ...]
    source_of: NDArray[np.int64]
    row_of: NDArray[np.int64]
    reason: NDArray[np.int8]
    track_id: NDArray[np.int64]
    keypoint: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    frame_index: NDArray[np.int64]
    urgency: NDArray[np.float64]
    num_open: NDArray[np.int64]
    gain: NDArray[np.float64]

    @classmethod
    def of(cls, skeleton: Skeleton, runs: Sequence[Runs], others: Sequence[Entry] = ()) -> Self:
        """The entries of doubts, and other entries beside them."""
        lengths = np.array([len(of_key.first) for of_key in runs] + [1] * len(others), np.int64)
        starts = np.cumsum(lengths) - lengths

        def column(of_runs: Callable[[Runs], object], of_entry: Callable[[Entry], float], dtype: type) -> NDArray:  # type: ignore[type-arg]  # of the type that is asked for
            parts = [np.broadcast_to(np.asarray(of_runs(one)), one.first.shape) for one in runs]
            return np.concatenate([*parts, np.array([of_entry(one) for one in others])]).astype(dtype)

        return cls(
            skeleton,
            (*runs, *others),
            np.repeat(np.arange(len(lengths)), lengths),
            np.arange(lengths.sum()) - np.repeat(starts, lengths),
            column(lambda r: ALL_REASONS.index(r.key.reason), lambda e: ALL_REASONS.index(e.reason), np.int8),
            column(lambda r: r.key.track_id, lambda e: NOBODY if e.track_id is None else e.track_id, np.int64),
            column(lambda r: r.keypoint, lambda e: NOBODY if e.keypoint is None else e.keypoint, np.int64),
            column(lambda r: r.first, lambda e: e.first_frame, np.int64),
            column(lambda r: r.last, lambda e: e.last_frame, np.int64),
            column(lambda r: r.worst, lambda e: e.frame_index, np.int64),
            column(lambda r: r.urgency, lambda e: e.urgency, np.float64),
            column(lambda r: r.num_open, lambda e: 0 if e.is_done else e.num_open, np.int64),
            column(lambda _: 0.0, lambda e: e.gain, np.float64),
        )

    def __len__(self) -> int:
        """The number of entries."""
        return len(self.first)

    @property
    def is_done(self) -> NDArray[np.bool_]:
        """(N,) True where nothing is open any more."""
        done: NDArray[np.bool_] = self.num_open == 0
        return done

    @property
    def is_most_to_mend(self) -> NDArray[np.bool_]:
        """(N,) True for what is no doubt but a frame where a look would mend most."""
        most: NDArray[np.bool_] = self.reason == ALL_REASONS.index(Reason.MOST)
        return most

    def where(self, wanted: Wanted) -> NDArray[np.bool_]:
        """(N,) True for the entries that are wanted, done or not."""
        mask = np.ones(len(self), np.bool_)
        if wanted.reason is not None:
            mask &= self.reason == ALL_REASONS.index(wanted.reason)
        if wanted.track_id is not None:
            mask &= self.track_id == wanted.track_id
        if wanted.keypoint is not None:
            mask &= self.keypoint == wanted.keypoint
        if wanted.hidden:
            mask &= ~np.isin(self.track_id, list(wanted.hidden))
        return mask

    def entry(self, row: int) -> Entry:
        """One entry, with its words."""
        source = self.sources[self.source_of[row]]
        if isinstance(source, Entry):
            return source
        at = int(self.row_of[row])
        first, last = int(source.first[at]), int(source.last[at])
        begin, end = source.doubts.frame_index.searchsorted((first, last + 1))
        keypoint = int(source.keypoint[at])
        return Entry(
            reason=source.key.reason,
            first_frame=first,
            last_frame=last,
            frame_index=int(source.worst[at]),
            track_id=source.key.track_id,
            keypoint=None if keypoint == NOBODY else keypoint,
            sentence=in_words(source.key, float(source.amount[at]), first != last, self.skeleton),
            urgency=float(source.urgency[at]),
            num_open=int(source.num_open[at]),
            is_done=bool(source.num_open[at] == 0),
            places=Places(
                source.key.what(self.skeleton),
                source.doubts.frame_index[begin:end],
                source.doubts.prints[begin:end],
            ),
            gain=float(self.gain[row]),
        )


def in_words(key: DoubtKey, amount: float, several: bool, skeleton: Skeleton) -> str:
    """Why to look: "left wrist jumps 84 px", and of several frames "left wrist jumps up to 84 px".

    Args:
        key: the doubt.
        amount: see `Doubt`; NaN where a person has settled it.
        several: whether other frames have the doubt, too.
        skeleton: of the poses.
    """
    name = limb_name(skeleton, skeleton.limbs[key.target]) if key.is_limb else skeleton.label(key.target)
    if np.isnan(amount):
        return f"{name} {key.reason.verb}"
    match key.reason:
        case Reason.UNSURE:
            return f"{name} is unsure ({'down to ' if several else ''}{amount:.2f})"
        case Reason.JUMP:
            return f"{name} jumps {'up to ' if several else ''}{amount:.0f} px"
        case _ if amount < 1:
            return f"{name} has next to no length"
        case _:
            return f"{name} is {'up to ' if several else ''}{amount:.1f} x its usual length"


# ---- the order ----

Order = Callable[[EntryColumns], NDArray[np.float64]]
"""How useful it is to look at each entry, (N,), the highest first. The one place to say what comes next."""


def by_urgency(columns: EntryColumns) -> NDArray[np.float64]:
    """The worst frame's urgency: how unlikely a joint is right, how far it jumps, how long a limb is."""
    return columns.urgency


def by_gain(columns: EntryColumns) -> NDArray[np.float64]:
    """How many wrong joints a look there may mend, of equals the urgent one; first what is about no joints at all.

    A lost person, a run that was cut short or one person under two numbers concern everything after them.
    """
    about_joints = columns.reason <= ALL_REASONS.index(Reason.LIMB)
    others = np.where(about_joints | columns.is_most_to_mend, 0.0, 1e9)
    useful: NDArray[np.float64] = columns.gain + 0.001 * columns.urgency + others
    return useful


def in_order(columns: EntryColumns, rows: NDArray[np.int64], order: Order = by_urgency) -> NDArray[np.int64]:
    """Rows as the queue shows them: the open ones by `order`, then those that are done; equals by frame and person."""
    useful = order(columns)[rows]
    keys = (columns.track_id[rows], columns.frame_index[rows], -useful, columns.is_done[rows])
    sorted_rows: NDArray[np.int64] = rows[np.lexsort(keys)]
    return sorted_rows


def in_clip_order(columns: EntryColumns, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows by the frame to look at, within a frame by person and joint."""
    keys = (columns.reason[rows], columns.keypoint[rows], columns.track_id[rows], columns.frame_index[rows])
    sorted_rows: NDArray[np.int64] = rows[np.lexsort(keys)]
    return sorted_rows


def with_marks(entries: Collection[Entry], marks: Marks) -> list[Entry]:
    """Entries that are no doubts about joints, those that a person marked as done being so."""
    none = np.zeros(0, np.int64)
    return [
        replace(entry, is_done=True, num_open=0)
        if entry.places is not None and np.isin(entry.places.codes, marks.get(entry.places.what, none)).all()
        else entry
        for entry in entries
    ]


class FilterChoices(NamedTuple):
    """What there is to filter by: the reasons, people and joints of the entries, each rising."""

    reasons: tuple[Reason, ...]
    track_ids: tuple[int, ...]
    keypoints: tuple[int, ...]


def filter_choices(columns: EntryColumns, hidden: frozenset[int]) -> FilterChoices:
    """The reasons, people and joints of all entries about people who are not hidden."""
    mask = columns.where(Wanted(hidden=hidden))
    track_ids, keypoints = np.unique(columns.track_id[mask]), np.unique(columns.keypoint[mask])
    return FilterChoices(
        tuple(ALL_REASONS[code] for code in np.unique(columns.reason[mask])),
        tuple(track_ids[track_ids != NOBODY].tolist()),
        tuple(keypoints[keypoints != NOBODY].tolist()),
    )
