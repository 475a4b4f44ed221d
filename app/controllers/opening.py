"""Opening off the window's thread, and asking where a clip has moved to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.tasks import LAST_PART_TIMEOUT_S, Task, TaskKind, TaskRunner
from core.errors import Cancelled, ProjectError
from core.files import places
from core.project import ProjectDamagedError
from core.work.collection import SUFFIX
from core.work.opening import ImagesMissingError, Opened, SourceMissingError, open_path


class OpeningController(QObject):
    """Opens paths in a worker thread and hands what was opened to the session.

    Signals:
        collection_wanted: the path of a collection that was to be opened.
        source_wanted: the path that was opened, one sentence: ask where its clip or its images are now.
        damaged: the path of a project that cannot be opened as it is damaged, one sentence.
    """

    collection_wanted = Signal(object)
    damaged = Signal(object, str)
    source_wanted = Signal(object, str)

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._closed = False

    def open(self, path: Path, moved_to: Path | None = None) -> None:
        """Opens a clip, a folder of images, a project or a file of labels; a collection is somebody else's to show."""
        if path.suffix.lower() == SUFFIX:
            self.collection_wanted.emit(path.expanduser())
            return
        held = self._session.project.path if self._session.project is not None else None

        def work(task: Task) -> Opened | tuple[Path, str] | ProjectDamagedError:
            try:
                opened = open_path(path, task.report, moved_to, held)
            except ProjectDamagedError as error:
                return error
            except (SourceMissingError, ImagesMissingError) as error:
                return path, str(error)
            # What works on the project that is open now writes its last part before that project closes.
            if not self._tasks.end_on_project(LAST_PART_TIMEOUT_S, task.is_cancelled):
                opened.close()
                if task.is_cancelled():
                    raise Cancelled
                raise ProjectError(f"{path.name} was not opened: cancel what is running first, then open it again.")
            return opened

        self._tasks.run(
            TaskKind.OPEN,
            f"Opening {path.name}",
            work,
            succeeded=lambda result: self._on_opened(path, result),
            ended=self._tasks.project_taken,
            busy="Another file is being opened: wait for it, or cancel it.",
        )

    def shut_down(self) -> None:
        """What is still being opened is closed again, when the program closes."""
        self._closed = True

    def _on_opened(self, path: Path, result: Opened | tuple[Path, str] | ProjectDamagedError) -> None:
        if isinstance(result, ProjectDamagedError):
            is_project = path.suffix.lower() == ".fami"
            if not self._closed:
                self.damaged.emit(path if is_project else places.project_path_for(path), str(result))
        elif isinstance(result, Opened):
            if self._closed:
                result.close()
            else:
                self._session.take(result)
        elif not self._closed:
            self.source_wanted.emit(*result)
