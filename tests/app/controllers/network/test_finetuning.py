"""The child process that trains can be killed, can crash and be cancelled: labels, weights and window don't care."""

import json
import os
import signal
from pathlib import Path

import pytest
from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QLabel, QPushButton

from app.controllers.network import round_process
from core.files.hashing import file_sha256
from core.project import Project
from core.training.rounds.report import RoundReport


@pytest.fixture
def corrected(drive, clip):
    """A clip with six corrected frames, and what must never change: the labels and the weights."""
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    for frame_index in range(0, 12, 2):
        d.go_to(frame_index)
        for keypoint in (0, 1, 9, 10):
            d.program.editing.move_keypoint(track_id, keypoint, 50.0 + keypoint, 40.0 + frame_index)
    d.session.select(track_id, None)
    return d


def state(d):
    """All labels as text, and the hash of the weights in use."""
    return repr([frame.poses for frame in d.session.project.frames()]), file_sha256(d.program.network.weights_path)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_too_few_corrections_are_told(drive, clip):
    d = drive(clip)
    d.do("action_finetune")
    assert "at least 4 frames" in d.told() and not d.program.finetuning.round.running


def test_a_killed_child_costs_nothing_but_the_round(corrected):
    d = corrected
    before = state(d)
    d.program.finetuning.start(steps=5000)
    d.wait(lambda: d.program.finetuning.round.step >= 2, what="the first steps")
    assert d.program.finetuning.round.losses and d.window.action("action_cancel").isEnabled()
    assert d.program.finetuning.round.step < 5000  # the child is still at it:
    d.go_to(3)  # the window is used meanwhile, and labels are made
    d.program.editing.move_keypoint(d.session.track_id, 5, 60.0, 60.0)
    assert d.window.error_text == ""
    d.do("action_undo")
    os.kill(d.program.finetuning.process.pid, signal.SIGKILL)
    words = d.told()
    assert "labels and weights are untouched" in words and "round.log" in words
    assert state(d) == before and not d.program.finetuning.round.running
    assert d.program.finetuning.why_not() is None, "another round can be started"
    assert not d.window.action("action_cancel").isEnabled()


def test_cancel_kills_the_child_and_waits_for_no_step(corrected):
    d = corrected
    before = state(d)
    d.program.finetuning.start(steps=5000)
    d.wait(lambda: d.program.finetuning.process.pid)
    pid = d.program.finetuning.process.pid
    ended = []
    d.program.finetuning.process.findChild(QProcess).finished.connect(lambda *how: ended.append(how[1]))
    d.do("action_cancel")
    d.wait(lambda: not d.program.finetuning.round.running)
    assert ended == [QProcess.ExitStatus.CrashExit] and not is_alive(pid)
    assert state(d) == before and "cancelled" in d.said and d.window.error_text == ""


def test_a_child_that_crashes_at_once_is_told(corrected, monkeypatch, tmp_path):
    d = corrected
    before = state(d)
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\necho 'noise, no event'\necho 7\necho 'Bus error: no luck' >&2\nexit 3\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(round_process.sys, "executable", str(crashing))
    d.do("action_finetune")
    words = d.told()
    log = d.session.project.weights_folder / "round.log"
    assert "no luck" in words and "untouched" in words and str(log) in words
    assert "Bus error" in log.read_text()
    monkeypatch.setattr(round_process.sys, "executable", str(tmp_path / "nowhere"))
    d.do("action_finetune")
    assert "could not be started" in d.told()
    assert state(d) == before and not d.program.finetuning.round.running


