"""Labels out of the project and into it, in a worker thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from core.formats import (
    ExportResult,
    ImportPreview,
    Labels,
    export_project,
    import_labels,
    preview_imports,
    read_labels,
)
from core.frame_range import FrameRange
from core.project import Project, Touched
from core.video import open_source


@dataclass(frozen=True, eq=False)
class ReadLabels:
    """Labels that were read and matched, and are not written yet.

    Attributes:
        path: of the file.
        project: that would take them.
        labels: what the file says.
        frame_names: the names of the folder's images, None for a video.
        previews: what importing would touch, for each first number that fits; the likelier one first.
    """

    path: Path
    project: Project
    labels: Labels
    frame_names: list[str] | None
    previews: tuple[ImportPreview, ...]


@dataclass(frozen=True, eq=False)
class Imported:
    """What an import wrote, and all that is to be said on it."""

    path: Path
    touched: Touched
    remarks: tuple[str, ...]


def _write(task: Task, reading: ReadLabels, keypoints: bool, same_people: bool, first_number: int | None) -> Imported:
    touched = import_labels(
        reading.project,
        reading.labels,
        reading.frame_names,
        keypoints=keypoints,
        same_people=same_people,
        first_number=first_number,
        on_progress=task.report,
        on_written=task.deliver,
    )
    return Imported(reading.path, touched, _newest_first(reading))


def _newest_first(reading: ReadLabels) -> tuple[str, ...]:
    """What only the writing found out comes before what was known, and perhaps shown, when the file had been read."""
    known = {sentence for preview in reading.previews for sentence in (*preview.remarks, preview.decision)}
    return tuple(sorted(reading.labels.warnings, key=lambda sentence: sentence in known))


class ExportController(QObject):
    """Exports and imports labels.

    Signals:
        exported: an ExportResult; for scripts that drive the program.
        import_read: ReadLabels; ask how to import them, then call `import_read_labels`.
    """

    exported = Signal(object)
    import_read = Signal(object)

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks

    def export(
        self,
        format_name: str,
        path: Path,
        only_reviewed: bool,
        images_folder: Path | None,
        frames: FrameRange | None = None,
    ) -> None:
        """Writes the project's labels to a file; `frames` only these, None for the whole clip."""
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
                    frames=frames,
                    images_folder=images_folder,
                    on_progress=task.report,
                )

        def start() -> None:
            self._tasks.run(TaskKind.EXPORT, "Exporting", work, on_project=True, succeeded=self._on_exported)

        self._tasks.when_free((TaskKind.EXPORT,), "Exporting", start)

    def read_for_import(self, path: Path) -> None:
        """Reads labels and finds out what importing them would touch; `import_read` says so, and nothing is written."""
        clip = self._session.writable_clip()
        if clip is not None:
            self._run_import(f"Reading {path.name}", lambda task: self._read(task, path, *clip), self._on_read)

    def import_read_labels(
        self, reading: ReadLabels, *, keypoints: bool, same_people: bool = True, first_number: int | None = None
    ) -> None:
        """Writes labels that were read into the project, as one run that can be taken back."""
        if not self._is_open(reading):
            self._session.error.emit(
                f"{reading.path.name} was not imported, because another clip was opened: import it again."
            )
            return

        def work(task: Task) -> Imported:
            return _write(task, reading, keypoints, same_people, first_number)

        # Not behind another file that waits to be read: what that one would touch depends on this.
        self._tasks.run(TaskKind.IMPORT, "Importing", work, on_project=True, succeeded=self._on_imported)

    def import_file(self, path: Path, keypoints: bool) -> None:
        """Brings labels of a file into the open project without asking, as one run that can be taken back."""
        clip = self._session.writable_clip()
        if clip is None:
            return

        def work(task: Task) -> Imported:
            return _write(task, self._read(task, path, *clip), keypoints, True, None)

        self._run_import("Importing", work, self._on_imported)

    def _run_import(self, name: str, work: Callable[[Task], object], succeeded: Callable[[Any], None]) -> None:
        def start() -> None:
            self._tasks.run(
                TaskKind.IMPORT, name, work, on_project=True, delivered=self._session.touch, succeeded=succeeded
            )

        self._tasks.when_free((TaskKind.IMPORT,), name, start)

    def _read(self, task: Task, path: Path, project: Project, source_path: Path) -> ReadLabels:
        labels = read_labels(path, task.go_on)
        names = None
        if project.source.kind == "images":
            with open_source(source_path, cancelled=task.is_cancelled) as source:
                names = [source.frame_name(index) for index in range(len(source))]
        previews = preview_imports(project, labels, names, task.report)
        return ReadLabels(path, project, labels, names, tuple(previews))

    def _is_open(self, reading: ReadLabels) -> bool:
        return self._session.project is reading.project

    def _on_read(self, reading: ReadLabels) -> None:
        if self._is_open(reading):  # else the program closes, or another clip has come
            self.import_read.emit(reading)

    def _on_imported(self, imported: Imported) -> None:
        session, touched = self._session, imported.touched
        session.message.emit(f"Imported labels of {len(touched.frame_indices)} frames.")
        session.remark(f"Import of {imported.path.name}", imported.remarks)

    def _on_exported(self, result: ExportResult) -> None:
        self._session.message.emit(f"Exported {result.in_words} to {result.path.name}.")
        self._session.remark(f"Export to {result.path.name}", result.remarks)
        self.exported.emit(result)
