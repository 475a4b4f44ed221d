"""`python main.py relink`: answering that a project's clip is another one."""

import io
import shutil

import cv2
import numpy as np
import pytest

from app.cli import main
from app.terminal import Terminal
from core.files import places
from core.project import Project, edits
from core.video import open_source
from core.work.source_record import record_of


def run(*argv):
    output, errors = io.StringIO(), io.StringIO()
    return main([str(word) for word in argv], Terminal(output, errors)), output.getvalue(), errors.getvalue()


@pytest.fixture
def path(tmp_path):
    """A project whose labels were made on other pictures than its clip shows."""
    clip = tmp_path / "clip.mp4"
    shutil.copy(places.DEMO_CLIP, clip)
    with open_source(clip) as source:
        record = record_of(source)
    with Project.create(tmp_path / "clip.fami", record) as project:
        for index in range(3):
            edits.add_person(project, index, (1, 2, 30, 40), proofs={index: (0.0, "0" * 16)})
    return project.path


def test_labels_belong_to_the_pictures_that_are_there(path):
    status, said, error = run("relink", path, "--trust-pictures")
    assert (status, error) == (0, "") and "belong to the pictures" in said
    with Project.open(path) as project:
        assert all(project.frame_proofs(index)[0].pixel_hash != "0" * 16 for index in range(3))
        assert project.undo().label == "Labels belong to these pictures"
        assert project.frame_proofs(0)[0].pixel_hash == "0" * 16
    run("relink", path, "--trust-pictures")
    assert "nothing was changed" in run("relink", path, "--trust-pictures")[1]


def test_the_clip_is_elsewhere(path, tmp_path):
    moved = tmp_path / "there" / "moved.mp4"
    moved.parent.mkdir()
    shutil.copy(tmp_path / "clip.mp4", moved)
    status, said, _ = run("relink", path, "--source", moved)
    assert status == 0 and str(moved) in said
    with Project.open(path, read_only=True) as project:
        assert project.source.path == moved


def test_another_clip_is_refused(path, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    cv2.imwrite(str(images / "000000.png"), np.zeros((20, 30, 3), np.uint8))
    status, _, error = run("relink", path, "--source", images)
    assert status == 1 and "has 1 frames of 30x20" in error
    status, _, error = run("relink", path)
    assert status == 1 and "--trust-pictures" in error
