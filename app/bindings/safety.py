"""What the window offers when a project's file is gone or damaged, or its clip is another one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.bindings.connecting import Slot, connect_actions
from app.bindings.questions import VIDEOS
from app.controllers.safety.mismatch import MismatchController
from app.controllers.safety.rescue import Offer, RescueController
from app.controllers.session import Session
from app.threads.tasks import TaskRunner
from app.ui.dialogs.safety_dialogs import Answer, ask_about_mismatch, ask_how_to_rescue
from app.ui.main_window import MainWindow

PROJECTS = "Projects (*.fami);;All files (*)"
ASKED = (
    "Labels remember the picture that they were made on. Say here what holds where the clip shows another one: "
    "it was encoded anew, replaced, or moved."
)


class SafetyBinding(QObject):
    """Shows what went wrong with a button that does something about it."""

    def __init__(
        self,
        session: Session,
        tasks: TaskRunner,
        rescue: RescueController,
        mismatch: MismatchController,
        window: MainWindow,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._rescue = rescue
        self._mismatch = mismatch
        self._window = window
        session.error.connect(self._offer_saving)
        tasks.failed.connect(self._offer_saving)
        session.mismatched.connect(
            lambda sentence: window.show_error(sentence, "Say which…", lambda: self._ask_about_mismatch(sentence))
        )
        rescue.offered.connect(
            lambda offer: window.show_error(offer.sentence, "Save its labels…", lambda: self._ask_how_to_rescue(offer))
        )
        rescue.saved.connect(window.show_remarks)
        slots: dict[str, Slot] = {
            "action_mismatch": lambda: self._ask_about_mismatch(ASKED),
            "action_repair": self._ask_for_damaged,
        }
        connect_actions(window, slots)

    def _offer_saving(self, sentence: str) -> None:
        """An error of whatever kind, while the open project's file is gone, comes with a way out."""
        if self._rescue.is_gone:
            self._window.show_error(sentence, "Save under another name…", self._save_as)

    def _save_as(self) -> None:
        proposed = self._rescue.proposed_name()
        if proposed is None:
            return
        path, _ = QFileDialog.getSaveFileName(self._window, "Save under another name", str(proposed), PROJECTS)
        if path:
            self._rescue.save_as(Path(path).with_suffix(".fami"))

    def _ask_about_mismatch(self, sentence: str) -> None:
        if self._session.project is None:
            self._session.message.emit("Open a clip first.")
            return
        answer = ask_about_mismatch(self._window, sentence)
        if answer is Answer.CHOOSE_CLIP:
            self._choose_clip(self._session.project.path)
        elif answer is not None:
            self._mismatch.trust(only_shown=answer is Answer.TRUST_SHOWN)

    def _choose_clip(self, project_path: Path) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, "The labelled clip", str(project_path.parent), VIDEOS)
        if path:
            self._mismatch.choose(Path(path))

    def _ask_how_to_rescue(self, offer: Offer) -> None:
        lines = [backup.stem for backup in offer.backups]
        choice = ask_how_to_rescue(self._window, offer.sentence, lines)
        if choice == 0:
            self._rescue.repair(offer.path)
        elif choice is not None:
            self._rescue.restore(offer.path, offer.backups[choice - 1])

    def _ask_for_damaged(self) -> None:
        """Asks which project is to be repaired."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Repair a project", str(Path.home()), PROJECTS)
        if path:
            self._rescue.repair(Path(path))
