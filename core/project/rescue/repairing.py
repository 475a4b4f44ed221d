"""Repairing a project: what is whole of it in a new file at its place, the damaged one beside."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import ProjectError
from core.files.replacing import drafting, put_in_place
from core.project.disk.locking import WritersLock
from core.project.disk.pages import MAGIC
from core.project.disk.place import log_of, memory_of
from core.project.project import Project
from core.project.records import ProjectDamagedError, ProjectLockedError, SourceRecord
from core.project.rescue import backups
from core.project.rescue.replaying import Settled, settle
from core.project.rescue.salvage import Cells, Salvaged, salvage
from core.project.storage import contents, ledger, schema
from core.project.storage.checksums import checksum
from core.project.storage.codec import opened
from core.project.storage.frame_state import NOT_REVIEWED, HeldFrame, bytes_of_mark, mark_of_bytes
from core.project.storage.in_words import in_words, reading
from core.project.storage.summary import rows_of

_NEWEST = 8
_MOST_NAMED = 12
_LOST_LABEL = "Edit that could be read in part"
_MARKS_LABEL = "Marks of reviewed frames, saved by a repair"

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Repair:
    """What became of a project.

    Attributes:
        path: of the project.
        damaged: where the damaged file lies now; None where nothing was damaged, and nothing was changed.
        num_frames: frames with labels that are there now.
        num_poses: people in them.
        num_from_journal: poses that only the journal had whole.
        missing: how many people are lost, by frame.
        num_lost_entries: edits and runs of the journal that are lost, or there in part.
        guessed_clip: True if the file no longer said which clip it labels.
    """

    path: Path
    damaged: Path | None
    num_frames: int
    num_poses: int
    num_from_journal: int = 0
    missing: dict[int, int] | None = None
    num_lost_entries: int = 0
    guessed_clip: bool = False

    def sentences(self) -> list[str]:
        """What was saved and what is missing, a line each."""
        held = f"{_people(self.num_poses)} in {_counted(self.num_frames, 'frame', 'frames')}"
        if self.damaged is None:
            return [f"{self.path.name} is whole: {held}. Nothing was changed."]
        said = [f"Saved: {held} ({self.num_from_journal:,} of them from the journal)."]
        if self.missing:
            count, frames = sum(self.missing.values()), list(self.missing)
            named = ", ".join(map(str, frames[:_MOST_NAMED])) + (", …" if len(frames) > _MOST_NAMED else "")
            said.append(f"Missing: {_people(count)} in {_counted(len(frames), 'frame', 'frames')} ({named}).")
        else:
            said.append("Missing: nobody.")
        if self.num_lost_entries:
            entries = _counted(self.num_lost_entries, "entry", "entries")
            said.append(f"Lost in whole or in part: {entries} of the journal; who was deleted by one may be back.")
        if self.guessed_clip:
            said.append("Which clip it labels could not be read: choose it when you open the project.")
        said.append(f"The damaged file is kept in {self.damaged.name}.")
        return said


def _people(count: int) -> str:
    return _counted(count, "person", "people")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def repair(path: Path, on_progress: OnProgress = lambda done, total: None) -> Repair:
    """Saves what is whole of a project, unless all of it is.

    Args:
        path: of the project, which nobody has open to write.
        on_progress: called with done and total steps; may raise Cancelled, and nothing is changed then.

    Raises:
        ProjectLockedError: another program writes it.
        ProjectError: nothing of it can be saved, or the new file cannot be written.
    """
    path = path.absolute()
    if not path.is_file():
        raise ProjectError(f"{path} does not exist; check the name.")
    whole = _if_whole(path)
    if whole is not None:
        return whole
    lock = WritersLock(path)
    try:
        on_progress(0, 4)
        found = _salvaged(path)
        on_progress(1, 4)
        settled = settle(found)
        on_progress(2, 4)
        source, is_guessed = _source_of(path, found, settled)
        with drafting(path, ProjectError) as draft:
            _write(draft, found, settled, ledger.text_of_source(source, path.parent))
            Project.open(draft).close()  # brings what an earlier version wrote up to date
            with Project.open(draft, read_only=True) as project:
                num_frames = len(project.labelled_frames())
                num_poses = sum(len(frame.poses) for frame in project.frames())
            on_progress(3, 4)
            damaged = backups.keep_beside(path)
            put_in_place(draft, path)
        log_of(path).unlink(missing_ok=True)  # until here the new file would know that it is not its own
        memory_of(path).unlink(missing_ok=True)
    except sqlite3.Error as error:
        raise in_words(error, path) from error
    finally:
        lock.release()
    on_progress(4, 4)
    return Repair(
        path,
        damaged,
        num_frames,
        num_poses,
        len(settled.from_journal),
        settled.missing,
        len(settled.broken),
        is_guessed,
    )


def _if_whole(path: Path) -> Repair | None:
    """The report on a project that needs no repair; None where it does.

    Raises:
        ProjectError: it is no project, or of a newer program.
    """
    try:
        with Project.open(path, read_only=True) as project:
            project.require_whole()
            frames = [len(frame.poses) for frame in project.frames()]
    except ProjectDamagedError:
        return None
    except ProjectLockedError:
        raise
    except ProjectError:
        if _says_it_is_another_file(path):
            raise
        return None
    return Repair(path, None, len(frames), sum(frames))


def _says_it_is_another_file(path: Path) -> bool:
    """True of a database of something else, or of a newer version; not where only its header was damaged."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
        is_ours = header[68:72] == schema.APPLICATION_ID.to_bytes(4, "big")
        is_newer = int.from_bytes(header[60:64], "big") > len(schema.MIGRATIONS)
        if not header.startswith(MAGIC) or (is_ours and not is_newer):
            return False
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            return not schema.is_of_this_version(connection)
    except (OSError, sqlite3.Error):
        return True


