"""Reports of faults, put together and saved off the window's thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.doctor import Finding, findings
from app.fault_report import report_text, save_report
from app.logs import Logs
from app.threads.tasks import Task, TaskKind, TaskRunner


class ReportingController(QObject):
    """Says what is known of a fault, and writes it where a person wants it.

    Signals:
        ready: the text of a report that was asked for.
    """

    ready = Signal(str)

    def __init__(self, session: Session, tasks: TaskRunner, logs: Logs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._logs = logs

    def has_crashed(self) -> bool:
        """Whether the program crashed since this was last asked."""
        return bool(self._logs.take_crashes())

    def make(self) -> None:
        """Puts a report together; looking at the machine takes a moment."""
        self._tasks.run(
            TaskKind.REPORT,
            "Making a report",
            lambda task: report_text(self._logs, _until_cancelled(task)),
            succeeded=self.ready.emit,
        )

    def save(self, path: Path, text: str, *, with_labels: bool) -> None:
        """Writes a report, with the open project's labels where a person wants that."""
        project = self._session.project if with_labels else None
        self._tasks.run(
            TaskKind.REPORT,
            "Saving the report",
            lambda _: save_report(path, text, project),
            on_project=project is not None,
            succeeded=lambda _: self._session.message.emit(f"The report is in {path}."),
        )


def _until_cancelled(task: Task) -> Iterator[Finding]:
    for finding in findings():
        task.go_on()
        yield finding
