"""The SQLite file under a project: opening, the lock of its one writer, transactions, errors in words."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cachetools import LRUCache

from core.errors import ProjectError
from core.files.replacing import drafting, put_in_place
from core.project.disk import log
from core.project.disk.locking import WritersLock, is_held
from core.project.disk.place import FileStamp, OwnLog, log_of, memory_of, what_happened
from core.project.records import ProjectGoneError
from core.project.storage import checksums, contents, schema
from core.project.storage.frame_state import HeldFrame
from core.project.storage.in_words import damaged, in_words, is_full

_BUSY_TIMEOUT_S = 30.0
_CHECKED_AT_OPENING_BYTES = 32 * 2**20
_FRAMES_AT_HAND = 256
_LOG_BYTES = 4 * 2**20
"""A longer log is written into the main file."""
_CLOSED = "The project was closed."


class Store:
    """One connection to a project file, used by any thread, one at a time.

    Attributes:
        path: of the file.
        read_only: True if nothing may be written.
        notes: sentences on what was decided at the opening.
        mutex: held by whoever reads or writes.
        at_hand: what was last read or written of some frames, by frame index; a writer's only, for nobody else changes
            the file then.
        has_regions: whether any frame has ignore regions, None until it is asked; a writer's only, likewise.
    """

    def __init__(self, path: Path, read_only: bool) -> None:
        """Opens the file. Raises ProjectError, ProjectLockedError where another program writes it."""
        self.path = path
        self.read_only = read_only
        self.notes: tuple[str, ...] = ()
        self.mutex = threading.RLock()
        self.at_hand: LRUCache[int, HeldFrame] = LRUCache(_FRAMES_AT_HAND)
        self.has_regions: bool | None = None
        self._closed = False
        self._gone: str | None = None
        self._bases: list[str] = []
        self._says_base = False
        if not path.is_file():
            raise ProjectError(f"{path} does not exist; check the name, or make a new project from the video.")
        self._lock = None if read_only else WritersLock(path)
        self._had_log = log_of(path).exists()
        try:
            self._see_to_log()
            self._connection = self._connect()
        except BaseException:
            self._release()
            raise

    def _see_to_log(self) -> None:
        """Keeps a log that was made for another file from being written into this one."""
        may_be_asked = self._lock is not None or (os.access(self.path, os.W_OK) and not is_held(self.path))
        if not self._had_log or not may_be_asked or not log.is_foreign(self.path):
            return
        if self.read_only:
            raise ProjectError(
                f"{log_of(self.path).name} belongs to another version of {self.path.name}; open the project once "
                "for writing, which puts it aside."
            )
        aside = log.put_aside(self.path)
        self.notes = (
            f"{self.path.name} was replaced while it was open: what another version of it had not saved is kept in "
            f"{aside.name}.",
        )

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                _uri(self.path, "ro" if self.read_only else "rw"),
                uri=True,
                timeout=_BUSY_TIMEOUT_S,
                isolation_level=None,
                check_same_thread=False,
            )
            # What a stranger's file says is to be computed may call nothing of consequence.
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            schema.check(connection, self.path.name)
            if self.read_only:
                self._check_current(connection)
            is_small = self.path.stat().st_size <= _CHECKED_AT_OPENING_BYTES
            if is_small:
                _check_pages(connection, self.path)
            contents.check(connection, self.path.name)
            if is_small and schema.version(connection) == len(schema.MIGRATIONS):
                checksums.require_all(connection, self.path.name)  # of a larger one, where it is read
            if not self.read_only:
                self._begin_writing(connection)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise in_words(error, self.path) from error
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        return connection

    def _begin_writing(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # `_write_log_back` does
        if schema.version(connection) < len(schema.MIGRATIONS):
            self._keep_as_it_was(connection)
        is_migrated = schema.migrate(connection)
        base = connection.execute("SELECT value FROM meta WHERE key = ?", (log.BASE,)).fetchone()
        self._bases = [] if base is None else [base[0]]
        if is_migrated or base is None or _size_of(log_of(self.path)):
            self._write_log_back(connection)
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # makes the log, if it is not there yet
        self._own_log = OwnLog(self.path)
        self._stamp = FileStamp.of(self.path)

    def _keep_as_it_was(self, connection: sqlite3.Connection) -> None:
        """Lays a copy beside a project of an earlier version, for the version of the program that wrote it."""
        kept = self.path.with_name(f"{self.path.stem}.format-{schema.version(connection)}{self.path.suffix}")
        if kept.exists():
            return  # the same project went back and forth; the first copy is the one that nobody has touched
        with drafting(kept, ProjectError) as draft:
            _copy(connection, draft)
            put_in_place(draft, kept)
        self.notes += (f"{self.path.name} is brought up to date; as it was, it is kept in {kept.name}.",)

    def _write_log_back(self, connection: sqlite3.Connection) -> None:
        """Writes the log into the main file, whose new state gets a name of its own."""
        base = log.new_base()
        connection.execute("PRAGMA busy_timeout = 0")  # whoever reads an older state is not waited for
        try:
            _name_base(connection, base)
            is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            connection.execute(f"PRAGMA busy_timeout = {round(_BUSY_TIMEOUT_S * 1000)}")
        self._bases = [*self._bases, base] if is_busy else [base]
        self._says_base = False

    def _check_current(self, connection: sqlite3.Connection) -> None:
        if schema.version(connection) < schema.READABLE_FROM:
            raise ProjectError(
                f"{self.path.name} was written by an older version of this program; open it once for writing "
                "to update it."
            )

    @contextmanager
    def transaction(self) -> Iterator[Store]:
        """All of what is written inside, or nothing; durable when the block has ended.

        Raises:
            ProjectGoneError: the file is no longer where it was opened.
            ProjectError: it cannot be written.
        """
        self.require_open()
        if self.read_only:
            raise ProjectError(f"{self.path.name} is open read-only; close the other program to write here.")
        with self.mutex:
            self.require_open()
            self.require_in_place()
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                if not self._says_base:
                    self._connection.execute(*_setting(log.LOG_FOR, " ".join(self._bases)))
                yield self
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise self._in_words(error) from error
            except BaseException:
                self._roll_back()
                raise
            self._says_base = True
            self.require_in_place(is_written=True)
            self._keep_log_short()

    def _keep_log_short(self) -> None:
        if _size_of(log_of(self.path)) < _LOG_BYTES:
            return
        self.write_log_back()

    def write_log_back(self) -> None:
        """Has the main file hold all that was written; what cannot be written back now stays in the log."""
        with contextlib.suppress(sqlite3.Error):
            self._write_log_back(self._connection)
        self._stamp = FileStamp.of(self.path)

    @property
    def is_gone(self) -> bool:
        """True once `require_in_place` has raised."""
        return self._gone is not None

    def require_in_place(self, *, is_written: bool = False) -> None:
        """Raises ProjectGoneError if the path does not lead to the file that was opened, as it was last written here.

        From then on nothing is written any more, and no log lies beside what is at the path now.
        """
        if self._gone is None and not self.read_only:
            self._gone = what_happened(self.path, self._stamp)
            if self._gone is not None and log.is_only_touched(self.path, self._stamp, self._bases):
                self._gone, self._stamp = None, FileStamp.of(self.path)
            if self._gone is not None and not self._is_overwritten():
                with contextlib.suppress(sqlite3.Error):  # a file that was renamed is whole under its new name then
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._own_log.remove()
                if self._lock is not None:
                    self._lock.leave_name()
        if self._gone is not None:
            error = ProjectGoneError(
                f"{self.path.name} {self._gone} while it was open: nothing is written to it any more. "
                "Save what you have under another name."
            )
            error.is_written = is_written
            raise error

    def _is_overwritten(self) -> bool:
        with contextlib.suppress(OSError):
            return FileStamp.of(self.path).identity == self._stamp.identity
        return False

    def require_whole(self) -> None:
        """Raises ProjectDamagedError if a page or a checksum is not as it was written."""
        with self.mutex:
            self.require_open()
            try:
                _check_pages(self._connection, self.path)
                if schema.version(self._connection) == len(schema.MIGRATIONS):
                    checksums.require_all(self._connection, self.path.name)
            except sqlite3.Error as error:
                raise in_words(error, self.path) from error

    def copy_to(self, path: Path) -> None:
        """Writes all that the file holds, also where it is no longer at its path, into a new one.

        Args:
            path: of a file that is not there yet.

        Raises:
            ProjectError: it cannot be read or written, or what was copied is damaged.
        """
        with self.mutex:
            self.require_open()
            try:
                _copy(self._connection, path)
            except sqlite3.Error as error:
                raise in_words(error, path) from error

    def _roll_back(self) -> None:
        self.at_hand.clear()
        self.has_regions = None
        # SQLite has already rolled back after some errors (a full disk is one), and where the connection was closed.
        if not self._closed and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def require_open(self) -> None:
        """Raises ProjectError if the file was closed."""
        if self._closed:
            raise ProjectError(_CLOSED)

    def _in_words(self, error: sqlite3.Error) -> ProjectError:
        return ProjectError(_CLOSED) if self._closed else in_words(error, self.path)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows that a query gives. Raises ProjectError."""
        with self.mutex:
            self.require_open()
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                raise in_words(error, self.path) from error

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row that a query gives, None if there is none. Raises ProjectError."""
        with self.mutex:
            self.require_open()
            try:
                row: tuple[Any, ...] | None = self._connection.execute(sql, parameters).fetchone()
            except sqlite3.Error as error:
                raise in_words(error, self.path) from error
            return row

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Writes inside a transaction and returns the row id of an insertion."""
        return self._connection.execute(sql, parameters).lastrowid or 0

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Writes many rows inside a transaction."""
        self._connection.executemany(sql, rows)

    def close(self) -> None:
        """Closes the file and lets other programs write it; closing twice does no harm."""
        with self.mutex:
            if not self._closed:
                self._end_writing()
            self._closed = True
            self.at_hand.clear()
            self._connection.close()
            if self._gone is not None:
                self._own_log.remove()
            self._release()
            if self.read_only and not self._had_log:
                _take_log_away(self.path)

    def _end_writing(self) -> None:
        """SQLite writes the log into the main file as it closes, which gets a new name for its new state."""
        if self.read_only:
            return
        with contextlib.suppress(ProjectGoneError):
            self.require_in_place()
        if self._gone is not None:
            if self._is_overwritten():
                log.keep_copy(self.path)  # what was written since the last checkpoint is nowhere else
            self._own_log.empty()  # all that was in it is in the file that was renamed, or belongs into no file
        elif self._says_base:
            with contextlib.suppress(sqlite3.Error):  # everything is in the log, and stays there
                _name_base(self._connection, log.new_base())

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()


def _copy(connection: sqlite3.Connection, path: Path) -> None:
    """All that a connection sees, as one whole file. Raises sqlite3.Error, ProjectDamagedError."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as target:
        connection.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
        _check_pages(target, path)


