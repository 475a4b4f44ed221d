"""Another clip is opened while something works on the one that is open: nothing found is lost, no run stays open."""

import json
import threading
import time
from dataclasses import replace

import pytest

from app.controllers import exporting
from app.threads.tasks import ANOTHER_IS_OPENING, TaskKind
from app.weights import detectors
from core.files.places import detectors_folder
from core.project import Project
from tests.detector_weights import write_weights
from tests.file_server import sha256
from tests.guards import PATIENCE_S


@pytest.fixture
def crowd(drive, long_clip):
    """A long clip with somebody in every frame."""
    d = drive(long_clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 400))
    d.session.select(track_id, None)
    return d


def open_another(d, clip):
    """Opens the other clip and waits for it; nothing may be said to be broken."""
    first = d.session.project.path
    d.program.opening.open(clip)
    d.wait(lambda: d.session.project is not None and d.session.project.path != first, what="the other clip")
    d.idle()
    assert d.window.error_text == ""
    return first


def statuses(path):
    with Project.open(path) as project:
        return [run.status for run in project.runs()]


@pytest.fixture
def detector(own_folders, monkeypatch):
    """A detector that is on this machine already."""
    detectors_folder().mkdir(parents=True)
    digest = sha256(write_weights(detectors_folder() / "net.pth").read_bytes())[:8]
    monkeypatch.setattr(
        detectors, "FOR_PROCESSORS", replace(detectors.FOR_PROCESSORS, url="http://127.0.0.1/net.pth", sha256=digest)
    )


def test_while_people_are_found(drive, long_clip, clip, detector):
    d = drive(long_clip)
    done = []
    d.program.tasks.shown.connect(lambda name, step, total, left: done.append(step) if name else None)
    d.do("action_find_people")
    d.wait(lambda: max(done, default=0) > 0, what="the first looks")
    first = open_another(d, clip)
    assert statuses(first) == ["cancelled"]
    with Project.open(first) as project:
        assert len(project.labelled_frames()), "what was found before is kept"


def test_while_somebody_is_followed(crowd, clip):
    d = crowd
    done = []
    d.program.tasks.shown.connect(lambda name, step, total, left: done.append(step) if name else None)
    d.do("action_track_person")
    d.wait(lambda: max(done, default=0) > 0, what="the first frames")
    first = open_another(d, clip)
    assert "running" not in statuses(first)


@pytest.mark.parametrize("what", ["import", "remove run"])
def test_while_something_is_about_to_be_written(crowd, clip, tmp_path, monkeypatch, what):
    d = crowd
    begun, release = threading.Event(), threading.Event()

    def held(real):
        def waits(*arguments, **options):
            begun.set()
            assert release.wait(60)
            return real(*arguments, **options)

        return waits

    labels = tmp_path / "labels.json"
    d.program.exporting.export("posetrack18", labels, only_reviewed=False, images_folder=None)
    d.idle()
    before = len(d.session.project.runs())
    if what == "import":
        monkeypatch.setattr(exporting, "import_labels", held(exporting.import_labels))
        d.program.exporting.import_file(labels, keypoints=True)
    else:
        monkeypatch.setattr(Project, "remove_run", held(Project.remove_run))
        d.program.runs.remove(d.program.runs.last())
    assert begun.wait(60)
    d.program.opening.open(clip)
    threading.Timer(0.2, release.set).start()
    first = open_another(d, clip) if d.session.project.path.stem == "long" else d.session.project.path
    found = statuses(first)
    assert "running" not in found
    if what == "import":
        assert len(found) == before, "an import that is cancelled before it writes leaves nothing"
    else:
        assert (found[-1], len(found)) == ("removed", before)


def test_while_labels_are_exported(crowd, clip, tmp_path, monkeypatch):
    d = crowd
    begun = threading.Event()
    real = exporting.export_project

    def slow(*arguments, on_progress, **options):
        def progress(done, total):
            begun.set()
            for _ in range(round(PATIENCE_S / 0.01)):  # until the other clip's opening ends it
                on_progress(done, total)
                time.sleep(0.01)

        return real(*arguments, on_progress=progress, **options)

    monkeypatch.setattr(exporting, "export_project", slow)
    d.program.exporting.export("posetrack18", tmp_path / "labels.json", False, tmp_path / "pictures")
    assert begun.wait(60)
    open_another(d, clip)
    written = tmp_path / "labels.json"
    assert not written.exists() or json.loads(written.read_text()), "whole or not at all"
    assert d.said == "Exporting was ended before it was done; start it again."


