"""The log is bounded and costs nothing where it cannot be written; a hard crash is found at the next start."""

import logging
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QPlainTextEdit, QPushButton

from app import logs as logs_module
from app.doctor import findings
from app.fault_report import save_report
from app.logs import LOG_NAME, MOST_CRASHES, Logs
from app.ui.dialogs.report_dialog import ReportDialog
from core.errors import FamiError
from core.files import places
from core.project import Project

CRASHING = """
import faulthandler, os, signal, sys
from pathlib import Path
from app.logs import Logs
Logs(Path(sys.argv[1])).start()
if sys.argv[2] == "crash":
    faulthandler._sigsegv()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def started(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)  # pytest's would take them for faults of the test
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    logs = Logs(tmp_path / "log")
    logs.start()
    yield logs
    logs.stop()


def end_a_process(folder: Path, how: str) -> None:
    command = [sys.executable, "-c", CRASHING, str(folder), how]
    child = subprocess.run(command, check=False, cwd=Path(__file__).parents[2])
    assert child.returncode in (-signal.SIGSEGV, -signal.SIGKILL)


def test_all_logs_together_are_bounded(started):
    started._handler.maxBytes = 2_000
    for number in range(500):
        logging.getLogger("app.somewhere").warning("line %d of many, in %s", number, Path.home() / "clips")
    files = sorted(started.folder.glob(f"{LOG_NAME}*"))
    assert len(files) == 1 + logs_module.OLDER_LOGS and all(file.stat().st_size <= 2_200 for file in files)
    assert "line 499 of many, in ~/clips" in started.last_lines(5)[-1]
    assert logs_module.LOG_BYTES * (1 + logs_module.OLDER_LOGS) <= 5_000_000


def test_what_nobody_caught_is_in_the_log(started):
    sys.excepthook(ValueError, ValueError("on the window's thread"), None)

    def fail() -> None:
        raise KeyError("in a worker")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    text = "\n".join(started.last_lines(50))
    assert "on the window's thread" in text and "in a worker" in text and "test_logs.py" in text


def test_a_log_that_cannot_be_written_costs_nothing(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    logs = Logs(tmp_path / "file" / "log")
    logs.start()
    logging.getLogger("app").warning("heard by nobody")
    assert logs.last_lines(3) == [] and logs.take_crashes() == []
    logs.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_hard_crash_is_told_once_and_a_kill_is_none(tmp_path):
    folder = tmp_path / "log"
    end_a_process(folder, "kill")
    logs = Logs(folder)
    assert logs.take_crashes() == []
    end_a_process(folder, "crash")
    logs.start()  # a process that still runs is none that crashed
    (crash,) = logs.take_crashes()
    text = crash.read_text(encoding="utf-8")
    assert "Segmentation fault" in text and "<module>" in text
    assert logs.take_crashes() == [] and logs.crashes() == [crash]
    for number in range(MOST_CRASHES + 3):
        (folder / f"crash-2001-01-01-00000{number}-1.txt").write_text("old", encoding="utf-8")
    logs.take_crashes()
    assert len(logs.crashes()) == MOST_CRASHES and crash in logs.crashes()
    logs.stop()
    assert not list(folder.glob("standing-*"))


def test_the_doctor_names_logs_and_crashes(own_folders):
    places.log_folder().mkdir(parents=True)
    (places.log_folder() / "crash-2001-01-01-000000-1.txt").write_text("x", encoding="utf-8")
    told = {finding.name: finding.text for finding in findings()}
    assert str(places.log_folder()) in told["Logs"] and told["Crashes"].startswith("1 kept, the last is ")


def in_report(d, act):
    """Asks for the report by its action, and lets the hand act on the dialog."""
    texts = []

    def look():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, ReportDialog):
            QTimer.singleShot(10, look)
            return
        texts.append(dialog.findChild(QPlainTextEdit, "report_text").toPlainText())
        act(dialog)

    QTimer.singleShot(0, look)
    d.do("action_report")
    d.wait(lambda: texts and QApplication.activeModalWidget() is None, what="the report")
    d.idle()
    return texts[0]


def test_a_report_is_read_and_saved_and_holds_labels_only_when_asked(drive, clip, tmp_path, monkeypatch):
    places.log_folder().mkdir(parents=True, exist_ok=True)
    (places.log_folder() / LOG_NAME).write_text("the last line\n", encoding="utf-8")
    d = drive(clip)
    track_id = d.add_person(0)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *asked: (str(tmp_path / Path(asked[2]).name), ""))
    text = in_report(d, lambda dialog: dialog.findChild(QPushButton, "do_it").click())
    assert "THIS MACHINE" in text and "ok       Python" in text and "the last line" in text
    assert str(Path.home()) not in text or len(str(Path.home())) < 2
    saved = tmp_path / "report.txt"
    assert saved.read_text(encoding="utf-8") == text and d.said.endswith("report.txt.")

    def with_labels(dialog):
        dialog.findChild(QCheckBox, "report_labels").setChecked(True)
        dialog.findChild(QPushButton, "do_it").click()

    in_report(d, with_labels)
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        assert sorted(archive.namelist()) == ["report.txt", d.session.project.path.name]
        archive.extract(d.session.project.path.name, tmp_path / "out")
    with Project.open(tmp_path / "out" / d.session.project.path.name, read_only=True) as found:
        assert found.track_ids() == [track_id]


def test_a_report_that_cannot_be_written_costs_a_sentence(tmp_path):
    with pytest.raises(FamiError, match="make it first"):
        save_report(tmp_path / "nowhere" / "report.txt", "text")


def test_after_a_crash_the_window_offers_a_report(drive, clip, long_clip):
    folder = places.log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (folder / f"standing-{gone.pid}.txt").write_text("Fatal Python error: Segmentation fault", encoding="utf-8")
    d = drive(clip)
    assert d.told().startswith("The program crashed the last time")
    d.open(long_clip)
    d.idle()
    assert not d.window.error_text
    text = in_report(d, lambda dialog: dialog.reject())
    assert "THE LAST CRASH" in text and "Segmentation fault" in text
