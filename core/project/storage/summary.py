"""What the timeline shows of each frame, as columns of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.judging.review import DOUBTFUL_BELOW
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance
from core.project.storage.frame_state import HeldFrame

if TYPE_CHECKING:  # the store brings older files up to date with what is counted here
    from core.project.storage.store import Store


@dataclass(frozen=True, eq=False)
class Summary:
    """One row a frame. The columns of a whole project are live: they follow the project's writes.

    Attributes:
        frame_index: (N,) the frame of each row; in a whole project's summary row i is frame i.
        num_people: (N,) people in the frame.
        num_predicted: (N,) labelled joints that a machine set (predicted, propagated, interpolated).
        num_accepted: (N,) labelled joints that a person accepted.
        num_corrected: (N,) joints that a person set, also to "not labelled".
        num_imported: (N,) labelled joints from an imported file.
        min_score: (N,) the lowest score of the machine's labelled joints, NaN where there is none.
        mean_score: (N,) their mean score, NaN where there is none.
        reviewed: (N,) True where a person said that the frame is done.
        doubtful: (N,) True where a pose is doubtful (`core.judging.review.is_doubtful`) and the frame is not reviewed.
    """

    frame_index: NDArray[np.int64]
    num_people: NDArray[np.int32]
    num_predicted: NDArray[np.int32]
    num_accepted: NDArray[np.int32]
    num_corrected: NDArray[np.int32]
    num_imported: NDArray[np.int32]
    min_score: NDArray[np.float32]
    mean_score: NDArray[np.float32]
    reviewed: NDArray[np.bool_]
    doubtful: NDArray[np.bool_]

    def __len__(self) -> int:
        """The number of rows N."""
        return len(self.frame_index)

    def rows(self, frame_indices: Sequence[int] | NDArray[np.int64]) -> Summary:
        """A copy of some rows of a whole project's summary."""
        chosen = np.asarray(frame_indices, dtype=np.int64)
        return Summary(*(getattr(self, field.name)[chosen] for field in fields(self)))


class SummaryRow(NamedTuple):
    """A frame's row as it is stored; no score is None, and the mark is as `core.project.storage.frame_state` says."""

    frame_index: int
    num_people: int
    num_predicted: int
    num_accepted: int
    num_corrected: int
    num_imported: int
    min_score: float | None
    mean_score: float | None
    reviewed: int


_COLUMNS = (
    ("num_people", np.int32, 0),
    ("num_predicted", np.int32, 0),
    ("num_accepted", np.int32, 0),
    ("num_corrected", np.int32, 0),
    ("num_imported", np.int32, 0),
    ("min_score", np.float32, np.nan),
    ("mean_score", np.float32, np.nan),
    ("reviewed", np.bool_, False),
    ("doubtful", np.bool_, False),
)

_ALL_FRAMES = (
    "SELECT frame_index, num_people, num_predicted, num_accepted, num_corrected, num_imported, min_score, mean_score,"
    " reviewed FROM frames"
)


class SummaryColumns:
    """The columns of a whole project, kept up to date row by row."""

    def __init__(self, store: Store, num_frames: int) -> None:
        """Reads all rows once."""
        rows = [SummaryRow(*row) for row in store.rows(_ALL_FRAMES)]
        count = max(num_frames, 1 + max((row.frame_index for row in rows), default=-1))
        self._columns: dict[str, NDArray[Any]] = {name: np.full(count, empty, dtype) for name, dtype, empty in _COLUMNS}
        self.summary = self._views(count)
        self.take(rows)

    def _views(self, count: int) -> Summary:
        views = {"frame_index": np.arange(count)} | {name: column.view() for name, column in self._columns.items()}
        for view in views.values():
            view.setflags(write=False)
        return Summary(**views)

    def take(self, rows: Sequence[SummaryRow]) -> None:
        """Follows a write.

        Other threads read the columns meanwhile: each row goes from what it was to what it is, by way of nothing else.
        """
        if not rows:
            return
        frames = np.array([row.frame_index for row in rows], dtype=np.int64)
        self._reach(int(frames.max()))
        new: dict[str, NDArray[Any]] = {}
        for name, dtype, _ in _COLUMNS[:-1]:
            values = [getattr(row, name) for row in rows]
            new[name] = np.array([np.nan if value is None else value for value in values]).astype(dtype)
        with np.errstate(invalid="ignore"):
            new["doubtful"] = (new["min_score"] < DOUBTFUL_BELOW) & ~new["reviewed"]
        for name, values_of_column in new.items():
            self._columns[name][frames] = values_of_column

    def _reach(self, frame_index: int) -> None:
        """Makes the columns longer where a frame lies beyond their end."""
        if frame_index < len(self.summary):
            return
        for name, _, empty in _COLUMNS:
            column = self._columns[name]
            beyond = np.full(frame_index + 1 - len(column), empty, column.dtype)
            self._columns[name] = np.concatenate([column, beyond])
        self.summary = self._views(frame_index + 1)


def rows_of(states: Mapping[int, HeldFrame]) -> list[SummaryRow]:
    """The rows of some frames, computed from who is in them."""
    poses = [pose for state in states.values() for pose in state.poses.values()]
    frame_of_pose = np.repeat(np.arange(len(states)), [len(state.poses) for state in states.values()])
    columns = _columns_of_poses(poses, frame_of_pose, len(states))
    marks = [state.mark for state in states.values()]
    return [SummaryRow(*row) for row in zip(states, *columns, marks, strict=True)]


def _columns_of_poses(poses: Sequence[Pose], frame_of_pose: NDArray[np.int64], num_frames: int) -> list[list[Any]]:
    """Counts and scores of each frame."""
    shape = (len(poses), len(POSETRACK))
    provenance = np.array([pose.provenance for pose in poses], np.uint8).reshape(shape)
    labelled = np.array([pose.labelled for pose in poses], np.bool_).reshape(shape)
    all_scores = np.array([pose.scores for pose in poses], np.float64).reshape(shape)
    machine = np.array([pose.by_machine for pose in poses], np.bool_).reshape(shape)

    def per_frame(joints: NDArray[np.bool_]) -> list[int]:
        counts: list[int] = np.bincount(frame_of_pose, joints.sum(axis=1), num_frames).astype(int).tolist()
        return counts

    scored = machine & ~np.isnan(all_scores)
    owner = np.repeat(frame_of_pose, scored.sum(axis=1))
    scores = all_scores[scored]
    lowest = np.full(num_frames, np.inf)
    np.minimum.at(lowest, owner, scores)
    count = np.bincount(owner, minlength=num_frames)
    mean = np.bincount(owner, scores, num_frames) / np.maximum(count, 1)
    return [
        np.bincount(frame_of_pose, minlength=num_frames).tolist(),
        per_frame(machine),
        per_frame(labelled & (provenance == Provenance.ACCEPTED)),
        per_frame(provenance == Provenance.CORRECTED),
        per_frame(labelled & (provenance == Provenance.IMPORTED)),
        [score if has_any else None for score, has_any in zip(lowest.tolist(), count > 0, strict=True)],
        [score if has_any else None for score, has_any in zip(mean.tolist(), count > 0, strict=True)],
    ]
