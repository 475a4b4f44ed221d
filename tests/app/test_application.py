"""Starting and ending the program: what it opens, what it remembers, a picture of it, and nothing left behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from app.application import start_path
from core.files import places

REPOSITORY = Path(__file__).parents[2]


def screenshot(folder, *arguments):
    """`python main.py --screenshot` as a person calls it."""
    environment = os.environ | {
        name: str(folder / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    }
    command = [sys.executable, "main.py", "--screenshot", *map(str, arguments)]
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def test_what_is_opened_at_the_start(own_folders, clip):
    assert start_path(None) == places.DEMO_CLIP
    assert start_path(clip) == clip
    last = clip.with_suffix(".fami")
    places.write_setting("last_project", str(last))
    assert start_path(None) == places.DEMO_CLIP, "a project that is gone is not opened"
    last.touch()
    assert start_path(None) == last
    for odd in (7, None, ["x"], {}):
        places.write_setting("last_project", odd)
        assert start_path(None) == places.DEMO_CLIP


def test_the_last_project_is_remembered(drive, clip):
    d = drive(clip)
    path = d.session.project.path
    d.close()
    assert start_path(None) == path


@pytest.mark.parametrize(
    "words", ["", "no JSON", "[]", '{"layout": "not hex"}', '{"layout": "abcd"}', '{"layout": 7}', b"\xff\xfe"]
)
def test_damaged_settings_cost_only_the_settings(drive, clip, words):
    settings = places.settings_file()
    settings.parent.mkdir(parents=True)
    settings.write_bytes(words if isinstance(words, bytes) else words.encode())
    d = drive()
    d.program.restore_layout()
    d.open(clip)
    assert d.window.error_text == "" and d.window.persons_panel.isVisible()
    d.close()
    assert json.loads(settings.read_text())["last_project"].endswith("walk.fami")


def test_a_damaged_key_map_is_told_and_the_default_keys_work(drive, clip):
    keys = places.settings_file().with_name("keys.toml")
    keys.parent.mkdir(parents=True)
    keys.write_text("[keys\nbroken")
    d = drive(clip)
    assert "keys.toml" in d.told()
    assert d.window.action("action_undo").shortcut().toString() == "Ctrl+Z"


def test_the_layout_is_restored(drive, clip):
    d = drive(clip)
    assert d.window.queue_panel.isVisible()
    d.window._docks["queue"].close()
    d.close()
    d = drive()
    d.program.restore_layout()
    assert not d.window.queue_panel.isVisible() and d.window.persons_panel.isVisible()


def test_the_demo_opens_with_its_people(drive):
    before = {path.name for path in places.DEMO_CLIP.parent.iterdir()}
    d = drive(places.DEMO_CLIP)
    poses = d.session.shown_poses().poses
    assert len(poses) == 2 and not any(pose.labelled.any() for pose in poses), "boxes, and the joints are left to find"
    assert d.session.project.path.is_relative_to(places.projects_folder())
    assert d.window.error_text == ""
    assert {path.name for path in places.DEMO_CLIP.parent.iterdir()} == before, "nothing is laid beside it"


def test_a_project_can_be_closed_and_opened_by_somebody_else(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.close()
    other = drive(clip)
    assert not other.session.project.read_only and other.pose(track_id, 0) is not None


def test_a_picture_of_the_window_is_drawn(tmp_path, clip):
    file = tmp_path / "window.png"
    done = screenshot(tmp_path, file, clip)
    assert done.returncode == 0, done.stderr
    picture = cv2.imread(str(file))
    assert picture.shape[0] >= 600 and picture.std() > 10
    with_clip = screenshot(tmp_path, tmp_path / "no folder" / "window.png", clip)
    assert with_clip.returncode == 1 and "There is no folder" in with_clip.stderr


@pytest.mark.parametrize("name", ["nowhere.mp4", "words.avi", "words.fami"])
def test_a_picture_of_what_cannot_be_opened_is_refused_in_one_line(tmp_path, name):
    path = tmp_path / name
    if name != "nowhere.mp4":
        path.write_text("these are words, " * 100)
    done = screenshot(tmp_path, tmp_path / "window.png", path)
    lines = [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line]
    assert done.returncode == 1 and len(lines) == 1 and lines[0].startswith("error: ") and name in lines[0]
