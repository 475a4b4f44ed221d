"""People found in the window: the detector is offered, fetched from a server that the test starts, and used."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from app.ui.dialogs import dialogs
from app.ui.dialogs.range_dialog import RangeDialog
from app.weights import detectors
from tests.detector_weights import write_weights
from tests.file_server import FileServer, sha256
from tests.guards import PATIENCE_S


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_weights(tmp_path_factory.mktemp("detector") / "net.pth").read_bytes()


@pytest.fixture
def server(untrained: bytes, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Serves a detector in place of the published one."""
    with FileServer({"net.pth": untrained}) as server:
        file = replace(detectors.FOR_PROCESSORS, url=server.address + "net.pth", sha256=sha256(untrained)[:8])
        monkeypatch.setattr(detectors, "FOR_PROCESSORS", file)
        yield server


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that were asked; each is answered with yes."""
    sentences: list[str] = []

    def agreed(question: dialogs.Question) -> bool:
        sentences.append(" ".join(label.text() for label in question.findChildren(QLabel)))
        return True

    monkeypatch.setattr(dialogs.Question, "agreed", agreed)
    return sentences


def settle(d) -> None:
    """Waits for the task and whatever follows from it."""
    d.idle()
    d.wait(lambda: not d.program.tasks.running())
    d.idle()


def test_the_detector_is_offered_fetched_and_finds_people_to_predict(drive, clip, server, asked, turning):
    turning.during(detectors, "find_people")
    turning.during(detectors, "fetch")
    d = drive(clip)
    shown = []
    d.program.tasks.shown.connect(lambda name, done, total, left: shown.append((name, done, total)))
    found = []
    d.program.finding.found.connect(found.append)
    d.do("action_find_people_frame")
    d.wait(lambda: found, what="people")
    settle(d)
    assert turning.free
    (question,) = asked
    assert all(
        words in question
        for words in ("78 MB", "127.0.0.1", "BSD-3", "COCO", str(detectors.FOR_PROCESSORS.path.parent))
    )
    assert [path for path, _ in server.requests] == ["net.pth"]
    assert any(name and "Fetching" in name and 0 < done <= total for name, done, total in shown)
    people = d.session.shown_poses().poses
    assert len(people) == found[0].num_people == found[0].num_new > 0
    assert d.session.project.labelled_frames().tolist() == [0]
    assert d.said.startswith("Found ")
    run = d.session.project.runs()[-1]
    assert run.weights_sha256 == sha256(detectors.FOR_PROCESSORS.path) and "fasterrcnn" in run.settings["method"]

    d.do("action_predict_frame")
    d.idle()
    assert all(pose.labelled.any() for pose in d.session.shown_poses().poses)

    d.do("action_find_people_frame")  # it is at hand now, and the same people are found
    d.wait(lambda: len(found) == 2, what="people")
    assert len(asked) == 1 and len(server.requests) == 1
    assert found[1].num_new == 0 and len(d.session.shown_poses().poses) == len(people)


def test_a_found_person_is_taken_back_as_a_run(drive, clip, server, asked, monkeypatch):
    hashed, real = [], detectors.file_sha256
    monkeypatch.setattr(detectors, "file_sha256", lambda path: hashed.append(path) or real(path))
    write = detectors.FOR_PROCESSORS.path
    write.parent.mkdir(parents=True)
    write.write_bytes(server.files["net.pth"])
    d = drive(clip)
    own = d.add_person(0)
    found = []
    d.program.finding.found.connect(found.append)
    d.program.finding.find(0, 2)
    d.wait(lambda: found, what="people")
    settle(d)
    assert len(d.session.project.track_ids()) > 1
    assert len(hashed) == 1, "a file of a hundred megabytes is hashed once a search"
    d.do("action_remove_run")
    settle(d)
    assert "search for people?" in asked[0]
    assert d.session.project.track_ids() == [own] and d.pose(own, 0) is not None


def test_who_declines_is_asked_nothing_more(drive, clip, server, monkeypatch):
    monkeypatch.setattr(dialogs.Question, "agreed", lambda _: False)
    d = drive(clip)
    wanted = []
    d.program.finding.detector_wanted.connect(wanted.append)
    d.do("action_find_people")
    d.wait(lambda: wanted, what="the question")
    settle(d)
    assert server.requests == [] and d.session.project.runs() == [] and d.window.error_text == ""


def test_without_a_network_one_sentence_says_which_file_goes_where(drive, clip, own_folders, asked, monkeypatch):
    with FileServer({}) as gone:
        url = gone.address + "net.pth"
    monkeypatch.setattr(detectors, "FOR_PROCESSORS", replace(detectors.FOR_PROCESSORS, url=url))
    d = drive(clip)
    d.do("action_find_people")
    words = d.told()
    assert "The person detector is not available" in words and url in words
    assert str(detectors.FOR_PROCESSORS.path.parent) in words and "net.pth" in words
    settle(d)
    assert d.session.project.runs() == []


def test_a_cancel_ends_the_fetching_and_finds_nobody(drive, clip, server, asked):
    server.crawl_after = 2_000_000
    d = drive(clip)
    d.do("action_find_people")
    d.wait(lambda: server.requests, what="the fetching to begin")
    d.do("action_cancel")
    settle(d)
    assert not detectors.FOR_PROCESSORS.at_hand and d.session.project.runs() == [] and d.window.error_text == ""


def test_a_damaged_detector_is_told(drive, clip, server, asked):
    path = detectors.FOR_PROCESSORS.path
    path.parent.mkdir(parents=True)
    path.write_bytes(server.files["net.pth"][:-100])
    d = drive(clip)
    d.do("action_find_people_frame")
    assert f"{path} is damaged; delete it" in d.told()
    settle(d)


def test_the_panel_has_a_button_for_the_whole_clip(drive, clip, server, monkeypatch):
    d = drive(clip)
    ranges = []
    monkeypatch.setattr(d.program.finding, "find", lambda *frames: ranges.append(frames))
    d.window.findChild(QPushButton, "button_find_people").click()
    d.do("action_find_people")
    assert ranges == [(0, 12), (0, 12)]


def test_a_range_is_asked_for(drive, clip, monkeypatch):
    d = drive(clip)
    d.go_to(4)
    ranges, proposed = [], []
    monkeypatch.setattr(d.program.finding, "find", lambda *frames: ranges.append(frames))

    def answer(dialog: RangeDialog) -> bool:
        proposed.append(dialog.frames())
        dialog.last.setValue(6)
        dialog.first.setValue(8)
        return True

    monkeypatch.setattr(RangeDialog, "agreed", answer)
    d.do("action_find_people_range")
    assert proposed == [(4, 12)] and ranges == [(8, 9)], "the last frame never comes before the first"


def test_a_search_that_waits_leaves_the_frames_that_the_detector_is_fetched_for(
    drive, clip, server, asked, monkeypatch
):
    fetching, release, real = threading.Event(), threading.Event(), detectors.fetch

    def held(*arguments):
        fetching.set()
        assert release.wait(PATIENCE_S)
        return real(*arguments)

    monkeypatch.setattr(detectors, "fetch", held)
    d = drive(clip)
    found = []
    d.program.finding.found.connect(found.append)
    d.do("action_find_people")
    d.wait(fetching.is_set, what="the fetching to begin")
    d.do("action_find_people_frame")
    assert d.said == "Finding people waits until this is done: Fetching the person detector, MB."
    release.set()
    d.wait(lambda: len(found) == 2, what="people, and again in this frame")
    settle(d)
    assert [run.settings["frames"] for run in d.session.project.runs()] == [[0, 12], [0, 1]]
