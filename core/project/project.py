"""A project: the labels of one video in one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.poses import FloatArray, FramePoses, Pose
from core.project import history, journal, ledger, regions
from core.project.codec import decode
from core.project.records import (
    Change,
    Effort,
    FrameProof,
    JournalEntry,
    Round,
    Run,
    SourceRecord,
    Touched,
)
from core.project.store import Store
from core.project.summary import Summary, SummaryColumns

_FRAMES_AT_ONCE = 256


class Project:
    """The labels of one video, in one file that is written at every edit and never saved.

    Any thread may call any method; calls wait for one another. Everything that is read is what was last committed.

    Attributes:
        path: of the file.
        read_only: True if opened to read; every write then raises ProjectError.
    """

    def __init__(self, store: Store) -> None:
        """Use `Project.create` or `Project.open`."""
        self._store = store
        self._columns: SummaryColumns | None = None
        self._columns_version = -1
        self._calibrated_runs: frozenset[int] | None = None
        self.path = store.path
        self.read_only = store.read_only

    @classmethod
    def create(cls, path: str | Path, source: SourceRecord) -> Self:
        """Makes a new project file and opens it for writing.

        Raises:
            ProjectError: the file exists or cannot be written.
        """
        path = Path(path).absolute()
        if path.exists():
            raise ProjectError(f"{path.name} exists already; open it, or choose another name.")
        project = cls(Store(path, read_only=False, create=True))
        with project._store.transaction() as store:
            ledger.set_source(store, source)
        return project

    @classmethod
    def open(cls, path: str | Path, read_only: bool = False) -> Self:
        """Opens a project file.

        Raises:
            ProjectLockedError: another program writes it (only where not `read_only`).
            ProjectError: it is missing, no project, damaged, of a newer program, or cannot be written.
        """
        project = cls(Store(Path(path).absolute(), read_only))
        try:
            ledger.source(project._store)
            if not read_only:
                with project._store.transaction() as store:
                    ledger.mark_interrupted_runs(store)
        except ProjectError:
            project.close()
            raise
        return project

    def close(self) -> None:
        """Closes the file; what was committed is already in it."""
        self._store.close()

    def __enter__(self) -> Self:
        """The project itself; leaving the block closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file."""
        self.close()

    # ---- the source ----

    @property
    def source(self) -> SourceRecord:
        """The labelled video, found beside a project that was moved together with it."""
        return ledger.source(self._store)

    def relocate(self, path: str | Path) -> None:
        """Says where the video is now; the labels stay as they are."""
        with self._store.transaction() as store:
            ledger.relocate(store, Path(path))

    def frame_proofs(self, frame_index: int) -> list[FrameProof]:
        """The pictures that labels of this frame were made on, the oldest first; more than one is a mismatch."""
        rows = self._store.rows(
            "SELECT timestamp_s, pixel_hash FROM proofs WHERE frame_index = ? ORDER BY entry_id", (frame_index,)
        )
        return [FrameProof(*row) for row in rows]

    def mismatched(self, frame_index: int, proof: tuple[float, str]) -> bool:
        """True if a label of this frame was made on a picture with other pixels than `proof` says."""
        return any(known.pixel_hash != proof[1] for known in self.frame_proofs(frame_index))

    def trust_picture(self, frame_index: int, proof: tuple[float, str]) -> None:
        """A person has looked: the labels of this frame belong to this picture, whatever was stored before."""
        with self._store.transaction() as store:
            store.execute("DELETE FROM proofs WHERE frame_index = ?", (frame_index,))
            store.execute(
                "INSERT INTO proofs (frame_index, pixel_hash, timestamp_s, entry_id) VALUES (?, ?, ?, 0)",
                (frame_index, proof[1], proof[0]),
            )

    # ---- what it holds ----

    def frame(self, frame_index: int) -> FramePoses:
        """All people of a frame; empty where nobody is labelled."""
        return journal.frame(self._store, frame_index)

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[FramePoses]:
        """The frames from `start` up to `stop` that hold somebody or are reviewed, in order."""
        stop = 2**62 if stop is None else stop
        while start < stop:
            some = journal.frames(self._store, start, stop, _FRAMES_AT_ONCE)
            yield from some
            if len(some) < _FRAMES_AT_ONCE:
                return
            start = some[-1].frame_index + 1

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
            "SELECT frame_index FROM poses WHERE track_id = ? AND frame_index >= ? ORDER BY frame_index",
            (track_id, start),
        )
        for (frame_index,) in rows:
            row = self._store.one(
                "SELECT pose FROM poses WHERE frame_index = ? AND track_id = ?", (frame_index, track_id)
            )
            if row is not None:
                yield frame_index, decode(row[0])

    def track_ids(self) -> list[int]:
        """The numbers of all people of the clip, rising."""
        rows = self._store.rows(
            "WITH RECURSIVE ids (id) AS (SELECT min(track_id) FROM poses UNION ALL"
            " SELECT (SELECT min(track_id) FROM poses WHERE track_id > id) FROM ids WHERE id IS NOT NULL)"
            " SELECT id FROM ids WHERE id IS NOT NULL"
        )
        return [row[0] for row in rows]

    def next_track_id(self) -> int:
        """A number that nobody has, and nobody ever had."""
        return int(self.setting("highest_track_id") or 0) + 1

    def summary(self) -> Summary:
        """What the timeline shows of every frame; its columns follow later writes."""
        with self._store.mutex:
            version = 0
            if self.read_only:  # another program may have written
                row = self._store.one("PRAGMA data_version")
                version = 0 if row is None else row[0]
            if self._columns is None or version != self._columns_version:
                self._columns = SummaryColumns(self._store, self.source.num_frames)
                self._columns_version = version
            return self._columns.summary

    def summary_rows(self, frame_indices: Sequence[int]) -> Summary:
        """A copy of the summary's rows for some frames: those of a `Touched`."""
        return self.summary().rows(frame_indices)

    # ---- a person's edits ----

    def commit(
        self,
        label: str,
        changes: Sequence[Change],
        proofs: Mapping[int, tuple[float, str]] | None = None,
        action: str = "edit",
    ) -> Touched:
        """Writes one edit of a person: one transaction, on the disk when it returns.

        Where a machine wrote to a pose after it was read, the edit changes only what differs between `before`
        and `after`. After an undo the undone edits can no longer be redone; they stay in the journal.

        Args:
            label: what the undo menu shows.
            changes: what to change.
            proofs: which pictures the person saw, by frame index.
            action: the kind of edit, for the ledger of effort.

        Raises:
            ProjectError: it could not be written, or no longer fits what the project holds; nothing is changed then.
        """
        with self._store.transaction() as store:
            actual = history.of_edit(store, changes)
            if not actual:
                return Touched()
            store.execute("UPDATE entries SET status = 'dropped' WHERE kind = 'edit' AND status = 'undone'")
            touched = journal.append(store, "edit", action, label, actual, proofs=_proofs(proofs))
            store.execute("UPDATE entries SET applied_by = ? WHERE entry_id = ?", (touched.entry_id, touched.entry_id))
        return self._refreshed(touched)

    def undo(self) -> Touched | None:
        """Takes the last edit of a person back, None if there is none."""
        return self._step("undo", self._last_done())

    def redo(self) -> Touched | None:
        """Does the last undone edit again, None if there is none."""
        return self._step("redo", self._first_undone())

    @property
    def undo_label(self) -> str | None:
        """What `undo` would take back, None if there is nothing."""
        row = self._last_done()
        return None if row is None else row[1]

    @property
    def redo_label(self) -> str | None:
        """What `redo` would do again, None if there is nothing."""
        row = self._first_undone()
        return None if row is None else row[1]

    def _last_done(self) -> tuple[Any, ...] | None:
        return self._store.one(
            "SELECT entry_id, label, action, applied_by FROM entries WHERE kind = 'edit' AND status = 'done'"
            " ORDER BY entry_id DESC LIMIT 1"
        )

    def _first_undone(self) -> tuple[Any, ...] | None:
        return self._store.one(
            "SELECT entry_id, label, action, applied_by FROM entries WHERE kind = 'edit' AND status = 'undone'"
            " ORDER BY entry_id LIMIT 1"
        )

    def _step(self, kind: str, edit: tuple[Any, ...] | None) -> Touched | None:
        """Reverts the entry that last did (or undid) an edit, as an entry of its own."""
        if edit is None:
            return None
        edit_id, label, action, applied_by = edit
        with self._store.transaction() as store:
            actual = history.of_reverting(store, applied_by, ledger.removed_runs(store))
            journal.forget_removals(store, applied_by, journal.changes_of(store, applied_by))
            touched = journal.append(store, kind, action, label, actual, target=edit_id)
            store.execute(
                "UPDATE entries SET status = ?, applied_by = ? WHERE entry_id = ?",
                ("undone" if kind == "undo" else "done", touched.entry_id, edit_id),
            )
        return self._refreshed(touched)

    def _refreshed(self, touched: Touched) -> Touched:
        with self._store.mutex:
            if self._columns is not None:
                self._columns.refresh(touched.frame_indices)
        return touched

    # ---- a machine's runs ----

    def begin_run(self, kind: str, weights_sha256: str | None = None, settings: Mapping[str, Any] | None = None) -> int:
        """Begins a run of kind "predict", "track" or "import" and returns its number."""
        with self._store.transaction() as store:
            self._calibrated_runs = None
            return ledger.begin_run(store, kind, weights_sha256, settings or {})

    def write_run(
        self,
        run_id: int,
        poses_by_frame: Mapping[int, Iterable[Pose]],
        proofs: Mapping[int, tuple[float, str]] | None = None,
    ) -> Touched:
        """Writes one batch of a run: one transaction and one entry, which undo passes over.

        What a person set or accepted stays as it is, other joints are replaced. People whom a person deleted
        are not added back; a person who was renumbered since the run began is written under the new number.

        Raises:
            ProjectError: the run is unknown or over, or the batch could not be written; nothing is changed then.
        """
        with self._store.transaction() as store:
            run = ledger.run(store, run_id)
            if run.status != "running":
                raise ProjectError(f"Run {run_id} is over ({run.status}); begin a new one.")
            actual = history.of_run(store, run_id, run.kind, run.began_after, poses_by_frame)
            if not actual:
                return Touched()
            label = ledger.RUN_LABELS[run.kind]
            touched = journal.append(store, "run", run.kind, label, actual, proofs=_proofs(proofs), run_id=run_id)
        return self._refreshed(touched)

    def finish_run(self, run_id: int, status: str = "done") -> None:
        """Ends a run with status "done", "cancelled" or "failed"; what it wrote stays."""
        with self._store.transaction() as store:
            ledger.finish_run(store, run_id, status)

    def remove_run(self, run_id: int) -> Touched:
        """Takes back what a run wrote and nobody changed since; the joints of the run before it come back."""
        with self._store.transaction() as store:
            run = ledger.run(store, run_id)
            actual = history.of_removing_run(store, run_id, ledger.removed_runs(store))
            label = f"Remove run {run_id}"
            touched = journal.append(store, "remove_run", run.kind, label, actual, run_id=run_id)
            regions.remove(store, run_id)
            ledger.finish_run(store, run_id, "removed")
        return self._refreshed(touched)

    def write_ignore_regions(self, run_id: int, regions_by_frame: Mapping[int, Sequence[FloatArray]]) -> None:
        """Keeps where nothing is to be evaluated, as polygons (N, 2) in pixels, until the run is removed."""
        with self._store.transaction() as store:
            regions.write(store, run_id, regions_by_frame)

    def ignore_regions(self) -> dict[int, tuple[FloatArray, ...]]:
        """The polygons (N, 2) in pixels of every frame that has some."""
        return regions.read(self._store)

    def runs(self) -> list[Run]:
        """All runs, the oldest first."""
        return ledger.runs(self._store)

    @property
    def calibrated_runs(self) -> frozenset[int]:
        """The runs whose scores are measured probabilities, of their weights as they were used; read once a run."""
        with self._store.mutex:
            if self._calibrated_runs is None:
                self._calibrated_runs = ledger.calibrated_runs(self._store)
            return self._calibrated_runs

    # ---- weights, rounds, settings, effort ----

    @property
    def weights_folder(self) -> Path:
        """The folder beside the project where its weights lie, as files named by their hash; made when needed."""
        return self.path.with_suffix(".weights")

    @property
    def active_weights(self) -> str | None:
        """The hash of the weights that predict, None for the program's own."""
        return self.setting("active_weights")

    def set_active_weights(self, weights_sha256: str | None) -> None:
        """Chooses the weights that predict; not an edit, and not undone."""
        self.set_setting("active_weights", weights_sha256)

    def record_round(self, report: Mapping[str, Any], weights_sha256: str, parent: str | None) -> int:
        """Remembers a round of fine-tuning and returns its number."""
        with self._store.transaction() as store:
            return ledger.record_round(store, report, weights_sha256, parent)

    def rounds(self) -> list[Round]:
        """All rounds of fine-tuning, the oldest first."""
        return ledger.rounds(self._store)

    def setting(self, key: str) -> str | None:
        """A remembered setting, None if it was never set."""
        row = self._store.one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else row[0]

    def set_setting(self, key: str, value: str | None) -> None:
        """Remembers a setting with the project; None forgets it. Not an edit, and not undone."""
        with self._store.transaction() as store:
            ledger.set_setting(store, key, value)

    def effort(self) -> Effort:
        """How much work a person put in."""
        return ledger.effort(self._store)

    def journal(self, after: int = 0) -> list[JournalEntry]:
        """The journal's entries after a given one."""
        return journal.entries(self._store, after)

    def changes_of(self, entry_id: int) -> list[Change]:
        """What an entry of the journal changed."""
        return journal.changes_of(self._store, entry_id)


def _proofs(proofs: Mapping[int, tuple[float, str]] | None) -> dict[int, FrameProof]:
    return {frame_index: FrameProof(*proof) for frame_index, proof in (proofs or {}).items()}
