"""Killed programs, full disks, damaged files and folders that cannot be written: one sentence, and no label lost."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from core.errors import ProjectError
from core.project import Project, SourceRecord, edits

EDITING_CHILD = """
import sys
from core.project import Project, edits
project = Project.open(sys.argv[1])
edits.add_person(project, 0, (1, 2, 30, 40))
print("ready", flush=True)
for x in range(100000):
    edits.move_keypoint(project, 0, 1, x % 17, (x, x + 0.5))
    print(x, flush=True)
"""


def test_every_edit_that_was_acknowledged_survives_a_kill(project):
    project.close()
    moments = random.Random(7)
    for number in range(6):
        path = project.path.with_name(f"killed{number}.fami")
        Project.create(path, SourceRecord(project.path, "video", 640, 480, 10)).close()
        child = subprocess.Popen([sys.executable, "-c", EDITING_CHILD, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0.0, 0.12))
        child.send_signal(signal.SIGKILL)
        acknowledged = [int(line) for line in child.stdout.read().split()]
        child.wait()
        child.stdout.close()
        with Project.open(path) as found:
            count = found.effort().counts.get("move_keypoint", 0)
            assert count - len(acknowledged) in (0, 1), "at most the edit under way was not yet acknowledged"
            pose = found.frame(0).pose(1)
            for x in range(max(0, count - 17), count):
                assert pose.keypoints[x % 17].tolist() == [x, x + 0.5]
            for _ in range(count):
                assert found.undo()
            assert not found.frame(0).pose(1).labelled.any()


def test_a_full_disk_costs_the_edit_and_nothing_else(project, predicted):
    edits.add_person(project, 0, (1, 2, 30, 40))
    edits.move_keypoint(project, 0, 1, 9, (3, 4))
    store = project._store
    (pages,) = store.one("PRAGMA page_count")
    store.one(f"PRAGMA max_page_count = {pages + 2}")
    run_id = project.begin_run("predict")
    summary_before = project.summary().num_people.copy()
    entries_before = len(project.journal())
    with pytest.raises(ProjectError, match="disk is full") as caught:
        project.write_run(run_id, {i: [predicted(1)] for i in range(200)})
    assert "\n" not in str(caught.value)
    assert len(list(project.frames())) == 1 and len(project.journal()) == entries_before
    assert (project.summary().num_people == summary_before).all()
    store.one("PRAGMA max_page_count = 1000000")
    project.write_run(run_id, {i: [predicted(1)] for i in range(200)})
    assert project.frame(0).pose(1).keypoints[9].tolist() == [3, 4]
    assert len(list(project.frames())) == 200
    project.close()
    with Project.open(project.path) as again:
        assert len(list(again.frames())) == 200


def test_a_refused_edit_is_not_half_applied(project):
    edits.add_person(project, 0, (1, 2, 30, 40))
    edits.add_person(project, 1, (1, 2, 30, 40))
    project.undo()
    with pytest.raises(ProjectError, match="already in frame 0"):
        edits.add_person(project, 0, (1, 2, 30, 40), 1)
    assert project.redo_label == "Add person 2", "what was refused drops nothing"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a FAMI-Pose project"),
        (b"these are words, " * 400, "not a FAMI-Pose project"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "not a FAMI-Pose project|damaged"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_what_is_no_project_is_refused_and_left_as_it_is(tmp_path, content, sentence, read_only):
    path = tmp_path / "notes.fami"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=sentence):
        Project.open(path, read_only)
    assert path.read_bytes() == content


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "nowhere.fami", tmp_path, tmp_path / "no folder" / "clip.fami"):
        with pytest.raises(ProjectError, match="does not exist"):
            Project.open(path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ProjectError, match="cannot be opened"):
        Project.create(tmp_path / "no folder" / "clip.fami", SourceRecord(tmp_path, "video", 1, 1, 1))


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_truncated_project_is_refused(project, predicted, kept, read_only):
    project.write_run(project.begin_run("predict"), {i: [predicted(1)] for i in range(100)})
    project.close()
    content = project.path.read_bytes()
    project.path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ProjectError, match="damaged"):
        Project.open(project.path, read_only)


def test_a_scribbled_project_is_refused(project, predicted):
    project.write_run(project.begin_run("predict"), {i: [predicted(1)] for i in range(100)})
    project.close()
    content = bytearray(project.path.read_bytes())
    for start in range(4096, len(content) - 200, 8192):
        content[start : start + 100] = b"\xa5" * 100
    project.path.write_bytes(content)
    with pytest.raises(ProjectError, match="damaged"):
        Project.open(project.path)


WITHOUT_RIGHTS = """
import os, sys
from core.project import Project, SourceRecord
from core.errors import ProjectError
from pathlib import Path
path, kind = Path(sys.argv[1]), sys.argv[2]
if os.geteuid() == 0:
    os.setuid(65534)
for opening in (
    lambda: Project.open(path),
    lambda: Project.create(path.with_name("new.fami"), SourceRecord(path, "video", 1, 1, 1)),
):
    try:
        opening()
    except ProjectError as error:
        print(type(error).__name__, error)
with Project.open(path, read_only=True) as project:
    print("people", len(project.frame(0).poses))
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="folders have no such rights on this system")
def test_a_folder_that_cannot_be_written_can_be_read(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readonly")
    path = folder / "clip.fami"
    with Project.create(path, SourceRecord(folder / "clip.mp4", "video", 640, 480, 10)) as project:
        edits.add_person(project, 0, (1, 2, 30, 40))
    opened = [
        folder,
        *(parent for parent in folder.parents if parent.owner() == folder.owner() and parent != parent.parent),
    ]
    rights = {each: each.stat().st_mode for each in opened}
    try:
        for each in opened[1:]:
            each.chmod(rights[each] | 0o055)
        for each in folder.iterdir():
            each.chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_RIGHTS, str(path), ""], capture_output=True, text=True, check=False
        )
    finally:
        for each in opened:
            each.chmod(rights[each])
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert first.startswith("ProjectNotWritableError") and "may write there" in first
    assert second.startswith("ProjectError") and "allow writing there" in second
    assert third == "people 1"
