"""The program's own files: projects, collections, key maps, catalogue, settings, speeds."""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

from app.keymaps import read_keymap
from app.weights import speeds
from core.files import places
from core.files.catalogue import read_catalogue
from core.files.checkout import RESOURCES
from core.formats import export_project, import_labels
from core.poses import Provenance, Visibility
from core.project import PoseChange, Project, ReviewChange, SourceRecord
from core.work.collection import progress_of, read_collection
from tests.fuzz import documents
from tests.fuzz.label_targets import SIZE_WH
from tests.fuzz.mutations import raw_bytes, tables
from tests.fuzz.mutations.values import mutated_document, text_of
from tests.fuzz.targets import Target

_SQL_VALUES = (
    None,
    0,
    -1,
    1,
    2**31,
    2**63 - 1,
    -(2**63),
    1e308,
    float("inf"),
    "",
    "x",
    "²",
    "[",
    "[[]]",
    "{}",
    "null",
    "[1e999]",
    '{"a": [[[[]]]]}',
    b"",
    b"\x00",
    b"\xff" * 700,
    "a" * 70000,
    10**12,
    "corrected",
    "predict",
    '[[["x", 1], [2, 3], [4, 5]]]',
    '"' + "9" * 5000 + '"',
    "9" * 5000,
    "../../x",
    "[NaN]",
    '{"version": 99}',
)
_SQL = (
    "CREATE TRIGGER x AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",
    "CREATE VIEW x AS SELECT * FROM {table}",
    "DELETE FROM {table}",
    "DROP TABLE {table}",
    "ALTER TABLE {table} ADD COLUMN x",
    "CREATE INDEX x ON {table}({column})",
    "UPDATE {table} SET {column} = randomblob(600)",
    "UPDATE {table} SET {column} = zeroblob(3000000)",
    "PRAGMA user_version = 99",
    "PRAGMA user_version = 1",
    "PRAGMA user_version = -5",
    "PRAGMA application_id = 5",
)


def toml_target(
    name: str, base: Callable[[], str], read: Callable[[Path], object], file_name: str, ci_cases: int = 60
) -> Target:
    """A reader of TOML."""

    def make(rng: Random, folder: Path) -> Path:
        content = tables.mutated_toml(base(), rng).encode("utf-8", "replace")
        path = folder / file_name
        path.write_bytes(raw_bytes.mutated(content, rng) if rng.random() < 0.2 else content)
        return path

    return Target(name, make, read, ci_cases)


def _keymap(path: Path) -> None:
    for keys in read_keymap(path).values():
        assert all(isinstance(key, str) for key in keys)


def _collection(rng: Random, folder: Path) -> Path:
    document = {"famiset": 1, "clips": ["a.mp4", "b/c.fami", "../d.mp4"]}
    path = folder / "clips.famiset"
    content = text_of(mutated_document(document, rng)).encode("utf-8", "replace")
    path.write_bytes(raw_bytes.mutated(content, rng) if rng.random() < 0.3 else content)
    return path


def _read_collection(path: Path) -> None:
    for clip in read_collection(path):
        progress_of(clip)


def _settings(rng: Random, folder: Path) -> Path:
    document = {"last_project": "a", "recent_projects": ["a", "b"], "keymap": "sleap", "palette": "x"}
    path = folder / "config" / places.APP_NAME / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_text(text_of(mutated_document(document, rng)), errors="replace")
    os.environ["XDG_CONFIG_HOME"] = str(folder / "config")
    return path


def _read_settings(path: Path) -> None:
    assert places.settings_file() == path
    assert isinstance(places.read_settings(), dict)
    places.recent_projects()
    places.remember_project(path)
    assert places.recent_projects() == [path]


def _speeds(rng: Random, folder: Path) -> Path:
    document = {"machine, cpu, torch": {"w12 192x144, 5 frames": 0.5}}
    path = folder / "cache" / places.APP_NAME / speeds._file().name
    path.parent.mkdir(parents=True)
    path.write_text(text_of(mutated_document(document, rng)), errors="replace")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    return path


def _read_speeds(path: Path) -> None:
    assert speeds._file() == path
    found = speeds._read()
    assert all(isinstance(measured, dict) for measured in found.values())


@cache
def _project() -> bytes:
    """A project with an import, edits, an undo and a reviewed frame."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.fami"
        with Project.create(path, SourceRecord(Path(folder) / "clip.mp4", "video", *SIZE_WH, 5)) as project:
            import_labels(project, documents.labels(), None)
            frame = project.frame(1)
            moved = frame.poses[0].with_keypoint(0, (9, 9), Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
            project.commit("Move a joint", [PoseChange(1, frame.poses[0], moved), ReviewChange(1, False, True)])
            project.commit("Delete a person", [PoseChange(2, project.frame(2).poses[0], None)])
            project.undo()
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        return path.read_bytes()


def _fami(rng: Random, folder: Path) -> Path:
    path = folder / "clip.fami"
    path.write_bytes(_project())
    if rng.random() < 0.65:
        connection = sqlite3.connect(path)
        try:
            for _ in range(rng.choice((1, 1, 2, 3))):
                _change_rows(connection, rng)
            connection.commit()
        except sqlite3.Error:  # what was changed before does not let this be
            connection.rollback()
        finally:
            connection.close()
    else:
        path.write_bytes(raw_bytes.mutated(path.read_bytes(), rng))
    return path


def _change_rows(connection: sqlite3.Connection, rng: Random) -> None:
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    names = [name for name in names if not name.startswith("sqlite_")]
    if not names:
        return
    table = rng.choice(names)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    column = rng.choice(columns)
    if rng.random() < 0.25:
        connection.execute(rng.choice(_SQL).format(table=table, column=column))
        return
    value = rng.choice(_SQL_VALUES)
    rows = [row[0] for row in connection.execute(f"SELECT rowid FROM {table}")] if rng.random() < 0.8 else []
    old = None
    if rows:
        row = rng.choice(rows)
        old = connection.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone()[0]
    if isinstance(old, bytes) and rng.random() < 0.6:
        value = raw_bytes.mutated(old, rng)
    if isinstance(old, str) and rng.random() < 0.4:
        value = raw_bytes.mutated(old.encode(), rng).decode("utf-8", "replace")
    if rows:
        connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE rowid = ?", (value, row))
    else:
        connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (value,))


def _read_fami(path: Path) -> None:
    for read_only in (True, False):
        with Project.open(path, read_only=read_only) as project:
            frames = project.labelled_frames()
            for index in [*frames[:3].tolist(), 0, 4]:
                project.frame(index)
            project.summary()
            project.runs()
            project.rounds()
            project.kept_fields()
            if len(frames):
                export_project(project, None, "posetrack18", path.parent / "out.json")
                export_project(project, None, "coco", path.parent / "out.json")
            if not read_only:
                project.undo()
                project.redo()


def _text(name: str) -> Callable[[], str]:
    return lambda: (RESOURCES / name).read_text(encoding="utf-8")


TARGETS = (
    Target("fami", _fami, _read_fami, ci_cases=25),
    toml_target("catalogue", _text("weights/catalogue.toml"), read_catalogue, "catalogue.toml"),
    toml_target("keymap", _text("keymaps/cvat.toml"), _keymap, "keys.toml"),
    Target("collection", _collection, _read_collection),
    Target("settings", _settings, _read_settings),
    Target("speeds", _speeds, _read_speeds),
)
