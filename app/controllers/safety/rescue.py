"""Saving a project whose file is gone, repairing a damaged one, and backups while nobody works."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.opening import OpeningController
from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from app.threads.timers import single_shot
from core.errors import FamiError, ProjectError
from core.project.records import Touched
from core.project.rescue import backups
from core.project.rescue.repairing import repair
from core.project.saving import free_name, save_as

IDLE_MS = 20_000
"""A backup is made once nobody has edited for so long."""


@dataclass(frozen=True)
class Offer:
    """What can be done with a project that cannot be opened.

    Attributes:
        path: of the project.
        sentence: why it cannot be opened.
        backups: its backups, the newest first.
    """

    path: Path
    sentence: str
    backups: tuple[Path, ...]


class RescueController(QObject):
    """Acts when a project file is gone or damaged, and copies a whole one while nobody works.

    Signals:
        offered: an Offer, for a person to choose from.
        saved: what became of a project, in sentences, after it was repaired or saved elsewhere.
    """

    offered = Signal(object)
    saved = Signal(str, object)

    def __init__(
        self, session: Session, opening: OpeningController, tasks: TaskRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._opening = opening
        self._tasks = tasks
        self._idle = single_shot(self, IDLE_MS, self.back_up)
        self._to_say: tuple[str, list[str]] | None = None
        self._saying = single_shot(self, 0, self._say)
        session.poses_changed.connect(self._on_edit)
        session.closing.connect(self.keep_what_is_gone)
        session.opened.connect(self._on_opened)
        opening.damaged.connect(self._offer)

    def stop(self) -> None:
        """Makes no backup any more."""
        self._idle.stop()
        self._saying.stop()

    # ---- a file that is gone ----

    @property
    def is_gone(self) -> bool:
        """True if the file of the open project is no longer at its path."""
        return self._session.project is not None and self._session.project.is_gone

    def proposed_name(self) -> Path | None:
        """A free name beside the open project."""
        project = self._session.project
        return None if project is None else free_name(project.path, "saved")

    def save_as(self, path: Path) -> None:
        """Saves the open project under another name, with the edits that were refused, and goes on with that."""
        project = self._session.project
        if project is None:
            return

        def work(_: Task) -> tuple[str, ...]:
            saved = save_as(project, path)
            saved.project.close()
            return saved.left_out

        self._tasks.run(
            TaskKind.SAVE_AS,
            f"Saving {path.name}",
            work,
            on_project=True,
            succeeded=lambda left_out: self._on_saved(path, left_out),
        )

    def _on_saved(self, path: Path, left_out: tuple[str, ...]) -> None:
        sentences = [f"“{edit}” no longer fitted and was left out." for edit in left_out]
        self._show(path, f"Saving of {path.name}", sentences)

    def keep_what_is_gone(self) -> None:
        """Before a project closes whose file is gone, what it holds is saved beside it; without a question."""
        project = self._session.project
        if project is None or project.read_only:
            return
        try:
            project.require_in_place()
            return
        except ProjectError:
            pass  # gone: that is what is seen to here
        try:
            path = free_name(project.path, "saved")
            save_as(project, path).project.close()
        except FamiError as error:
            self._session.error.emit(f"{project.path.name} is gone, and what it held could not be saved: {error}")
        else:
            self._session.message.emit(f"{project.path.name} was gone: what it held is saved in {path.name}.")

    # ---- a file that is damaged ----

    def _offer(self, path: Path, sentence: str) -> None:
        self.offered.emit(Offer(path, sentence, tuple(backups.of(path))))

    def repair(self, path: Path) -> None:
        """Saves what is whole of a project, opens it, and says what is missing."""
        held = self._session.project
        if held is not None and held.path == path:
            self._session.message.emit(f"{path.name} is open, and was compared with its checksums as it was opened.")
            return

        self._tasks.run(
            TaskKind.REPAIR,
            f"Repairing {path.name}",
            lambda task: repair(path, task.report),
            succeeded=lambda report: self._show(path, f"Repair of {path.name}", report.sentences()),
        )

    def restore(self, path: Path, backup: Path) -> None:
        """Puts a backup in a damaged project's place, and opens it."""

        def work(_: Task) -> list[str]:
            damaged = backups.restore(path, backup)
            kept = "" if damaged is None else f" The damaged file is kept in {damaged.name}."
            return [f"{path.name} is as it was in the backup {backup.name}.{kept}"]

        self._tasks.run(
            TaskKind.REPAIR,
            f"Restoring {path.name}",
            work,
            succeeded=lambda said: self._show(path, f"Backup of {path.name}", said),
        )

    def _show(self, path: Path, title: str, sentences: list[str]) -> None:
        self._to_say = (title, sentences) if sentences else None
        self._opening.open(path)

    def _on_opened(self) -> None:
        self._idle.start()
        if self._to_say is not None:
            self._saying.start()  # after what there is to say of the opening

    def _say(self) -> None:
        if self._to_say is not None:
            self.saved.emit(*self._to_say)
            self._to_say = None

    # ---- backups ----

    def _on_edit(self, touched: Touched) -> None:
        del touched
        self._idle.start()

    def back_up(self) -> None:
        """Copies the open project if its last backup is old and it was changed since; off the window's thread."""
        project = self._session.project
        if project is None or project.read_only:
            return
        if self._tasks.running():
            self._idle.start()
            return

        def work(_: Task) -> str | None:
            try:
                project.require_in_place()
                if len(project.labelled_frames()) and backups.is_due(project.path):
                    backups.make(project.path)
            except ProjectError as error:
                return str(error)
            return None

        self._tasks.run(TaskKind.BACK_UP, "Making a backup", work, on_project=True, succeeded=self._on_backed_up)

    def _on_backed_up(self, sentence: str | None) -> None:
        if sentence is not None:
            self._session.error.emit(sentence)
