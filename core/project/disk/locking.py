"""The lock of a project's one writer: on the file itself, whatever name leads to it, and on a file beside it.

The lock on the file holds through links, after the file is renamed, and when somebody deletes the lock file. It lies on
a byte far behind those that SQLite locks. The lock file beside it is what earlier versions of the program look at, and
all there is where the system locks no single bytes without owning the whole file (Windows, where nobody can delete a
lock file that is held).
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading
from pathlib import Path

from filelock import FileLock, Timeout

from core.project.records import ProjectLockedError, ProjectNotWritableError

_BYTE = 0x7FFF_0000
"""SQLite locks 512 bytes from 2 to the power of 30 on; nothing of worth has to lie here for a lock to hold."""
_guard = threading.Lock()
_held: set[tuple[int, int]] = set()
"""The files, by device and inode, that this process may write: asked before a file is opened, for closing any handle
of a file drops the locks that SQLite has on it in this process."""


class WritersLock:
    """Held from its making until `release`; the system drops it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """Takes the lock.

        Raises:
            ProjectLockedError: another program has it, or another part of this one.
            ProjectNotWritableError: the file or its folder cannot be written.
        """
        self._path = path
        self._file: int | None = None
        real = path.resolve()
        beside = FileLock(real.with_name(real.name + ".lock"), timeout=0, thread_local=False)
        try:
            self.identity = _identity(real)
            with _guard:
                if self.identity in _held:
                    raise _locked(path)
                _held.add(self.identity)
            try:
                beside.acquire()
                self._file = _lock_byte(real)
            except BaseException:
                beside.release()
                self._forget()
                raise
        except Timeout as error:
            raise _locked(path) from error
        except OSError as error:
            raise ProjectNotWritableError(
                f"{path} cannot be opened for writing; check that its folder exists and that you may write there, "
                "or open it read-only."
            ) from error
        self._beside = beside

    def leave_name(self) -> None:
        """Lets others write what lies at the file's name by now; the file itself stays locked."""
        self._beside.release()

    def release(self) -> None:
        """Lets others write. To be called after SQLite closed the file; twice does no harm."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._beside.release()
        self._forget()

    def _forget(self) -> None:
        with _guard:
            _held.discard(self.identity)


def is_held_here(path: Path) -> bool:
    """True if this process may write the file: then no other part of it may open the file beside SQLite."""
    with contextlib.suppress(OSError), _guard:
        return _identity(path) in _held
    return False


def is_held(path: Path) -> bool:
    """True if any process of this machine may write the file. To be asked where this process has it not open."""
    if is_held_here(path):
        return True
    try:
        handle = _lock_byte(path.resolve())
    except Timeout:
        return True
    except OSError:
        return False  # who may not write it cannot ask
    if handle is not None:
        os.close(handle)
    return False


def _identity(path: Path) -> tuple[int, int]:
    there = path.stat()
    return there.st_dev, there.st_ino


def _locked(path: Path) -> ProjectLockedError:
    return ProjectLockedError(
        f"{path.name} is already open in another program; close it there, or open it read-only here."
    )


def _lock_byte(path: Path) -> int | None:
    """Locks a byte of the file and returns the handle that holds it; None where the system has no such locks.

    Raises:
        OSError: the file cannot be written.
        Timeout: somebody else has the lock.
    """
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415 - not there on Windows

    handle = os.open(path, os.O_RDWR)
    try:
        if hasattr(fcntl, "F_OFD_SETLK"):  # belongs to the handle: it outlives what else this process closes
            wanted = struct.pack("@hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, _BYTE, 1, 0)
            fcntl.fcntl(handle, fcntl.F_OFD_SETLK, wanted)
        else:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _BYTE)
    except (BlockingIOError, PermissionError) as error:
        os.close(handle)
        raise Timeout(str(path)) from error
    except BaseException:
        os.close(handle)
        raise
    return handle
