"""Fine-tuning and the network in use, kept in step with their controllers."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.network.finetuning import FinetuningController
from app.controllers.network.weights_in_use import WeightsInUse
from app.controllers.session import Session
from app.threads.timers import single_shot
from app.ui.main_window import MainWindow
from app.ui.panels.finetune_panel import FinetuneReport, FinetuneState
from app.weights.in_use import NetworkState
from core.project import Project


class NetworkBinding(QObject):
    """The fine-tuning panel, and the weights and device in the status bar."""

    def __init__(
        self, session: Session, weights_in_use: WeightsInUse, finetuning: FinetuningController, window: MainWindow
    ) -> None:
        super().__init__(window)
        self._session = session
        self._finetuning = finetuning
        self._window = window
        self._weights_name = ""
        self._rounds: tuple[str, ...] = ()
        self._can_roll_back = False
        self._timer = single_shot(self, 100, self._draw)

        weights_in_use.network_changed.connect(self._on_network)
        finetuning.changed.connect(self._look)
        session.opened.connect(self._look)
        session.poses_changed.connect(lambda _: self._timer.start())

        panel = window.finetune_panel
        panel.start_requested.connect(finetuning.start)
        panel.cancel_requested.connect(finetuning.cancel)
        panel.accept_requested.connect(finetuning.accept)
        panel.discard_requested.connect(finetuning.discard)
        panel.rollback_requested.connect(finetuning.roll_back)
        panel.frame_chosen.connect(session.playback.go_to)
        self._look()

    def _on_network(self, state: NetworkState | None) -> None:
        self._weights_name = state.weights_name if state is not None else ""
        self._window.set_weights(*((state.weights_name, state.why) if state is not None else (None,)))
        self._window.set_device(state.device if state is not None else "")
        self._look()

    def _look(self) -> None:
        """Reads the project's rounds, which no edit of a pose changes."""
        self._rounds = tuple(entry.weights_sha256[:8] for entry in self._session.read(Project.rounds, ()))
        self._can_roll_back = self._finetuning.can_roll_back()
        self._draw()

    def _draw(self) -> None:
        finetuning = self._finetuning
        why_not = finetuning.why_not()
        current = finetuning.round
        report = None
        if current.report is not None:
            report = FinetuneReport(
                current.report["before"],
                current.report["after"],
                len(current.report["train_frames"]),
                len(current.report["held_out_frames"]),
                tuple(current.report["worse_frames"]),
                current.taken,
            )
        self._window.finetune_panel.set_state(
            FinetuneState(
                can_start=why_not is None,
                why_not=why_not or "",
                corrected_frames=finetuning.corrected_frames(),
                running=current.running,
                step=current.step,
                steps=current.steps,
                seconds_left=current.seconds_left,
                losses=tuple(loss for _, loss in current.losses),
                report=report,
                round_name=self._weights_name,
                rounds=self._rounds,
                can_accept=report is not None and current.taken is None,
                can_rollback=self._can_roll_back,
            )
        )
