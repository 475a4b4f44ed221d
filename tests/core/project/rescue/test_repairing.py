"""Damage inside a project is noticed, and what is whole of it is saved: torn files, with seeds."""

import random
import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from core.errors import ProjectError
from core.project import Project, ProjectDamagedError, RunKind, edits, is_blank
from core.project.rescue import backups
from core.project.rescue.repairing import repair

PAGE = 4096


@pytest.fixture
def held(project, predicted):
    """A closed project of 40 frames, with edits, undone ones, runs and marks; and what it holds."""
    run_id = project.begin_run(RunKind.PREDICT)
    project.write_run(run_id, {i: [predicted(1, at=10.0 + i), predicted(2, at=200.0 + i)] for i in range(40)},
                      {i: (0.04 * i, f"{i:016x}") for i in range(40)})  # fmt: skip
    project.finish_run(run_id)
    for index in range(0, 40, 3):
        edits.move_keypoint(project, index, 1, 9, (float(index), 4.0))
    edits.add_person(project, 7, (1, 2, 30, 40))
    edits.delete_person(project, 2, 5)
    edits.mark_reviewed(project, 6)
    edits.cut_person_from(project, 35, 2)
    edits.move_keypoint(project, 8, 1, 3, (1.0, 2.0))
    project.undo()
    state = labels(project)
    project.close()
    return project.path, state


def labels(project):
    found = {(f.frame_index, pose.track_id): pose for f in project.frames() for pose in f.poses}
    return found, {f.frame_index for f in project.frames() if f.reviewed}


def differences(found, right):
    """Places that are not as they were, and those that never were."""
    gone = {place for place, pose in right[0].items() if place not in found[0] or not found[0][place].same_as(pose)}
    return gone, found[0].keys() - right[0].keys()


def flipped(content, noise):
    for _ in range(noise.randint(1, 3)):
        content[noise.randrange(len(content))] ^= 1 << noise.randrange(8)


def zeroed(content, noise):
    page = noise.randrange(1, len(content) // PAGE)
    content[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)


def scribbled(content, noise):
    start = noise.randrange(len(content) - 700)
    content[start : start + 600] = noise.randbytes(600)


def truncated(content, noise):
    del content[noise.randrange(len(content) // 3, len(content)) :]


def header_gone(content, noise):
    content[:PAGE] = bytes(PAGE)


TEARS = [flipped, zeroed, scribbled, truncated, header_gone]


@pytest.mark.parametrize("tear", TEARS, ids=lambda tear: tear.__name__)
@pytest.mark.parametrize("seed", range(6))
def test_damage_is_noticed_and_what_is_whole_is_saved(held, tear, seed):
    path, right = held
    content = bytearray(path.read_bytes())
    tear(content, random.Random(f"{tear.__name__} {seed}"))
    path.write_bytes(content)
    try:
        with Project.open(path) as project:
            assert differences(labels(project), right) == (set(), set()), "opens, and every label is as it was"
            return
    except ProjectError as error:
        assert "\n" not in str(error)
    before = path.read_bytes()
    report = repair(path)
    assert report.damaged is not None and report.damaged.read_bytes() == before
    with Project.open(path) as project:
        gone, strange = differences(labels(project), right)
        assert not strange or report.num_lost_entries, "nobody comes back who was deleted, nobody is made up"
        assert len(gone) <= sum(report.missing.values()) or report.num_lost_entries
        assert len(right[0]) - len(gone) >= len(right[0]) // 2, "most is saved"
        edits.add_person(project, 39, (1, 2, 3, 4))
        while project.undo() is not None:
            pass
    assert repair(path).damaged is None, "and it is whole now"


def test_a_pose_whose_bytes_changed_is_named_and_comes_back_from_the_journal(held):
    path, right = held
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (pose,) = connection.execute("SELECT pose FROM poses WHERE frame_index = 12 AND track_id = 1").fetchone()
        spoilt = pose[:100] + bytes([pose[100] ^ 4]) + pose[101:]
        connection.execute("UPDATE poses SET pose = ? WHERE frame_index = 12 AND track_id = 1", (spoilt,))
    with pytest.raises(ProjectDamagedError, match=r"the pose of person 1 in frame 12 .*repair"):
        Project.open(path)
    report = repair(path)
    assert (report.num_from_journal, report.missing, report.num_lost_entries) == (1, {}, 0)
    assert "Missing: nobody." in report.sentences()
    with Project.open(path) as project:
        assert differences(labels(project), right) == (set(), set())
        assert labels(project)[1] == right[1] == {6}
        assert project.source.num_frames == 100 and project.undo().label == "Delete person 2 from frame 35 on"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE poses SET frame_index = 99 WHERE frame_index = 3 AND track_id = 1", "pose of person 1 in frame 99"),
        ("UPDATE poses SET track_id = 9 WHERE frame_index = 3 AND track_id = 1", "pose of person 9 in frame 3"),
        ("UPDATE frames SET reviewed = 1 WHERE frame_index = 3", "says of frame 3"),
        ("DELETE FROM poses WHERE frame_index = 3", "says of frame 3"),
        ("DELETE FROM frames WHERE frame_index = 3", "says of frame 3"),
        ("UPDATE entries SET label = 'Other' WHERE entry_id = 4", "entry 4 of its journal"),
        ("DELETE FROM changes WHERE entry_id = 4", "entry 4 of its journal"),
        ("DELETE FROM entries WHERE entry_id = 4", "entry 4 of its journal"),
        ("UPDATE changes SET after = before WHERE entry_id = 4", "entry 4 of its journal"),
    ],
)
def test_what_is_not_as_it_was_written_is_named(held, statement, what):
    path, right = held
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)
    with pytest.raises(ProjectDamagedError, match=what):
        Project.open(path)
    repair(path)
    with Project.open(path) as project:
        assert differences(labels(project), right) == (set(), set()) and labels(project)[1] == right[1]


