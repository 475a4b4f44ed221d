"""The dialog of weights in the real window, with a real server: list, fetch, cancel, resume, import, use, offline."""

import socket
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QRadioButton, QTableWidget

from app.bindings.network import weights as weights_binding
from core.files import places
from core.model import HRNet
from tests.file_server import FileServer, sha256

ENTRY = """
[[weights]]
name = "{name}"
url = "{url}"
sha256 = "{sha}"
megabytes = 1
backbone = "w12"
input_size_wh = [48, 64]
keypoints = "posetrack"
summary = "PoseTrack18 AP 84.6"
accuracy = "AP 84.6 on the validation videos."
licence = "Apache 2.0"
terms = "Weights: Apache 2.0."
"""


@pytest.fixture
def server(made: Path):
    with FileServer({"better.pth": (made / "tiny.pth").read_bytes()}) as server:
        yield server


@pytest.fixture
def catalogue(server, tmp_path: Path, monkeypatch) -> Path:
    """Weights on the test's server, and weights that nobody serves."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{nobody.getsockname()[1]}/far.pth"
    path = tmp_path / "catalogue.toml"
    better = ENTRY.format(name="better", url=server.address + "better.pth", sha=sha256(server.files["better.pth"])[:8])
    path.write_text(better + ENTRY.format(name="far", url=closed, sha="12345678"))
    monkeypatch.setenv("FAMI_CATALOGUE", str(path))
    return path


class Weights:
    """The dialog as a person uses it."""

    def __init__(self, driver) -> None:
        self.driver = driver
        driver.do("action_weights")
        driver.idle()
        self.dialog = driver.program.weights_binding.dialog
        assert self.dialog.isVisible()
        self.table = self.dialog.findChild(QTableWidget, "weights_table")

    def rows(self) -> dict[str, list[str]]:
        texts = [[self.table.item(row, column).text() for column in range(7)] for row in range(self.table.rowCount())]
        return {row[1]: row for row in texts}

    def press(self, name: str) -> None:
        button = self.dialog.findChild(QPushButton, name)
        assert button.isEnabled() and button.isVisible(), name
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        QApplication.processEvents()

    def label(self, name: str) -> str:
        return self.dialog.findChild(QLabel, name).text()

    def fetch(self, name: str) -> None:
        self.dialog.select(name)
        self.press("button_fetch_weights")


@pytest.fixture
def weights(drive, clip, catalogue) -> Weights:
    return Weights(drive(clip))


def test_the_list_says_what_is_here_what_predicts_and_why(weights):
    rows = weights.rows()
    assert rows["tiny"][:3] == ["●", "tiny", "imported"]
    assert rows["starter"][2] == "included" and "LSPET" in rows["starter"][3]
    assert rows["better"][2:4] == ["to fetch", "PoseTrack18 AP 84.6"] and rows["better"][6] == "Apache 2.0"
    assert all(row[4].startswith("~") and row[4].endswith(" s") for row in rows.values())
    assert weights.label("weights_in_use") == "In use: tiny – the best available"
    badge = weights.driver.window.findChild(QLabel, "weights_badge")
    assert "the best available" in badge.toolTip()


def test_weights_are_fetched_used_and_left_again(weights, server):
    d = weights.driver
    weights.fetch("better")
    d.idle()
    d.idle()  # the list is looked at anew
    assert weights.dialog.message == "better is here."
    assert weights.rows()["better"][2] == "fetched"
    weights.dialog.select("better")
    weights.press("button_use_weights")
    d.idle()
    fetched = places.weights_folder() / "better.pth"
    assert d.program.network.weights_path == fetched
    assert weights.label("weights_in_use") == "In use: better – chosen by you"
    assert places.read_settings()["weights"] == "better"
    weights.press("button_best_weights")
    d.idle()
    assert d.program.network.weights_path == places.weights_folder() / "tiny.pth"
    assert weights.label("weights_in_use") == "In use: tiny – the best available"


def test_a_fetch_shows_progress_is_cancelled_and_goes_on_later(weights, server):
    d = weights.driver
    whole = len(server.files["better.pth"])
    server.crawl_after = whole // 2
    weights.fetch("better")
    progress = weights.dialog.findChild(type(weights.dialog._progress), "weights_progress")
    d.wait(lambda: progress.value() > 200, what="progress")
    assert progress.text().startswith("Fetching better: ") and progress.text().endswith("left")
    assert not weights.dialog.findChild(QPushButton, "button_fetch_weights").isEnabled()
    weights.press("button_cancel_weights")
    d.wait(lambda: not d.program.tasks.running(), what="the cancel")
    assert weights.dialog.message.startswith("Stopped")
    part = (places.weights_folder() / "better.pth.part").stat().st_size
    assert 0 < part < whole
    server.crawl_after = None
    weights.fetch("better")
    d.idle()
    assert server.requests[-1] == ("better.pth", f"bytes={part}-")
    assert (places.weights_folder() / "better.pth").read_bytes() == server.files["better.pth"]


def test_offline_it_says_which_file_to_put_where(weights):
    weights.fetch("far")
    weights.driver.idle()
    sentence = weights.dialog.message
    assert "cannot be reached" in sentence and "far.pth" in sentence and str(places.weights_folder()) in sentence
    assert weights.driver.window.error_text == "", "what went wrong in the dialog is told there"


def test_a_wrong_file_is_told_and_removed(weights, server):
    server.files["better.pth"] = b"another file"
    weights.fetch("better")
    weights.driver.idle()
    assert "not the file that was expected" in weights.dialog.message
    assert not list(places.weights_folder().glob("better*"))


def test_with_the_dialog_closed_an_error_is_told_in_the_window(weights, server):
    server.silent = True
    weights.fetch("better")
    weights.press("button_close_weights")
    server._stopping.set()  # the silent server hangs up
    assert "better.pth" in weights.driver.told()


def test_a_checkpoint_that_does_not_say_its_keypoints_asks(weights, tmp_path, monkeypatch):
    d = weights.driver
    path = tmp_path / "final_state.pth"
    torch.manual_seed(1)
    torch.save(HRNet("w32").state_dict(), path)
    monkeypatch.setattr(weights_binding.QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    asked = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(50, answer)
            return
        asked.append(dialog.objectName())
        dialog.findChild(QRadioButton, "keypoints_coco").click()
        dialog.findChild(QPushButton, "do_it").click()

    QTimer.singleShot(0, answer)
    weights.press("button_import_weights")
    d.wait(lambda: "final_state" in weights.rows(), what="the import")
    d.idle()
    assert asked == ["keypoints_dialog"] and weights.rows()["final_state"][2] == "imported"


def test_without_any_weights_predicting_shows_the_list(drive, clip, catalogue, tiny_weights, monkeypatch):
    tiny_weights.unlink()
    monkeypatch.setattr("app.weights.available.BUNDLED_FOLDER", catalogue.parent / "nothing")
    d = drive(clip)
    d.add_person(0)
    d.do("action_predict_frame")
    d.idle()
    dialog = d.program.weights_binding.dialog
    assert dialog.isVisible() and dialog.message.startswith("There are no weights")


def test_measuring_replaces_the_estimates(weights, monkeypatch):
    monkeypatch.setattr("app.weights.speeds._MEASURED_S", 0.05)
    weights.press("button_measure_weights")
    weights.driver.idle(240)
    rows = weights.rows()
    assert not any(row[4].startswith("~") for row in rows.values()), rows
    assert (places.cache_folder() / "speeds.json").is_file()
