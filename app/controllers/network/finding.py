"""Finding people with a detector in a worker thread: in this frame, in some frames, or in the whole clip."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from app.weights.detectors import DetectorFile, look_for_people, suited_to
from core.project import Project
from core.video import open_source
from core.work.finding import Found

MEGABYTE = 1_000_000


class FindingController(QObject):
    """Finds people, and fetches the detector first where a person wants it.

    Signals:
        detector_wanted: a DetectorFile that is not at hand; `fetch` goes on from there.
        found: a Found, when finding came to its end; for scripts that drive the program.
    """

    detector_wanted = Signal(object)
    found = Signal(object)

    def __init__(self, session: Session, tasks: TaskRunner, device: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._device = device
        self._frames: tuple[int, int] = (0, 0)
        self._wanted: DetectorFile | None = None
        self._fetched_for: Project | None = None

    def find_in_frame(self) -> None:
        """Finds people in the frame on screen."""
        if self._session.frame_index is None:
            self._session.message.emit("Open a clip first.")
        else:
            self.find(self._session.frame_index, self._session.frame_index + 1)

    def find_everywhere(self) -> None:
        """Finds people in the whole clip."""
        self.find(0, self._session.playback.num_frames)

    def find(self, start: int, stop: int) -> None:
        """Finds people from `start` to `stop`, the latter left out."""
        if self._session.writable_clip() is not None:
            self._tasks.when_free((TaskKind.FIND,), "Finding people", lambda: self._start(start, stop))

    def _start(self, start: int, stop: int) -> None:
        session = self._session
        clip = session.writable_clip()
        if clip is None:
            return
        project, path = clip
        task = self._tasks.run(
            TaskKind.FIND,
            "Finding people",
            lambda task: self._look(task, project, path, start, stop),
            on_project=True,
            delivered=session.touch,
            succeeded=self._on_looked,
            ended=self._ask_for_detector,
        )
        if task is not None:  # a request that was refused changes nothing of the one that goes on
            self._frames, self._wanted = (start, stop), None

    def _look(self, task: Task, project: Project, path: Path, start: int, stop: int) -> Found | DetectorFile:
        """In the worker: what was found, or the detector that it takes."""
        detector_file = suited_to(self._device)
        if not detector_file.at_hand:
            return detector_file
        with open_source(path, cancelled=task.is_cancelled) as source:
            return look_for_people(
                detector_file,
                self._device,
                project,
                source,
                (start, stop),
                on_progress=task.report,
                on_part=task.deliver,
            )

    def _on_looked(self, result: Found | DetectorFile) -> None:
        if isinstance(result, DetectorFile):
            self._wanted = result
            return
        self._session.message.emit(in_words(result))
        self.found.emit(result)

    def _ask_for_detector(self) -> None:
        """Once the task has ended, so that another one can begin."""
        if self._wanted is not None:
            self.detector_wanted.emit(self._wanted)

    def fetch(self, detector_file: DetectorFile) -> None:
        """Fetches a detector, and goes on with what it was wanted for."""
        project = self._session.project

        def fetched(_: object) -> None:
            self._fetched_for = project

        def work(task: Task) -> None:
            def report(done: int, total: int, _: float | None) -> None:
                task.report(done // MEGABYTE, total // MEGABYTE)

            detector_file.fetch(report, task.is_cancelled)

        task = self._tasks.run(
            TaskKind.FIND,
            "Fetching the person detector, MB",
            work,
            busy="People are already being found: wait for it, or cancel it.",
            succeeded=fetched,
            ended=self._find_after_fetching,
        )
        if task is not None:
            self._fetched_for = None

    def _find_after_fetching(self) -> None:
        """Finds in the frames that it was fetched for, unless another clip was opened meanwhile."""
        if self._fetched_for is not None and self._fetched_for is self._session.project:
            self._start(*self._frames)  # before whatever waits


def in_words(found: Found) -> str:
    """What finding came to, in one sentence."""
    if not found.num_people:
        return "The detector found nobody here: draw a box around each person."
    everybody = "1 person" if found.num_people == 1 else f"{found.num_people} people"
    new = {0: "nobody new", found.num_people: "all new"}.get(found.num_new, f"{found.num_new} of them new")
    return f"Found {everybody}, {new}. “Undo a run” takes it back."
