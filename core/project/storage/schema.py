"""The tables of a project file, and the steps from one version of them to the next."""

from __future__ import annotations

import contextlib
import functools
import re
import sqlite3
from collections.abc import Callable, Sequence

from core.errors import ProjectError
from core.project.records import ProjectDamagedError
from core.project.storage.checksums import seal_everything
from core.project.storage.visibility_alone import tell_places_from_visibility

APPLICATION_ID = 0x46414D49  # "FAMI" in the file's header tells a project from any other SQLite file

_VERSION_1 = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # The truth. Entries and changes are only ever appended; `status` and `applied_by` mark where undo and redo stand.
    """CREATE TABLE entries (
        entry_id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        action TEXT NOT NULL,
        label TEXT NOT NULL,
        created_s REAL NOT NULL,
        status TEXT NOT NULL,
        applied_by INTEGER,
        run_id INTEGER,
        target INTEGER)""",
    "CREATE INDEX entries_of_people ON entries (status, entry_id) WHERE kind = 'edit'",
    "CREATE INDEX entries_of_runs ON entries (run_id, entry_id) WHERE kind = 'run'",
    """CREATE TABLE changes (
        entry_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        what TEXT NOT NULL,
        frame_index INTEGER NOT NULL,
        before BLOB,
        after BLOB,
        PRIMARY KEY (entry_id, position)) WITHOUT ROWID""",
    # What the journal adds up to, kept in the same transaction.
    """CREATE TABLE poses (
        frame_index INTEGER NOT NULL,
        track_id INTEGER NOT NULL,
        pose BLOB NOT NULL,
        PRIMARY KEY (frame_index, track_id)) WITHOUT ROWID""",
    "CREATE INDEX poses_of_people ON poses (track_id, frame_index)",
    """CREATE TABLE frames (
        frame_index INTEGER PRIMARY KEY,
        reviewed INTEGER NOT NULL,
        num_people INTEGER NOT NULL,
        num_predicted INTEGER NOT NULL,
        num_accepted INTEGER NOT NULL,
        num_corrected INTEGER NOT NULL,
        num_imported INTEGER NOT NULL,
        min_score REAL,
        mean_score REAL)""",
    # Where a person took a track id away from a frame: `moved_to` says who it is now (NULL: nobody).
    """CREATE TABLE removals (
        frame_index INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        track_id INTEGER NOT NULL,
        moved_to INTEGER,
        lasting INTEGER NOT NULL,
        PRIMARY KEY (frame_index, entry_id, track_id)) WITHOUT ROWID""",
    """CREATE TABLE cuts (
        track_id INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        from_frame INTEGER NOT NULL,
        moved_to INTEGER,
        lasting INTEGER NOT NULL,
        PRIMARY KEY (track_id, entry_id)) WITHOUT ROWID""",
    # Where a person put somebody into a frame, which takes back an earlier cut from there on.
    """CREATE TABLE creations (
        entry_id INTEGER NOT NULL,
        track_id INTEGER NOT NULL,
        frame_index INTEGER NOT NULL,
        PRIMARY KEY (track_id, entry_id, frame_index)) WITHOUT ROWID""",
    """CREATE TABLE proofs (
        frame_index INTEGER NOT NULL,
        pixel_hash TEXT NOT NULL,
        timestamp_s REAL NOT NULL,
        entry_id INTEGER NOT NULL,
        PRIMARY KEY (frame_index, pixel_hash)) WITHOUT ROWID""",
    """CREATE TABLE runs (
        run_id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        weights_sha256 TEXT,
        settings TEXT NOT NULL,
        program_version TEXT NOT NULL,
        started_s REAL NOT NULL,
        ended_s REAL,
        status TEXT NOT NULL,
        began_after INTEGER NOT NULL)""",
    """CREATE TABLE rounds (
        round_id INTEGER PRIMARY KEY AUTOINCREMENT,
        created_s REAL NOT NULL,
        report TEXT NOT NULL,
        weights_sha256 TEXT NOT NULL,
        parent_sha256 TEXT)""",
)

_VERSION_2 = (
    """CREATE TABLE ignore_regions (
        frame_index INTEGER NOT NULL,
        run_id INTEGER NOT NULL,
        polygons TEXT NOT NULL,
        PRIMARY KEY (frame_index, run_id)) WITHOUT ROWID""",
)

# One row for each entry that saw a picture, so that a run's can go with it where others saw the same one.
# The columns of the key come first: SQLite 3.40's quick_check takes such a table for damaged otherwise.
_VERSION_3 = (
    """CREATE TABLE proofs_of_entries (
        frame_index INTEGER NOT NULL,
        pixel_hash TEXT NOT NULL,
        entry_id INTEGER NOT NULL,
        timestamp_s REAL NOT NULL,
        PRIMARY KEY (frame_index, pixel_hash, entry_id)) WITHOUT ROWID""",
    "INSERT INTO proofs_of_entries SELECT frame_index, pixel_hash, entry_id, timestamp_s FROM proofs",
    "DROP TABLE proofs",
    "ALTER TABLE proofs_of_entries RENAME TO proofs",
)

# Of a person in a frame, of an image or of a whole file: see core.project.storage.kept.
_VERSION_4 = (
    """CREATE TABLE kept_fields (
        frame_index INTEGER NOT NULL,
        track_id INTEGER NOT NULL,
        run_id INTEGER NOT NULL,
        fields TEXT NOT NULL,
        PRIMARY KEY (frame_index, track_id, run_id)) WITHOUT ROWID""",
)

