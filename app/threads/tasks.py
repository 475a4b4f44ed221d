"""Long work off the window's thread: progress, time left, and a cancel that is asked for between steps."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.memory import give_free_memory_back
from core.errors import Cancelled, FamiError

log = logging.getLogger(__name__)

LAST_PART_TIMEOUT_S = 60.0
"""How long work on a project may take for its last part before the project is closed."""

ANOTHER_IS_OPENING = "Another clip is being opened: wait for it, then try again."

_HEARD_WITHIN_S = 0.1


class TaskKind(StrEnum):
    """The kinds of long work; of each kind one task runs at a time."""

    OPEN = "open"
    CHECK = "check"
    CHECK_LABELS = "check labels"
    COUNT_EFFORT = "count effort"
    LOOK_AT_CLIPS = "look at clips"
    PREDICT_CLIPS = "predict clips"
    COMPARE_ANNOTATORS = "compare annotators"
    TAKE_LABELS = "take labels"
    PREDICT = "predict"
    FOLLOW = "follow"
    FIND = "find"
    IMPORT = "import"
    EXPORT = "export"
    REPEAT = "repeat"
    REMOVE_RUN = "remove run"
    RECORD_ROUNDS = "record rounds"
    SAVE_AS = "save as"
    REPAIR = "repair"
    BACK_UP = "back up"
    TRACKS = "tracks"
    LOAD_NETWORK = "load network"
    WEIGHTS = "weights"
    REPORT = "report"


class TimeLeft:
    """Seconds left, from how the share of work done grew over the last steps."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()

    def estimate_s(self, done: int, total: int) -> float | None:
        """Seconds left after `done` of `total` steps, None before there is anything to judge by."""
        if done <= 0 or total <= 0:
            return None
        elapsed_s = time.monotonic() - self._started_s
        return elapsed_s / done * max(total - done, 0)


