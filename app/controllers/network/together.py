"""One round on all clips of the collection: the open one's is shown, the others' are remembered with their projects."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from app.controllers.collecting import CollectingController
from app.controllers.network.finetuning import FinetuningController
from app.controllers.session import Session
from app.threads.tasks import TaskKind, TaskRunner
from core.errors import FamiError
from core.project import Project
from core.training.rounds.recording import record
from core.training.rounds.report import RoundReport
from core.work.collection import project_of


class TogetherController(QObject):
    """Starts such rounds and remembers what they did to the other clips."""

    def __init__(
        self,
        session: Session,
        tasks: TaskRunner,
        collecting: CollectingController,
        finetuning: FinetuningController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._collecting = collecting
        self._finetuning = finetuning
        finetuning.ended_beside.connect(self._remember)

    def start(self) -> None:
        """Starts a round on the open clip and all others of the collection that have a project."""
        project = self._session.project
        if project is None or self._collecting.state.path is None:
            self._session.error.emit("There is no collection: open one first (File, Open), or fine-tune on this clip.")
            return
        listed = (project_of(clip) for clip, _ in self._collecting.state.clips)
        others = [path for path in listed if path.is_file() and path.resolve() != project.path.resolve()]
        if not others:
            self._session.error.emit("No other clip of the collection is labelled: fine-tune on this one (Ctrl+L).")
            return
        self._finetuning.start(beside=others)

    def _remember(self, reports: list[dict[str, Any]]) -> None:
        """Writes each report into its project, off the window's thread."""
        self._tasks.run(
            TaskKind.RECORD_ROUNDS,
            "Remembering the round",
            lambda _: [_remembered(report) for report in reports],
            succeeded=self._tell,
        )

    def _tell(self, sentences: list[str]) -> None:
        troubles = [sentence for sentence in sentences if sentence]
        if troubles:
            self._session.error.emit(" ".join(troubles))
        else:
            others = "another clip" if len(sentences) == 1 else f"{len(sentences)} other clips"
            self._session.message.emit(f"The round is remembered with {others} of the collection.")


def _remembered(report: dict[str, Any]) -> str:
    """Records a round in its project; a sentence where that cannot be, else ""."""
    known = {field.name for field in fields(RoundReport)}
    try:
        with Project.open(Path(report["project"])) as project:
            record(project, RoundReport(**{name: value for name, value in report.items() if name in known}))
    except FamiError as error:
        return f"{Path(report['project']).name} does not know of the round: {error}"
    return ""
