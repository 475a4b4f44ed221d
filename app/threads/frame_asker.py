"""Questions about the frame on screen, answered off the window's thread from the clip itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from cachetools import LRUCache
from PySide6.QtCore import QObject, Signal

from app.threads.latest import LatestWorker
from core.errors import Cancelled
from core.video import Source, open_source

ASK_AFTER_MS = 120
"""Questions are asked once the hand has stayed on a frame this long, so that scrubbing costs nothing."""


class FrameQuestion(Protocol):
    """A question: hashable, equal to another one exactly if the answer would be the same."""

    @property
    def path(self) -> Path:
        """The clip that it is about."""


Q = TypeVar("Q", bound=FrameQuestion)
A = TypeVar("A")


class _Asked(NamedTuple):
    """A question (None: let the clip go), and how often all answers had been forgotten when it was asked."""

    question: Any
    times_cleared: int


class FrameAsker(QObject, Generic[Q, A]):
    """Asks the newest question; one that still waits is dropped. Answers are kept, the least recently used go first.

    Whoever answers works with a source of its own, which stays open while the questions are about the same clip.

    Attributes:
        wanted: the question whose answer is wanted now, None if there is none.

    Signals:
        answered: the wanted question, its answer; at once where it is kept.
        failed: the wanted question, one sentence.
    """

    answered = Signal(object, object)
    failed = Signal(object, str)

    def __init__(
        self,
        name: str,
        answer: Callable[[Q, Source], A],
        *,
        room: float,
        size_of: Callable[[A], float] = lambda _: 1,
        parent: QObject | None = None,
    ) -> None:
        """Starts the thread.

        Args:
            name: of the thread.
            answer: called in the thread with a question and the clip that it is about; raises Cancelled where the
                answer would no longer be to the question.
            room: the sum of sizes of all answers that are kept. A larger answer is held only while it is wanted.
            size_of: an answer's size.
            parent: the QObject that owns this one.
        """
        super().__init__(parent)
        self.wanted: Q | None = None
        self._answer = answer
        self._size_of = size_of
        self._kept: LRUCache[Q, A] = LRUCache(room, size_of)
        self._held: tuple[Q, A] | None = None
        self._times_cleared = 0
        self._source: Source | None = None
        self._opened_after = 0
        self._worker = LatestWorker(name, self._serve, self, at_end=self._close_source)
        self._worker.answered.connect(self._keep)
        self._worker.failed.connect(self._fail)

    def ask(self, question: Q) -> None:
        """Asks, in place of the question that was wanted until now."""
        self.wanted = question
        answer = self.answer()
        if answer is None:
            self._worker.ask(_Asked(question, self._times_cleared))
        else:
            self._worker.forget()
            self._held = question, answer
            self.answered.emit(question, answer)

    def answer(self) -> A | None:
        """The answer to the wanted question, None until it is there."""
        if self.wanted is None:
            return None
        if self._held is not None and self._held[0] == self.wanted:
            return self._held[1]
        return self._kept.get(self.wanted)

    def forget(self) -> None:
        """No answer is wanted now; those that there are stay."""
        self.wanted = self._held = None
        self._worker.forget()

    def clear(self) -> None:
        """Forgets all answers, also those on their way, and what was read of the clip: its file may be another one."""
        self.forget()
        self._kept.clear()
        self._times_cleared += 1
        self._worker.ask(_Asked(None, self._times_cleared))  # closes the clip, with the frames that it keeps

    def stop(self) -> None:
        """Ends the thread."""
        self.forget()
        self._worker.stop()

    def _serve(self, asked: _Asked) -> A:
        """In the thread."""
        if asked.question is None:
            self._close_source()
            raise Cancelled
        question: Q = asked.question
        if self._source is None or self._source.path != question.path or self._opened_after != asked.times_cleared:
            self._close_source()
            self._source = open_source(question.path)
            self._opened_after = asked.times_cleared
        return self._answer(question, self._source)

    def _close_source(self) -> None:
        """In the thread."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def raise_unless_wanted(self, question: Q) -> None:
        """For whoever answers, between two steps. Raises Cancelled as soon as nobody waits for the answer any more."""
        if self.wanted != question:
            raise Cancelled

    def _keep(self, asked: _Asked, answer: A) -> None:
        if asked.times_cleared != self._times_cleared:
            return
        if self._size_of(answer) <= self._kept.maxsize:
            self._kept[asked.question] = answer
        if asked.question == self.wanted:
            self._held = asked.question, answer
            self.answered.emit(asked.question, answer)

    def _fail(self, asked: _Asked, sentence: str) -> None:
        if asked.times_cleared == self._times_cleared and asked.question == self.wanted:
            self.failed.emit(asked.question, sentence)