def test_a_whole_project_is_left_as_it_is(held):
    path, right = held
    before = path.read_bytes(), sorted(path.parent.iterdir())
    report = repair(path)
    assert report.damaged is None and report.num_poses == len(right[0])
    assert report.sentences() == [f"clip.fami is whole: {len(right[0])} people in 40 frames. Nothing was changed."]
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == before


def test_what_only_the_log_holds_is_saved_too(held):
    path, right = held
    with Project.open(path) as project:
        edits.move_keypoint(project, 1, 1, 0, (77.0, 78.0))
        files = {file: file.read_bytes() for file in (path, path.with_name("clip.fami-wal"))}
        right = labels(project)
    for file, content in files.items():
        file.write_bytes(content)
    content = bytearray(path.read_bytes())
    content[-PAGE:] = b"\xa5" * PAGE
    content[:PAGE] = b"\xa5" * PAGE
    path.write_bytes(content)
    report = repair(path)
    if report.damaged is not None:  # else the log holds what was spoilt
        assert path.with_name("clip.damaged.fami-wal").exists() and not path.with_name("clip.fami-wal").exists()
    with Project.open(path) as project:
        assert project.frame(1).pose(1).same_as(right[0][1, 1]) and len(labels(project)[0]) > len(right[0]) // 2


@pytest.mark.parametrize("pragma", ["user_version = 9", "application_id = 7"])
def test_a_header_alone_does_not_make_it_another_file(held, pragma):
    path, right = held
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA {pragma}")
        connection.commit()
    with pytest.raises(ProjectError):
        Project.open(path)
    assert repair(path).missing == {}
    with Project.open(path) as project:
        assert differences(labels(project), right) == (set(), set())


def test_a_project_of_a_newer_program_is_left_as_it_is(held):
    path, _ = held
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE more (x)")
        connection.execute("PRAGMA user_version = 9")
        connection.commit()
    with pytest.raises(ProjectError, match="newer version of this program"):
        repair(path)


