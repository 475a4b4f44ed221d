"""What to look at next: the queue of doubtful poses, computed off the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.session import Session
from app.threads.latest import LatestWorker
from core.judging.review import ReviewQueue, Suggestion, neighbour
from core.poses import FramePoses
from core.project import Project, Touched

QUIET_MS = 250
MAX_SUGGESTIONS = 500


class ClipReview:
    """The queue of one project. The window's thread notes which frames changed, the worker's looks at them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._queue = ReviewQueue()
        self._num_frames = 0
        self._lock = threading.Lock()
        self._changed: set[int] | None = None  # None where all frames are to be looked at

    def note(self, frame_indices: Iterable[int]) -> None:
        """Remembers frames that changed until they are looked at."""
        with self._lock:
            if self._changed is not None:
                self._changed.update(frame_indices)

    def suggestions(self) -> list[Suggestion]:
        """Looks at the frames that changed since the last call (the first time at all); the most urgent come first.

        Raises:
            ProjectError: the project cannot be read. The next call looks at all frames.
        """
        with self._lock:
            changed, self._changed = self._changed, set()
        try:
            if changed is None:
                self._queue, self._num_frames = ReviewQueue(), self.project.source.num_frames
                self._queue.look_at(self._frames(0, self._num_frames))
            else:
                self._queue.look_again((index for index in changed if index < self._num_frames), self._frames)
        except BaseException:
            with self._lock:
                self._changed = None
            raise
        return self._queue.suggestions()[:MAX_SUGGESTIONS]

    def _frames(self, start: int, stop: int) -> Iterator[FramePoses]:
        return self.project.frames(max(start, 0), min(stop, self._num_frames))


class QueueQuestion(NamedTuple):
    """Whose queue is wanted; the number tells the newest question from those before it."""

    review: ClipReview
    number: int


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
        self._review: ClipReview | None = None
        self._asked = self._answered = 0
        session.opened.connect(self._on_opened)
        session.poses_changed.connect(self._on_poses_changed)

    @property
    def is_up_to_date(self) -> bool:
        """False while something that changed is still to be looked at: for scripts that wait for the queue."""
        return not self._timer.isActive() and self._answered == self._asked

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
        frames = self._session.read(Project.labelled_frames, None)
        if frames is None:
            return
        here = self._session.playback.wanted
        target = neighbour(frames, here, direction)
        if target is None:
            self._session.message.emit(f"No labelled frame {'after' if direction > 0 else 'before'} this one.")
            return
        self._session.playback.step(target - here)

    def _on_opened(self) -> None:
        project = self._session.project
        self._review = None if project is None else ClipReview(project)
        self._timer.start()

    def _on_poses_changed(self, touched: Touched) -> None:
        if self._review is not None:
            self._review.note(touched.frame_indices)
            self._timer.start()

    def _ask(self) -> None:
        if self._review is None:
            self._show([])
        else:
            self._asked += 1
            self._worker.ask(QueueQuestion(self._review, self._asked))

    def _compute(self, question: QueueQuestion) -> list[Suggestion]:
        return question.review.suggestions()

    def _on_failed(self, question: QueueQuestion, sentence: str) -> None:
        self._answered = question.number
        if question.review is self._review:  # one that was closed meanwhile is nobody's concern
            self._session.message.emit(sentence)

    def _on_answer(self, question: QueueQuestion, found: list[Suggestion]) -> None:
        self._answered = question.number
        if question.review is self._review:
            self._show(found)

    def _show(self, found: list[Suggestion]) -> None:
        self.suggestions = found
        self.suggestions_changed.emit(found)
