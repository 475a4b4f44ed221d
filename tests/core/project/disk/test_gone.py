"""A project file that is deleted, renamed, replaced or overwritten while it is open never costs an edit."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from core.errors import ProjectError
from core.project import Project, ProjectGoneError, SourceRecord, edits
from core.project.saving import free_name, save_as

BOX = (1, 2, 30, 40)


def deleted(path):
    path.unlink()


def renamed(path):
    path.rename(path.with_name("renamed.fami"))


def replaced(path):
    other = path.with_name("other.fami")
    shutil.copy(path.with_name("old.fami"), other)
    other.replace(path)


def replaced_by_an_empty_file(path):
    path.unlink()
    path.write_bytes(b"")


def overwritten(path):
    other = path.with_name("old.fami")
    with closing(sqlite3.connect(other)) as connection:  # another state, as of an edit elsewhere
        connection.execute("UPDATE meta SET value = 'another' WHERE key = 'base'")
        connection.commit()
    path.write_bytes(other.read_bytes())


WAYS = [deleted, renamed, replaced, replaced_by_an_empty_file, overwritten]


@pytest.fixture
def edited(project):
    """A project with edits in its file, a copy of it as it was then, and edits that only its log holds."""
    edits.add_person(project, 0, BOX)
    project.close()
    shutil.copy(project.path, project.path.with_name("old.fami"))
    with Project.open(project.path) as again:
        edits.move_keypoint(again, 0, 1, 9, (3, 4))
        yield again


def beside(path):
    return sorted(file.name for file in path.parent.iterdir() if file.name.startswith(path.name))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_edit_is_refused_in_one_sentence_and_kept(edited, way):
    way(edited.path)
    with pytest.raises(ProjectGoneError, match=r"while it was open.*Save what you have under another name") as caught:
        edits.move_keypoint(edited, 0, 1, 10, (5, 6))
    assert "\n" not in str(caught.value) and not caught.value.is_written
    with pytest.raises(ProjectGoneError):
        edits.add_person(edited, 1, BOX)
    if way is not overwritten:
        assert edited.frame(0).pose(1).keypoints[9].tolist() == [3, 4]
        saved = save_as(edited, edited.path.with_name("saved.fami"))
        with saved.project as project:
            assert saved.left_out == () and not edited.unsaved
            assert project.frame(0).pose(1).keypoints[9].tolist() == [3, 4]
            assert project.frame(0).pose(1).keypoints[10].tolist() == [5, 6]
            assert project.undo().label == "Add person 2" and project.source.path == edited.source.path
    assert not [name for name in beside(edited.path) if "-wal" in name or "-shm" in name] or way is overwritten


@pytest.mark.parametrize("as_it_is", [os.utime, lambda path: path.write_bytes(path.read_bytes())])
def test_a_file_that_was_only_touched_is_the_same(edited, as_it_is):
    as_it_is(edited.path)
    edits.move_keypoint(edited, 0, 1, 10, (5, 6))
    as_it_is(edited.path)
    edited.close()
    with Project.open(edited.path) as again:
        assert again.frame(0).pose(1).keypoints[[9, 10]].tolist() == [[3, 4], [5, 6]]


def test_what_only_the_log_held_of_an_overwritten_project_is_kept_beside(edited):
    overwritten(edited.path)
    with pytest.raises(ProjectGoneError):
        edits.move_keypoint(edited, 0, 1, 10, (5, 6))
    edited.close()
    (kept,) = edited.path.parent.glob(f"{edited.path.name}-wal.foreign-*")
    assert kept.stat().st_size > 4096


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("notices", [True, False])
def test_what_lies_at_the_path_is_left_as_it_is(edited, way, notices):
    way(edited.path)
    content = edited.path.read_bytes() if edited.path.exists() else None
    if notices:
        with pytest.raises(ProjectGoneError):
            edits.add_person(edited, 1, BOX)
    edited.close()
    assert [name for name in beside(edited.path) if "-" in name and ".foreign-" not in name] == []
    if content is not None:
        assert edited.path.read_bytes() == content
    if way is renamed:
        with Project.open(edited.path.with_name("renamed.fami")) as found:
            assert found.frame(0).pose(1).keypoints[9].tolist() == [3, 4], "the edits are where the file is"
    if content:
        with Project.open(edited.path) as older:
            assert not older.frame(0).pose(1).labelled.any() and not older.notes


def test_a_link_that_leads_elsewhere_is_noticed(edited, tmp_path):
    edited.close()
    link = tmp_path / "link.fami"
    link.symlink_to(edited.path)
    with Project.open(link) as project:
        edits.add_person(project, 1, BOX)
        link.unlink()
        link.symlink_to(edited.path.with_name("old.fami"))
        with pytest.raises(ProjectGoneError):
            edits.add_person(project, 2, BOX)


def test_a_file_that_goes_in_the_middle_of_an_edit_is_noticed(project, predicted):
    run_id = project.begin_run("predict")

    def people():
        yield predicted(1)
        project.path.rename(project.path.with_name("away.fami"))

    with pytest.raises(ProjectGoneError) as caught:
        project.write_run(run_id, {0: people()})
    assert caught.value.is_written and project.frame(0).poses
    with save_as(project, project.path).project as saved:
        assert saved.frame(0).poses


def test_an_edit_that_no_longer_fits_is_named(edited):
    edited.path.unlink()
    for number in (7, 7):
        with pytest.raises(ProjectGoneError):
            edits.add_person(edited, 4, BOX, number)
    saved = save_as(edited, edited.path)
    assert saved.left_out == ("Add person 7",)
    saved.project.close()


def test_a_name_that_is_taken_is_refused(edited):
    with pytest.raises(ProjectError, match="exists already"):
        save_as(edited, edited.path.with_name("old.fami"))
    assert free_name(edited.path, "saved").name == "clip.saved.fami"
    edited.path.with_name("clip.saved.fami").touch()
    assert free_name(edited.path, "saved").name == "clip.saved-2.fami"


KILLED = """
import os, sys
from core.project import Project, edits
project = Project.open(sys.argv[1])
edits.move_keypoint(project, 0, 1, 9, (3, 4))
if sys.argv[2] == "copy":
    import shutil
    shutil.copy(sys.argv[1], sys.argv[1] + ".copy")
    edits.move_keypoint(project, 0, 1, 9, (7, 8))
