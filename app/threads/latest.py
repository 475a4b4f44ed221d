"""A thread that serves only the newest request: what a view wants to know now."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.memory import give_free_memory_back
from core.errors import Cancelled, FamiError

log = logging.getLogger(__name__)

RESTING_S = 2.0
"""Whoever has not been asked for so long has time to tidy up."""


class LatestLoop:
    """A thread that serves only the newest request; one that still waits when the next comes is dropped.

    A fault in serving one is logged, and the thread lives on for the next.
    """

    def __init__(self, name: str, serve: Callable[[Any], None], at_end: Callable[[], None] | None = None) -> None:
        """Starts the thread.

        Args:
            name: of the thread.
            serve: called in the thread with each request, which is any value but None.
            at_end: called in the thread, last.
        """
        self._name = name
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

    def _is_called(self) -> bool:
        return self._stopping or self._waiting is not None

    def _run(self) -> None:
        has_served = False
        while True:
            with self._condition:
                if has_served and not self._condition.wait_for(self._is_called, RESTING_S):
                    give_free_memory_back()
                self._condition.wait_for(self._is_called)
                if self._stopping:
                    break
                request, self._waiting = self._waiting, None
            self._guarded(partial(self._serve, request))
            del request
            has_served = True
        if self._at_end is not None:
            self._guarded(self._at_end)
        # Whoever serves holds this loop, and the loop holds what serves: such a circle, with all the frames that hang
        # on it, would stay in memory until the oldest garbage is collected.
        self._serve, self._at_end = _nobody_serves, None

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:
            log.exception("The %s broke at a request", self._name)


def _nobody_serves(_request: object) -> None:
    """In the place of what served, once the thread has ended."""


class LatestWorker(QObject):
    """A thread that answers only the newest question: what a view wants to know now.

    Signals (on the thread that made the worker):
        answered: the question, the answer.
        failed: the question, one sentence.
    """

    answered = Signal(object, object)
    failed = Signal(object, str)
    _served = Signal(int)

    def __init__(
        self,
        name: str,
        answer: Callable[[Any], Any],
        parent: QObject | None = None,
        *,
        at_end: Callable[[], None] | None = None,
    ) -> None:
        """Starts the thread.

        Args:
            name: of the thread.
            answer: called in the thread with each question, which is any value but None.
            parent: the QObject that owns this one.
            at_end: called in the thread, last.
        """
        super().__init__(parent)
        self._name = name
        self._answer = answer
        self._num_asked = self._num_settled = 0
        self._served.connect(self._settle)
        self._loop = LatestLoop(name, self._serve, at_end)

    @property
    def is_idle(self) -> bool:
        """False while the newest question has neither been answered, and told so, nor forgotten."""
        return self._num_settled == self._num_asked

    def ask(self, question: object) -> None:
        """Asks; a question that still waits is dropped."""
        self._num_asked += 1
        self._loop.request((self._num_asked, question))

    def forget(self) -> None:
        """Drops a question that still waits."""
        self._num_settled = self._num_asked
        self._loop.request(None)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ends the thread after the answer it is working on."""
        self._loop.stop(timeout_s)

    def _settle(self, number: int) -> None:
        self._num_settled = max(self._num_settled, number)

    def _serve(self, numbered: tuple[int, object]) -> None:
        number, question = numbered
        try:
            self._tell(question)
        finally:  # whatever came of it
            self._served.emit(number)

    def _tell(self, question: object) -> None:
        try:
            answer = self._answer(question)
        except Cancelled:
            return
        except FamiError as error:
            self.failed.emit(question, str(error))
        except Exception as error:
            log.exception("The %s broke", self._name)
            self.failed.emit(
                question, f"The {self._name} ran into an internal error ({type(error).__name__}: {error})."
            )
        else:
            self.answered.emit(question, answer)
