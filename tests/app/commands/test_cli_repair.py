"""`python main.py repair`: what can be saved of a damaged project."""

import io
import sqlite3
from contextlib import closing

import pytest

from app.cli import main
from app.terminal import Terminal
from core.project import Project, SourceRecord, edits


def run(*argv):
    output, errors = io.StringIO(), io.StringIO()
    return main([str(word) for word in argv], Terminal(output, errors)), output.getvalue(), errors.getvalue()


@pytest.fixture
def path(tmp_path):
    with Project.create(tmp_path / "clip.fami", SourceRecord(tmp_path / "clip.mp4", "video", 640, 480, 9)) as project:
        for index in range(3):
            edits.add_person(project, index, (1, 2, 30, 40))
    return project.path


def spoilt(path, statement):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_a_damaged_project_is_saved_and_that_is_said(path):
    spoilt(path, "UPDATE poses SET pose = zeroblob(length(pose)) WHERE frame_index = 1")
    status, _, error = run("export", path, "--format", "csv", "--out", path.with_suffix(".csv"))
    assert status == 1 and error.startswith("error: ") and "python main.py repair clip.fami" in error
    status, said, error = run("repair", path)
    assert (status, error) == (0, "")
    assert said.splitlines() == [
        "Saved: 3 people in 3 frames (1 of them from the journal).",
        "Missing: nobody.",
        "The damaged file is kept in clip.damaged.fami.",
    ]
    status, said, _ = run("repair", path)
    assert status == 0 and "is whole" in said


def test_what_is_lost_is_named(path):
    spoilt(path, "UPDATE poses SET pose = zeroblob(length(pose)) WHERE frame_index = 1")
    spoilt(path, "UPDATE changes SET after = zeroblob(length(after)) WHERE frame_index = 1")
    status, said, _ = run("repair", path)
    assert status == 0 and "Missing: 1 person in 1 frame (1)." in said
    assert "Lost in whole or in part: 1 entry of the journal;" in said


def test_what_is_no_project_is_refused(tmp_path):
    (tmp_path / "notes.fami").write_bytes(b"words" * 100)
    for name in ("notes.fami", "nowhere.fami"):
        status, said, error = run("repair", tmp_path / name)
        assert status == 1 and not said and error.startswith("error: ") and error.count("\n") == 1
    with pytest.raises(SystemExit) as caught:
        run("repair")
    assert caught.value.code == 2
