"""Fine-tuning: start a round, watch the loss fall, read what became better or worse, keep the weights or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.tables import build_table, cell
from app.ui.words import time_left

SAME = 0.0005
"""Changes of the mean error below this part of a person's size are called the same."""


@dataclass(frozen=True)
class FinetuneReport:
    """What a round did, on frames that it did not train on.

    Attributes:
        before, after: mean error as a fraction of the person's size, by joint name and under "mean".
        train_frames, held_out_frames: how many frames it trained on and was measured on.
        worse_frames: held-out frames whose error grew.
        accepted: whether its weights are in use; None while a person has not decided.
    """

    before: Mapping[str, float]
    after: Mapping[str, float]
    train_frames: int
    held_out_frames: int
    worse_frames: tuple[int, ...] = ()
    accepted: bool | None = None


@dataclass(frozen=True)
class FinetuneState:
    """All that the panel shows.

    Attributes:
        can_start: whether a round can start now.
        why_not: the sentence that says why it cannot, "" if it can.
        corrected_frames: frames with a person's corrections, what a round learns from.
        running: a round is under way: `step` of `steps`, `seconds_left` (None while unknown), `losses` so far.
        report: the last round's, or None.
        round_name: the weights in use.
        rounds: the names of all rounds, the last one last.
        can_accept: there are new weights to decide about.
        can_rollback: there are earlier weights to return to.
    """

    can_start: bool = False
    why_not: str = "Open a clip first."
    corrected_frames: int = 0
    running: bool = False
    step: int = 0
    steps: int = 0
    seconds_left: float | None = None
    losses: tuple[float, ...] = ()
    report: FinetuneReport | None = None
    round_name: str = ""
    rounds: tuple[str, ...] = field(default=())
    can_accept: bool = False
    can_rollback: bool = False