def _salvaged(path: Path) -> Salvaged:
    try:
        found = salvage(path)
    except OSError as error:
        raise ProjectError(
            f"{path.name} cannot be read ({error.strerror or error}); check the disk it is on."
        ) from error
    if not (found.poses or found.entries or found.changes or "source" in found.meta):
        newest = next(iter(backups.of(path)), None)
        advice = "it is no project, or nothing of it is left" if newest is None else f"open its backup {newest}"
        raise ProjectError(f"Nothing could be saved of {path.name}: {advice}.")
    if not 0 < found.version <= _NEWEST:
        found.version = _NEWEST
    return found


def _source_of(path: Path, found: Salvaged, settled: Settled) -> tuple[SourceRecord, bool]:
    """Which clip it labels: as the file says, else as its newest backup does, else a guess."""
    with contextlib.suppress(ProjectError), reading("its video", path):
        return ledger.source_of_text(found.meta["source"], path.parent), False
    for backup in backups.of(path):
        with contextlib.suppress(ProjectError), Project.open(backup, read_only=True) as project:
            return project.source, False
    last = max((frame for frame, _ in settled.poses), default=0)
    return SourceRecord(path.with_suffix(".mp4"), "video", 0, 0, last + 1), True


def _write(draft: Path, found: Salvaged, settled: Settled, source: str) -> None:
    with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # forced to the disk once, when it is whole
        schema.build(connection, found.version)
        connection.execute("BEGIN")
        _write_journal(connection, found, settled)
        _write_marks(connection, settled)
        for table, rows in found.others.items():
            _insert(connection, table, rows.values())
        _insert(connection, "meta", ({**found.meta, "source": source}).items())
        _insert(connection, "poses", ((*place, blob) for place, blob in settled.poses.items()))
        connection.execute("UPDATE runs SET status = 'interrupted' WHERE status = 'running'")
        contents.drop_wrong(connection)
        _write_frames(connection, settled)
        connection.execute("COMMIT")


