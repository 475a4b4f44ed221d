"""What a killed `predict --project` leaves does not stand in the way of the next one, and costs nobody's labels."""

from pathlib import Path

import pytest

from app.commands.predict_command import make_way
from core.errors import ProjectError
from core.poses import Visibility
from core.project import BEGUN_BY, Project, SourceRecord, edits


@pytest.fixture
def left_over(tmp_path: Path) -> Project:
    """Killed while it followed people: boxes, and no pose."""
    with Project.create(tmp_path / "out.fami", SourceRecord(tmp_path / "clip.mp4", "video", 640, 480, 9)) as project:
        project.set_setting(BEGUN_BY, "predict")
        edits.add_person(project, 0, (1, 2, 30, 40))
        yield project


def test_what_was_left_before_the_first_pose_is_removed(left_over: Project) -> None:
    left_over.close()
    make_way(left_over.path)
    assert not left_over.path.exists()
    left_over.path.write_bytes(b"")
    make_way(left_over.path)


def test_a_run_that_still_goes_on_is_left_alone(left_over: Project) -> None:
    with pytest.raises(ProjectError, match="already open"):
        make_way(left_over.path)
    assert left_over.path.exists()


@pytest.mark.parametrize("what", ["a joint", "a mark", "a person opened it"])
def test_what_holds_labels_is_kept(left_over: Project, what: str) -> None:
    if what == "a joint":
        edits.move_keypoint(left_over, 0, 1, 9, (3.0, 4.0), visibility=Visibility.VISIBLE)
    elif what == "a mark":
        edits.mark_reviewed(left_over, 3)
    else:
        left_over.set_setting(BEGUN_BY, None)
    left_over.close()
    with pytest.raises(ProjectError, match="exists already"):
        make_way(left_over.path)
    assert left_over.path.exists()


def test_the_window_makes_it_a_persons(drive, clip: Path) -> None:
    d = drive(clip)
    path = d.session.project.path
    d.session.project.set_setting(BEGUN_BY, "predict")
    d.close()
    again = drive(path)
    assert again.session.project.setting(BEGUN_BY) is None
