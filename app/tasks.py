"""Long work off the window's thread: progress, time left, and a cancel that is asked for between steps."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import Cancelled, FamiError

log = logging.getLogger(__name__)


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
        progressed: done, total, seconds left (or None).
        delivered: a finished part of the result.
        succeeded: the result of the work.
        failed: one sentence that says what went wrong and what to do.
        cancelled: the work ended because it was asked to.
        ended: always, last.
    """

    progressed = Signal(int, int, object)
    delivered = Signal(object)
    succeeded = Signal(object)
    failed = Signal(str)
    cancelled = Signal()
    ended = Signal()
    _posted = Signal(object)

    def __init__(self, name: str, work: Callable[[Task], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name
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

    def is_running(self) -> bool:
        """True while the thread lives."""
        return self._thread.is_alive()

    def wait(self, timeout_s: float) -> bool:
        """Waits for the thread's end; False if it still runs after `timeout_s`."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def report(self, done: int, total: int) -> None:
        """Says how far the work is. Raises Cancelled if a cancel was asked for."""
        seconds_left = self._time_left.estimate_s(done, total)
        self._posted.emit(lambda: self.progressed.emit(done, total, seconds_left))
        if self.is_cancelled():
            raise Cancelled

    def deliver(self, part: object) -> None:
        """Hands over a finished part of the result."""
        self._posted.emit(lambda: self.delivered.emit(part))

    def _call(self, emission: Callable[[], None]) -> None:
        emission()

    def _run(self) -> None:
        outcome = self._outcome()
        self._posted.emit(outcome)
        self._posted.emit(self.ended.emit)

    def _outcome(self) -> Callable[[], None]:
        """Does the work; returns the emission that tells how it ended."""
        try:
            result = self._work(self)
        except Cancelled:
            return self.cancelled.emit
        except FamiError as error:
            sentence = str(error)
        except MemoryError:
            sentence = "The memory is full: close other programs and try again."
        except Exception as error:
            log.exception("The task %r broke", self.name)
            sentence = f"{self.name} stopped because of a fault in the program ({type(error).__name__}: {error})."
        else:
            return lambda: self.succeeded.emit(result)
        return lambda: self.failed.emit(sentence)


class TaskRunner(QObject):
    """Starts tasks, one a kind of work at a time, and ends them all when the program closes.

    Signals:
        shown: name, done, total, seconds left of the task that the status bar shows; name None when none runs.
        failed: one sentence of a task that failed.
    """

    shown = Signal(object, int, int, object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: dict[str, Task] = {}
        self._closed = False

    def run(
        self,
        kind: str,
        name: str,
        work: Callable[[Task], Any],
        *,
        delivered: Callable[[Any], None] | None = None,
        succeeded: Callable[[Any], None] | None = None,
        ended: Callable[[], None] | None = None,
    ) -> Task | None:
        """Starts `work` unless work of the same kind runs (or all was shut down): then it returns None, undone."""
        if kind in self._tasks or self._closed:
            return None
        task = Task(name, work, self)
        self._tasks[kind] = task
        task.progressed.connect(lambda done, total, left: self.shown.emit(name, done, total, left))
        task.failed.connect(self.failed)
        for signal, slot in ((task.delivered, delivered), (task.succeeded, succeeded)):
            if slot is not None:
                signal.connect(slot)
        task.ended.connect(lambda: self._forget(kind, task))
        if ended is not None:
            task.ended.connect(ended)
        self.shown.emit(name, 0, 0, None)
        task.start()
        return task

    def running(self, kind: str | None = None) -> bool:
        """Whether work of that kind (or any) runs."""
        return kind in self._tasks if kind else bool(self._tasks)

    def cancel_all(self) -> None:
        """Asks all tasks to end."""
        for task in self._tasks.values():
            task.cancel()

    def end(self, kinds: Iterable[str], timeout_s: float) -> bool:
        """Cancels the work of these kinds and waits for it, from any thread; False if some still runs then."""
        tasks = [task for task in map(self._tasks.copy().get, kinds) if task is not None]
        for task in tasks:
            task.cancel()
        return all(task.wait(timeout_s) for task in tasks)

    def shut_down(self, timeout_s: float = 5.0) -> None:
        """Cancels everything and waits for it, so that no thread outlives the program's objects."""
        self._closed = True
        self.cancel_all()
        for task in list(self._tasks.values()):
            if not task.wait(timeout_s):
                log.warning("The task %r did not end within %.0f s", task.name, timeout_s)

    def _forget(self, kind: str, task: Task) -> None:
        self._tasks.pop(kind, None)
        task.deleteLater()
        if self._tasks:
            self.shown.emit(next(reversed(self._tasks.values())).name, 0, 0, None)
        else:
            self.shown.emit(None, 0, 0, None)


class LatestLoop:
    """A thread that serves only the newest request; one that still waits when the next comes is dropped."""

    def __init__(self, name: str, serve: Callable[[Any], None], at_end: Callable[[], None] | None = None) -> None:
        """Starts the thread.

        Args:
            name: of the thread.
            serve: called in the thread with each request, which is any value but None.
            at_end: called in the thread, last.
        """
        self._serve = serve
        self._at_end = at_end
        self._waiting: object | None = None
        self._stopping = False
        self._condition = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def request(self, request: object | None) -> None:
        """Asks for the newest thing; None takes back what still waits."""
        with self._condition:
            self._waiting = request
            self._condition.notify()

    def is_overtaken(self) -> bool:
        """Whether whoever serves should end soon: something newer waits, or the end was asked for."""
        with self._condition:
            return self._stopping or self._waiting is not None

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ends the thread after the request that it is serving."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._stopping or self._waiting is not None)
                if self._stopping:
                    break
                request, self._waiting = self._waiting, None
            self._serve(request)
        if self._at_end is not None:
            self._at_end()


class LatestWorker(QObject):
    """A thread that answers only the newest question: what a view wants to know now.

    Signals (on the thread that made the worker):
        answered: the question, the answer.
        failed: the question, one sentence.
    """

    answered = Signal(object, object)
    failed = Signal(object, str)

    def __init__(self, name: str, answer: Callable[[Any], Any], parent: QObject | None = None) -> None:
        """`answer(question)` runs in the thread; questions are any values but None."""
        super().__init__(parent)
        self._name = name
        self._answer = answer
        self._loop = LatestLoop(name, self._serve)

    def ask(self, question: object) -> None:
        """Asks; a question that still waits is dropped."""
        self._loop.request(question)

    def forget(self) -> None:
        """Drops a question that still waits."""
        self._loop.request(None)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ends the thread after the answer it is working on."""
        self._loop.stop(timeout_s)

    def _serve(self, question: object) -> None:
        try:
            answer = self._answer(question)
        except Cancelled:
            return
        except FamiError as error:
            self.failed.emit(question, str(error))
        except Exception as error:
            log.exception("The %s broke", self._name)
            self.failed.emit(question, f"The {self._name} stopped at a fault ({type(error).__name__}: {error}).")
        else:
            self.answered.emit(question, answer)
