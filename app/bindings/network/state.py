"""Fine-tuning and the network in use, kept in step with their controllers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject

from app.controllers.network.finetuning import FinetuningController, RoundState
from app.controllers.network.self_rounds import SelfRounds
from app.controllers.network.weights_in_use import WeightsInUse
from app.controllers.session import Session
from app.threads.timers import single_shot
from app.ui.main_window import MainWindow
from app.ui.panels.finetune_panel import FinetuneReport, FinetuneState
from app.ui.panels.round_progress import RoundPlan, RoundUnderWay
from app.weights.in_use import NetworkState
from core.project import Project


class NetworkBinding(QObject):
    """The fine-tuning panel, and the weights and device in the status bar."""

    def __init__(
        self,
        session: Session,
        weights_in_use: WeightsInUse,
        finetuning: FinetuningController,
        self_rounds: SelfRounds,
        window: MainWindow,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._finetuning = finetuning
        self._self_rounds = self_rounds
        self._window = window
        self._weights_name = ""
        self._rounds: tuple[str, ...] = ()
        self._can_roll_back = False
        self._timer = single_shot(self, 100, self._draw)

        weights_in_use.network_changed.connect(self._on_network)
        finetuning.changed.connect(self._draw)
        finetuning.recorded.connect(self._look)
        weights_in_use.network_changed.connect(lambda _: self._look())
        self_rounds.changed.connect(self._draw)
        session.opened.connect(self._look)
        session.poses_changed.connect(lambda _: self._timer.start())

        panel = window.finetune_panel
        panel.start_requested.connect(finetuning.start)
        panel.stop_requested.connect(finetuning.stop_early)
        panel.cancel_requested.connect(finetuning.cancel)
        panel.every_chosen.connect(self_rounds.choose)
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
        report = None if current.report is None else _report(current.report, current.taken)
        self._window.finetune_panel.set_state(
            FinetuneState(
                can_start=why_not is None,
                why_not=why_not or "",
                corrected_frames=finetuning.corrected_frames(),
                new_frames=finetuning.new_frames(),
                running=_under_way(current) if current.running else None,
                report=report,
                round_name=self._weights_name,
                rounds=self._rounds,
                can_accept=report is not None and current.taken is None,
                can_rollback=self._can_roll_back,
                every=self._self_rounds.every,
            )
        )


def _under_way(current: RoundState) -> RoundUnderWay:
    names = ("train_frames", "held_out_frames", "choosing_frames", "device", "memory_bytes", "seconds")
    plan = None if current.plan is None else RoundPlan(**{name: current.plan[name] for name in names})
    return RoundUnderWay(
        plan,
        current.phase,
        current.step,
        current.steps,
        current.seconds_left,
        tuple(loss for _, loss in current.losses),
        current.errors,
        current.remark,
        len(current.waiting),
    )


def _report(report: Mapping[str, Any], taken: bool | None) -> FinetuneReport:
    proof = report.get("proof", {})
    mean = proof.get("held_out", {}).get("joints", {}).get("mean", {})
    taught = proof.get("corrected", {}).get("joints", {}).get("mean")
    return FinetuneReport(
        report["before"],
        report["after"],
        len(report["train_frames"]),
        len(report["held_out_frames"]),
        tuple(report["worse_frames"]),
        taken,
        reason=report.get("reason", "") if report.get("verdict") == "worse" else "",
        corrected=None if taught is None else (taught["before"], taught["after"]),
        remarks=tuple(report.get("remarks", ())),
        spread=mean.get("spread_after"),
    )