os._exit(9)
"""


def killed(path, what=""):
    subprocess.run([sys.executable, "-c", KILLED, str(path), what], check=False)
    assert path.with_name(path.name + "-wal").stat().st_size


@pytest.mark.parametrize("read_only", [False, True])
def test_a_log_of_another_version_is_put_aside_at_the_next_opening(edited, read_only):
    edited.close()
    path, old = edited.path, edited.path.with_name("old.fami")
    killed(path)
    replaced(path)
    content = path.read_bytes()
    if read_only:
        with pytest.raises(ProjectError, match="belongs to another version"):
            Project.open(path, read_only=True)
        assert path.read_bytes() == content
    with Project.open(path) as project:
        assert "clip.fami-wal.foreign-1" in project.notes[0]
        assert not project.frame(0).pose(1).labelled.any(), "as it was when it was copied"
        edits.add_person(project, 3, BOX)
    assert path.with_name("clip.fami-wal.foreign-1").stat().st_size
    assert old.read_bytes() == content


def test_its_own_log_is_taken_in_wherever_both_are_moved(edited, tmp_path):
    edited.close()
    killed(edited.path)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name in (edited.path.name, edited.path.name + "-wal"):
        shutil.copy(edited.path.with_name(name), folder / name)
    for path in (edited.path, folder / edited.path.name):
        with Project.open(path) as project:
            assert not project.notes and project.frame(0).pose(1).keypoints[9].tolist() == [3, 4]


def test_a_copy_of_the_file_that_the_log_was_made_for_takes_it(edited):
    """While a program writes only the log, every copy of the main file is the one that the log belongs to."""
    edited.close()
    killed(edited.path, "copy")
    edited.path.with_name("clip.fami.copy").replace(edited.path)
    with Project.open(edited.path) as project:
        assert not project.notes and project.frame(0).pose(1).keypoints[9].tolist() == [7, 8]


def test_a_long_log_is_written_back_and_still_its_own(project, predicted, monkeypatch):
    run_id = project.begin_run("predict")
    copy = project.path.with_name("early.fami")
    shutil.copy(project.path, copy)
    for start in range(0, 4000, 500):
        project.write_run(run_id, {i: [predicted(1), predicted(2)] for i in range(start, start + 500)})
    assert project.path.stat().st_size > 3 * 2**20 > copy.stat().st_size, "the log was written back"
    assert project.path.with_name("clip.fami-wal").stat().st_size < 8 * 2**20
    project.write_run(run_id, {0: [predicted(3)]})
    files = project.path.with_name("clip.fami-wal").read_bytes(), project.path.read_bytes()
    project.close()
    for content, is_own in ((files[1], True), (copy.read_bytes(), False)):
        path = project.path.with_name(f"killed-{is_own}.fami")
        path.write_bytes(content)
        path.with_name(path.name + "-wal").write_bytes(files[0])
        with Project.open(path) as again:
            assert (again.notes == ()) == is_own
            assert len(again.labelled_frames()) == (4000 if is_own else 0)


@pytest.mark.skipif(not hasattr(os, "link"), reason="there are no hard links here")
def test_a_second_name_of_a_killed_project_does_not_take_its_log_for_granted(edited):
    edited.close()
    path = edited.path
    killed(path)
    other = path.with_name("second name.fami")
    os.link(path, other)
    with Project.open(other) as project:
        edits.add_person(project, 5, BOX)
    with Project.open(path) as project:
        assert project.frame(5).poses and "foreign" in project.notes[0], "what the second name wrote is not undone"


def test_a_source_record_is_relative_to_the_new_folder(edited, tmp_path):
    edited.path.unlink()
    folder = tmp_path / "other folder"
    folder.mkdir()
    with save_as(edited, folder / "saved.fami").project as saved:
        assert saved.source.path == edited.source.path
        record = saved.source
    assert isinstance(record, SourceRecord)
