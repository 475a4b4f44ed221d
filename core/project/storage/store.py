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
from filelock import FileLock, Timeout

from core.errors import ProjectError
from core.project.records import ProjectLockedError
from core.project.storage import schema
from core.project.storage.frame_state import HeldFrame

_BUSY_TIMEOUT_S = 30.0
_CHECKED_AT_OPENING_BYTES = 32 * 2**20
_FRAMES_AT_HAND = 256
_CLOSED = "The project was closed."


_SENTENCES = {
    "SQLITE_FULL": "The disk is full: the last change was not saved to {name}, everything before it was; "
    "free some space and try again.",
    "SQLITE_NOTADB": "{name} is not a FAMI-Pose project; open the .fami file that the program made.",
    "SQLITE_CORRUPT": "{name} is damaged or incomplete; open a backup of it.",
    "SQLITE_READONLY": "{name} cannot be written; allow writing to it and its folder, or open it read-only.",
    "SQLITE_PERM": "{name} cannot be written; allow writing to it and its folder, or open it read-only.",
    "SQLITE_CANTOPEN": "{path} cannot be opened; check that its folder exists and that you may read and write there.",
    "SQLITE_BUSY": "{name} is being written by another program; close that one and try again.",
    "SQLITE_LOCKED": "{name} is being written by another program; close that one and try again.",
    "SQLITE_IOERR": "{name} could not be read or written ({error}); check the disk it is on and try again.",
}
_ANY_OTHER = "{name} could not be read or written ({error}); open a backup of it if this happens again."


def in_words(error: sqlite3.Error, path: Path) -> ProjectError:
    """What SQLite said, as a sentence that a person can act on."""
    # Extended codes ("SQLITE_IOERR_WRITE") begin with the name of the primary one.
    primary = "_".join((getattr(error, "sqlite_errorname", None) or "").split("_")[:2])
    sentence = _SENTENCES.get(primary, _ANY_OTHER).format(name=path.name, path=path, error=error)
    return (ProjectLockedError if primary in {"SQLITE_BUSY", "SQLITE_LOCKED"} else ProjectError)(sentence)


class Store:
    """One connection to a project file, used by any thread, one at a time.

    Attributes:
        path: of the file.
        read_only: True if nothing may be written.
        mutex: held by whoever reads or writes.
        at_hand: what was last read or written of some frames, by frame index; a writer's only, for nobody else changes
            the file then.
        has_regions: whether any frame has ignore regions, None until it is asked; a writer's only, likewise.
    """

    def __init__(self, path: Path, read_only: bool, create: bool = False) -> None:
        """Opens (or creates) the file. Raises ProjectError, ProjectLockedError where another program writes it."""
        self.path = path
        self.read_only = read_only
        self.mutex = threading.RLock()
        self.at_hand: LRUCache[int, HeldFrame] = LRUCache(_FRAMES_AT_HAND)
        self.has_regions: bool | None = None
        self._closed = False
        # Before the lock, whose file (and folder) would else be made for nothing.
        if create and not path.parent.is_dir():
            raise ProjectError(f"{path} cannot be opened; check that its folder exists and that you may write there.")
        if not create and not path.is_file():
            raise ProjectError(f"{path} does not exist; check the name, or make a new project from the video.")
        self._lock = None if read_only else _writers_lock(path)
        self._had_log = _log_of(path).exists()
        try:
            self._connection = self._connect(create)
        except BaseException:
            self._release()
            raise

    def _connect(self, create: bool) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                _uri(self.path, "rwc" if create else "ro" if self.read_only else "rw"),
                uri=True,
                timeout=_BUSY_TIMEOUT_S,
                isolation_level=None,
                check_same_thread=False,
            )
            if not create:
                schema.check(connection, self.path.name)
            if self.read_only:
                self._check_current(connection)
            else:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                schema.migrate(connection)
            if not create and self.path.stat().st_size <= _CHECKED_AT_OPENING_BYTES:
                _check_pages(connection, self.path)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise in_words(error, self.path) from error
        except ProjectError:
            if connection is not None:
                connection.close()
            raise
        return connection

    def _check_current(self, connection: sqlite3.Connection) -> None:
        if schema.version(connection) < schema.READABLE_FROM:
            raise ProjectError(
                f"{self.path.name} was written by an older version of this program; open it once for writing "
                "to update it."
            )

    @contextmanager
    def transaction(self) -> Iterator[Store]:
        """All of what is written inside, or nothing; durable when the block has ended. Raises ProjectError."""
        self.require_open()
        if self.read_only:
            raise ProjectError(f"{self.path.name} is open read-only; close the other program to write here.")
        with self.mutex:
            self.require_open()
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise self._in_words(error) from error
            except BaseException:
                self._roll_back()
                raise

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
            self._closed = True
            self.at_hand.clear()
            self._connection.close()
            self._release()
            if self.read_only and not self._had_log:
                _take_log_away(self.path)

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()


def _uri(path: Path, mode: str) -> str:
    uri = f"file:{quote(str(path.resolve()))}?mode={mode}"
    # In a folder that cannot be written, SQLite cannot make the file of shared memory that WAL needs. With no log
    # left beside the project nobody has written it since it was closed, and it can be read as it lies there.
    wal, shm = _log_of(path), path.with_name(path.name + "-shm")
    if mode == "ro" and not shm.exists() and not (wal.exists() and wal.stat().st_size) and not _can_write(path.parent):
        uri += "&immutable=1"
    return uri


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _take_log_away(path: Path) -> None:
    """Removes the empty log that reading made: SQLite lets only a connection that may write do so, as it closes.

    Where another connection is open, SQLite leaves the log alone.
    """
    log = _log_of(path)
    if not log.exists() or log.stat().st_size or not os.access(path, os.W_OK):
        return
    with contextlib.suppress(sqlite3.Error):
        connection = sqlite3.connect(_uri(path, "rw"), uri=True, timeout=0)
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        finally:
            connection.close()


def _can_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK)


def _writers_lock(path: Path) -> FileLock:
    """The lock of the one writer; the system drops it when the process ends, however it ends."""
    lock = FileLock(path.with_name(path.name + ".lock"), timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise ProjectLockedError(
            f"{path.name} is already open in another program; close it there, or open it read-only here."
        ) from error
    except OSError as error:
        raise ProjectError(
            f"{path} cannot be opened for writing; check that its folder exists and that you may write there, "
            "or open it read-only."
        ) from error
    return lock


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise ProjectError(f"{path.name} is damaged or incomplete; open a backup of it.")
