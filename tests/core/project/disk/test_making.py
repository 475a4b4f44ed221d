"""A making that was broken off never stands in a clip's way."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from core.errors import ProjectError
from core.files import places
from core.project import Project, SourceRecord, edits, is_blank
from core.project.storage import making, schema
from core.work.opening import open_path


def empty(path):
    path.write_bytes(b"")


def header_only(path):
    """4,096 bytes: what earlier versions left when they were killed as they began."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert path.stat().st_size == 4096


def tables_only(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection)


def tables_in_the_log(path):
    """Killed after the tables were written and before the clip was."""
    child = (
        "import os, sqlite3, sys; from core.project.storage import schema;"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('PRAGMA journal_mode = WAL');"
        "schema.migrate(c); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", child, str(path)], check=False)
    assert path.with_name(path.name + "-wal").stat().st_size


BROKEN_OFF = [empty, header_only, tables_only, tables_in_the_log]


@pytest.mark.parametrize("left", BROKEN_OFF, ids=lambda left: left.__name__)
def test_what_a_broken_off_making_left_counts_as_absent(tmp_path, left):
    path = tmp_path / "clip.fami"
    left(path)
    assert is_blank(path) and not making.exists(path)
    with Project.create(path, SourceRecord(tmp_path / "clip.mp4", "video", 640, 480, 10)) as project:
        edits.add_person(project, 0, (1, 2, 3, 4))
    assert not is_blank(path)
    with Project.open(path) as again:
        assert again.frame(0).poses


@pytest.mark.parametrize("left", BROKEN_OFF, ids=lambda left: left.__name__)
def test_the_clip_beside_it_opens(tmp_path, left):
    clip = tmp_path / "clip.mp4"
    shutil.copy(places.DEMO_CLIP, clip)
    left(tmp_path / "clip.fami")
    opened = open_path(clip, lambda *_: None)
    try:
        edits.add_person(opened.project, 0, (1, 2, 3, 4))
    finally:
        opened.close()


@pytest.mark.parametrize("kept", [1.0, 0.5, 0.1])
def test_a_damaged_project_is_not_taken_for_a_blank_one(project, kept):
    edits.add_person(project, 0, (1, 2, 3, 4))
    project.close()
    content = project.path.read_bytes()
    project.path.write_bytes(content[: int(len(content) * kept)])
    assert not is_blank(project.path)
    with pytest.raises(ProjectError, match="exists already"):
        Project.create(project.path, SourceRecord(project.path, "video", 640, 480, 10))


@pytest.mark.parametrize("content", [b"x", b"words " * 100, b"\0" * 4096])
def test_what_is_something_else_is_left_alone(tmp_path, content):
    path = tmp_path / "notes.fami"
    path.write_bytes(content)
    assert not is_blank(path)


def test_a_making_that_is_killed_leaves_nothing_at_the_path(tmp_path):
    """Killed at each call into SQLite in turn."""
    child = """
import os, sys
from pathlib import Path
import sqlite3
from core.project import Project, SourceRecord
left = int(sys.argv[2])
class Killing(sqlite3.Connection):
    def execute(self, *arguments):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return super().execute(*arguments)
connect = sqlite3.connect
sqlite3.connect = lambda *a, **k: connect(*a, factory=Killing, **k)
path = Path(sys.argv[1])
Project.create(path, SourceRecord(path.with_name("clip.mp4"), "video", 640, 480, 10)).close()
"""
    whole = 0
    for calls in (0, 1, 5, 12, 20, 28, 60):
        path = tmp_path / f"clip{calls}.fami"
        done = subprocess.run([sys.executable, "-c", child, str(path), str(calls)], check=False)
        if path.exists():
            Project.open(path).close()
            whole += 1
        else:
            assert done.returncode == 9
    assert 0 < whole < 7


@pytest.mark.skipif(not hasattr(os, "link"), reason="there are no hard links here")
def test_without_hard_links_a_project_is_made_too(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "clip.fami"
    Project.create(path, SourceRecord(tmp_path / "clip.mp4", "video", 640, 480, 10)).close()
    with Project.open(path), pytest.raises(ProjectError, match="exists already"):
        Project.create(path, SourceRecord(tmp_path / "clip.mp4", "video", 640, 480, 10))
