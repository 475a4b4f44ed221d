"""The dialog of weights, kept in step with their controller."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.controllers.network.weights import WeightsController
from app.controllers.network.weights_in_use import WeightsInUse
from app.threads.tasks import TaskKind, TaskRunner
from app.ui.dialogs import dialogs
from app.ui.dialogs.weights_dialog import WeightsDialog, WeightsRow
from app.ui.main_window import MainWindow
from app.weights.in_use import Network, NetworkState

if TYPE_CHECKING:  # loads torch
    from app.weights.facts import WeightsFacts

FILTER = "Weights (*.pth *.pt *.tar);;All files (*)"
STATES = {"": "to fetch", "fetched": "fetched", "yours": "imported", "bundled": "included"}
CHOSEN = "chosen by you"


class WeightsBinding(QObject):
    """Opens the dialog, fills it, and hands on what is asked for in it."""

    def __init__(
        self,
        controller: WeightsController,
        weights_in_use: WeightsInUse,
        network: Network,
        tasks: TaskRunner,
        window: MainWindow,
    ) -> None:
        super().__init__(window)
        self._controller = controller
        self._network = network
        self._tasks = tasks
        self._window = window
        self._facts: list[WeightsFacts] = []
        self._state: NetworkState | None = None
        self.dialog = dialog = WeightsDialog(window)
        dialog.fetch_requested.connect(self._asked(controller.fetch))
        dialog.use_requested.connect(self._asked(controller.use))
        dialog.best_requested.connect(self._asked(controller.use_best))
        dialog.measure_requested.connect(self._asked(controller.measure))
        dialog.import_requested.connect(self._asked(self._ask_for_file))
        dialog.cancel_requested.connect(controller.cancel)
        controller.listed.connect(self._on_listed)
        controller.progressed.connect(dialog.set_progress)
        controller.told.connect(self._tell)
        controller.keypoints_wanted.connect(self._ask_for_keypoints)
        weights_in_use.network_changed.connect(self._on_network)

    def open(self, sentence: str = "") -> None:
        """Shows the dialog, with a sentence of why where there is one."""
        self.dialog.show_message(sentence)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        self._draw()
        if not self._tasks.running(TaskKind.WEIGHTS):
            self._controller.refresh()

    def _asked(self, act: Callable[..., None]) -> Callable[..., None]:
        def asked(*words: str) -> None:
            self.dialog.show_message("")
            act(*words)

        return asked

    def _on_listed(self, facts: list[WeightsFacts]) -> None:
        self._facts = facts
        self._draw()

    def _on_network(self, state: NetworkState | None) -> None:
        self._state = state
        self._draw()

    def _draw(self) -> None:
        path, state = self._network.weights_path, self._state
        self.dialog.set_rows([_row(facts, is_in_use=facts.at_hand and facts.path == path) for facts in self._facts])
        name = next((facts.name for facts in self._facts if facts.at_hand and facts.path == path), "")
        shown = name or (state.weights_name if state is not None else "")
        why = state.why if state is not None else ""
        self.dialog.set_in_use(shown if path is not None else "", why, can_return=why == CHOSEN)

    def _tell(self, sentence: str, is_error: bool) -> None:
        if self.dialog.isVisible():
            self.dialog.show_message(sentence, is_error=is_error)
        elif is_error:
            self._window.show_error(sentence)
        else:
            self._window.show_message(sentence)

    def _ask_for_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self.dialog, "Import weights", str(Path.home()), FILTER)
        if path:
            self._controller.import_file(Path(path))

    def _ask_for_keypoints(self, path: Path) -> None:
        keypoints = dialogs.ask_keypoints(self.dialog, path)
        if keypoints is not None:
            self._controller.import_file(path, keypoints)


def _row(facts: WeightsFacts, *, is_in_use: bool) -> WeightsRow:
    speed = "" if facts.speed is None else f"{'' if facts.speed.is_measured else '~'}{facts.speed.seconds:.2f} s"
    kind = ""
    if facts.architecture is not None:
        width, height = facts.architecture.input_size_wh
        kind = f"Backbone {facts.architecture.backbone}, crops of {width} × {height} pixels"
        kind += f", {facts.architecture.num_frames} frames at once." if facts.architecture.num_frames > 1 else "."
    where = f"At {facts.path}" if facts.at_hand else f"From {facts.url}"
    details = tuple(line for line in (facts.description, kind, facts.terms, where) if line)
    return WeightsRow(
        facts.name,
        "damaged" if facts.trouble else STATES[facts.origin],
        facts.summary,
        speed,
        f"{facts.megabytes:.0f} MB",
        facts.licence,
        details,
        in_use=is_in_use,
        can_use=facts.at_hand and not facts.trouble,
        can_fetch=not facts.at_hand and bool(facts.url),
    )
