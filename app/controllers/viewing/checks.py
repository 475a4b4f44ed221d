"""Checking labels before they are handed on: what PoseTrack or a colleague would question."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from core.judging.concerns import Objection, ordered
from core.project import Project, Touched
from core.video import open_source
from core.work.checking_labels import check_labels, check_pictures


@dataclass(frozen=True)
class ChecksState:
    """What is known of a check.

    Attributes:
        objections: what would be questioned; None before the first check of this clip.
        running: whether a check goes on: labels come first, then the clip's pictures.
        pictures_checked: whether the clip's pixels were compared, too.
        outdated: whether labels changed since.
    """

    objections: tuple[Objection, ...] | None = None
    running: bool = False
    pictures_checked: bool = False
    outdated: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all that can be known of the labels as they are is known."""
        return self.pictures_checked and not self.outdated


class ChecksController(QObject):
    """Looks through all labels of the open project when asked, and leads to what it found.

    Signals:
        changed(ChecksState): there is more to say.
    """

    changed = Signal(object)

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self.state = ChecksState()
        session.opened.connect(self._forget)
        session.poses_changed.connect(self._on_poses_changed)

    def check(self) -> None:
        """Looks through all labels, then compares the clip's pictures with those that labels were made on."""
        session = self._session
        project, path = session.project, session.source_path
        if project is None or path is None:
            session.message.emit("There is nothing to check: open a clip first.")
            return

        def work(task: Task) -> list[Objection]:
            task.deliver(check_labels(project))
            with open_source(path, cancelled=task.is_cancelled) as source:
                return check_pictures(project, source, task.report)

        task = self._tasks.run(
            TaskKind.CHECK_LABELS,
            "Checking labels",
            work,
            on_project=True,
            delivered=lambda found: self._on_labels(project, found),
            succeeded=lambda found: self._on_pictures(project, found),
            ended=self._on_ended,
        )
        if task is not None:
            self._show(ChecksState(running=True))

    def go_to(self, objection: Objection) -> None:
        """Shows the first frame of what would be questioned, with whom it is about selected."""
        self._session.playback.pause()
        self._session.playback.go_to(objection.first_frame)
        self._session.select(next(iter(objection.track_ids), None), objection.keypoint)

    def _on_labels(self, project: Project, found: list[Objection]) -> None:
        if project is self._session.project:
            self._show(replace(self.state, objections=tuple(found)))

    def _on_pictures(self, project: Project, found: list[Objection]) -> None:
        if project is self._session.project:
            objections = ordered([*(self.state.objections or ()), *found])
            self._show(replace(self.state, objections=tuple(objections), pictures_checked=True))

    def _on_ended(self) -> None:
        self._show(replace(self.state, running=False))

    def _forget(self) -> None:
        self._show(ChecksState())

    def _on_poses_changed(self, touched: Touched) -> None:
        state = self.state
        if touched.frame_indices and (state.running or state.objections is not None) and not state.outdated:
            self._show(replace(state, outdated=True))

    def _show(self, state: ChecksState) -> None:
        self.state = state
        self.changed.emit(state)
