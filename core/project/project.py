"""A project: the labels of one video in one file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from core.errors import Cancelled, ProjectError
from core.poses import FloatArray, Pose
from core.project import history, journal, undoing
from core.project.reader import ProjectReader
from core.project.records import Change, MoveChange, ProjectGoneError, RunKind, SourceRecord, Touched, Unsaved
from core.project.storage import done_marks, frame_rows, kept, ledger, making, regions, track_numbers
from core.project.storage import proofs as proofs_of_frames
from core.project.storage.store import Store


class Project(ProjectReader):
    """The labels of one video, in one file that is written at every edit and never saved.

    Any thread may call any method; calls wait for one another. `ProjectReader` says what can be read.
    """

    def __init__(self, store: Store) -> None:
        """Use `Project.create` or `Project.open`."""
        super().__init__(store)
        self._reserved: dict[int, list[range]] = {}  # dies with the program, as the runs do that reserve
        self._may_redo = True  # until an edit has made sure that nothing can be redone
        self.unsaved: list[Unsaved] = []
        """A person's edits that were refused since the file is gone; `core.project.saving` saves them, too."""

    @classmethod
    def create(cls, path: str | Path, source: SourceRecord) -> Self:
        """Makes a new project file, which is there once it is whole, and opens it for writing.

        Raises:
            ProjectError: the file exists or cannot be written.
        """
        path = Path(path).absolute()
        making.make(path, source)
        return cls(Store(path, read_only=False))

    @classmethod
    def open(cls, path: str | Path, read_only: bool = False) -> Self:
        """Opens a project file.

        Raises:
            ProjectLockedError: another program writes it (only where not `read_only`).
            ProjectNotWritableError: it may not be written, but may be read (only where not `read_only`).
            ProjectDamagedError: it is damaged, or holds what no project holds; repairing may help.
            ProjectError: it is missing, no project, damaged, of a newer program, or cannot be written.
        """
        project = cls(Store(Path(path).absolute(), read_only))
        try:
            ledger.source(project._store)
            if not read_only and ledger.has_running(project._store):
                with project._store.transaction() as store:
                    ledger.mark_interrupted_runs(store)
        except ProjectError:
            project.close()
            raise
        return project

    def relocate(self, path: str | Path) -> None:
        """Says where the video is now; the labels stay as they are."""
        with self._store.transaction() as store:
            ledger.relocate(store, Path(path))

    def reserve_track_ids(self, count: int, *, run_id: int | None = None, above: int = 0) -> range:
        """Takes numbers for new people: nobody else gets them, whoever asks meanwhile.

        Args:
            count: how many.
            run_id: the run that will write these people; until it ends, no person can choose such a number by hand.
            above: the numbers are higher than this one, too.

        Raises:
            ProjectError: the run is unknown or over, or the project cannot be written.
        """
        try:
            with self._store.transaction() as store:
                if run_id is not None:
                    ledger.running(store, run_id)
                numbers = track_numbers.reserve(store, count, above)
                if run_id is not None:
                    self._reserved.setdefault(run_id, []).append(numbers)
        except ProjectGoneError:
            if run_id is not None:
                raise
            numbers = track_numbers.for_unsaved(self._store, self.unsaved, count, above)
        return numbers

    def claim_track_ids(self, run_id: int, wanted: Collection[int]) -> frozenset[int]:
        """Takes numbers that a run is about to write, as far as nobody has them, or was promised them.

        Args:
            run_id: the run; until it ends, nobody else gets the numbers that it took.
            wanted: the numbers.

        Returns:
            The numbers that were taken for the run.

        Raises:
            ProjectError: the run is unknown or over, or the project cannot be written.
        """
        with self._store.transaction() as store:
            ledger.running(store, run_id)
            free = frozenset(wanted) - {*self.track_ids()} - self.reserved_track_ids()
            track_numbers.raise_to(store, max(free, default=0))
            self._reserved.setdefault(run_id, []).extend(range(number, number + 1) for number in sorted(free))
        return free

    def reserved_track_ids(self) -> frozenset[int]:
        """The numbers that unfinished runs keep for people whom they find; some may be written already."""
        with self._store.mutex:
            return frozenset(number for of_run in self._reserved.values() for numbers in of_run for number in numbers)

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
            ProjectGoneError: the file is no longer at its path; the edit is kept in `unsaved`.
            ProjectError: it could not be written, or no longer fits what the project holds; nothing is changed then.
        """
        with self._store.mutex:
            try:
                with self._store.transaction() as store:
                    actual = history.of_edit(store, changes)
                    if not actual:
                        return Touched()
                    track_numbers.require_free(store, actual, self._reserved)
                    if self._may_redo:
                        undoing.drop_undone(store)
                    written = journal.append(store, "edit", action, label, actual, proofs=proofs)
            except ProjectGoneError as error:
                if not error.is_written:
                    self.unsaved.append(Unsaved(label, tuple(changes), dict(proofs or {}), action))
                raise
            self._may_redo = False
            return self._followed(written)

    def renumber(
        self, label: str, changes: Sequence[Change], places: Mapping[int, int], source: SourceRecord
    ) -> Touched:
        """Has labels follow their pictures to other frame indices, as an edit, and remembers the source anew.

        Args:
            label: what the undo menu shows.
            changes: the poses and marks of the frames concerned.
            places: frame index now and from then on of the pictures that have another one; all that names them follows.
            source: what the source is, with its true number of frames.

        Raises:
            ProjectError: it could not be written, or no longer fits what the project holds; nothing is changed then.
        """
        with self._store.mutex:
            with self._store.transaction() as store:
                actual = history.of_edit(store, changes)
                written = None
                if places:
                    actual.append(MoveChange(tuple(places.items()), frame_rows.moves(store, places)))
                if actual:
                    track_numbers.require_free(store, actual, self._reserved)
                    undoing.drop_undone(store)
                    written = journal.append(store, "edit", journal.RENUMBER, label, actual)
                ledger.set_source(store, source)
            self._columns = None  # of another length
            return Touched() if written is None else written.touched

    def undo(self) -> Touched | None:
        """Takes the last edit of a person back, with what was mended after it; None if there is none."""
        return self._step("undo", undoing.last_done)

    def redo(self) -> Touched | None:
        """Does the last undone edit again, None if there is none."""
        return self._step("redo", undoing.first_undone)

    def _step(self, kind: str, next_step: Callable[[Store], undoing.Step | None]) -> Touched | None:
        """Reverts the entry that last did (or undid) an edit, as an entry of its own."""
        with self._store.mutex:
            with self._store.transaction() as store:
                step = next_step(store)
                if step is None:
                    return None
                self._may_redo = True
                written = undoing.reverted(store, step, kind)
            return self._followed(*written)

    def _followed(self, *written: journal.Written) -> Touched:
        """Brings the summary up to date; the mutex is held since the write, so that no two writes pass each other."""
        touched = Touched()
        for one in written:
            touched = touched.and_then(one.touched)
            if self._columns is not None:
                self._columns.take(one.rows)
        return touched

    # ---- a machine's runs ----

    @contextmanager
    def run(
        self, kind: RunKind, weights_sha256: str | None = None, settings: Mapping[str, Any] | None = None
    ) -> Iterator[int]:
        """A run, by its number, from its beginning to its end, which is the block's.

        It ends as "done", as "cancelled" where `Cancelled` or Ctrl+C leaves the block, else as "failed".
        """
        run_id = self.begin_run(kind, weights_sha256, settings)
        status = "failed"
        try:
            yield run_id
            status = "done"
        except (Cancelled, KeyboardInterrupt):
            status = "cancelled"
            raise
        finally:
            self.finish_run(run_id, status)

    def begin_run(
        self, kind: RunKind, weights_sha256: str | None = None, settings: Mapping[str, Any] | None = None
    ) -> int:
        """Begins a run and returns its number; `run` ends it, too."""
        with self._store.transaction() as store:
            self._calibrated_runs = None
            return ledger.begin_run(store, kind, weights_sha256, settings or {})

    def write_run(
        self,
        run_id: int,
        poses_by_frame: Mapping[int, Iterable[Pose]],
        proofs: Mapping[int, tuple[float, str]] | None = None,
        *,
        reviewed: Iterable[int] = (),
        as_of: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Touched:
        """Writes one batch of a run: one transaction and one entry, which undo passes over.

        What a person set or accepted stays as it is, other joints are replaced. People whom a person deleted
        are not added back; a person who was renumbered since `as_of` is written under the new number. A prediction
        without a box of its own adds nobody.

        Args:
            run_id: the run.
            poses_by_frame: what it says, by frame index.
            proofs: which pictures it saw, by frame index.
            reviewed: frames that an imported file says are done; they are marked until the run is removed.
            as_of: the `last_entry` when the run read the numbers that it writes; None if that was as it began.
            on_progress: called with done and total frames; may raise Cancelled, and then nothing is changed.

        Raises:
            ProjectError: the run is unknown or over, or the batch could not be written; nothing is changed then.
            ValueError: `reviewed` names frames, and the run is no import.
        """
        with self._store.mutex:
            with self._store.transaction() as store:
                run = ledger.running(store, run_id)
                done = frozenset(reviewed)
                if done and run.kind != RunKind.IMPORT:
                    raise ValueError(f"only an import says that frames are reviewed, not a run of kind {run.kind}")
                moment = run.began_after if as_of is None else as_of
                actual = history.of_run(store, run, poses_by_frame, done, as_of=moment, on_progress=on_progress)
                if not actual:
                    return Touched()
                label = ledger.RUN_LABELS[run.kind]
                written = journal.append(store, "run", run.kind, label, actual, proofs=proofs, run_id=run_id)
            return self._followed(written)

    def note_run(self, run_id: int, facts: Mapping[str, Any]) -> None:
        """Adds what a run found out to its settings. Raises ProjectError if it is over, or cannot be written."""
        with self._store.transaction() as store:
            ledger.note_run(store, run_id, facts)

    def finish_run(self, run_id: int, status: str = "done") -> None:
        """Ends a run with status "done", "cancelled" or "failed"; what it wrote stays."""
        with self._store.mutex:
            self._reserved.pop(run_id, None)  # also where the disk is full: nobody will write these people any more
            with self._store.transaction() as store:
                ledger.finish_run(store, run_id, status)

    def remove_run(self, run_id: int) -> Touched:
        """Takes back what a run wrote and nobody changed since; the joints of the run before it come back.

        Its ignore regions, kept fields, frame proofs and marks of reviewed frames go with it. The numbers of its people
        are not given to others, for the journal still names these people.
        """
        return self._remove(run_id, lambda store: history.of_removing_run(store, run_id, ledger.removed_runs(store)))

    def _remove(self, run_id: int, changes: Callable[[Store], Sequence[Change]]) -> Touched:
        with self._store.mutex:
            with self._store.transaction() as store:
                run = ledger.run(store, run_id)
                actual = changes(store)
                label = f"Remove run {run_id}"
                written = journal.append(store, "remove_run", run.kind, label, actual, run_id=run_id)
                regions.remove(store, run_id)
                kept.remove(store, run_id)
                proofs_of_frames.remove(store, run_id)
                ledger.finish_run(store, run_id, "removed")
                self._reserved.pop(run_id, None)
            return self._followed(written)

    def discard_run(self, run_id: int) -> Touched:
        """Takes back what an unfinished run wrote, and counts it as removed: batch by batch, so that nobody waits long.

        Raises:
            ProjectError: the run is unknown, or the project cannot be written.
        """
        with self._store.mutex:
            run, removed = ledger.run(self._store, run_id), ledger.removed_runs(self._store)
            batches = history.batches_of(self._store, run_id)
        earlier = history.ImportsTakenBack(self._store, removed)
        touched = Touched()
        for batch in batches:
            with self._store.mutex:
                with self._store.transaction() as store:
                    actual = history.of_removing_batches(store, [batch], removed, earlier)
                    if not actual:
                        continue
                    label = f"Remove run {run_id}"
                    written = journal.append(store, "remove_run", run.kind, label, actual, run_id=run_id)
                touched = touched.and_then(self._followed(written))
        return touched.and_then(
            self._remove(run_id, lambda store: history.marks_of_removed_run(store, run_id, removed))
        )

    def write_ignore_regions(self, run_id: int, regions_by_frame: Mapping[int, Sequence[FloatArray]]) -> None:
        """Keeps where nothing is to be evaluated, as polygons (N, 2) in pixels, until the run is removed.

        Raises:
            ProjectError: the run is unknown or over, or the regions could not be written.
        """
        with self._store.transaction() as store:
            ledger.running(store, run_id)
            regions.write(store, run_id, regions_by_frame)

    def write_kept_fields(self, run_id: int, fields: Mapping[tuple[int, int], Mapping[str, Any]]) -> None:
        """Keeps fields of an imported file that have no place here, until the run is removed.

        Args:
            run_id: the run.
            fields: JSON values by (frame index, track id as the run wrote it); with `NOBODY` as track id they are the
                image's, with `NOBODY` as both the file's.

        Raises:
            ProjectError: the run is unknown or over, or the fields could not be written.
        """
        with self._store.transaction() as store:
            ledger.running(store, run_id)
            kept.write(store, run_id, fields)

    # ---- what is done ----

    def mark_done(self, places: Iterable[tuple[str, int, int]], done: bool = True) -> None:
        """Remembers what a person looked at and let be, or forgets it. Not an edit, and not undone.

        Args:
            places: what is doubted, the frame, and a number for the pose there, from 0 and below 2 ** 32.
            done: False where it is to be looked at again.

        Raises:
            ProjectError: it could not be written.
        """
        with self._store.transaction() as store:
            (done_marks.write if done else done_marks.remove)(store, places)

    # ---- weights, rounds, settings, effort ----

    def set_active_weights(self, weights_sha256: str | None) -> None:
        """Chooses the weights that predict; not an edit, and not undone."""
        self.set_setting("active_weights", weights_sha256)

    def record_round(self, report: Mapping[str, Any], weights_sha256: str, parent: str | None) -> int:
        """Remembers a round of fine-tuning and returns its number."""
        with self._store.transaction() as store:
            return ledger.record_round(store, report, weights_sha256, parent)

    def set_setting(self, key: str, value: str | None) -> None:
        """Remembers a setting with the project; None forgets it. Not an edit, and not undone."""
        with self._store.transaction() as store:
            ledger.set_setting(store, key, value)
