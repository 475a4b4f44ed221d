"""A round under way: what it will cost, its curves, what waits for the next one, and how to end it."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.words import counted, time_left

PLOT_PX = 92
_PHASES = {
    "starting": "Reading the corrections and trying a step …",
    "stopping": "Stopping; the best so far is kept …",
    "measuring": "Measuring what it learnt …",
}


@dataclass(frozen=True)
class RoundPlan:
    """What a round is about to do.

    Attributes:
        train_frames, held_out_frames, choosing_frames: how many teach, measure, and choose the best step.
        device: where it computes.
        memory_bytes, seconds: what it needs, from a probe step.
    """

    train_frames: int
    held_out_frames: int
    choosing_frames: int
    device: str
    memory_bytes: int
    seconds: float

    def in_words(self) -> str:
        """One line: frames, device, memory and time."""
        chosen = f", {self.choosing_frames} to choose the best step" if self.choosing_frames else ""
        memory = f"{self.memory_bytes / 2**30:.1f} GB" if self.memory_bytes >= 2**30 / 10 else "under 0.1 GB"
        return (
            f"{counted(self.train_frames, 'frame')} to learn from, {self.held_out_frames} held out to measure{chosen}. "
            f"On {self.device}, with {memory} of memory, in about {_duration(self.seconds)}."
        )


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 100 else f"{round(seconds / 60)} min"


@dataclass(frozen=True)
class RoundUnderWay:
    """What is shown of a round that runs.

    Attributes:
        plan: None until it is known.
        phase: "starting", "training", "stopping" or "measuring".
        step, steps: batches done and to do.
        seconds_left: of training, None while unknown.
        losses: of each step so far.
        errors: (step, mean error on the frames that choose, a fraction of the person's size).
        remark: a sentence on what had to change, "" for nothing.
        num_waiting: frames corrected meanwhile.
    """

    plan: RoundPlan | None = None
    phase: str = "starting"
    step: int = 0
    steps: int = 0
    seconds_left: float | None = None
    losses: tuple[float, ...] = ()
    errors: tuple[tuple[int, float], ...] = ()
    remark: str = ""
    num_waiting: int = 0


class RoundProgress(QWidget):
    """The part of the fine-tuning panel that is there while a round runs.

    Signals:
        stop_requested: end early and keep the best.
        cancel_requested: end now and keep nothing.
    """

    stop_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("finetune_running")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING_SMALL + 2)
        self._plan = self._sentence("finetune_plan", muted=False)
        self._progress = QProgressBar(self)
        self._progress.setObjectName("finetune_progress")
        self._progress.setToolTip("Steps of this round, and the time left.")
        self._losses = self._plot("finetune_loss_plot", "loss", "The loss at each step; it should fall.")
        self._errors = self._plot(
            "finetune_error_plot",
            "error, %",
            "The mean error on frames that choose the best step, in percent of a person's size; it should fall.",
        )
        pen = pg.mkPen(theme.CANVAS_ACCENT, width=2)
        self._loss_curve = self._losses.plot(pen=pen)
        self._error_curve = self._errors.plot(pen=pen, symbol="o", symbolSize=5, symbolBrush=theme.CANVAS_ACCENT)
        self._remark = self._sentence("finetune_remark", muted=False)
        self._waiting = self._sentence("finetune_waiting", muted=True)
        self._stop = self._button(
            "button_stop_finetune", "Stop early", "accept", "End the training now; the best weights so far are kept."
        )
        self._stop.clicked.connect(self.stop_requested)
        cancel = self._button(
            "button_cancel_finetune", "Cancel", "cancel", "Stop this round; the weights are not changed."
        )
        cancel.clicked.connect(self.cancel_requested)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_SMALL)
        row.addWidget(self._stop, 1)
        row.addWidget(cancel, 1)
        for widget in (self._plan, self._progress, self._losses, self._errors, self._remark, self._waiting):
            column.addWidget(widget)
        column.addLayout(row)

    def _sentence(self, object_name: str, *, muted: bool) -> QLabel:
        label = QLabel(self)
        label.setObjectName(object_name)
        label.setWordWrap(True)
        label.setProperty("muted", muted)
        return label

    def _button(self, object_name: str, text: str, icon: str, tooltip: str) -> QPushButton:
        button = QPushButton(theme.icon(icon), text, self)
        button.setObjectName(object_name)
        button.setToolTip(tooltip)
        return button

    def _plot(self, object_name: str, title: str, tooltip: str) -> pg.PlotWidget:
        plot = pg.PlotWidget(self, background=theme.CANVAS_BACKGROUND)
        plot.setObjectName(object_name)
        plot.setAccessibleName(f"{title.split(',', maxsplit=1)[0].capitalize()} at each step")
        plot.setToolTip(tooltip)
        plot.setFixedHeight(PLOT_PX)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        for side, name in (("bottom", "step"), ("left", title)):
            axis = plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.CANVAS_TEXT_MUTED))
            axis.setTextPen(pg.mkPen(theme.CANVAS_TEXT_MUTED))
            axis.setLabel(name)
            axis.enableAutoSIPrefix(False)
        plot.getAxis("left").setWidth(52)
        return plot

    def show_round(self, now: RoundUnderWay) -> None:
        """Shows where it stands."""
        self._plan.setText(_PHASES["starting"] if now.plan is None else now.plan.in_words())
        self._progress.setRange(0, max(now.steps, 0))
        self._progress.setValue(now.step)
        self._progress.setFormat(self._words(now))
        self._loss_curve.setData(list(range(1, len(now.losses) + 1)), list(now.losses))
        self._errors.setVisible(bool(now.errors))
        self._error_curve.setData([step for step, _ in now.errors], [100 * error for _, error in now.errors])
        for plot in (self._losses, self._errors):
            plot.setXRange(0, max(now.steps, 1), padding=0.02)
        self._remark.setText(now.remark)
        self._remark.setVisible(bool(now.remark))
        frames = f"{counted(now.num_waiting, 'frame')} that you corrected meanwhile"
        self._waiting.setText(f"{frames} {'waits' if now.num_waiting == 1 else 'wait'} for the next round.")
        self._waiting.setVisible(now.num_waiting > 0)
        self._stop.setEnabled(now.phase == "training")

    def _words(self, now: RoundUnderWay) -> str:
        if now.phase in ("stopping", "measuring"):
            return _PHASES[now.phase]
        if not now.steps:
            return "getting ready"
        left = "" if now.seconds_left is None else f", {time_left(now.seconds_left)}"
        return f"step {now.step} / {now.steps}{left}"
