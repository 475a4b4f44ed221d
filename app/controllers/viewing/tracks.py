"""What the timeline shows of each person, read off the window's thread and kept up to date frame by frame."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.latest import LatestWorker
from app.threads.timers import single_shot
from core.project import Project, Touched, TrackCells, TrackEnds

QUIET_MS = 60
CELLS_AT_ONCE = 4096
PARTS_AT_ONCE = 8


class TracksPart(NamedTuple):
    """What was read in one go.

    Attributes:
        frame_indices: the frames; nothing is left out of what they hold.
        cells: who is in them.
        ends: why people are missing, None where it was not read again.
        is_last: whether nothing is left to read.
    """

    frame_indices: NDArray[np.int64]
    cells: TrackCells
    ends: TrackEnds | None
    is_last: bool


class ClipTracks:
    """The reading of one project. The window's thread notes what changed, the worker's reads it, a part at a time."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._num_frames = project.source.num_frames
        self._lock = threading.Lock()
        self._changed: set[int] = set()
        self._ends_changed = True
        self._next: int | None = 0

    def note(self, frame_indices: Iterable[int], *, ends: bool) -> None:
        """Remembers frames that changed until they are read, and whether it may be otherwise why people are missing."""
        with self._lock:
            self._changed.update(index for index in frame_indices if index < self._num_frames)
            self._ends_changed = self._ends_changed or ends

    def read(self) -> TracksPart:
        """What changed since the last call; else the next part of the clip. Raises ProjectError."""
        with self._lock:
            changed, self._changed = self._changed, set()
            ends_changed, self._ends_changed = self._ends_changed, False
        try:
            ends = self.project.track_ends() if ends_changed else None
            frames, cells = self._changed_cells(changed) if changed or self._next is None else self._next_cells()
        except BaseException:
            self.note(changed, ends=ends_changed)
            raise
        return TracksPart(frames, cells, ends, self._next is None)

    def _changed_cells(self, changed: set[int]) -> tuple[NDArray[np.int64], TrackCells]:
        return np.array(sorted(changed), np.int64), self.project.track_cells_of(changed)

    def _next_cells(self) -> tuple[NDArray[np.int64], TrackCells]:
        start = going_on = self._next or 0
        found: list[TrackCells] = []
        while self._next is not None and len(found) < PARTS_AT_ONCE:
            cells, self._next = self.project.track_cells(going_on, CELLS_AT_ONCE)
            going_on = self._next or 0
            found.append(cells)
        stop = self._num_frames if self._next is None else self._next
        return np.arange(start, stop), TrackCells.joined(found)


class TracksController(QObject):
    """Reads everybody's states for the timeline.

    Signals:
        opened(int): another clip of so many frames is read from now on.
        read(TracksPart): a part of it.
    """

    opened = Signal(int)
    read = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._clip: ClipTracks | None = None
        self._worker = LatestWorker("tracks", lambda clip: clip.read(), self)
        self._worker.answered.connect(self._on_answer)
        self._worker.failed.connect(self._on_failed)
        self._timer = single_shot(self, QUIET_MS, self._ask)
        session.opened.connect(self._on_opened)
        session.poses_changed.connect(self.look_again)

    @property
    def is_up_to_date(self) -> bool:
        """False while something is still to be read: for scripts that wait for the rows."""
        return not self._timer.isActive() and self._worker.is_idle

    def stop(self) -> None:
        """Ends the thread."""
        self._timer.stop()
        self._worker.stop()

    def look_again(self, touched: Touched) -> None:
        """Reads what changed, soon; changes that follow each other closely are read together."""
        if self._clip is not None:
            self._clip.note(touched.frame_indices, ends=touched.people_changed)
            if not self._timer.isActive():
                self._timer.start()

    def look_at_ends(self) -> None:
        """Reads again why people are missing, as a following has ended."""
        if self._clip is not None:
            self._clip.note((), ends=True)
            self._ask()

    def _on_opened(self) -> None:
        project = self._session.project
        self._clip = self._session.read(ClipTracks, None)
        self.opened.emit(0 if project is None or self._clip is None else project.source.num_frames)
        self._ask()

    def _ask(self) -> None:
        if self._clip is not None:
            self._worker.ask(self._clip)

    def _on_answer(self, clip: ClipTracks, part: TracksPart) -> None:
        if clip is not self._clip:
            return
        self.read.emit(part)
        if not part.is_last:
            self._ask()

    def _on_failed(self, clip: ClipTracks, sentence: str) -> None:
        if clip is self._clip and self._session.project is not None:
            self._session.message.emit(sentence)
