"""What SQLite says, as sentences that a person can act on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ProjectError
from core.project.records import ProjectDamagedError, ProjectLockedError, ProjectNotWritableError

_SENTENCES = {
    "SQLITE_FULL": "The disk is full: the last change was not saved to {name}, everything before it was; "
    "free some space and try again.",
    "SQLITE_NOTADB": "{name} is not a FAMI-Pose project; open the .fami file that the program made.",
    "SQLITE_CORRUPT": "{name} is damaged or incomplete; “Repair a project…” saves what is whole of it "
    "(python main.py repair {name}).",
    "SQLITE_READONLY": "{name} cannot be written; allow writing to it and its folder, or open it read-only.",
    "SQLITE_PERM": "{name} cannot be written; allow writing to it and its folder, or open it read-only.",
    "SQLITE_CANTOPEN": "{path} cannot be opened; check that its folder exists and that you may read and write there.",
    "SQLITE_BUSY": "{name} is being written by another program; close that one and try again.",
    "SQLITE_LOCKED": "{name} is being written by another program; close that one and try again.",
    "SQLITE_IOERR": "{name} could not be read or written ({error}); check the disk it is on and try again.",
}
_ANY_OTHER = "{name} could not be read or written ({error}); open a backup of it if this happens again."
_MAY_BE_FULL = ("SQLITE_IOERR", "SQLITE_CANTOPEN")
_FULL_BYTES = 64 * 2**10
"""With less room SQLite cannot make the files that it lays beside a project."""
_KINDS: dict[str, type[ProjectError]] = {
    "SQLITE_BUSY": ProjectLockedError,
    "SQLITE_LOCKED": ProjectLockedError,
    "SQLITE_CORRUPT": ProjectDamagedError,
    "SQLITE_READONLY": ProjectNotWritableError,
    "SQLITE_PERM": ProjectNotWritableError,
}


def in_words(error: sqlite3.Error, path: Path) -> ProjectError:
    """What SQLite said, as a sentence that a person can act on."""
    # Extended codes ("SQLITE_IOERR_WRITE") begin with the name of the primary one.
    primary = "_".join((getattr(error, "sqlite_errorname", None) or "").split("_")[:2])
    if primary in _MAY_BE_FULL and is_full(path.parent):  # SQLite says so of the files beside the project
        primary = "SQLITE_FULL"
    sentence = _SENTENCES.get(primary, _ANY_OTHER).format(name=path.name, path=path, error=error)
    return _KINDS.get(primary, ProjectError)(sentence)


def is_full(folder: Path) -> bool:
    """True if a disk has no room for what SQLite lays beside a project."""
    try:
        return shutil.disk_usage(folder).free < _FULL_BYTES
    except OSError:
        return False


def damaged(path: Path) -> ProjectDamagedError:
    """What is said of a file whose pages are not what SQLite wrote."""
    return ProjectDamagedError(_SENTENCES["SQLITE_CORRUPT"].format(name=path.name))


@contextmanager
def reading(what: str, path: Path) -> Iterator[None]:
    """Makes one sentence of whatever goes wrong where what is read is not what this program writes.

    Args:
        what: is read, as in "what it says about its video".
        path: of the project.

    Raises:
        ProjectDamagedError: in place of the errors of Python's own readers.
    """
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ProjectDamagedError(
            f"{path.name} is damaged: {what} cannot be read; “Repair a project…” saves what is whole of it "
            f"(python main.py repair {path.name})."
        ) from error
