"""The queue of one project, kept up to date from any thread: for the window's worker and the simulated labeller."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from core.judging.entries import Entry, EntryColumns, with_marks
from core.judging.review import ReviewQueue
from core.poses import FramePoses
from core.project import Project
from core.work.unfinished import unfinished


class ClipReview:
    """The queue of one project: one thread notes what changed, another one looks at it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._queue = ReviewQueue()
        self._num_frames = 0
        self._others: list[Entry] = []
        self._lock = threading.Lock()
        self._changed: set[int] | None = None  # None where all frames are to be looked at
        self._people_changed = self._marks_changed = True

    def note(self, frame_indices: Iterable[int] = (), *, people: bool = False, marks: bool = False) -> None:
        """Remembers what changed until it is looked at: frames, who is where or what runs did, marks."""
        with self._lock:
            self._people_changed |= people
            self._marks_changed |= marks
            if self._changed is not None:
                self._changed.update(frame_indices)

    def entries(self) -> EntryColumns:
        """Looks at what changed since the last call, the first time at all.

        Raises:
            ProjectError: the project cannot be read. The next call looks at all frames.
        """
        with self._lock:
            changed, self._changed = self._changed, set()
            people, self._people_changed = self._people_changed, False
            marks, self._marks_changed = self._marks_changed, False
        try:
            if changed is None:
                self._queue, self._num_frames = ReviewQueue(), self.project.source.num_frames
                self._queue.look_at(self._frames(0, self._num_frames))
            else:
                self._queue.look_again((index for index in changed if index < self._num_frames), self._frames)
            if people or changed is None:
                self._others = unfinished(self.project)
            if marks or people or changed is None:
                done = self.project.done_marks()
                self._queue.mark(done)
                self._others = with_marks(self._others, done)
        except BaseException:
            with self._lock:
                self._changed = None
            raise
        most = self._queue.gain.most_to_mend()
        return self._queue.columns(self._others if most is None else [*self._others, most])

    def _frames(self, start: int, stop: int) -> Iterator[FramePoses]:
        return self.project.frames(max(start, 0), min(stop, self._num_frames))
