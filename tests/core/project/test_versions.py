"""Projects of every earlier version of the format, written by the code of their time (versions/make_versions.py)."""

import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import ProjectError
from core.poses import Visibility
from core.project import Project, edits
from core.project.storage import schema

FIXTURES = sorted((Path(__file__).parent / "versions").glob("clip.format-*.fami.xz"))
VERSIONS = [int(file.name.split("-")[1].split(".")[0]) for file in FIXTURES]


def unpacked(folder, version):
    path = folder / "clip.fami"
    path.write_bytes(lzma.decompress(FIXTURES[VERSIONS.index(version)].read_bytes()))
    return path


def version_of(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def held(project):
    return {
        (frame.frame_index, pose.track_id): (str(pose.keypoints.tolist()), pose.visibility.tolist(), frame.reviewed)
        for frame in project.frames()
        for pose in frame.poses
    }


def test_every_version_but_the_one_in_work_has_a_fixture():
    assert list(range(1, len(schema.MIGRATIONS))) == VERSIONS[: len(schema.MIGRATIONS) - 1]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_project_of_each_version_is_read_as_it_is(tmp_path, version):
    path = unpacked(tmp_path, version)
    before = path.read_bytes()
    with Project.open(path, read_only=True) as project:
        assert len(held(project)) == 16 and project.frame(0).pose(1).keypoints[9].tolist() == [3, 4]
        assert project.frame(1).pose(1).visibility[9] == Visibility.OCCLUDED and project.frame(4).reviewed
        assert project.summary().num_people[:10].tolist() == [2, 2, 2, 2, 2, 1, 2, 2, 0, 1]
        assert len(project.track_cells(0, 100)[0]) == 16 and project.ignore_regions() == {}
    assert path.read_bytes() == before and sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_project_of_each_version_is_brought_up_to_date_with_a_copy_beside(tmp_path, version):
    path = unpacked(tmp_path, version)
    with Project.open(path, read_only=True) as project:
        before = held(project)
    with Project.open(path) as project:
        assert held(project) == before
        if version < len(schema.MIGRATIONS):
            assert f"clip.format-{version}.fami" in project.notes[0]
        edits.move_keypoint(project, 0, 1, 0, (50.0, 60.0))
        for _ in range(7):
            assert project.undo() is not None
        assert project.undo() is None and len(project.frame(5).poses) == 2 and not project.frame(9).poses
        for _ in range(7):
            assert project.redo() is not None
        assert project.frame(0).pose(1).keypoints[0].tolist() == [50, 60]
    assert version_of(path) == len(schema.MIGRATIONS)
    kept = tmp_path / f"clip.format-{version}.fami"
    assert kept.exists() == (version < len(schema.MIGRATIONS))
    if kept.exists():
        assert version_of(kept) == version
        with Project.open(kept, read_only=True) as project:
            assert held(project) == before


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_an_older_program_refuses_each_version_in_words(tmp_path, version, monkeypatch):
    path = unpacked(tmp_path, version)
    before = path.read_bytes()
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[: version - 1])
    for read_only in (False, True):
        with pytest.raises(ProjectError, match=rf"newer version .*\(format {version}.*update the program"):
            Project.open(path, read_only)
    assert path.read_bytes() == before