def test_while_a_round_trains(crowd, clip):
    d = crowd
    for frame_index in range(0, 12, 2):
        d.go_to(frame_index)
        d.program.editing.move_keypoint(d.session.track_id, 9, 50.0, 40.0 + frame_index)
    d.program.finetuning.start(steps=5000)
    assert d.program.finetuning.round.running
    first = open_another(d, clip)
    assert not d.program.finetuning.round.running and d.program.finetuning.round.report is None
    with Project.open(first) as project:
        assert project.rounds() == []


def test_nothing_starts_on_a_project_that_is_about_to_close(crowd, clip, monkeypatch):
    d = crowd
    first = d.session.project.path
    ended, release = threading.Event(), threading.Event()
    real = d.program.tasks.end_on_project

    def end(*arguments):
        outcome = real(*arguments)
        ended.set()
        assert release.wait(60)
        return outcome

    monkeypatch.setattr(d.program.tasks, "end_on_project", end)
    d.program.opening.open(clip)
    assert ended.wait(60)
    d.do("action_predict")
    assert not d.program.tasks.running(TaskKind.PREDICT) and d.said == ANOTHER_IS_OPENING
    release.set()
    d.wait(lambda: d.session.project is not None and d.session.project.path != first, what="the other clip")
    d.idle()
    d.add_person(0)
    d.do("action_predict_frame")
    d.idle()
    assert d.window.error_text == "" and statuses(first) == ["done"]


def test_an_opening_that_fails_lets_work_go_on(crowd, tmp_path):
    d = crowd
    d.program.opening.open(tmp_path / "nowhere.mp4")
    d.idle()
    d.told()
    d.do("action_predict_frame")
    d.idle()
    assert d.pose(d.session.track_id, 0).labelled.any()


def test_the_window_s_thread_hashes_no_weights(crowd, tiny_weights, clip, monkeypatch):
    from app.weights import available  # noqa: PLC0415

    d = crowd
    sha256_of = available.file_sha256(tiny_weights)
    folder = d.session.project.weights_folder
    folder.mkdir(parents=True)
    (folder / f"{sha256_of}.pth").write_bytes(tiny_weights.read_bytes())
    d.session.project.set_active_weights(sha256_of)
    path = d.session.project.path
    open_another(d, clip)
    threads = []
    real = available.file_sha256
    monkeypatch.setattr(available, "file_sha256", lambda file: threads.append(threading.current_thread()) or real(file))
    d.program.opening.open(path)
    d.wait(lambda: d.session.project is not None and d.session.project.path == path)
    d.idle()
    assert d.program.network.weights_path == folder / f"{sha256_of}.pth"
    assert threads and threading.main_thread() not in threads
    # Another file under that name is not predicted with: the same weights elsewhere are, else a sentence says so.
    (folder / f"{sha256_of}.pth").write_bytes(b"something else")
    open_another(d, clip)
    d.program.opening.open(path)
    d.wait(lambda: d.program.network.weights_path == tiny_weights, what="the same weights elsewhere")
    d.idle()
    tiny_weights.unlink()
    open_another(d, clip)
    d.program.opening.open(path)
    assert "The project's weights" in d.told()


def test_the_window_does_not_wait_for_a_round_to_die(crowd, clip, monkeypatch):
    from PySide6.QtCore import QProcess  # noqa: PLC0415

    d = crowd
    for frame_index in range(0, 12, 2):
        d.go_to(frame_index)
        d.program.editing.move_keypoint(d.session.track_id, 9, 50.0, 40.0 + frame_index)
    d.program.finetuning.start(steps=5000)
    waited = []
    monkeypatch.setattr(QProcess, "waitForFinished", lambda *arguments: waited.append(arguments))
    open_another(d, clip)
    assert not waited


def test_a_cancel_is_heard_while_an_opening_waits(crowd, clip, monkeypatch):
    d = crowd
    begun, waiting, release = threading.Event(), threading.Event(), threading.Event()
    real_remove, real_end = Project.remove_run, d.program.tasks.end_on_project

    def slow(*arguments):
        begun.set()
        assert release.wait(PATIENCE_S)
        return real_remove(*arguments)

    def end(*arguments):
        waiting.set()
        return real_end(*arguments)

    path = d.session.project.path
    monkeypatch.setattr(Project, "remove_run", slow)
    monkeypatch.setattr(d.program.tasks, "end_on_project", end)
    d.program.runs.remove(d.program.runs.last())
    assert begun.wait(PATIENCE_S)
    d.program.opening.open(clip)
    assert waiting.wait(PATIENCE_S)
    d.do("action_cancel")
    d.wait(lambda: not d.program.tasks.running(TaskKind.OPEN), 20.0, what="the opening to end")
    release.set()
    d.idle()
    assert d.session.project.path == path and d.window.error_text == ""
