"""What the timeline shows of each person, frame by frame, and its reduction to one value a pixel. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RowCells:
    """One row for each person in each frame; all columns are of equal length N.

    Attributes:
        frame_index: (N,) the frame.
        track_id: (N,) the person.
        box: (N,) Provenance of the box.
        machine: (N,) the highest Provenance among the joints that a machine set, NONE without any.
        num_machine, num_accepted, num_corrected: (N,) labelled joints by whose word they are.
        doubtful: (N,) whether somebody should look.
    """

    frame_index: NDArray[np.int64]
    track_id: NDArray[np.int64]
    box: Bytes
    machine: Bytes
    num_machine: Bytes
    num_accepted: Bytes
    num_corrected: Bytes
    doubtful: Flags


_COLUMNS = ("box", "machine", "num_machine", "num_accepted", "num_corrected", "doubtful")


@dataclass(frozen=True)
class RowEnds:
    """Why people are not where they might be.

    Attributes:
        deleted: (frame index, track id) of everybody whom a person deleted from single frames.
        deleted_from: from which frame on a person was deleted, and before which they were drawn anew (None: to the
            clip's end), by track id.
        followed_from: (track id, frame index) of everybody who was followed as far as they could be, and from where.
    """

    deleted: frozenset[tuple[int, int]] = frozenset()
    deleted_from: Mapping[int, tuple[int, int | None]] = field(default_factory=dict)
    followed_from: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, eq=False)
class RowPixels:
    """A person's row reduced to P pixels.

    Attributes:
        box, machine: (P,) the highest Provenance there.
        present: (P,) whether the person is in one of the frames.
        accepted, corrected: (P,) the share of the labelled joints that a person accepted, and set.
        labelled: (P,) whether there are labelled joints.
        doubtful, deleted, lost: (P,) whether that holds in any of the frames.
    """

    box: Bytes
    machine: Bytes
    present: Flags
    accepted: NDArray[np.float64]
    corrected: NDArray[np.float64]
    labelled: Flags
    doubtful: Flags
    deleted: Flags
    lost: Flags


class TrackRow:
    """One person in every frame of the clip: dense columns, and what follows from them once it is asked for."""

    def __init__(self, num_frames: int) -> None:
        self.present: Flags = np.zeros(num_frames, np.bool_)
        self.columns: dict[str, Bytes] = {name: np.zeros(num_frames, np.uint8) for name in _COLUMNS}
        self.deleted: Flags = np.zeros(num_frames, np.bool_)
        self._followed_from: list[int] = []
        self._lost: Flags | None = None

    def changed(self) -> None:
        """What follows from the columns is worked out again when it is asked for."""
        self._lost = None

    def set_ends(self, deleted_frames: Sequence[int], cut: tuple[int, int | None] | None, followed: list[int]) -> None:
        """Says where the person was deleted, and from where they were followed."""
        num_frames = len(self.present)
        self.deleted[:] = False
        self.deleted[[index for index in deleted_frames if index < num_frames]] = True
        if cut is not None:
            self.deleted[cut[0] : num_frames if cut[1] is None else cut[1]] = True
        self._followed_from = followed
        self.changed()

    @property
    def lost(self) -> Flags:
        """(N,) True between a person's frames where they are missing, and behind the last frame of a following."""
        if self._lost is None:
            here = np.flatnonzero(self.present)
            lost = np.zeros_like(self.present)
            if len(here):
                lost[here[0] : here[-1] + 1] = ~self.present[here[0] : here[-1] + 1]
                for start in self._followed_from:
                    if start < len(self.present) and self.present[start]:
                        gone = np.flatnonzero(~self.present[start:])[:1] + start
                        lost[gone] = True
            self._lost = lost & ~self.deleted
        return self._lost

    def binned(self, low: NDArray[np.int64], end: int) -> RowPixels:
        """The row by the pixel: nothing that needs a look is lost by looking from afar.

        Args:
            low: (P,) the first frame of each pixel, rising.
            end: the end of the last pixel's frames.
        """

        def total(column: str) -> NDArray[np.float64]:
            return np.add.reduceat(self.columns[column][:end], low, dtype=np.uint32).astype(np.float64)

        def furthest(column: str) -> Bytes:
            result: Bytes = np.maximum.reduceat(self.columns[column][:end], low)
            return result

        def anywhere(flags: Flags) -> Flags:
            result: Flags = np.maximum.reduceat(flags[:end].view(np.uint8), low).view(np.bool_)
            return result

        machine, accepted, corrected = total("num_machine"), total("num_accepted"), total("num_corrected")
        labelled = machine + accepted + corrected
        some = np.maximum(labelled, 1)
        present = anywhere(self.present)
        return RowPixels(
            furthest("box"),
            furthest("machine"),
            present,
            accepted / some,
            corrected / some,
            labelled > 0,
            furthest("doubtful").view(np.bool_),
            anywhere(self.deleted & ~self.present),
            anywhere(self.lost),
        )


class TrackRows:
    """The rows of everybody in the clip, by rising track id."""

    def __init__(self, num_frames: int = 0) -> None:
        self._num_frames = num_frames
        self._rows: dict[int, TrackRow] = {}
        self._ends = RowEnds()
        self.track_ids: list[int] = []

    def row(self, track_id: int) -> TrackRow | None:
        """A person's row, None where nobody has that number."""
        return self._rows.get(track_id)

    def put(self, frame_indices: NDArray[np.int64], cells: RowCells, ends: RowEnds | None) -> None:
        """Replaces all that is known of some frames.

        Args:
            frame_indices: the frames.
            cells: who is in them now.
            ends: why people are missing, None where that did not change.
        """
        frames = frame_indices[frame_indices < self._num_frames]
        for row in self._rows.values():
            if row.present[frames].any():
                row.present[frames] = False
                for column in row.columns.values():
                    column[frames] = 0
                row.changed()
        inside = cells.frame_index < self._num_frames
        newcomers = []
        for track_id in np.unique(cells.track_id[inside]).tolist():
            chosen = inside & (cells.track_id == track_id)
            if track_id not in self._rows:
                self._rows[track_id] = TrackRow(self._num_frames)
                newcomers.append(track_id)
            row = self._rows[track_id]
            at = cells.frame_index[chosen]
            row.present[at] = True
            for name, column in row.columns.items():
                column[at] = getattr(cells, name)[chosen]
            row.changed()
        if ends is not None:
            self._ends = ends
        self._tell_ends(list(self._rows) if ends is not None else newcomers)
        self.track_ids = sorted(who for who, row in self._rows.items() if row.present.any())

    def _tell_ends(self, track_ids: Sequence[int]) -> None:
        deleted: dict[int, list[int]] = {}
        for frame_index, track_id in self._ends.deleted:
            deleted.setdefault(track_id, []).append(frame_index)
        followed: dict[int, list[int]] = {}
        for track_id, start in self._ends.followed_from:
            followed.setdefault(track_id, []).append(start)
        for track_id in track_ids:
            cut = self._ends.deleted_from.get(track_id)
            self._rows[track_id].set_ends(deleted.get(track_id, ()), cut, followed.get(track_id, []))