# What people said of ignore regions, above what files brought: see core.project.storage.regions.
_REGIONS_OF_PEOPLE = (
    """CREATE TABLE persons_regions (
        frame_index INTEGER PRIMARY KEY,
        drawn TEXT NOT NULL,
        removed TEXT NOT NULL)""",
)

# What a person looked at and let be: see core.project.storage.done_marks.
_DONE_MARKS = (
    """CREATE TABLE done_marks (
        what TEXT NOT NULL,
        frame_index INTEGER NOT NULL,
        print INTEGER NOT NULL,
        PRIMARY KEY (what, frame_index, print)) WITHOUT ROWID""",
)

# A joint's visibility may be a person's word while its place is a machine's.
_VISIBILITY_BY_HAND = (
    tell_places_from_visibility,
    # What was said of a frame before, as of a place that a person has corrected since.
    "CREATE INDEX IF NOT EXISTS changes_of_frames ON changes (frame_index, entry_id)",
)

# Of every pose, in the state and in the journal, and of every entry with its changes.
_CHECKSUMS = (
    "ALTER TABLE entries ADD COLUMN checksum INTEGER",
    seal_everything,
)

_Step = tuple[str | Callable[[sqlite3.Connection], None], ...]
MIGRATIONS: Sequence[_Step] = (
    _VERSION_1,
    _VERSION_2,
    _VERSION_3,
    _VERSION_4,
    _REGIONS_OF_PEOPLE,
    _DONE_MARKS,
    _VISIBILITY_BY_HAND,
    _CHECKSUMS,
)
"""Step i leads from version i to version i + 1; a published step never changes."""
READABLE_FROM = 1
"""Files of this version and later can be read as they are; older ones have to be brought up to date first."""


def version(connection: sqlite3.Connection) -> int:
    """The schema version of a file, 0 if it has no tables yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check(connection: sqlite3.Connection, name: str) -> None:
    """Makes sure that a file is a project, and holds nothing that acts by itself.

    Raises:
        ProjectError: it is none, one of a newer program, or has tables, triggers, views or indices that no version of
            this program makes: a trigger could change labels at every edit.
    """
    if int(connection.execute("PRAGMA application_id").fetchone()[0]) != APPLICATION_ID:
        raise ProjectError(f"{name} is not a FAMI-Pose project; open the .fami file that the program made.")
    known = len(MIGRATIONS)
    if version(connection) > known:
        raise ProjectError(
            f"{name} was written by a newer version of this program (format {version(connection)}, known here: "
            f"{known}); update the program to open it."
        )
    expected = _made_by(tuple(MIGRATIONS[: version(connection)]))
    try:
        found = _objects(connection)
    except UnicodeDecodeError as error:  # of what SQLite says of a description that is no text
        raise ProjectDamagedError(
            f"{name} holds a table whose description is damaged; “Repair a project…” saves what is whole of it "
            f"(python main.py repair {name})."
        ) from error
    strange = sorted(found.keys() - expected.keys()) or sorted(key for key in found if found[key] != expected[key])
    if strange:
        kind, what = strange[0]
        raise ProjectDamagedError(
            f"{name} holds the {kind} “{what[:40]}”, which this program did not put there; "
            f"“Repair a project…” takes the labels out of it (python main.py repair {name})."
        )
    missing = sorted(expected.keys() - found.keys())
    if missing:
        raise ProjectDamagedError(
            f"{name} lacks the {missing[0][0]} “{missing[0][1]}”; “Repair a project…” saves what is whole of it "
            f"(python main.py repair {name})."
        )


def is_of_this_version(connection: sqlite3.Connection) -> bool:
    """True if a file defines exactly what this version does, whatever its header says."""
    return _objects(connection) == _made_by(tuple(MIGRATIONS))


_Objects = dict[tuple[str, str], str]
"""The SQL of tables, indices, views and triggers by kind and name."""


@functools.cache
def _made_by(steps: tuple[_Step, ...]) -> _Objects:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _run_steps(connection, steps)
        return _objects(connection)


def _objects(connection: sqlite3.Connection) -> _Objects:
    """What a file defines, but for what SQLite makes for itself: its counters, statistics and hidden indices."""
    columns = ("type", "name", "sql")  # as bytes: in a damaged file they are no text
    query = f"SELECT {', '.join(f'CAST(coalesce({name}, char()) AS BLOB)' for name in columns)} FROM sqlite_master"  # noqa: S608 - our own names
    rows = [tuple(bytes(item).decode("utf-8", "replace") for item in row) for row in connection.execute(query)]
    return {
        (kind, name): re.sub(r'["\s]+', " ", sql).strip()
        for kind, name, sql in rows
        if not (kind == "index" and name.startswith("sqlite_autoindex_") and not sql)
        and not (kind == "table" and name in _OF_SQLITE)
    }


_OF_SQLITE = ("sqlite_sequence", "sqlite_stat1", "sqlite_stat4")


def migrate(connection: sqlite3.Connection) -> bool:
    """Brings the tables to the newest version, all steps in one transaction or none; True if any was needed."""
    first = version(connection)
    if first == len(MIGRATIONS):
        return False
    connection.execute("BEGIN IMMEDIATE")
    try:
        _run_steps(connection, MIGRATIONS[first:])
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return True


def build(connection: sqlite3.Connection, to_version: int) -> None:
    """Makes the empty tables of a version, for rows that were written by it."""
    _run_steps(connection, MIGRATIONS[:to_version])
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {to_version}")


def _run_steps(connection: sqlite3.Connection, steps: Sequence[_Step]) -> None:
    for step in steps:
        for statement in step:
            if callable(statement):
                statement(connection)
            else:
                connection.execute(statement)
