"""What the timeline shows of each person in each frame, as columns of numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from core.judging.review import DOUBTFUL_BELOW
from core.judging.sizes import box_sizes
from core.poses import Provenance, Visibility, set_by_machine
from core.project.records import RunKind
from core.project.storage.codec import open_many, provenance_of
from core.project.storage.frame_state import NOT_REVIEWED
from core.project.storage.store import Store

_CELLS = "SELECT frame_index, track_id, pose, reviewed FROM poses JOIN frames USING (frame_index)"


@dataclass(frozen=True, eq=False)
class TrackCells:
    """One row for each person in each frame, by rising frame and person; all columns are of equal length N.

    Attributes:
        frame_index: (N,) the frame.
        track_id: (N,) the person.
        box: (N,) Provenance of the box.
        machine: (N,) the highest Provenance among the joints that a machine set, NONE without any.
        num_machine: (N,) labelled joints that a machine set.
        num_accepted: (N,) labelled joints that a person accepted or imported.
        num_corrected: (N,) labelled joints that a person set.
        doubtful: (N,) whether a joint is doubtful and the frame not reviewed.
    """

    frame_index: NDArray[np.int64]
    track_id: NDArray[np.int64]
    box: NDArray[np.uint8]
    machine: NDArray[np.uint8]
    num_machine: NDArray[np.uint8]
    num_accepted: NDArray[np.uint8]
    num_corrected: NDArray[np.uint8]
    doubtful: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: Sequence[TrackCells]) -> TrackCells:
        """Several, one after the other; at least one."""
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))

    def __len__(self) -> int:
        """The number of rows N."""
        return len(self.frame_index)


@dataclass(frozen=True)
class TrackEnds:
    """Why people are not where they might be.

    Attributes:
        deleted: (frame index, track id) of everybody whom a person deleted from single frames.
        deleted_from: the frame from which on a person was deleted, and the one before which they were drawn anew (None:
            to the clip's end), by track id.
        followed_from: (track id, frame index) of everybody who was followed as far as they could be, and from where.
    """

    deleted: frozenset[tuple[int, int]] = frozenset()
    deleted_from: Mapping[int, tuple[int, int | None]] = field(default_factory=dict)
    followed_from: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class JointPath:
    """Where one joint of a person is, in the N frames in which it is placed.

    Attributes:
        frame_index: (N,) rising.
        xy: (N, 2) in full-frame pixels.
        size_px: (N,) the person's size there.
    """

    frame_index: NDArray[np.int64]
    xy: NDArray[np.float64]
    size_px: NDArray[np.float64]


def read(store: Store, start: int, limit: int) -> tuple[TrackCells, int | None]:
    """The cells from a frame on, some whole frames at once, and the frame to go on from (None: that was all).

    Args:
        store: the project's file.
        start: the first frame.
        limit: about how many cells; more where a frame alone holds more.
    """
    rows = store.rows(f"{_CELLS} WHERE frame_index >= ? ORDER BY frame_index, track_id LIMIT ?", (start, limit))
    if len(rows) < limit:
        return _cells(rows), None
    last = rows[-1][0]
    whole = [row for row in rows if row[0] < last]
    if whole:
        return _cells(whole), last
    alone = store.rows(f"{_CELLS} WHERE frame_index = ? ORDER BY track_id", (last,))
    return _cells(alone), last + 1


def of_frames(store: Store, frame_indices: Iterable[int]) -> TrackCells:
    """The cells of some frames."""
    chosen = json.dumps(sorted(frame_indices))
    return _cells(
        store.rows(
            f"{_CELLS} WHERE frame_index IN (SELECT value FROM json_each(?))"  # noqa: S608 - constant
            " ORDER BY frame_index, track_id",
            (chosen,),
        )
    )


def ends(store: Store) -> TrackEnds:
    """Who was deleted where, and who was followed."""
    deleted = store.rows(  # of those who are somewhere: nobody else has a row
        "SELECT DISTINCT frame_index, track_id FROM removals WHERE lasting AND moved_to IS NULL"
        " AND EXISTS (SELECT 1 FROM poses WHERE poses.track_id = removals.track_id)"
    )
    cuts = store.rows(
        "SELECT track_id, from_frame, max(entry_id), (SELECT min(frame_index) FROM creations WHERE"
        " creations.track_id = cuts.track_id AND creations.entry_id > cuts.entry_id AND frame_index >= from_frame)"
        " FROM cuts WHERE lasting AND moved_to IS NULL GROUP BY track_id"
    )
    followed = store.rows(
        "SELECT DISTINCT settings ->> 'track_id', settings ->> 'from' FROM runs"
        " WHERE kind = ? AND status = 'done' AND settings ->> 'track_id' IS NOT NULL",
        (str(RunKind.TRACK),),
    )
    return TrackEnds(
        frozenset((frame_index, track_id) for frame_index, track_id in deleted),
        {track_id: (start, anew) for track_id, start, _, anew in cuts},
        tuple((track_id, start) for track_id, start in followed if start is not None),
    )


def joint_path(store: Store, track_id: int, keypoint: int) -> JointPath:
    """Where a joint of a person is in every frame that has it."""
    rows = store.rows("SELECT frame_index, pose FROM poses WHERE track_id = ? ORDER BY frame_index", (track_id,))
    records = open_many([row[1] for row in rows], [row[0] for row in rows])
    xy = records["keypoints"][:, keypoint]
    placed = (records["visibility"][:, keypoint] != Visibility.NOT_LABELLED) & np.isfinite(xy).all(axis=1)
    frames = np.array([row[0] for row in rows], np.int64)
    return JointPath(frames[placed], xy[placed], box_sizes(records["bbox_xywh"])[placed])


def _cells(rows: list[tuple[int, int, bytes, int]]) -> TrackCells:
    records = open_many([row[2] for row in rows], [row[0] for row in rows])
    provenance, visibility, scores = provenance_of(records), records["visibility"], records["scores"]
    labelled = visibility != Visibility.NOT_LABELLED
    machine = set_by_machine(visibility, provenance)
    by_a_person = labelled & ((provenance == Provenance.ACCEPTED) | (provenance == Provenance.IMPORTED))
    reviewed = np.array([row[3] != NOT_REVIEWED for row in rows], np.bool_)
    with np.errstate(invalid="ignore"):
        doubtful = (machine & (scores < DOUBTFUL_BELOW)).any(axis=1) & ~reviewed
    return TrackCells(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        records["bbox_provenance"].astype(np.uint8),
        np.where(machine, provenance, 0).max(axis=1, initial=0).astype(np.uint8),
        machine.sum(axis=1).astype(np.uint8),
        by_a_person.sum(axis=1).astype(np.uint8),
        (labelled & (provenance == Provenance.CORRECTED)).sum(axis=1).astype(np.uint8),
        doubtful,
    )
