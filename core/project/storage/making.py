"""Making a project file: beside its place, and put there once it is whole."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from core.errors import ProjectError
from core.files.replacing import drafting, put_in_empty_place
from core.project.disk import blank, log
from core.project.records import SourceRecord
from core.project.storage import schema
from core.project.storage.in_words import in_words
from core.project.storage.ledger import text_of_source


def exists(path: Path) -> bool:
    """True if something lies at a project's path that is worth keeping, or cannot be looked at.

    What is left of a making that was broken off counts as absent.
    """
    try:
        return path.exists() and not blank.is_blank(path)
    except OSError:
        return True


def make(path: Path, source: SourceRecord) -> None:
    """Makes an empty project. Raises ProjectError where something lies at the path, or nothing can be written there."""
    if exists(path):
        raise ProjectError(f"{path.name} exists already; open it, or choose another name.")
    if not path.parent.is_dir():
        raise ProjectError(f"{path} cannot be opened; check that its folder exists and that you may write there.")
    with drafting(path, ProjectError) as draft:
        try:
            with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = OFF")  # forced to the disk once, when it is whole
                connection.execute("PRAGMA journal_mode = MEMORY")
                schema.migrate(connection)
                connection.executemany(
                    "INSERT INTO meta (key, value) VALUES (?, ?)",
                    [("source", text_of_source(source, path.parent)), (log.BASE, log.new_base())],
                )
                connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise in_words(error, path) from error
        put_in_place(draft, path)


def put_in_place(draft: Path, path: Path) -> None:
    """Gives a draft its name. Raises ProjectError where something of worth lies there by now, OSError."""
    if path.exists() and not exists(path):
        blank.remove(path)
    try:
        put_in_empty_place(draft, path)
    except FileExistsError as error:
        raise ProjectError(f"{path.name} exists already; open it, or choose another name.") from error


def rename_source(file: Path, text: str) -> None:
    """Writes where the clip is, as seen from another folder, into a project that nobody has open.

    Raises:
        ProjectError: it cannot be written.
    """
    try:
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("UPDATE meta SET value = ? WHERE key = 'source'", (text,))
    except sqlite3.Error as error:
        raise in_words(error, file) from error
