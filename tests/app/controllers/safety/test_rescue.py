"""The window when a project's file is gone or damaged, or its clip is another one; and backups while nobody works."""

import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton

from app.bindings import safety
from app.ui.dialogs.safety_dialogs import Answer
from core.project import Project, edits
from core.project.rescue import backups
from tests.app.conftest import encode


def press(d, text):
    """The button in the bar."""
    button = d.window.findChild(QPushButton, "message_action")
    assert button.text() == text and button.isVisible()
    button.click()
    QApplication.processEvents()


def choosing(monkeypatch, name, path):
    monkeypatch.setattr(QFileDialog, name, staticmethod(lambda *_: (str(path), "")))


def test_a_project_that_is_deleted_is_saved_under_another_name(drive, clip, monkeypatch):
    d = drive(clip)
    track_id = d.add_person()
    path = d.session.project.path
    path.unlink()
    d.program.editing.move_keypoint(track_id, 9, 50.0, 60.0)
    assert "was renamed or deleted while it was open" in d.window.error_text
    choosing(monkeypatch, "getSaveFileName", path.with_name("mine.fami"))
    press(d, "Save under another name…")
    d.wait(lambda: d.session.project is not None and d.session.project.path.name == "mine.fami", what="the new name")
    d.idle()
    assert d.pose(track_id, 0).keypoints[9].tolist() == [50, 60], "the edit that was refused is saved, too"
    d.wait(lambda: d.session.shown is not None)
    d.program.editing.move_keypoint(track_id, 10, 51.0, 61.0)
    assert d.pose(track_id).keypoints[10].tolist() == [51, 61] and not path.exists()


