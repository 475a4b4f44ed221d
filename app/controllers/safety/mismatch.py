"""Answering that the clip is not the one that was labelled: these labels belong to it, or the clip is elsewhere."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from core.errors import ProjectError
from core.project import Touched
from core.video import Source, open_source
from core.work.trusting import difference, trust_pictures


class MismatchController(QObject):
    """Has labels belong to the pictures of the open clip, or the project to another clip."""

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks

    def trust(self, *, only_shown: bool = False) -> None:
        """The labels belong to the pictures that the clip shows, in all frames or in the one that is shown."""
        clip = self._session.writable_clip()
        frame_index = self._session.frame_index
        if clip is None or frame_index is None:
            return
        project, path = clip

        def work(task: Task) -> Touched:
            with open_source(path) as source:
                return trust_pictures(project, source, [frame_index] if only_shown else None, task.report)

        self._tasks.run(
            TaskKind.TAKE_LABELS, "Comparing pictures", work, on_project=True, succeeded=self._on_trusted,
            busy="Other labels are being taken over: wait for that first.",
        )  # fmt: skip

    def _on_trusted(self, touched: Touched) -> None:
        session = self._session
        session.touch(touched)
        session.settle_mismatch()
        session.message.emit(
            "The labels belong to these pictures." if touched else "The labels were made on these very pictures."
        )

    def choose(self, path: Path) -> None:
        """The clip is this one: the original, or a copy of the same size and length."""
        session = self._session
        clip = session.writable_clip()
        if clip is None:
            return
        project, _ = clip

        def work(task: Task) -> Source:
            source = open_source(path, task.report)
            differs = difference(project.source, source)
            if differs is not None:
                source.close()
                raise ProjectError(f"{differs}: choose the original, or a copy of the same size and length.")
            return source

        self._tasks.run(TaskKind.OPEN, f"Opening {path.name}", work, succeeded=self._on_chosen)

    def _on_chosen(self, source: Source) -> None:
        session = self._session
        try:
            session.writable().relocate(Path(source.path))
        except ProjectError as error:
            source.close()
            session.error.emit(str(error))
            return
        session.settle_mismatch()
        session.take_source(source, elsewhere=True)
        session.message.emit(f"The project labels {source.path.name} now.")
