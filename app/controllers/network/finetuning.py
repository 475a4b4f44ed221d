"""One-click fine-tuning: a child process trains on the corrections, the window watches."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QProcess, Signal

from app.controllers.network.weights_in_use import FINE_TUNED, WeightsInUse
from app.controllers.session import Session
from app.weights.in_use import Network
from core.errors import FamiError
from core.files.checkout import REPOSITORY
from core.project import Project

log = logging.getLogger(__name__)

MIN_CORRECTED_FRAMES = 4


@dataclass(frozen=True)
class RoundState:
    """What is known of the round that runs or ran last.

    Attributes:
        losses: (step, loss) pairs, in order.
        report: the child's report when it is done, else None.
        taken: True or False once a person took or discarded the new weights, None before.
    """

    running: bool = False
    step: int = 0
    steps: int = 0
    seconds_left: float | None = None
    losses: tuple[tuple[int, float], ...] = field(default=())
    report: dict[str, Any] | None = None
    taken: bool | None = None


class FinetuningController(QObject):
    """Starts, watches and cancels the child process; takes new weights into use and takes them back.

    The child can run out of memory or crash; the labels and the window don't care.

    Signals:
        changed: something to show changed.
    """

    changed = Signal()

    def __init__(
        self, session: Session, network: Network, weights_in_use: WeightsInUse, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._network = network
        self._weights_in_use = weights_in_use
        self._process: QProcess | None = None
        self._pending = b""
        self._error: str | None = None
        self._cancelled = False
        self.round = RoundState()
        session.closing.connect(self._abandon)
        session.opened.connect(self._on_opened)

    def why_not(self) -> str | None:
        """The sentence why no round can start now, None if one can."""
        session = self._session
        if session.project is None:
            return "Open a clip first."
        if session.project.read_only:
            return "The project is open read-only."
        if self.round.running:
            return "A round is running."
        if self._network.weights_path is None:
            return "There are no weights to start from."
        corrected = self.corrected_frames()
        if corrected < MIN_CORRECTED_FRAMES:
            return (
                f"Correct or accept poses in at least {MIN_CORRECTED_FRAMES} frames first "
                f"({corrected} so far): some are held out to measure the error."
            )
        return None

    def corrected_frames(self) -> int:
        """How many frames hold joints that a person set or accepted."""
        summary = self._session.read(Project.summary, None)
        if summary is None:
            return 0
        return int(np.count_nonzero(summary.num_accepted + summary.num_corrected + summary.num_imported))

    def can_roll_back(self) -> bool:
        """True while the project goes on with weights of a round."""
        return self._session.read(lambda project: not project.read_only and project.active_weights is not None, False)

    def start(self, steps: int | None = None) -> None:
        """Starts a round in a child process; a refusal is told in one sentence."""
        refusal = self.why_not()
        project, weights = self._session.project, self._network.weights_path
        if refusal is not None or project is None or weights is None:
            self._session.error.emit(f"No round was started. {refusal}")
            return
        job_path = project.weights_folder / "job.json"
        try:
            job_path.parent.mkdir(parents=True, exist_ok=True)
            job = {"project": str(project.path), "weights": str(weights), "out": str(project.weights_folder)}
            if steps is not None:
                job["settings"] = {"steps": steps}  # type: ignore[assignment]
            job_path.write_text(json.dumps(job), encoding="utf-8")
        except OSError as error:
            self._session.error.emit(
                f"No round was started: {project.weights_folder} cannot be written ({error.strerror})."
            )
            return
        self.round, self._pending, self._error, self._cancelled = RoundState(running=True), b"", None, False
        self._process = process = QProcess(self)
        process.setWorkingDirectory(str(REPOSITORY))
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_process_error)
        process.start(sys.executable, ["-m", "core.training.rounds.child", str(job_path)])
        self.changed.emit()

    def cancel(self) -> None:
        """Ends the child at once; nothing is kept of a round that has not reported yet."""
        if self._process is not None:
            self._cancelled = True
            self._process.kill()

    def shut_down(self) -> None:
        """Ends the child and waits for it, when the program closes."""
        if self._process is not None:
            self.cancel()
        for process in self.findChildren(QProcess):  # one that was abandoned may be dying still
            process.waitForFinished(3000)

    def _abandon(self) -> None:
        """Ends the child without waiting for it: its project is about to close. What it has reported is kept."""
        process = self._process
        if process is None:
            return
        while process.waitForReadyRead(0):  # hands over to `_read` what has been said until now
            pass
        self._process = None
        process.readyReadStandardOutput.disconnect(self._read)
        process.errorOccurred.disconnect(self._on_process_error)
        process.finished.disconnect(self._on_finished)
        process.finished.connect(process.deleteLater)
        process.kill()
        if self.round.report is not None:
            self._record(self.round.report)
            return
        self._session.message.emit("The round of fine-tuning was cancelled because another clip was opened.")

    def accept(self) -> None:
        """Takes the new weights into use, without a restart."""
        report, project = self.round.report, self._session.project
        if report is None or project is None or self.round.taken is not None:
            return
        path = Path(report["weights"])
        self._take(
            report["weights_sha256"], path, f"The network now uses {path.stem[:12]}, trained on your corrections."
        )

    def discard(self) -> None:
        """Leaves the weights as they are."""
        self.round = replace(self.round, taken=False)
        self.changed.emit()

    def roll_back(self) -> None:
        """Takes the weights back that were in use before the last accepted round."""
        project = self._session.project
        active = self._session.read(lambda project: project.active_weights, None)
        if project is None or active is None:
            self._session.message.emit("There is no round to roll back.")
            return
        try:
            previous = next((entry.parent_sha256 for entry in project.rounds() if entry.weights_sha256 == active), None)
            known = previous is not None and bool(list(project.weights_folder.glob(f"*{previous[:12]}*")))
            project.set_active_weights(previous if known else None)
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self.round = replace(self.round, taken=False)
        self._weights_in_use.choose_for_project()
        self._session.message.emit("The weights from before that round are in use again.")
        self.changed.emit()

    def _take(self, sha256: str, path: Path, sentence: str) -> None:
        project = self._session.project
        if project is None:
            return
        try:
            project.set_active_weights(sha256)
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self.round = replace(self.round, taken=True)
        self._weights_in_use.choose(path, FINE_TUNED)
        self._session.message.emit(sentence)
        self.changed.emit()

    def _on_opened(self) -> None:
        """The last round is shown as it was told when it ended; its weights can be taken while their file is there."""
        rounds = self._session.read(Project.rounds, [])
        self.round = RoundState()
        if rounds:
            report, active = dict(rounds[-1].report), self._session.read(lambda project: project.active_weights, None)
            is_there = Path(str(report.get("weights", ""))).is_file()
            taken = True if active == rounds[-1].weights_sha256 else None if is_there else False
            self.round = RoundState(report=report, taken=taken)
        self.changed.emit()

    def _read(self) -> None:
        if self._process is None:
            return
        self._pending += bytes(self._process.readAllStandardOutput().data())
        *lines, self._pending = self._pending.split(b"\n")
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            if isinstance(event, dict):
                self._on_event(event)
            else:
                log.info("the training process said: %r", line)

    def _on_event(self, event: dict[str, Any]) -> None:
        kind = event.get("event")
        if kind == "progress":
            losses = self.round.losses
            if event.get("loss") is not None:
                losses = (*losses, (int(event["step"]), float(event["loss"])))
            self.round = replace(
                self.round,
                step=int(event["step"]),
                steps=int(event["steps"]),
                seconds_left=event.get("seconds_left"),
                losses=losses,
            )
        elif kind == "report":
            self.round = replace(self.round, report={key: value for key, value in event.items() if key != "event"})
        elif kind == "error":
            self._error = str(event["message"])
        self.changed.emit()

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._error = (
                "The training process could not be started: run 'python main.py doctor' to see what is missing."
            )
            self._on_finished(1)

    def _on_finished(self, exit_code: int) -> None:
        process = self._process
        if process is None:
            return
        self._read()
        trouble = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        self._process = None
        process.deleteLater()
        self.round = replace(self.round, running=False)
        report = self.round.report
        if self._cancelled and report is None:
            self.round = RoundState()
            self._session.message.emit("Fine-tuning was cancelled; the weights are as they were.")
        elif self._error is not None:
            self._session.error.emit(self._error)
        elif report is None:
            log.error("the training process ended with %d: %s", exit_code, trouble)
            last = trouble.splitlines()[-1] if trouble else f"exit status {exit_code}"
            self._session.error.emit(
                f"The training process ended early ({last}); your labels and weights are untouched."
            )
        else:
            self._record(report)
        self.changed.emit()

    def _record(self, report: dict[str, Any]) -> None:
        project = self._session.project
        if project is None:
            return
        try:
            project.record_round(report, report["weights_sha256"], report.get("parent_sha256"))
        except FamiError as error:
            self._session.error.emit(str(error))
