"""A disk that is full, to the last byte and almost: said as that, and what is on it can be read."""

import os
import subprocess
import sys

import pytest

from core.errors import ProjectError
from core.project import Project, SourceRecord, edits


@pytest.fixture
def mount(tmp_path):
    """An empty file system of 2 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("free_kb", [0, 4, 8, 32, 100])
def test_whatever_is_left_it_is_said_that_the_disk_is_full(mount, free_kb):
    path = mount / "clip.fami"
    with Project.create(path, SourceRecord(mount / "clip.mp4", "video", 640, 480, 10)) as project:
        edits.add_person(project, 0, (1, 2, 30, 40))
    place = os.statvfs(mount)
    (mount / "rest").write_bytes(bytes(place.f_bavail * place.f_frsize - free_kb * 1024))
    with pytest.raises(ProjectError, match="The disk is full"), Project.open(path) as project:
        for index in range(1000):
            edits.move_keypoint(project, 0, 1, index % 17, (1.0, index))
    with Project.open(path, read_only=True) as project:
        assert project.frame(0).poses
    (mount / "rest").unlink()
    with Project.open(path) as project:
        edits.add_person(project, 1, (1, 2, 30, 40))