def test_stopping_early_keeps_and_measures_what_was_best(corrected):
    d = corrected
    panel, tuning = d.window.finetune_panel, d.program.finetuning
    tuning.start(steps=5000)
    d.wait(lambda: tuning.round.step >= 2, what="the first steps")
    plan = panel.findChild(QLabel, "finetune_plan").text()
    assert "held out to measure" in plan and "On cpu" in plan and "of memory, in about" in plan
    d.program.editing.move_keypoint(d.session.project.track_ids()[0], 5, 60.0, 60.0)
    d.wait(lambda: "1 frame that you corrected meanwhile" in panel.findChild(QLabel, "finetune_waiting").text())
    stop = panel.findChild(QPushButton, "button_stop_finetune")
    assert stop.isEnabled()
    stop.click()
    assert tuning.round.phase == "stopping" and not stop.isEnabled()
    d.wait(lambda: not tuning.round.running, 240, what="the measure")
    report = tuning.round.report
    assert d.window.error_text == "" and 2 <= report["best_step"] < report["steps"] == 5000
    assert Path(report["weights"]).is_file() and len(d.session.project.rounds()) == 1
    assert tuning.new_frames() == 0, "the frame that was corrected meanwhile was one of those already"


def test_closing_the_window_ends_the_child(corrected):
    d = corrected
    d.program.finetuning.start(steps=5000)
    d.wait(lambda: d.program.finetuning.process.pid)
    pid, path = d.program.finetuning.process.pid, d.session.project.path
    d.close()
    assert not is_alive(pid)
    with Project.open(path) as project:
        assert len(project.labelled_frames()) == 12


def test_a_folder_that_cannot_be_written_is_told(corrected):
    d = corrected
    folder = d.session.project.weights_folder
    assert not folder.exists()
    folder.write_text("a file where the folder should be")
    d.do("action_finetune")
    assert "cannot be written" in d.told() and not d.program.finetuning.round.running


def test_rolling_back_goes_on_with_the_weights_from_before_each_round(corrected):
    d = corrected
    assert not d.window.action("action_rollback").isEnabled()
    network, tuning, project = d.program.network, d.program.finetuning, d.session.project
    used = [network.weights_path]
    for _ in range(2):
        tuning.start(steps=1)
        d.wait(lambda: not tuning.round.running, 240, what="the end of the round")
        assert d.window.error_text == "" and tuning.round.report is not None
        d.program.rounds.use(len(project.rounds()))  # whatever one step did to an untrained network
        d.idle()
        used.append(network.weights_path)
    assert len(set(used)) == 3 and used[2].parent == used[1].parent == project.weights_folder
    for expected in (used[1], used[0]):
        d.do("action_rollback")
        d.idle()
        assert network.weights_path == expected and "in use again" in d.said
        assert network.state().weights_name and tuning.round.taken is False
    assert project.active_weights is None and not tuning.can_roll_back()
    d.do("action_predict_frame")
    d.idle()
    assert project.runs()[-1].weights_sha256 == file_sha256(used[0])


@pytest.mark.parametrize("how", ["another clip", "cancel", "close"])
def test_a_round_that_has_reported_is_kept_however_it_is_left(corrected, long_clip, monkeypatch, tmp_path, how):
    d = corrected
    mean = {"mean": 0.1}
    report = RoundReport(mean, mean, mean, mean, [0, 4, 8], [6], [], [], True, weights_sha256="ab" * 32)
    (tmp_path / "report").write_text(json.dumps({"event": "report", **report.to_dict()}) + "\n")
    child = tmp_path / "python"
    child.write_text(f"#!/bin/sh\ncat {tmp_path}/report\ntouch {tmp_path}/said\nexec sleep 60\n")
    child.chmod(0o755)
    monkeypatch.setattr(round_process.sys, "executable", str(child))
    path = d.session.project.path
    d.do("action_finetune")
    d.wait((tmp_path / "said").exists, what="the report")
    if how == "another clip":
        d.program.opening.open(long_clip)
        d.wait(lambda: d.session.project is not None and d.session.project.path != path, what="the other clip")
    elif how == "cancel":
        d.wait(lambda: d.program.finetuning.round.report is not None, what="the report")
        d.do("action_cancel")
        d.wait(lambda: not d.program.finetuning.round.running, what="the end of the round")
    d.close()
    with Project.open(path) as project:
        assert [entry.weights_sha256 for entry in project.rounds()] == [report.weights_sha256]
