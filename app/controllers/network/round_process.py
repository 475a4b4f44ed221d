"""The child process that trains: started, told to stop early, ended; what it says, and the log that it leaves."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from app.threads.timers import single_shot
from core.files.checkout import REPOSITORY

log = logging.getLogger(__name__)

LOG_NAME = "round.log"
SILENCE_MS = 300_000
HANGS = "The training process has said nothing for five minutes: cancel it (Ctrl+.) and start it again, or wait."
NOT_STARTED = "The training process could not be started: run 'python main.py doctor' to see what is missing."


class RoundProcess(QObject):
    """One child process at a time. It can run out of memory or crash; the labels and the window don't care.

    Signals:
        said: an event of the child, a dict.
        ended(str): it is over; a sentence where it ended without a report or an error of its own, else "".
        hangs(str): it has said nothing for so long that a person should hear of it.
    """

    said = Signal(object)  # as a dict it would lose the order of its keys
    ended = Signal(str)
    hangs = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._silence = single_shot(self, SILENCE_MS, lambda: self.hangs.emit(HANGS))
        self._process: QProcess | None = None
        self._pending = b""
        self._log_path = Path()
        self._has_spoken = False

    @property
    def running(self) -> bool:
        """Whether there is a child."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Its number in the system; 0 before it runs."""
        return 0 if self._process is None else int(self._process.processId())

    def start(self, job: dict[str, Any], folder: Path) -> None:
        """Starts a child on a job.

        Args:
            job: as `core.training.rounds.child` takes it.
            folder: takes the job and the log.

        Raises:
            OSError: the folder cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        job_path, self._log_path = folder / "job.json", folder / LOG_NAME
        job_path.write_text(json.dumps(job), encoding="utf-8")
        self._log_path.write_bytes(b"")
        self._pending, self._has_spoken = b"", False
        self._process = process = QProcess(self)
        process.setWorkingDirectory(str(REPOSITORY))
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.setStandardErrorFile(str(self._log_path))
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        process.start(sys.executable, ["-m", "core.training.rounds.child", str(job_path)])
        self._silence.start()

    def stop(self) -> None:
        """Asks the child to end its training early, and to keep and measure what was best."""
        if self._process is not None:
            self._process.write(b"stop\n")

    def kill(self) -> None:
        """Ends the child at once."""
        if self._process is not None:
            self._has_spoken = True  # whoever ends it knows why it says no more
            self._process.kill()

    def abandon(self) -> None:
        """Ends the child without waiting for it; what it has said until now is told, and nothing after."""
        process = self._process
        if process is None:
            return
        while process.waitForReadyRead(0):  # hands over to `_read` what has been said until now
            pass
        self._process = None
        self._silence.stop()
        process.readyReadStandardOutput.disconnect(self._read)
        process.errorOccurred.disconnect(self._on_error)
        process.finished.disconnect(self._on_finished)
        process.finished.connect(process.deleteLater)
        process.kill()

    def shut_down(self) -> None:
        """Ends the child and waits for it, when the program closes."""
        self.kill()
        for process in self.findChildren(QProcess):  # one that was abandoned may be dying still
            process.waitForFinished(3000)

    def _read(self) -> None:
        if self._process is None:
            return
        self._silence.start()
        self._pending += bytes(self._process.readAllStandardOutput().data())
        *lines, self._pending = self._pending.split(b"\n")
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            if isinstance(event, dict):
                self._has_spoken = self._has_spoken or event.get("event") in ("report", "error")
                self.said.emit(event)
            else:
                log.info("the training process said: %r", line)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._silence.stop()
            self._process.deleteLater()
            self._process = None
            self.ended.emit(NOT_STARTED)

    def _on_finished(self, exit_code: int) -> None:
        process = self._process
        if process is None:
            return
        self._read()
        self._silence.stop()
        self._process = None
        process.deleteLater()
        self.ended.emit("" if self._has_spoken else self._trouble(exit_code))

    def _trouble(self, exit_code: int) -> str:
        """What is known of a child that ended without a word."""
        try:
            words = self._log_path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError as error:
            words = f"its log cannot be read: {error.strerror}"
        log.error("the training process ended with %d: %s", exit_code, words)
        last = words.splitlines()[-1] if words else f"exit status {exit_code}"
        return (
            f"The training process ended early ({last}); your labels and weights are untouched. "
            f"Its log is {self._log_path}."
        )