def test_a_project_that_is_replaced_is_saved_beside_when_the_window_closes(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    path = d.session.project.path
    shutil.copy(path, path.with_name("old.fami"))
    d.program.editing.move_keypoint(track_id, 9, 50.0, 60.0)
    path.with_name("old.fami").replace(path)
    content = path.read_bytes()
    d.program.editing.move_keypoint(track_id, 10, 51.0, 61.0)
    d.close()
    assert path.read_bytes() == content, "what lies there now is left as it is"
    with Project.open(path.with_name("walk.saved.fami"), read_only=True) as saved:
        pose = saved.frame(0).pose(track_id)
        assert pose.keypoints[9].tolist() == [50, 60] and pose.keypoints[10].tolist() == [51, 61]


@pytest.fixture
def damaged(drive, clip):
    """A window on nothing, and a damaged project with a backup of before its last person."""
    d = drive(clip)
    d.add_person()
    path = d.session.project.path
    backups.make(path)
    second = d.add_person(1)
    d.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE poses SET pose = zeroblob(length(pose)) WHERE track_id = ?", (second,))
    return drive(), path, second


@pytest.mark.parametrize("way", ["repair", "backup"])
def test_a_damaged_project_is_repaired_or_taken_from_a_backup(damaged, way, monkeypatch):
    d, path, second = damaged
    asked = []
    monkeypatch.setattr(safety, "ask_how_to_rescue", lambda *given: asked.append(given[1:]) or (way == "backup"))
    d.open(path)
    assert "is not as it was written" in d.window.error_text
    press(d, "Save its labels…")
    (sentence, lines), = asked  # fmt: skip
    assert "damaged" in sentence and len(lines) == 1
    d.wait(lambda: d.session.project is not None, what="the project")
    d.idle()
    assert (d.pose(second, 1) is not None) == (way == "repair")
    d.wait(lambda: "Saved: 2 people in 2 frames" in d.window.error_text or "in the backup" in d.window.error_text)
    assert path.with_name("walk.damaged.fami").exists()


def test_its_clip_offers_the_same(damaged, clip, monkeypatch):
    d, path, _ = damaged
    monkeypatch.setattr(safety, "ask_how_to_rescue", lambda *_: 0)
    d.open(clip)
    press(d, "Save its labels…")
    d.wait(lambda: d.session.project is not None and d.session.project.path == path, what="the project")
    d.idle()


def test_a_project_is_backed_up_while_nobody_works(drive, clip, turning):
    d = drive(clip)
    path = d.session.project.path
    d.program.rescue.back_up()
    d.idle()
    assert backups.of(path) == [], "there is nothing to keep yet"
    d.add_person()
    turning.during(backups, "make")
    d.program.rescue.back_up()
    d.idle()
    assert len(backups.of(path)) == 1 and turning.free
    d.add_person(2)
    d.program.rescue.back_up()
    d.idle()
    assert len(backups.of(path)) == 1, "the last one is fresh"
    assert d.program.rescue._idle.isActive()


@pytest.fixture
def reencoded(drive, clip):
    """A window on a clip that was labelled in three frames, and encoded anew since."""
    d = drive(clip)
    track_id = d.add_person()
    for index in range(3):
        d.go_to(index)
        if index:
            d.fill(track_id, range(index, index + 1))
        d.program.editing.move_keypoint(track_id, 9, 50.0 + index, 60.0)
    path = d.session.project.path
    d.close()
    original = clip.with_name("original.mp4")
    shutil.move(clip, original)
    encode(clip, 12)
    darker(clip)
    return drive(), path, original, track_id


def darker(clip):
    """The same clip with other pixels."""
    import av  # noqa: PLC0415 - here alone

    with av.open(str(clip)) as container:
        pictures = [frame.to_ndarray(format="rgb24") // 2 for frame in container.decode(video=0)]
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[:2], "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())


def test_labels_are_said_to_belong_to_the_new_pictures(reencoded, monkeypatch):
    d, path, _, track_id = reencoded
    monkeypatch.setattr(safety, "ask_about_mismatch", lambda *_: Answer.TRUST_ALL)
    d.open(path)
    d.go_to(0)
    d.wait(lambda: "is not the picture it was labelled on" in d.window.error_text)
    d.program.editing.move_keypoint(track_id, 10, 51.0, 61.0)
    press(d, "Say which…")
    d.idle()
    d.wait(lambda: not d.window.error_text, what="the bar to go")
    for index in (1, 2, 0):
        d.go_to(index)
        assert not d.window.error_text and len(d.session.project.frame_proofs(index)) == 1
    assert d.session.undo_label == "Labels belong to these pictures"
    d.do("action_undo")
    assert len(d.session.project.frame_proofs(0)) == 2


def test_another_clip_is_chosen(reencoded, monkeypatch):
    d, path, original, _ = reencoded
    monkeypatch.setattr(safety, "ask_about_mismatch", lambda *_: Answer.CHOOSE_CLIP)
    choosing(monkeypatch, "getOpenFileName", original)
    d.open(path)
    d.go_to(1)
    d.wait(lambda: "is not the picture it was labelled on" in d.window.error_text)
    press(d, "Say which…")
    d.wait(lambda: d.session.source_path == original, what="the original")
    d.idle()
    d.wait(lambda: d.session.shown is not None)
    d.go_to(2)
    assert not d.window.error_text and d.session.project.source.path == original


def test_a_clip_of_another_length_is_refused(reencoded, long_clip, monkeypatch):
    d, path, _, _ = reencoded
    d.open(path)
    d.program.mismatch.choose(long_clip)
    d.idle()
    assert "has 400 frames" in d.window.error_text and d.session.source_path.name == "walk.mp4"


def test_what_is_labelled_on_other_pictures_is_the_reason_that_no_round_starts(reencoded):
    from core.errors import TrainingError  # noqa: PLC0415
    from core.training.rounds.clips import opened_clip  # noqa: PLC0415
    from core.training.rounds.report import FinetuneSettings  # noqa: PLC0415

    d, path, _, track_id = reencoded
    d.open(path)
    for index in range(3, 7):
        d.fill(track_id, range(index, index + 1))
        edits.move_keypoint(d.session.project, index, track_id, 9, (50.0, 60.0), proofs={index: (0.0, "0" * 16)})
    d.close()
    rounds = opened_clip(path, FinetuneSettings(), 2)
    with pytest.raises(TrainingError, match=r"7 of 7 corrected frames.*relink"), rounds:
        pass
