"""Rounds that begin by themselves: after so many newly corrected frames, once the hand rests."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.controllers.network.finetuning import FinetuningController
from app.controllers.session import Session
from app.threads.timers import single_shot
from core.errors import FamiError
from core.files.small_files import remembered

REST_MS = 8000
"""The hand rests once nothing was changed, shown or selected for so long."""

_SETTING = "round_after_frames"
_MOST_FRAMES = 10**6


class SelfRounds(QObject):
    """Starts rounds while the hand is idle, where the project says so.

    Signals:
        changed: `every` changed.
    """

    changed = Signal()

    def __init__(self, session: Session, finetuning: FinetuningController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._finetuning = finetuning
        self.every = 0
        self.rest = single_shot(self, REST_MS, self._on_rest)
        session.opened.connect(self._on_opened)
        session.closing.connect(self.rest.stop)
        session.poses_changed.connect(lambda _: self._wait())
        session.frame_shown.connect(lambda _: self._wait())
        session.selection_changed.connect(lambda *_: self._wait())

    def choose(self, every: int) -> None:
        """From now on a round begins after so many newly corrected frames; 0 for never. The project remembers it."""
        project = self._session.project
        if project is None or every == self.every:
            return
        try:
            project.set_setting(_SETTING, str(every) if every else None)
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self.every = every
        self._wait()
        self.changed.emit()

    def _on_opened(self) -> None:
        stored = remembered(self._session.read(lambda project: project.setting(_SETTING), None), 0)
        self.every = stored if 0 <= stored <= _MOST_FRAMES else 0
        self._wait()
        self.changed.emit()

    def _wait(self) -> None:
        if self.every and self._session.project is not None:
            self.rest.start()
        else:
            self.rest.stop()

    def _on_rest(self) -> None:
        finetuning = self._finetuning
        if self.every and finetuning.new_frames() >= self.every and finetuning.why_not() is None:
            self._session.message.emit(f"A round of fine-tuning began by itself: {finetuning.new_frames()} new frames.")
            finetuning.start(by_itself=True)
