"""Whether the log beside a project belongs to it.

SQLite writes the log that it finds beside a file into that file, whichever file it was made for. So every state of the
main file that a log can be laid upon has a name of its own, the base, kept in the file (`BASE`), and each log says in
its first transaction which base it is for (`LOG_FOR`). Both are settings in the table `meta`.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Collection
from pathlib import Path

from core.errors import ProjectError
from core.project.disk.pages import Pages
from core.project.disk.place import FileStamp, log_of, memory_of

BASE = "base"
"""The state of the main file: renewed with each checkpoint."""
LOG_FOR = "log_for"
"""The bases, apart by blanks, that the log may lie upon: several where a checkpoint was not done to its end."""
_LOG_HEADER_BYTES = 32


def new_base() -> str:
    """A name that no other state of any project has."""
    return secrets.token_hex(8)


def is_foreign(path: Path) -> bool:
    """True if the log beside a project, which nobody has open, was not made for this file.

    Logs of earlier versions of the program, which say nothing of it, are taken for the file's own.

    Raises:
        ProjectError: the file cannot be read.
    """
    log = log_of(path)
    try:
        if not log.exists() or log.stat().st_size <= _LOG_HEADER_BYTES:
            return False
        content = path.read_bytes()
        alone = _settings(Pages.of(content))
        together = _settings(Pages.of(content, log.read_bytes()))
    except OSError as error:
        raise ProjectError(
            f"{path.name} cannot be read ({error.strerror or error}); check the disk it is on."
        ) from error
    if not alone:
        return False  # too damaged to say; whoever opens it is told so, and repairing uses the log
    base = alone.get(BASE)
    if LOG_FOR not in together:
        return base not in (None, together.get(BASE))
    return base not in {together.get(BASE), *together[LOG_FOR].split()}


def is_only_touched(path: Path, known: FileStamp, bases: Collection[str]) -> bool:
    """True where an open file got another time but is what was written here: its state has a name that no other has."""
    with contextlib.suppress(OSError):
        now = FileStamp.of(path)
        is_as_long = now.identity == known.identity and now.written[0] == known.written[0]
        return is_as_long and _settings(Pages.of(path.read_bytes())).get(BASE) in bases
    return False


def free_name(log: Path) -> Path:
    """A name beside a log by which SQLite does not find it, and that nothing has."""
    number = 1
    while (aside := log.with_name(f"{log.name}.foreign-{number}")).exists():
        number += 1
    return aside


def keep_copy(path: Path) -> None:
    """Copies the log beside a project to where SQLite does not find it, if it holds anything and can be copied."""
    log = log_of(path)
    with contextlib.suppress(OSError):
        if log.stat().st_size > _LOG_HEADER_BYTES:
            shutil.copyfile(log, free_name(log))


def put_aside(path: Path) -> Path:
    """Gives the log beside a project a name by which SQLite does not find it, and returns that.

    Raises:
        ProjectError: it cannot be renamed.
    """
    log = log_of(path)
    aside = free_name(log)
    try:
        log.rename(aside)
        memory_of(path).unlink(missing_ok=True)
    except OSError as error:
        raise ProjectError(
            f"{log.name} belongs to another version of {path.name} and cannot be put aside "
            f"({error.strerror or error}); move it to another folder, then open {path.name} again."
        ) from error
    return aside


def _settings(pages: Pages) -> dict[str, str]:
    root = pages.roots().get("meta")
    rows = () if root is None else pages.rows(root)
    return {str(row.values[0]): str(row.values[1]) for row in rows if len(row.values) == 2}
