"""What the timeline shows of each frame, as columns of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.poses import Provenance, Visibility, set_by_machine
from core.project.codec import decode_many
from core.project.store import Store
from core.review import DOUBTFUL_BELOW


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
        doubtful: (N,) True where a pose is doubtful (`core.review.is_doubtful`) and the frame is not reviewed.
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
_ONE_FRAME = _ALL_FRAMES + " WHERE frame_index = ?"


class SummaryColumns:
    """The columns of a whole project, kept up to date row by row."""

    def __init__(self, store: Store, num_frames: int) -> None:
        """Reads all rows once."""
        self._store = store
        rows = store.rows(_ALL_FRAMES)
        count = max(num_frames, 1 + max((row[0] for row in rows), default=-1))
        self._columns: dict[str, NDArray[Any]] = {name: np.full(count, empty, dtype) for name, dtype, empty in _COLUMNS}
        self._set(rows)
        self.summary = self._views(count)

    def _views(self, count: int) -> Summary:
        views = {"frame_index": np.arange(count)} | {name: column.view() for name, column in self._columns.items()}
        for view in views.values():
            view.setflags(write=False)
        return Summary(**views)

    def _set(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        by_column = list(zip(*rows, strict=True))
        frames = np.array(by_column[0], dtype=np.int64)
        for (name, dtype, _), values in zip(_COLUMNS, by_column[1:], strict=False):
            numbers = np.array([np.nan if value is None else value for value in values])
            self._columns[name][frames] = numbers.astype(dtype)
        with np.errstate(invalid="ignore"):
            unsure = self._columns["min_score"][frames] < DOUBTFUL_BELOW
        self._columns["doubtful"][frames] = unsure & ~self._columns["reviewed"][frames]

    def refresh(self, frame_indices: Sequence[int]) -> None:
        """Reads the rows of some frames again."""
        beyond = max(frame_indices, default=0)
        if beyond >= len(self.summary):
            for name, _, empty in _COLUMNS:
                column = self._columns[name]
                self._columns[name] = np.concatenate([column, np.full(beyond + 1 - len(column), empty, column.dtype)])
            self.summary = self._views(beyond + 1)
        rows = []
        chosen = np.asarray(frame_indices, dtype=np.int64)
        for name, _, empty in _COLUMNS:
            self._columns[name][chosen] = empty
        for frame_index in frame_indices:
            row = self._store.one(_ONE_FRAME, (frame_index,))
            if row is not None:
                rows.append(row)
        self._set(rows)


def write_rows(store: Store, frame_indices: Sequence[int]) -> None:
    """Computes the rows of some frames from their poses, inside the transaction that changed these."""
    blobs: list[bytes] = []
    frame_of_pose: list[int] = []
    for position, frame_index in enumerate(frame_indices):
        for (blob,) in store.rows("SELECT pose FROM poses WHERE frame_index = ?", (frame_index,)):
            blobs.append(blob)
            frame_of_pose.append(position)
    columns = _columns_of_poses(blobs, np.array(frame_of_pose, dtype=np.int64), len(frame_indices))
    store.execute_many(
        "INSERT INTO frames (frame_index, reviewed, num_people, num_predicted, num_accepted, num_corrected,"
        " num_imported, min_score, mean_score) VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (frame_index) DO UPDATE SET num_people = excluded.num_people,"
        " num_predicted = excluded.num_predicted, num_accepted = excluded.num_accepted,"
        " num_corrected = excluded.num_corrected, num_imported = excluded.num_imported,"
        " min_score = excluded.min_score, mean_score = excluded.mean_score",
        zip(frame_indices, *columns, strict=True),
    )
    store.execute_many(
        "DELETE FROM frames WHERE frame_index = ? AND num_people = 0 AND NOT reviewed",
        ((frame_index,) for frame_index in frame_indices),
    )


def _columns_of_poses(blobs: list[bytes], frame_of_pose: NDArray[np.int64], num_frames: int) -> list[list[Any]]:
    """Counts and scores of each frame; NaN is left to SQLite, which stores it as NULL."""
    poses = decode_many(blobs)
    provenance, labelled = poses["provenance"], poses["visibility"] != Visibility.NOT_LABELLED
    machine = set_by_machine(poses["visibility"], provenance)

    def per_frame(joints: NDArray[np.bool_]) -> list[int]:
        counts: list[int] = np.bincount(frame_of_pose, joints.sum(axis=1), num_frames).astype(int).tolist()
        return counts

    scored = machine & ~np.isnan(poses["scores"])
    owner = np.repeat(frame_of_pose, scored.sum(axis=1))
    scores = poses["scores"][scored]
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
        np.where(count > 0, lowest, np.nan).tolist(),
        np.where(count > 0, mean, np.nan).tolist(),
    ]
