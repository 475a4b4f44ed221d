"""What to look at next: the queue of doubtful poses, computed off the window's thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.session import Session
from app.tasks import LatestWorker
from core.project import Project
from core.review import Suggestion, neighbour, suggestions

QUIET_MS = 250
MAX_SUGGESTIONS = 500


class ReviewController(QObject):
    """Keeps the queue up to date and walks through it and through the labelled frames.

    Signals:
        suggestions_changed: list of Suggestion, most urgent first.
    """

    suggestions_changed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.suggestions: list[Suggestion] = []
        self._worker = LatestWorker("queue", self._compute, self)
        self._worker.answered.connect(self._on_answer)
        self._worker.failed.connect(self._on_failed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET_MS)
        self._timer.timeout.connect(self._ask)
        session.opened.connect(self._timer.start)
        session.poses_changed.connect(lambda _: self._timer.start())

    def stop(self) -> None:
        """Ends the thread."""
        self._timer.stop()
        self._worker.stop()

    def go_to(self, frame_index: int, track_id: int | None, keypoint: int | None = None) -> None:
        """Goes to a frame and selects a person there."""
        self._session.playback.pause()
        self._session.playback.go_to(frame_index)
        self._session.select(track_id, keypoint)

    def next_doubtful(self) -> None:
        """Goes to the next frame with a doubtful pose, from the start again after the last."""
        self._walk(1)

    def previous_doubtful(self) -> None:
        """Goes to the previous frame with a doubtful pose."""
        self._walk(-1)

    def next_labelled(self) -> None:
        """Goes to the next frame that holds a person."""
        self._walk_labelled(1)

    def previous_labelled(self) -> None:
        """Goes to the previous frame that holds a person."""
        self._walk_labelled(-1)

    def _walk(self, direction: int) -> None:
        """Walks in the order of the clip: by frame, and within a frame by person."""
        queue = sorted(self.suggestions, key=lambda entry: (entry.frame_index, entry.track_id))
        if not queue:
            self._session.message.emit("Nothing is doubtful. Predict first, or look at the frames you doubt yourself.")
            return
        here = (self._session.playback.wanted, -1 if self._session.track_id is None else self._session.track_id)
        places = [(entry.frame_index, entry.track_id) for entry in queue]
        if direction > 0:
            index = next((i for i, place in enumerate(places) if place > here), 0)
        else:
            index = next((i for i in reversed(range(len(places))) if places[i] < here), len(places) - 1)
        entry = queue[index]
        self.go_to(entry.frame_index, entry.track_id, entry.keypoint)
        self._session.message.emit(f"Frame {entry.frame_index}, person {entry.track_id}: {entry.reason}")

    def _walk_labelled(self, direction: int) -> None:
        project = self._session.project
        if project is None:
            return
        frames = project.labelled_frames()
        here = self._session.playback.wanted
        target = neighbour(frames, here, direction)
        if target is None:
            self._session.message.emit(f"No labelled frame {'after' if direction > 0 else 'before'} this one.")
            return
        self._session.playback.step(target - here)

    def _ask(self) -> None:
        if self._session.project is None:
            self._on_answer(None, [])
        else:
            self._worker.ask(self._session.project)

    def _compute(self, project: Project) -> list[Suggestion]:
        return suggestions(project.frames(0, project.source.num_frames))[:MAX_SUGGESTIONS]

    def _on_failed(self, project: Project, sentence: str) -> None:
        if project is self._session.project:  # one that was closed meanwhile is nobody's concern
            self._session.message.emit(sentence)

    def _on_answer(self, project: Project | None, found: list[Suggestion]) -> None:
        if project is self._session.project:
            self.suggestions = found
            self.suggestions_changed.emit(found)