def _name_base(connection: sqlite3.Connection, base: str) -> None:
    """Names the state that the main file gets by the checkpoint that follows, which forces both to the disk."""
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(*_setting(log.BASE, base))
    connection.execute("PRAGMA synchronous = FULL")


def _setting(key: str, value: str) -> tuple[str, tuple[str, str]]:
    return "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value)


def _size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _uri(path: Path, mode: str) -> str:
    uri = f"file:{quote(str(path.resolve()))}?mode={mode}"
    # In a folder that cannot be written, or on a full disk, SQLite cannot make the shared memory that WAL needs.
    # With no log left beside the project nobody has written it since it was closed: it can be read as it lies there.
    is_quiet = mode == "ro" and not _size_of(log_of(path))
    is_closed_to_us = not memory_of(path).exists() and not os.access(path.parent, os.W_OK)
    if is_quiet and (is_closed_to_us or (is_full(path.parent) and not is_held(path))):
        uri += "&immutable=1"
    return uri


def _take_log_away(path: Path) -> None:
    """Removes the empty log that reading made: SQLite lets only a connection that may write do so, as it closes.

    Where another connection is open, SQLite leaves the log alone.
    """
    own = log_of(path)
    if not own.exists() or own.stat().st_size or not os.access(path, os.W_OK):
        return
    with contextlib.suppress(sqlite3.Error):
        connection = sqlite3.connect(_uri(path, "rw"), uri=True, timeout=0)
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        finally:
            connection.close()


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise damaged(path)
