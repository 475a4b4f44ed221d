"""One writer a file, whatever name leads to it."""

import os
import subprocess
import sys

import pytest

from core.project import Project, ProjectLockedError, RunKind, edits

OPENING = """
import sys
from core.project import Project, ProjectLockedError
try:
    with Project.open(sys.argv[1]) as project:
        print("open")
except ProjectLockedError as error:
    print("locked", error)
"""


def elsewhere(path):
    done = subprocess.run([sys.executable, "-c", OPENING, str(path)], capture_output=True, text=True, check=True)
    return done.stdout.split()[0]


def here(path):
    try:
        Project.open(path).close()
    except ProjectLockedError:
        return "locked"
    return "open"


def names(path):
    link, second, folder = (path.with_name(name) for name in ("link.fami", "second.fami", "folder"))
    link.symlink_to(path)
    os.link(path, second)
    folder.symlink_to(path.parent)
    return [path, link, second, folder / path.name]


@pytest.mark.parametrize("asked", [elsewhere, here])
def test_no_name_of_a_file_lets_a_second_writer_in(project, asked):
    run_id = project.begin_run(RunKind.PREDICT)
    for name in names(project.path):
        assert asked(name) == "locked", name
    project.path.with_name("clip.fami.lock").unlink()
    assert asked(project.path) == "locked", "the lock file is gone"
    renamed = project.path.rename(project.path.with_name("renamed.fami"))
    assert asked(renamed) == "locked"
    renamed.rename(project.path)
    edits.add_person(project, 0, (1, 2, 3, 4))
    assert [(run.run_id, run.status) for run in project.runs()] == [(run_id, "running")]
    project.close()
    assert asked(project.path) == "open"


def test_a_second_opening_here_does_not_weaken_the_first(project):
    """Closing any handle of a file drops the locks that SQLite has on it in this process."""
    edits.add_person(project, 0, (1, 2, 3, 4))
    assert here(project.path) == "locked"
    log = project.path.with_name("clip.fami-wal")
    reading = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM meta'); c.close()"
    subprocess.run([sys.executable, "-c", reading, str(project.path)], check=True)
    assert log.stat().st_size, "another program that read it last did not take the log for left over"
    edits.add_person(project, 1, (1, 2, 3, 4))


def test_a_killed_writer_leaves_no_lock(project):
    project.close()
    killed = "import os, sys; from core.project import Project; p = Project.open(sys.argv[1]); os._exit(9)"
    subprocess.run([sys.executable, "-c", killed, str(project.path)], check=False)
    assert here(project.path) == "open"