class Task(QObject):
    """One piece of long work in a thread of its own.

    The work is called as `work(task)`; it calls `task.report(done, total)` and `task.deliver(part)`, asks
    `task.is_cancelled()` between steps, and may raise `Cancelled` (what it delivered before is kept).

    Signals (all arrive on the thread that made the task):
        over: the work is done; how it ended comes next, in the same turn of the event loop.
        progressed: done, total, seconds left (or None).
        delivered: a finished part of the result.
        succeeded: the result of the work.
        failed: one sentence that says what went wrong and what to do.
        cancelled: the work ended because it was asked to.
        ended: always, last.
    """

    progressed = Signal(int, int, object)
    delivered = Signal(object)
    over = Signal()
    succeeded = Signal(object)
    failed = Signal(str)
    cancelled = Signal()
    ended = Signal()
    _posted = Signal(object)

    def __init__(
        self, name: str, work: Callable[[Task], Any], parent: QObject | None = None, *, on_project: bool = False
    ) -> None:
        super().__init__(parent)
        self.name = name
        self.on_project = on_project
        self.gives_way = False  # ended for the sake of another task, not by a person's word
        self._work = work
        self._cancel = threading.Event()
        self._time_left = TimeLeft()
        self._thread = threading.Thread(target=self._run, name=f"task {name}", daemon=True)
        # A bound method of an object that lives on the window's thread: Qt queues the call to that thread.
        self._posted.connect(self._call)

    def start(self) -> None:
        """Begins the work."""
        self._thread.start()

    def cancel(self) -> None:
        """Asks the work to end; it does so at its next step."""
        self._cancel.set()

    def is_cancelled(self) -> bool:
        """True once a cancel was asked for."""
        return self._cancel.is_set()

    def go_on(self) -> None:
        """For steps too small to report. Raises Cancelled if a cancel was asked for."""
        if self.is_cancelled():
            raise Cancelled

    def wait(self, timeout_s: float) -> bool:
        """Waits for the thread's end; False if it still runs after `timeout_s`."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def report(self, done: int, total: int) -> None:
        """Says how far the work is. Raises Cancelled if a cancel was asked for."""
        seconds_left = self._time_left.estimate_s(done, total)
        self._posted.emit(lambda: self.progressed.emit(done, total, seconds_left))
        self.go_on()

    def deliver(self, part: object) -> None:
        """Hands over a finished part of the result."""
        self._posted.emit(lambda: self.delivered.emit(part))

    def _call(self, emission: Callable[[], None]) -> None:
        emission()

    def _run(self) -> None:
        outcome: Callable[[], None] | None = None
        try:
            outcome = self._outcome()
        finally:  # whatever happened, nobody waits for this task for ever
            self._posted.emit(partial(self._end, outcome))
        give_free_memory_back()

    def _end(self, outcome: Callable[[], None] | None) -> None:
        self.over.emit()
        try:
            if outcome is not None:
                outcome()
        finally:
            self.ended.emit()

    def _outcome(self) -> Callable[[], None]:
        """Does the work; returns the emission that tells how it ended."""
        try:
            result = self._work(self)
        except Cancelled:
            return self.cancelled.emit
        except FamiError as error:
            sentence = str(error)
        except MemoryError:
            sentence = "There is not enough memory: close other programs and try again."
        except Exception as error:
            log.exception("The task %r broke", self.name)
            sentence = f"{self.name} stopped because of an internal error ({type(error).__name__}: {error})."
        else:
            return lambda: self.succeeded.emit(result)
        return lambda: self.failed.emit(sentence)


@dataclass(frozen=True)
class _Waiting:
    """What is to be started once no work of these kinds runs."""

    kinds: frozenset[TaskKind]
    name: str
    start: Callable[[], object]


class TaskRunner(QObject):
    """Starts tasks, one a kind of work at a time, and ends them all when the program closes.

    Signals:
        shown: name, done, total, seconds left of the task that the status bar shows; name None when none runs.
        failed: one sentence of a task that failed.
        refused: one sentence, why a task was not started, or not yet, or was ended for another one.
    """

    shown = Signal(object, int, int, object)
    failed = Signal(str)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: dict[TaskKind, Task] = {}
        self._waiting: list[_Waiting] = []
        self._closed = False
        self._project_is_closing = False
        self._starting = threading.Lock()

    def run(
        self,
        kind: TaskKind,
        name: str,
        work: Callable[[Task], Any],
        *,
        on_project: bool = False,
        busy: str = "",
        delivered: Callable[[Any], None] | None = None,
        succeeded: Callable[[Any], None] | None = None,
        ended: Callable[[], None] | None = None,
    ) -> Task | None:
        """Starts `work`, unless work of the same kind runs or all was shut down.

        Args:
            kind: of the work.
            name: as the person reads it.
            work: what to do.
            on_project: whether it reads or writes the open project: it is ended, and none is started, while another
                one takes its place.
            busy: what `refused` says where work of the same kind runs.
            delivered: called with each part.
            succeeded: called with the result.
            ended: called last, however it ended.

        Returns:
            The task, None where nothing was started.
        """
        with self._starting:
            sentence = ANOTHER_IS_OPENING if on_project and self._project_is_closing else busy
            refused = self._closed or kind in self._tasks or (on_project and self._project_is_closing)
            task = None if refused else Task(name, work, self, on_project=on_project)
            if task is not None:
                self._tasks[kind] = task
        if task is None:
            if sentence and not self._closed:
                self.refused.emit(sentence)
            return None
        task.progressed.connect(lambda done, total, left: self.shown.emit(self._title(name), done, total, left))
        task.failed.connect(self.failed)
        task.cancelled.connect(lambda: self._tell_way_given(task))
        for signal, slot in ((task.delivered, delivered), (task.succeeded, succeeded)):
            if slot is not None:
                signal.connect(slot)
        # Before the result is told: who asks a person what to do with it may start the next task from there.
        task.over.connect(lambda: self._forget(kind))
        task.ended.connect(task.deleteLater)
        if ended is not None:
            task.ended.connect(ended)
        task.ended.connect(self._start_waiting)
        self.shown.emit(self._title(name), 0, 0, None)
        task.start()
        return task

    def when_free(self, kinds: Collection[TaskKind], name: str, start: Callable[[], object]) -> None:
        """Calls `start`, now or as soon as no work of these kinds runs; what waits longer goes first.

        A cancel, and the opening of another clip, takes away what waits.

        Args:
            kinds: of the work that `start` must not run beside; its own kind, too.
            name: of what waits, as the person reads it.
            start: what begins the work, on the window's thread.
        """
        running = [task.name for kind, task in self._tasks.items() if kind in kinds]
        ahead = [waiting.name for waiting in self._waiting if waiting.kinds & frozenset(kinds)]
        if not running and not ahead:
            start()
            return
        if not self._closed:
            self._waiting.append(_Waiting(frozenset(kinds), name, start))
            self.refused.emit(f"{name} waits until this is done: {(running or ahead)[0]}.")

    def _start_waiting(self) -> None:
        held: set[TaskKind] = set(self._tasks)
        for waiting in list(self._waiting):
            if not waiting.kinds & held and waiting in self._waiting:
                self._waiting.remove(waiting)
                waiting.start()
            held |= waiting.kinds  # nobody overtakes

    def _title(self, name: str) -> str:
        return f"{name} · {len(self._waiting)} waiting" if self._waiting else name

    def running(self, kind: TaskKind | None = None) -> bool:
        """Whether work of that kind (or any) runs."""
        return kind in self._tasks if kind else bool(self._tasks)

    def cancel_all(self) -> None:
        """Asks all tasks to end; what waits for them is not started."""
        self._waiting.clear()
        for task in self._tasks.values():
            task.cancel()

    def end_on_project(self, timeout_s: float, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Ends what works on the open project and waits for it, so that the project can be closed; from any thread.

        Until `project_taken` no such work is started. False, and nothing is held back, if some still runs after
        `timeout_s`, or when `cancelled` says that nobody wants to close the project any more.
        """
        with self._starting:
            self._project_is_closing = True
            self._waiting.clear()
            tasks = [task for task in self._tasks.values() if task.on_project]
        for task in tasks:
            task.gives_way = task.gives_way or not task.is_cancelled()
            task.cancel()
        latest_s = time.monotonic() + timeout_s
        while not all(task.wait(min(timeout_s, _HEARD_WITHIN_S)) for task in tasks):
            if cancelled() or time.monotonic() >= latest_s:
                self.project_taken()
                return False
        return True

    def project_taken(self) -> None:
        """Another project has the place of the last one, or none has: work on it may start."""
        with self._starting:
            self._project_is_closing = False

    def shut_down(self, timeout_s: float = 5.0) -> None:
        """Cancels everything and waits for it, so that no thread outlives the program's objects.

        Args:
            timeout_s: how long each may take; work on the project writes its last part first, and gets the time that
                it gets where another clip is opened.
        """
        self._closed = True
        self.cancel_all()
        for task in list(self._tasks.values()):
            patience_s = LAST_PART_TIMEOUT_S if task.on_project else timeout_s
            if not task.wait(patience_s):
                log.warning("The task %r did not end within %.0f s", task.name, patience_s)

    def _tell_way_given(self, task: Task) -> None:
        if task.gives_way and not self._closed:
            self.refused.emit(f"{task.name} was ended before it was done; start it again.")

    def _forget(self, kind: TaskKind) -> None:
        with self._starting:
            self._tasks.pop(kind, None)
        name = self._title(next(reversed(self._tasks.values())).name) if self._tasks else None
        self.shown.emit(name, 0, 0, None)
