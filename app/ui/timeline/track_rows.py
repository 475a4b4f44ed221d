"""What the timeline shows of each person, frame by frame, and its reduction to one value a pixel. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

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


# All that is known of a cell, in two numbers: what holds anywhere in a pixel is one "or", and its shares one sum.
PRESENT, DOUBTFUL, DELETED, LOST = (np.uint16(1 << bit) for bit in (0, 10, 11, 12))
_OF_BOX, _OF_MACHINE = 0, 6
"""A box set by Provenance p has the bit p; a machine's joint the bit p + 6."""
_HIGHEST = np.array([max(value.bit_length() - 1, 0) for value in range(1 << 7)], np.uint8)
"""The highest bit of a number."""
_COUNT_BITS = np.uint64(21)
_ONE_COUNT = np.uint64((1 << 21) - 1)
"""Three counts in one number, each with room for the joints of 100,000 frames."""


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
    accepted: NDArray[np.float32]
    corrected: NDArray[np.float32]
    labelled: Flags
    doubtful: Flags
    deleted: Flags
    lost: Flags


class CellState(NamedTuple):
    """What is known of one person in one frame; see `RowCells`."""

    box: int
    machine: int
    num_machine: int
    num_accepted: int
    num_corrected: int
    doubtful: bool


class TrackRow:
    """One person in every frame of the clip.

    Attributes:
        flags: (N,) of PRESENT, DOUBTFUL, DELETED, and a bit each for who set the box and the joints.
        counts: (N,) the joints that a machine set, that a person accepted, and that they set, in one number.
    """

    def __init__(self, num_frames: int) -> None:
        self.flags: NDArray[np.uint16] = np.zeros(num_frames, np.uint16)
        self.counts: NDArray[np.uint64] = np.zeros(num_frames, np.uint64)
        self._followed_from: list[int] = []
        self._is_lost_known = False

    def put(self, frames: NDArray[np.int64], cells: RowCells, chosen: Flags) -> None:
        """Replaces all that is known of some frames; `chosen` are the cells of this person."""
        before = self.flags[frames] & PRESENT
        self.flags[frames] &= DELETED | LOST
        self.counts[frames] = 0
        at = cells.frame_index[chosen]
        if len(at):
            self.flags[at] |= PRESENT | (np.uint16(1) << (cells.box[chosen].astype(np.uint16) + np.uint16(_OF_BOX)))
            machine = cells.machine[chosen].astype(np.uint16)
            self.flags[at] |= np.where(machine > 0, np.uint16(1) << (machine + np.uint16(_OF_MACHINE)), np.uint16(0))
            self.flags[at] |= np.where(cells.doubtful[chosen], DOUBTFUL, np.uint16(0))
            corrected, accepted = (
                column[chosen].astype(np.uint64) for column in (cells.num_corrected, cells.num_accepted)
            )
            packed = corrected << _COUNT_BITS | accepted
            self.counts[at] = packed << _COUNT_BITS | cells.num_machine[chosen].astype(np.uint64)
        if not np.array_equal(before, self.flags[frames] & PRESENT):
            self._is_lost_known = False

    @property
    def present(self) -> Flags:
        """(N,) whether the person is in a frame."""
        return _any(self.flags & PRESENT)

    @property
    def deleted(self) -> Flags:
        """(N,) whether a person deleted them from a frame."""
        return _any(self.flags & DELETED)

    def state(self, frame_index: int) -> CellState:
        """What is known of one frame in which the person is."""
        flags, counts = int(self.flags[frame_index]), int(self.counts[frame_index])
        machine, accepted, corrected = (counts >> shift & int(_ONE_COUNT) for shift in (0, 21, 42))
        box, set_by = (int(who[0]) for who in _who_set(self.flags[frame_index : frame_index + 1]))
        return CellState(box, set_by, machine, accepted, corrected, bool(flags & int(DOUBTFUL)))

    def set_ends(self, deleted_frames: Sequence[int], cut: tuple[int, int | None] | None, followed: list[int]) -> None:
        """Says where the person was deleted, and from where they were followed."""
        num_frames = len(self.flags)
        deleted = np.zeros(num_frames, np.bool_)
        deleted[[index for index in deleted_frames if index < num_frames]] = True
        if cut is not None:
            deleted[cut[0] : num_frames if cut[1] is None else cut[1]] = True
        self.flags &= ~DELETED
        self.flags[deleted] |= DELETED
        self._followed_from = followed
        self._is_lost_known = False

    @property
    def lost(self) -> Flags:
        """(N,) True between a person's frames where they are missing, and behind the last frame of a following."""
        self._know_lost()
        return _any(self.flags & LOST)

    def _know_lost(self) -> None:
        if self._is_lost_known:
            return
        present = self.present
        here = np.flatnonzero(present)
        lost = np.zeros_like(present)
        if len(here):
            lost[here[0] : here[-1] + 1] = ~present[here[0] : here[-1] + 1]
            for start in self._followed_from:
                if start < len(present) and present[start]:
                    gone = np.flatnonzero(~present[start:])[:1] + start
                    lost[gone] = True
        self.flags &= ~LOST
        self.flags[lost & ~self.deleted] |= LOST
        self._is_lost_known = True

    def binned(self, low: NDArray[np.int64], end: int) -> RowPixels:
        """The row by the pixel: nothing that needs a look is lost by looking from afar.

        Args:
            low: (P,) the first frame of each pixel, rising.
            end: the end of the last pixel's frames.
        """
        self._know_lost()
        flags = np.bitwise_or.reduceat(self.flags[:end], low)
        counts = np.add.reduceat(self.counts[:end], low)
        machine, accepted, corrected = (
            (counts >> np.uint64(shift) & _ONE_COUNT).astype(np.float32) for shift in (0, 21, 42)
        )
        labelled = machine + accepted + corrected
        some = np.maximum(labelled, 1)
        present = (flags & PRESENT) != 0
        box, machine_set = _who_set(flags)
        return RowPixels(
            box,
            machine_set,
            present,
            accepted / some,
            corrected / some,
            labelled > 0,
            (flags & DOUBTFUL) != 0,
            ((flags & DELETED) != 0) & ~present,
            (flags & LOST) != 0,
        )


def _any(flags: NDArray[np.uint16]) -> Flags:
    result: Flags = flags != 0
    return result


def _who_set(flags: NDArray[np.uint16]) -> tuple[Bytes, Bytes]:
    """The highest Provenance of the boxes and of the machine's joints, by a cell's flags."""
    return _HIGHEST[flags >> _OF_BOX & 0x7F], _HIGHEST[flags >> _OF_MACHINE & 0xF]


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
        inside = cells.frame_index < self._num_frames
        newcomers = [who for who in np.unique(cells.track_id[inside]).tolist() if who not in self._rows]
        self._rows |= {who: TrackRow(self._num_frames) for who in newcomers}
        for track_id, row in self._rows.items():
            row.put(frames, cells, inside & (cells.track_id == track_id))
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