def _write_journal(connection: sqlite3.Connection, found: Salvaged, settled: Settled) -> None:
    entries = dict(found.entries)
    for entry_id in {entry for entry, _ in found.changes} - entries.keys():
        entries[entry_id] = ("edit", "repair", _LOST_LABEL, 0.0, "dropped", None, None, None, None)
    broken = set(settled.broken)
    of_entry: dict[int, list[Cells]] = {}
    for (entry_id, position), change in sorted(found.changes.items()):
        if entry_id not in broken or _can_be_read(change):
            of_entry.setdefault(entry_id, []).append((position, *change))
    for entry_id, (kind, action, label, created_s, status, applied_by, run_id, target, _) in sorted(entries.items()):
        changes = of_entry.get(entry_id, [])
        # What is there in part can be neither undone nor done again.
        stands = "dropped" if entry_id in broken and kind == "edit" else status
        row = (entry_id, kind, action, label, created_s, stands, applied_by, run_id, target)
        _insert_entry(connection, row, changes)


def _insert_entry(connection: sqlite3.Connection, row: Cells, changes: Sequence[Cells]) -> None:
    entry_id, kind, action, label, created_s, _, _, run_id, target = row
    if schema.version(connection) >= _NEWEST:
        row = (*row, checksum((kind, action, label, created_s, run_id, target), changes))
    _insert(connection, "entries", [row])
    _insert(connection, "changes", ((entry_id, *change) for change in changes))


def _write_marks(connection: sqlite3.Connection, settled: Settled) -> None:
    """Has the journal say of every frame what is known of its mark, also where the entry that set it is lost."""
    said = dict(
        connection.execute("SELECT frame_index, after FROM changes WHERE what = 'review' ORDER BY entry_id, position")
    )
    known = {frame_index: mark_of_bytes(blob) for frame_index, blob in said.items()}
    changes = [
        (position, "review", frame_index, bytes_of_mark(known.get(frame_index, NOT_REVIEWED)), bytes_of_mark(mark))
        for position, (frame_index, mark) in enumerate(
            (frame_index, settled.marks.get(frame_index, NOT_REVIEWED))
            for frame_index in sorted(known.keys() | settled.marks.keys())
            if known.get(frame_index, NOT_REVIEWED) != settled.marks.get(frame_index, NOT_REVIEWED)
        )
    ]
    if changes:
        entry_id = connection.execute("SELECT coalesce(max(entry_id), 0) + 1 FROM entries").fetchone()[0]
        row = (entry_id, "edit", "repair", _MARKS_LABEL, time.time(), "dropped", None, None, None)
        _insert_entry(connection, row, changes)


def _can_be_read(change: Cells) -> bool:
    what, frame_index, before, after = change
    if what != "pose":
        return what == "review"
    try:
        for blob in (before, after):
            if isinstance(blob, bytes) and isinstance(frame_index, int):
                opened(blob, frame_index)
    except ProjectDamagedError:
        return False
    return True


def _write_frames(connection: sqlite3.Connection, settled: Settled) -> None:
    """Counts and scores of each frame are computed anew; a pose that no program writes goes."""
    states: dict[int, HeldFrame] = {frame: HeldFrame({}, mark) for frame, mark in settled.marks.items()}
    rows = connection.execute("SELECT frame_index, track_id, pose FROM poses ORDER BY frame_index, track_id").fetchall()
    for frame_index, track_id, blob in rows:
        try:
            pose = opened(blob, frame_index)
        except ProjectDamagedError:
            connection.execute("DELETE FROM poses WHERE frame_index = ? AND track_id = ?", (frame_index, track_id))
            continue
        held = states.get(frame_index, HeldFrame())
        states[frame_index] = HeldFrame({**held.poses, track_id: pose}, held.mark)
    connection.executemany(
        "INSERT INTO frames (frame_index, num_people, num_predicted, num_accepted, num_corrected, num_imported,"
        " min_score, mean_score, reviewed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows_of(states),
    )
    highest = connection.execute("SELECT max(track_id) FROM poses").fetchone()[0] or 0
    known = connection.execute("SELECT value FROM meta WHERE key = 'highest_track_id'").fetchone()
    if known is None or not known[0].isdigit() or int(known[0]) < highest:
        _insert(connection, "meta", [("highest_track_id", str(highest))])


def _insert(connection: sqlite3.Connection, table: str, rows: object) -> None:
    for row in rows:  # type: ignore[attr-defined]  # several kinds of iterables of tuples
        with contextlib.suppress(sqlite3.IntegrityError, OverflowError):  # a row that no project holds
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", row)  # noqa: S608 - names of the schema