def test_a_strangers_trigger_is_left_behind(held):
    path, right = held
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TRIGGER away AFTER INSERT ON entries BEGIN DELETE FROM poses; END")
    repair(path)
    with Project.open(path) as project:
        edits.add_person(project, 0, (1, 2, 3, 4))
        assert len(labels(project)[0]) == len(right[0]) + 1


def test_without_its_clip_a_project_takes_it_from_a_backup_or_asks(held):
    path, _ = held
    with_backup = path.with_name("backed.fami")
    shutil.copy(path, with_backup)
    assert backups.make(with_backup) is not None
    for file in (path, with_backup):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("UPDATE meta SET value = '{' WHERE key = 'source'")
            connection.commit()
        report = repair(file)
        with Project.open(file) as project:
            assert report.guessed_clip == (file == path)
            assert project.source.num_frames == (40 if file == path else 100)


@pytest.mark.parametrize("content", [b"", b"words " * 100, b"SQLite format 3\0" + bytes(5000)])
def test_what_is_no_project_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "notes.fami"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=r"notes\.fami"):
        repair(path)
    assert (path.read_bytes() == content and not is_blank(path)) or content == b""


def test_a_project_that_is_being_written_is_not_repaired(project):
    with closing(sqlite3.connect(project.path, isolation_level=None)) as connection:
        connection.execute("UPDATE entries SET label = 'x'")
    edits.add_person(project, 0, (1, 2, 3, 4))
    with closing(sqlite3.connect(project.path, isolation_level=None)) as connection:
        connection.execute("UPDATE entries SET label = 'x'")
    with pytest.raises(ProjectError, match="already open"):
        repair(project.path)


def test_backups_are_few_whole_and_not_too_large(held, monkeypatch):
    path, _ = held
    made = []
    for number in range(7):
        monkeypatch.setattr(backups, "datetime", _Clock(number))
        made.append(backups.make(path))
    assert len(backups.of(path)) == backups.MOST and backups.of(path)[0].parent == path.with_name("clip.backups")
    monkeypatch.setattr(backups, "MOST_BYTES", int(2.5 * path.stat().st_size))
    monkeypatch.setattr(backups, "datetime", _Clock(8))
    backups.make(path)
    assert len(backups.of(path)) == 2
    monkeypatch.setattr(backups, "MOST_BYTES", 1000)
    assert backups.make(path) is None and len(backups.of(path)) == 2


class _Clock:
    def __init__(self, number):
        self._number = number

    def now(self):
        return self

    def astimezone(self):
        return self

    def strftime(self, form):
        return f"2026-01-01 10.00.0{self._number}.fami"


def test_a_damaged_project_makes_no_backup_and_takes_none_away(held):
    path, right = held
    good = backups.make(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM poses WHERE frame_index = 3")
        connection.commit()
    with pytest.raises(ProjectError):
        backups.make(path)
    assert backups.of(path) == [good]
    damaged = path.read_bytes()
    kept = backups.restore(path, good)
    assert kept.read_bytes() == damaged
    with Project.open(path) as project:
        assert differences(labels(project), right) == (set(), set()) and np.isfinite(project.source.num_frames)


def test_a_backup_is_due_after_a_change_and_a_while(held):
    path, _ = held
    assert backups.is_due(path)
    backup = backups.make(path)
    assert not backups.is_due(path)
    made_s = backup.stat().st_mtime
    assert not backups.is_due(path, made_s + 2 * backups.APART_S), "nothing was changed since"
    with Project.open(path) as project:
        edits.add_person(project, 0, (1, 2, 3, 4))
    assert not backups.is_due(path, made_s + 1)
    assert backups.is_due(path, made_s + 2 * backups.APART_S)


def test_a_project_is_backed_up_while_it_is_written(project):
    edits.add_person(project, 0, (1, 2, 3, 4))
    backup = backups.make(project.path)
    edits.add_person(project, 1, (1, 2, 3, 4))
    with Project.open(backup, read_only=True) as copy:
        assert copy.frame(0).poses and not copy.frame(1).poses
