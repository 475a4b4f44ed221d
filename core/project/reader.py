"""What a project tells: reading the labels of one video, without changing any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.poses import FloatArray, FramePoses, Pose
from core.project import journal, undoing
from core.project.records import (
    Change,
    Effort,
    FrameProof,
    JournalEntry,
    MoveChange,
    RegionsOfFrame,
    Round,
    Run,
    SourceRecord,
)
from core.project.storage import done_marks, kept, ledger, machine_words, proofs, regions, state, track_cells
from core.project.storage.codec import opened
from core.project.storage.frame_state import NOT_REVIEWED
from core.project.storage.store import Store
from core.project.storage.summary import Summary, SummaryColumns
from core.project.storage.track_cells import JointPath, TrackCells, TrackEnds

_FRAMES_AT_ONCE = 256


class ProjectReader:
    """The half of a `Project` that reads. Everything that is read is what was last committed.

    Attributes:
        path: of the file.
        read_only: True if opened to read; every write then raises ProjectError.
        notes: sentences on what was decided as it was opened.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._columns: SummaryColumns | None = None
        self._columns_version = -1
        self._calibrated_runs: frozenset[int] | None = None
        self.path = store.path
        self.read_only = store.read_only
        self.notes = store.notes

    def close(self) -> None:
        """Closes the file; what was committed is already in it."""
        self._store.close()

    @property
    def is_gone(self) -> bool:
        """True once it was noticed that the path does not lead to the file that is open any more."""
        return self._store.is_gone

    def require_in_place(self) -> None:
        """Raises ProjectGoneError if the project was opened to write and its path leads to another file now."""
        with self._store.mutex:
            self._store.require_open()
            self._store.require_in_place()

    def require_whole(self) -> None:
        """Compares every checksum, of a project of any size. Raises ProjectDamagedError if something was changed."""
        self._store.require_whole()

    def copy_to(self, path: Path) -> None:
        """Writes all that the project holds into a new file, also where its own is no longer at its path.

        Raises:
            ProjectError: it cannot be read or written, or what was copied is damaged.
        """
        self._store.copy_to(path)

    def __enter__(self) -> Self:
        """The project itself; leaving the block closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file."""
        self.close()

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Other threads wait until the block ends, so that what is read in it still holds when it is written."""
        with self._store.mutex:
            yield

    # ---- the source ----

    @property
    def source(self) -> SourceRecord:
        """The labelled video, found beside a project that was moved together with it."""
        return ledger.source(self._store)

    def frame_proofs(self, frame_index: int) -> list[FrameProof]:
        """The pictures that labels of this frame were made on, the oldest first; more than one is a mismatch."""
        return proofs.of_frame(self._store, frame_index)

    def renewed_proofs(self, known: Mapping[int, tuple[float, str]]) -> MoveChange:
        """The change that has all labels of some frames belong to other pictures.

        Args:
            known: the pictures: time in seconds and hash of the pixels by frame index.
        """
        return proofs.renewed(self._store, known)

    def frames_with_proofs(self) -> list[int]:
        """The rising indices of the frames whose pictures labels were made on, also where nothing is left of them."""
        return proofs.frames(self._store)

    def mismatched(self, frame_index: int, proof: tuple[float, str]) -> bool:
        """True if a label of this frame was made on a picture with other pixels than `proof` says."""
        return any(known.pixel_hash != proof[1] for known in self.frame_proofs(frame_index))

    # ---- what it holds ----

    def frame(self, frame_index: int) -> FramePoses:
        """All people of a frame; empty where nobody is labelled."""
        with self._store.mutex:
            held = state.of_frame(self._store, frame_index)
            return FramePoses(frame_index, tuple(held.poses.values()), held.mark != NOT_REVIEWED)

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[FramePoses]:
        """The frames from `start` up to `stop` that hold somebody or are reviewed, in order."""
        stop = 2**62 if stop is None else stop
        while start < stop:
            some = state.of_frames(self._store, start, stop, _FRAMES_AT_ONCE)
            for frame_index, held in some:
                yield FramePoses(frame_index, tuple(held.poses.values()), held.mark != NOT_REVIEWED)
            if len(some) < _FRAMES_AT_ONCE:
                return
            start = some[-1][0] + 1

    def track_sample(self, track_id: int, most: int) -> list[Pose]:
        """Poses of one person from all over the clip, evenly apart; about `most` of a long one."""
        count = self._store.one("SELECT count(*) FROM poses WHERE track_id = ?", (track_id,))
        apart = max((0 if count is None else int(count[0])) // most, 1)
        rows = self._store.rows(
            "SELECT frame_index, pose FROM poses WHERE track_id = ?1 AND frame_index IN (SELECT frame_index FROM"
            " (SELECT frame_index, row_number() OVER (ORDER BY frame_index) AS place FROM poses WHERE track_id = ?1)"
            " WHERE place % ?2 = 0)",
            (track_id, apart),
        )
        return [opened(pose, frame_index) for frame_index, pose in rows]

    def machine_places(self, frame: FramePoses) -> dict[int, FloatArray]:
        """Where a prediction had the joints that were corrected or mended since: (K, 2) by track id, NaN elsewhere."""
        return machine_words.machine_places(self._store, frame)

    def deleted_boxes(self, start: int, stop: int) -> dict[int, dict[int, FloatArray]]:
        """The boxes (4,) of people whom a person deleted from frames `start` to `stop`, by frame index and track id."""
        return journal.deleted_boxes(self._store, start, stop)

    def labelled_frames(self) -> NDArray[np.int64]:
        """The rising indices of the frames that hold somebody or are reviewed."""
        rows = self._store.rows("SELECT frame_index FROM frames ORDER BY frame_index")
        return np.array([row[0] for row in rows], dtype=np.int64)

    def track(self, track_id: int, start: int = 0) -> Iterator[tuple[int, Pose]]:
        """One person from a frame on: (frame index, pose), in order."""
        rows = self._store.rows(
            "SELECT frame_index, pose FROM poses WHERE track_id = ? AND frame_index >= ? ORDER BY frame_index",
            (track_id, start),
        )
        for frame_index, pose in rows:
            yield frame_index, opened(pose, frame_index)

    def frames_of(self, track_id: int, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
        """The rising indices of the frames from `start` up to `stop` that a person is in."""
        rows = self._store.rows(
            "SELECT frame_index FROM poses WHERE track_id = ? AND frame_index >= ? AND frame_index < ? ORDER BY 1",
            (track_id, start, 2**62 if stop is None else stop),
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def track_spans(self) -> dict[int, tuple[int, int]]:
        """The first and the last frame of every person, by rising number."""
        return {
            track_id: (first, last)
            for track_id, first, last in self._store.rows(
                "SELECT track_id, min(frame_index), max(frame_index) FROM poses GROUP BY track_id ORDER BY track_id"
            )
        }

    def done_marks(self) -> dict[str, NDArray[np.int64]]:
        """What a person looked at and let be: frame index * 2 ** 32 + the pose's number, rising, by what is doubted."""
        return done_marks.read(self._store)

    def track_ids(self) -> list[int]:
        """The numbers of all people of the clip, rising."""
        rows = self._store.rows(
            "WITH RECURSIVE ids (id) AS (SELECT min(track_id) FROM poses UNION ALL"
            " SELECT (SELECT min(track_id) FROM poses WHERE track_id > id) FROM ids WHERE id IS NOT NULL)"
            " SELECT id FROM ids WHERE id IS NOT NULL"
        )
        return [row[0] for row in rows]

    def summary(self) -> Summary:
        """What the timeline shows of every frame; its columns follow later writes."""
        with self._store.mutex:
            self._store.require_open()
            version = 0
            if self.read_only:  # another program may have written
                row = self._store.one("PRAGMA data_version")
                version = 0 if row is None else row[0]
            if self._columns is None or version != self._columns_version:
                self._columns = SummaryColumns(self._store, self.source.num_frames)
                self._columns_version = version
            return self._columns.summary

    def track_cells(self, start: int, limit: int) -> tuple[TrackCells, int | None]:
        """What the timeline shows of each person in each frame, from a frame on: about `limit` cells, in whole frames.

        Returns:
            The cells, and the frame to go on from, None where that was all.
        """
        return track_cells.read(self._store, start, limit)

    def track_cells_of(self, frame_indices: Iterable[int]) -> TrackCells:
        """`track_cells` of some frames."""
        return track_cells.of_frames(self._store, frame_indices)

    def track_ends(self) -> TrackEnds:
        """Who was deleted where, and who was followed: why people are not where they might be."""
        return track_cells.ends(self._store)

    def joint_path(self, track_id: int, keypoint: int) -> JointPath:
        """Where a joint of a person is in every frame that has it."""
        return track_cells.joint_path(self._store, track_id, keypoint)

    # ---- edits and runs ----

    @property
    def undo_label(self) -> str | None:
        """What `undo` would take back, None if there is nothing."""
        step = undoing.last_done(self._store)
        return None if step is None else step.label

    @property
    def undo_entry(self) -> int:
        """The number of the edit that `undo` would take back, 0 if there is nothing."""
        step = undoing.last_done(self._store)
        return 0 if step is None else step.edit_id

    @property
    def redo_label(self) -> str | None:
        """What `redo` would do again, None if there is nothing."""
        step = undoing.first_undone(self._store)
        return None if step is None else step.label

    def ignore_regions(self) -> dict[int, tuple[FloatArray, ...]]:
        """The polygons (N, 2) in pixels of every frame that has some."""
        return regions.read(self._store)

    def ignore_regions_of(self, frame_index: int) -> tuple[FloatArray, ...]:
        """The polygons (N, 2) in pixels of one frame."""
        return regions.of_frame(self._store, frame_index)

    def said_of_regions(self, frame_index: int, polygons: Sequence[FloatArray] | None = None) -> RegionsOfFrame:
        """What a person said of a frame's regions, or would say who leaves the frame with these."""
        if polygons is None:
            return regions.of_person(self._store, frame_index)
        return regions.said(self._store, frame_index, polygons)

    def kept_fields(self) -> dict[tuple[int, int], dict[str, Any]]:
        """What imports kept of their files, by (frame index, track id as it is now); `NOBODY` says what has none.

        A later import's fields replace an earlier one's of the same name. Whoever a person took away has none.
        """
        with self._store.mutex:
            renumbered = self._store.one("SELECT 1 FROM removals UNION ALL SELECT 1 FROM cuts LIMIT 1") is not None
            found: dict[tuple[int, int], dict[str, Any]] = {}
            for frame_index, track_id, began_after, fields in kept.read(self._store):
                who: int | None = track_id
                if renumbered and track_id != kept.NOBODY:
                    who = journal.track_now(self._store, frame_index, track_id, began_after)
                if who is not None:
                    found.setdefault((frame_index, who), {}).update(fields)
            return found

    def runs(self) -> list[Run]:
        """All runs, the oldest first."""
        return ledger.runs(self._store)

    def last_frame_of_run(self, run_id: int) -> int | None:
        """The highest frame that a run wrote, None if it wrote nothing."""
        return ledger.last_frame_of_run(self._store, run_id)

    @property
    def calibrated_runs(self) -> frozenset[int]:
        """The runs whose scores are measured probabilities, of their weights as they were used; read once a run.

        Read each time where another program may write runs meanwhile.
        """
        with self._store.mutex:
            if self._calibrated_runs is None or self.read_only:
                self._calibrated_runs = ledger.calibrated_runs(self._store)
            return self._calibrated_runs

    def effort(self) -> Effort:
        """How much work a person put in."""
        return ledger.effort(self._store)

    def effort_by_round(self) -> list[Effort]:
        """The same before the first round of fine-tuning and after each, so that rounds can be seen to save work."""
        return ledger.effort_by_round(self._store)

    @property
    def last_entry(self) -> int:
        """The number of the journal's last entry: as of which what is read now, people's numbers too, is true."""
        return ledger.last_entry(self._store)

    def person_now(self, frame_index: int, track_id: int, as_of: int) -> int | None:
        """The number that whoever had `track_id` in a frame after entry `as_of` has now, None if taken away there."""
        return journal.track_now(self._store, frame_index, track_id, as_of)

    def journal(self, after: int = 0) -> list[JournalEntry]:
        """The journal's entries after a given one."""
        return journal.entries(self._store, after)

    def changes_of(self, entry_id: int) -> list[Change]:
        """What an entry of the journal changed."""
        return journal.changes_of(self._store, entry_id)

    # ---- weights, rounds, settings ----

    @property
    def weights_folder(self) -> Path:
        """The folder beside the project where its weights lie, as files named by their hash; made when needed."""
        return self.path.with_suffix(".weights")

    @property
    def active_weights(self) -> str | None:
        """The hash of the weights that predict, None for the program's own."""
        return self.setting("active_weights")

    def rounds(self) -> list[Round]:
        """All rounds of fine-tuning, the oldest first."""
        return ledger.rounds(self._store)

    def setting(self, key: str) -> str | None:
        """A remembered setting, None if it was never set."""
        row = self._store.one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else row[0]
