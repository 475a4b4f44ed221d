"""Labels out of the project and into it, in a worker thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from core.errors import FamiError
from core.formats import ExportResult, export_project, import_labels, read_labels
from core.project import Touched
from core.video import open_source


class ExportController(QObject):
    """Exports and imports labels.

    Signals:
        exported: an ExportResult.
    """

    exported = Signal(object)

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks

    def export(self, format_name: str, path: Path, only_reviewed: bool, images_folder: Path | None) -> None:
        """Writes the project's labels to a file."""
        session = self._session
        project, source_path = session.project, session.source_path
        if project is None or source_path is None:
            session.error.emit("There is nothing to export: open a clip first.")
            return

        def work(task: Task) -> ExportResult:
            with open_source(source_path, cancelled=task.is_cancelled) as source:
                return export_project(
                    project,
                    source,
                    format_name,
                    path,
                    only_reviewed=only_reviewed,
                    images_folder=images_folder,
                    on_progress=task.report,
                )

        self._tasks.run(
            TaskKind.EXPORT,
            "Exporting",
            work,
            on_project=True,
            succeeded=self._on_exported,
            busy="An export is running: wait for it, or cancel it.",
        )

    def import_file(self, path: Path, keypoints: bool) -> None:
        """Brings labels of a file into the open project, as one run that can be taken back."""
        session = self._session
        try:
            project = session.writable()
        except FamiError as error:
            session.error.emit(str(error))
            return
        source_path = session.source_path
        if source_path is None:
            return

        def work(task: Task) -> tuple[Touched, list[str]]:
            labels = read_labels(path)
            with open_source(source_path, cancelled=task.is_cancelled) as source:
                names = [source.frame_name(index) for index in range(len(source))]
            return import_labels(project, labels, names, keypoints=keypoints), labels.warnings

        self._tasks.run(
            TaskKind.IMPORT,
            "Importing",
            work,
            on_project=True,
            succeeded=self._on_imported,
            busy="Labels are being imported: please wait until it finishes.",
        )

    def _on_imported(self, result: tuple[Touched, list[str]]) -> None:
        touched, warnings = result
        self._session.touch(touched)
        self._session.message.emit(f"Imported labels of {len(touched.frame_indices)} frames.")
        for sentence in warnings[:1]:
            self._session.error.emit(sentence + (f" ({len(warnings) - 1} more remarks)" if len(warnings) > 1 else ""))

    def _on_exported(self, result: ExportResult) -> None:
        self._session.message.emit(
            f"Exported {result.num_frames} frames, {result.num_people} poses, to {result.path.name}."
        )
        if result.missing_images:
            self._session.error.emit(result.missing_in_words())
        self.exported.emit(result)
