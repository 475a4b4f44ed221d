"""Whether the path of an open project still leads to the file that was opened, and what to do when it does not."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileStamp:
    """Which file lies at a path, and how it was last written.

    Attributes:
        identity: device and inode: another file has others.
        written: size in bytes and time of the last change in nanoseconds; of SQLite's main file they change at
            checkpoints only.
    """

    identity: tuple[int, int]
    written: tuple[int, int]

    @classmethod
    def of(cls, path: Path) -> FileStamp:
        """The stamp now. Raises OSError where there is no such file."""
        there = path.stat()
        # Windows tells the time of a change late while a file is open, and lets nobody replace the content then.
        written = (there.st_size, there.st_mtime_ns) if os.name == "posix" else (0, 0)
        return cls((there.st_dev, there.st_ino), written)


def what_happened(path: Path, known: FileStamp) -> str | None:
    """What became of a file that is open, as "was renamed or deleted"; None where it is as it was."""
    try:
        now = FileStamp.of(path)
    except FileNotFoundError:
        return "was renamed or deleted"
    except OSError as error:
        return f"cannot be reached any more ({error.strerror or error})"
    if now.identity != known.identity:
        return "was replaced by another file"
    if now.written != known.written:
        return "was overwritten by another program"
    return None


def log_of(path: Path) -> Path:
    """Where SQLite keeps what it has not yet written into a file, the write-ahead log."""
    return _beside(path, "-wal")


def memory_of(path: Path) -> Path:
    """Where SQLite keeps the index of the log."""
    return _beside(path, "-shm")


def _beside(path: Path, ending: str) -> Path:
    real = path.resolve()
    return real.with_name(real.name + ending)


class OwnLog:
    """The log that one connection writes, so that it is never left beside a file that it does not belong to."""

    def __init__(self, path: Path) -> None:
        self._files = {file: _identity(file) for file in (log_of(path), memory_of(path))}

    def empty(self) -> None:
        """Takes the content away, so that SQLite finds nothing in it to write into a file that is another one now."""
        for file, identity in self._files.items():
            if file.name.endswith("-wal") and identity is not None and _identity(file) == identity:
                with contextlib.suppress(OSError):
                    os.truncate(file, 0)

    def remove(self) -> None:
        """Removes the files as far as they are still those of the connection, which goes on with its handles."""
        for file, identity in self._files.items():
            if identity is not None and _identity(file) == identity:
                with contextlib.suppress(OSError):
                    file.unlink()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        there = path.stat()
    except OSError:
        return None
    return there.st_dev, there.st_ino
