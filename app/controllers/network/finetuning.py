"""One-click fine-tuning: a child process trains on the corrections, the window watches."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.controllers.network.round_process import RoundProcess
from app.controllers.network.weights_in_use import FINE_TUNED, WeightsInUse
from app.controllers.session import Session
from app.weights.in_use import Network
from core.errors import FamiError
from core.project import Project, Round, Touched

log = logging.getLogger(__name__)

MIN_CORRECTED_FRAMES = 4
BY_HAND = ("edit", "undo", "redo")
"""The kinds of journal entries that a person makes."""


@dataclass(frozen=True)
class RoundState:
    """What is known of the round that runs or ran last.

    Attributes:
        by_itself: nobody asked for it: it began after enough corrections.
        plan: what it is about to do and what that costs, by `RoundPlan`'s names; None until it is known.
        phase: "starting", "training", "stopping" (asked to end early) or "measuring".
        losses: (step, loss) pairs, in order.
        errors: (step, mean error on the frames that choose) pairs, in order.
        remark: a sentence on what had to change on the way.
        waiting: frames that were corrected since it began: they wait for the next round.
        report: the child's report when it is done, else None.
        taken: True or False once the new weights were taken or put aside, None before.
    """

    running: bool = False
    by_itself: bool = False
    plan: dict[str, Any] | None = None
    phase: str = "starting"
    step: int = 0
    steps: int = 0
    seconds_left: float | None = None
    losses: tuple[tuple[int, float], ...] = field(default=())
    errors: tuple[tuple[int, float], ...] = field(default=())
    remark: str = ""
    waiting: frozenset[int] = frozenset()
    report: dict[str, Any] | None = None
    taken: bool | None = None


class FinetuningController(QObject):
    """Starts, watches, stops and cancels the child process; takes new weights into use and takes them back.

    Signals:
        changed: something to show changed.
        recorded: a round ended and is remembered with the project.
        ended_beside: reports of a round for other projects, which are to be remembered with these.
    """

    changed = Signal()
    recorded = Signal()
    ended_beside = Signal(object)

    def __init__(
        self, session: Session, network: Network, weights_in_use: WeightsInUse, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._network = network
        self._weights_in_use = weights_in_use
        self._error: str | None = None
        self._cancelled = False
        self._known_frames: list[int] = []
        self._beside: list[dict[str, Any]] = []
        self._project_path = ""
        self.round = RoundState()
        self.process = RoundProcess(self)
        self.process.said.connect(self._on_event)
        self.process.ended.connect(self._on_ended)
        self.process.hangs.connect(session.message)
        session.closing.connect(self._abandon)
        session.opened.connect(self._on_opened)
        session.poses_changed.connect(self._on_poses_changed)

    def why_not(self) -> str | None:
        """The sentence why no round can start now, None if one can."""
        session = self._session
        if session.project is None:
            return "Open a clip first."
        if session.project.read_only:
            return "The project is open read-only."
        if self.round.running:
            return "A round is running."
        if self._network.weights_path is None:
            return "There are no weights to start from."
        corrected = self.corrected_frames()
        if corrected < MIN_CORRECTED_FRAMES:
            return (
                f"Correct or accept poses in at least {MIN_CORRECTED_FRAMES} frames first "
                f"({corrected} so far): some are held out to measure the error."
            )
        return None

    def corrected_frames(self) -> int:
        """How many frames hold joints that a person set or accepted."""
        return len(self._corrected())

    def new_frames(self) -> int:
        """How many of them the last round did not know."""
        return int((~np.isin(self._corrected(), self._known_frames)).sum())

    def _corrected(self) -> NDArray[np.int64]:
        summary = self._session.read(Project.summary, None)
        if summary is None:
            return np.zeros(0, dtype=np.int64)
        return summary.frame_index[summary.num_accepted + summary.num_corrected + summary.num_imported > 0]

    def _look_back(self) -> Round | None:
        """Reads what the last round knew, and returns it."""
        rounds = self._session.read(Project.rounds, [])
        report = rounds[-1].report if rounds else {}
        named = ("corrected_frames", "train_frames", "held_out_frames", "choosing_frames")
        self._known_frames = sorted({int(index) for name in named for index in report.get(name, ())})
        return rounds[-1] if rounds else None

    def can_roll_back(self) -> bool:
        """True while the project goes on with weights of a round."""
        return self._session.read(lambda project: not project.read_only and project.active_weights is not None, False)

    def start(self, steps: int | None = None, *, by_itself: bool = False, beside: Sequence[Path] = ()) -> None:
        """Starts a round in a child process; a refusal is told in one sentence.

        Args:
            steps: other than usual.
            by_itself: nobody asked: a better network is taken into use without asking either.
            beside: other projects that it learns from, too.
        """
        refusal = self.why_not()
        project, weights = self._session.project, self._network.weights_path
        if refusal is not None or project is None or weights is None:
            self._session.error.emit(f"No round was started. {refusal}")
            return
        folder = project.weights_folder
        projects = [str(path) for path in (project.path, *beside)]
        job: dict[str, Any] = {"projects": projects, "weights": str(weights), "out": str(folder)}
        if steps is not None:
            job["settings"] = {"steps": steps}
        try:
            self.process.start(job, folder)
        except OSError as error:
            self._session.error.emit(f"No round was started: {folder} cannot be written ({error.strerror}).")
            return
        self.round, self._error, self._cancelled = RoundState(running=True, by_itself=by_itself), None, False
        self._beside, self._project_path = [], str(project.path)
        self.changed.emit()

    def stop_early(self) -> None:
        """Ends the training after the step that is under way; the best so far is kept and measured."""
        if self.round.running and self.round.phase == "training":
            self.process.stop()
            self.round = replace(self.round, phase="stopping")
            self.changed.emit()

    def cancel(self) -> None:
        """Ends the child at once; nothing is kept of a round that has not reported yet."""
        if self.process.running:
            self._cancelled = True
            self.process.kill()

    def shut_down(self) -> None:
        """Ends the child and waits for it, when the program closes."""
        self._cancelled = True
        self.process.shut_down()

    def _abandon(self) -> None:
        """Ends the child without waiting for it: its project is about to close. What it has reported is kept."""
        if not self.process.running:
            return
        self.process.abandon()
        if self.round.report is not None:
            self._record(self.round.report)
            return
        self._session.message.emit("The round of fine-tuning was cancelled because another clip was opened.")

    def _on_poses_changed(self, touched: Touched) -> None:
        """What a hand changes while a round runs waits for the next one."""
        if not self.round.running or not touched:
            return
        entries = self._session.read(lambda project: project.journal(touched.entry_id - 1), [])
        if any(entry.kind in BY_HAND for entry in entries):
            self.round = replace(self.round, waiting=self.round.waiting | set(touched.frame_indices))

    def accept(self) -> None:
        """Takes the new weights into use, without a restart; also those that were kept aside."""
        report, project = self.round.report, self._session.project
        if report is None or project is None or self.round.taken:
            return
        path = Path(report["weights"])
        self._take(
            report["weights_sha256"], path, f"The network now uses {path.stem[:12]}, trained on your corrections."
        )

    def discard(self) -> None:
        """Leaves the weights as they are."""
        self.round = replace(self.round, taken=False)
        self.changed.emit()

    def roll_back(self) -> None:
        """Takes the weights back that were in use before the last accepted round."""
        project = self._session.project
        active = self._session.read(lambda project: project.active_weights, None)
        if project is None or active is None:
            self._session.message.emit("There is no round to roll back.")
            return
        try:
            previous = next((entry.parent_sha256 for entry in project.rounds() if entry.weights_sha256 == active), None)
            known = previous is not None and bool(list(project.weights_folder.glob(f"*{previous[:12]}*")))
            project.set_active_weights(previous if known else None)
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self.round = replace(self.round, taken=False)
        self._weights_in_use.choose_for_project()
        self._session.message.emit("The weights from before that round are in use again.")
        self.changed.emit()

    def _take(self, sha256: str, path: Path, sentence: str) -> None:
        project = self._session.project
        if project is None:
            return
        try:
            project.set_active_weights(sha256)
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self.round = replace(self.round, taken=True)
        self._weights_in_use.choose(path, FINE_TUNED, sha256)
        self._session.message.emit(sentence)
        self.changed.emit()

    def _on_opened(self) -> None:
        """The last round is shown as it was told when it ended; its weights can be taken while their file is there."""
        last = self._look_back()
        self.round = RoundState()
        if last is not None:
            report, active = dict(last.report), self._session.read(lambda project: project.active_weights, None)
            is_there = Path(str(report.get("weights", ""))).is_file()
            taken = True if active == last.weights_sha256 else None if is_there else False
            self.round = RoundState(report=report, taken=taken)
        self.changed.emit()

    def _on_event(self, event: dict[str, Any]) -> None:
        kind = event.get("event")
        fields = {key: value for key, value in event.items() if key != "event"}
        if kind == "plan":
            self.round = replace(self.round, plan=fields, phase="training")
        elif kind == "progress":
            self._on_progress(fields)
        elif kind == "report" and self._beside_of(fields):
            self._beside.append(fields)
        elif kind == "report":
            self.round = replace(self.round, report=fields)
        elif kind == "error":
            self._error = str(event["message"])
        self.changed.emit()

    def _beside_of(self, report: dict[str, Any]) -> bool:
        return bool(report.get("project")) and report["project"] != self._project_path

    def _on_progress(self, progress: dict[str, Any]) -> None:
        now, step = self.round, int(progress["step"])
        is_measuring = progress.get("phase") == "measuring"
        loss, error = progress.get("loss"), progress.get("choosing_error")
        self.round = replace(
            now,
            phase="measuring" if is_measuring else now.phase,
            step=now.step if is_measuring else step,
            steps=int(progress["steps"]),
            seconds_left=progress.get("seconds_left"),
            losses=now.losses if loss is None else (*now.losses, (step, float(loss))),
            errors=now.errors if error is None else (*now.errors, (step, float(error))),
            remark=progress.get("remark") or now.remark,
        )

    def _on_ended(self, trouble: str) -> None:
        report, by_itself = self.round.report, self.round.by_itself
        self.round = replace(self.round, running=False)
        if self._cancelled and report is None:
            self.round = RoundState()
            self._session.message.emit("Fine-tuning was cancelled; the weights are as they were.")
        elif self._error is not None or report is None:
            left_out = " ".join(self._beside[0]["remarks"]) if self._beside else ""
            self._session.error.emit(self._error or trouble or left_out)
        else:
            self._record(report)
            if report.get("verdict") == "worse":
                self.round = replace(self.round, taken=False)
                self._session.message.emit(f"The new weights were kept aside. {report['reason']}")
            elif by_itself and report.get("verdict") == "better":
                self.accept()
        if self._beside:
            self.ended_beside.emit(self._beside)
        self.changed.emit()

    def _record(self, report: dict[str, Any]) -> None:
        project = self._session.project
        if project is None:
            return
        try:
            project.record_round(report, report["weights_sha256"], report.get("parent_sha256"))
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self._look_back()
        self.recorded.emit()
