"""Checking a long clip in the background: whether a plain decode has the frames that its index promises."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.controllers.session import Session
from app.threads.tasks import LAST_PART_TIMEOUT_S, Task, TaskKind, TaskRunner
from core.errors import ProjectError
from core.video import Source, open_source
from core.work.recounting import is_to_be_recounted, recount


class CheckingController(QObject):
    """Decodes a clip once in full after it was opened, where that was not done yet, and again at the first failure.

    If frames are missing, the clip is counted anew: labels that were made meanwhile stay with their pictures.
    """

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._task: Task | None = None
        self._path: Path | None = None
        session.opened.connect(self._on_opened)
        session.playback.failed.connect(lambda _: self._start())

    def _on_opened(self) -> None:
        if self._task is not None and self._path != self._session.source_path:
            self._task.cancel()
        self._start()

    def _start(self) -> None:
        path = self._session.source_path
        if path is None or self._session.project is None or self._session.is_checked:
            return

        def work(task: Task) -> Source:
            return open_source(path, task.report, task.is_cancelled, checked=True)

        task = self._tasks.run(
            TaskKind.CHECK,
            f"Checking {path.name}",
            work,
            succeeded=partial(self._on_checked, path),
            ended=self._on_ended,
        )
        if task is not None:
            self._task, self._path = task, path

    def _on_ended(self) -> None:
        self._task = None
        if self._path != self._session.source_path:
            self._start()  # the clip that was opened meanwhile waits for its turn

    def _on_checked(self, path: Path, source: Source) -> None:
        session = self._session
        project = session.project
        if session.source_path != path or project is None:
            source.close()
            return
        if source.damaged is None:
            session.is_checked = True
            source.close()
            return

        def work(task: Task) -> Source:
            # What works on the project counts frames as they were counted until now: it ends first.
            if not self._tasks.end_on_project(LAST_PART_TIMEOUT_S, task.is_cancelled):
                source.close()
                raise ProjectError(f"{source.damaged} Cancel what is running, then open the clip again.")
            if not project.read_only and is_to_be_recounted(project.source, source):
                recount(project, source)
            return source

        self._tasks.run(
            TaskKind.OPEN,
            f"Counting the frames of {path.name} anew",
            work,
            succeeded=self._session.take_source,
            ended=self._tasks.project_taken,
        )