class FinetunePanel(QWidget):
    """Trains the network on your corrections, and shows what it learnt.

    Signals:
        start_requested(), cancel_requested(): begin or stop a round.
        accept_requested(), discard_requested(): keep the new weights, or not.
        rollback_requested(): return to the weights before the last round.
        frame_chosen(int): a frame that became worse was clicked.
    """

    start_requested = Signal()
    cancel_requested = Signal()
    accept_requested = Signal()
    discard_requested = Signal()
    rollback_requested = Signal()
    frame_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("finetune_panel")
        self._worse_frames: tuple[int, ...] = ()
        self._body = QWidget(self)
        self._body.setObjectName("finetune_body")
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        self._column.setSpacing(theme.SPACING_SMALL + 2)
        self._build_start()
        self._build_running()
        self._build_report()
        self._column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setObjectName("finetune_scroll")
        scroll.setAccessibleName("Fine-tuning")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self.set_state(FinetuneState())

    def _sentence(self, object_name: str, *, muted: bool) -> QLabel:
        label = QLabel(self._body)
        label.setObjectName(object_name)
        label.setWordWrap(True)
        label.setProperty("muted", muted)
        return label

    def _button(self, object_name: str, text: str, icon: str, tooltip: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(theme.icon(icon), text, self._body)
        button.setObjectName(object_name)
        button.setToolTip(tooltip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(signal)
        return button

    def _build_start(self) -> None:
        self._status = self._sentence("finetune_status", muted=False)
        self._weights = self._sentence("finetune_weights", muted=True)
        self._start = self._button(
            "button_finetune",
            "Fine-tune",
            "finetune",
            "Train the network on your corrections.",
            self.start_requested,
        )
        self._rollback = self._button(
            "button_rollback",
            "Roll back",
            "rollback",
            "Return to the weights used before the last round.",
            self.rollback_requested,
        )
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_SMALL)
        row.addWidget(self._start, 1)
        row.addWidget(self._rollback, 1)
        for widget in (self._status, self._weights):
            self._column.addWidget(widget)
        self._column.addLayout(row)

    def _build_running(self) -> None:
        self._running = QWidget(self._body)
        self._running.setObjectName("finetune_running")
        column = QVBoxLayout(self._running)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING_SMALL + 2)
        self._progress = QProgressBar(self._running)
        self._progress.setObjectName("finetune_progress")
        self._progress.setToolTip("Steps of this round, and the time left.")
        self._plot = pg.PlotWidget(self._running, background=theme.CANVAS_BACKGROUND)
        self._plot.setObjectName("finetune_loss_plot")
        self._plot.setAccessibleName("Loss at each step")
        self._plot.setToolTip("The loss at each step; it should fall.")
        self._plot.setFixedHeight(112)
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        for side, title in (("bottom", "step"), ("left", "loss")):
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.CANVAS_TEXT_MUTED))
            axis.setTextPen(pg.mkPen(theme.CANVAS_TEXT_MUTED))
            axis.setLabel(title)
            axis.enableAutoSIPrefix(False)
        self._curve = self._plot.plot(pen=pg.mkPen(theme.CANVAS_ACCENT, width=2))
        cancel = self._button(
            "button_cancel_finetune",
            "Cancel",
            "cancel",
            "Stop this round; the weights are not changed.",
            self.cancel_requested,
        )
        for widget in (self._progress, self._plot, cancel):
            column.addWidget(widget)
        self._column.addWidget(self._running)

    def _build_report(self) -> None:
        self._report = QWidget(self._body)
        self._report.setObjectName("finetune_report")
        column = QVBoxLayout(self._report)
        column.setContentsMargins(0, theme.SPACING_SMALL, 0, 0)
        column.setSpacing(theme.SPACING_SMALL + 2)
        self._headline = self._sentence("finetune_headline", muted=False)
        self._measured = self._sentence("finetune_measured", muted=True)
        self._worse = self._sentence("finetune_worse_frames", muted=True)
        self._worse.setToolTip("Held-out frames whose error grew; click a number to go there.")
        self._worse.linkActivated.connect(lambda link: self.frame_chosen.emit(int(link)))
        self._accept = self._button(
            "button_accept_weights",
            "Use new weights",
            "accept",
            "Predict with the new weights from now on.",
            self.accept_requested,
        )
        self._accept.setProperty("primary", True)
        self._discard = self._button(
            "button_discard_weights",
            "Discard",
            "delete",
            "Keep the current weights and discard the new ones.",
            self.discard_requested,
        )
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_SMALL)
        row.addWidget(self._accept, 3)
        row.addWidget(self._discard, 2)
        column.addWidget(self._headline)
        column.addLayout(row)
        column.addWidget(self._measured)
        column.addWidget(self._worse)
        column.addWidget(self._build_table())
        self._column.addWidget(self._report)

    def _build_table(self) -> QTableWidget:
        headers = (
            ("Joint", "The joint; the first row is the mean of all."),
            ("Before", "Mean error before the round, as a fraction of the person's size."),
            ("After", "Mean error after the round, as a fraction of the person's size."),
            ("Change", "Better, worse or the same."),
        )
        self._table = build_table(self._report, "finetune_table", "Error before and after, joint by joint", headers, 20)
        view = self._table.horizontalHeader()
        view.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            view.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return self._table

    # What to show ---------------------------------------------------------------------------------------------------

    def set_state(self, state: FinetuneState) -> None:
        """Shows where fine-tuning stands."""
        frames = "1 corrected frame" if state.corrected_frames == 1 else f"{state.corrected_frames} corrected frames"
        if state.running:
            self._status.setText(f"Learning from {frames}.")
        else:
            self._status.setText(f"Ready to learn from {frames}." if state.can_start else state.why_not)
        rounds = (
            "" if not state.rounds else f" · {len(state.rounds)} round{'s' if len(state.rounds) > 1 else ''} so far"
        )
        self._weights.setText(f"Weights in use: {state.round_name}{rounds}")
        self._weights.setToolTip("\n".join(("Rounds of fine-tuning:", *state.rounds)) if state.rounds else "")
        self._weights.setVisible(bool(state.round_name))
        self._start.setVisible(not state.running)
        self._start.setEnabled(state.can_start and not state.running)
        self._start.setToolTip("Train the network on your corrections." if state.can_start else state.why_not)
        self._start.setProperty("primary", not state.can_accept)
        self._start.style().polish(self._start)
        self._rollback.setVisible(not state.running and state.can_rollback)
        self._show_running(state)
        self._report.setVisible(state.report is not None and not state.running)
        if state.report is not None:
            self._show_report(state.report)
        self._accept.setVisible(state.can_accept)
        is_better = state.report is not None and state.report.after["mean"] < state.report.before["mean"]
        self._accept.setProperty("primary", is_better)  # weights that err more are not what the panel recommends
        self._accept.style().polish(self._accept)
        self._discard.setVisible(state.can_accept)

    def _show_running(self, state: FinetuneState) -> None:
        self._running.setVisible(state.running)
        self._progress.setRange(0, max(state.steps, 0))
        self._progress.setValue(state.step)
        left = "" if state.seconds_left is None else f", {time_left(state.seconds_left)}"
        self._progress.setFormat(f"step {state.step} / {state.steps}{left}" if state.steps else "getting ready")
        self._curve.setData(list(range(1, len(state.losses) + 1)), list(state.losses))

    def _show_report(self, report: FinetuneReport) -> None:
        before, after = report.before["mean"], report.after["mean"]
        verdict = change_word(before, after)
        self._headline.setText(f"<b>{headline(before, after)}</b>" + _decision(report.accepted))
        theme.set_tone(self._headline, _TONES.get(verdict, "plain"))
        self._measured.setText(
            f"Trained on {report.train_frames} frames, measured on {report.held_out_frames} others. "
            "Errors are fractions of a person's size."
        )
        self._worse_frames = report.worse_frames
        self._write_worse_frames()
        names = ["mean", *(name for name in report.before if name != "mean")]
        self._table.setRowCount(len(names))
        for row, name in enumerate(names):
            self._fill(row, name, report.before[name], report.after[name])
        self._table.setFixedHeight(26 + 20 * len(names) + 2)

    def _write_worse_frames(self) -> None:
        links = ", ".join(f'<a href="{i}" style="color: {theme.ACCENT.name()}">{i}</a>' for i in self._worse_frames)
        self._worse.setText(f"Worse in frame {links}." if links else "No held-out frame got worse.")

    def changeEvent(self, event: QEvent) -> None:
        """Writes the links in the colour that is in use now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self._worse_frames:
            self._write_worse_frames()

    def _fill(self, row: int, name: str, before: float, after: float) -> None:
        word = change_word(before, after)
        texts = (
            "all joints" if name == "mean" else name.replace("_", " "),
            percent(before),
            percent(after),
            f"{ARROWS[word]} {word}",
        )
        for column, text in enumerate(texts):
            item = cell(self._table, row, column)
            item.setText(text)
            font = item.font()
            font.setBold(name == "mean")
            item.setFont(font)
        cell(self._table, row, 3).setForeground(_COLOURS.get(word, theme.TEXT_MUTED))


_COLOURS = {"better": theme.GOOD, "worse": theme.ERROR}
_TONES: dict[str, theme.Tone] = {"better": "good", "worse": "error"}
ARROWS = {"better": "▼", "worse": "▲", "same": "=", "not measured": "–"}


def change_word(before: float, after: float) -> str:
    """Says "better", "worse" or "same"; "not measured" where a number is missing."""
    if math.isnan(before) or math.isnan(after):
        return "not measured"
    return "same" if abs(after - before) < SAME else "better" if after < before else "worse"


def headline(before: float, after: float) -> str:
    """The round in a sentence: "Better: the mean error fell from 6.2 % to 5.1 %."."""
    word = change_word(before, after)
    if word == "not measured":
        return "There was nothing to measure the new weights on."
    if word == "same":
        return f"The same: the mean error stayed at {percent(after)}."
    verb = "fell" if word == "better" else "rose"
    return f"{word.capitalize()}: the mean error {verb} from {percent(before)} to {percent(after)}."


def percent(fraction: float) -> str:
    """A fraction as "6.2 %", "–" for NaN."""
    return "–" if math.isnan(fraction) else f"{100 * fraction:.1f}\u00a0%"


def _decision(accepted: bool | None) -> str:
    if accepted is None:
        return ""
    return " The new weights are in use." if accepted else " The new weights were discarded."
