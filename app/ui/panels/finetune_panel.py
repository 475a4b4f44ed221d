"""Fine-tuning: start a round, watch the loss fall, read what became better or worse, keep the weights or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from PySide6.QtCore import QEvent, Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.panels.round_progress import RoundProgress, RoundUnderWay
from app.ui.tables import build_table, cell

EVERY_RANGE, EVERY_DEFAULT = (4, 999), 10
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
        reason: why they were kept aside, "" where they were not.
        corrected: mean error on the frames that were just corrected, before and after; None where there are none.
        remarks: sentences on what was decided.
        spread: half the range of the mean error after, as far as frames differ; None where there is one frame.
    """

    before: Mapping[str, float]
    after: Mapping[str, float]
    train_frames: int
    held_out_frames: int
    worse_frames: tuple[int, ...] = ()
    accepted: bool | None = None
    reason: str = ""
    corrected: tuple[float, float] | None = None
    remarks: tuple[str, ...] = ()
    spread: float | None = None


@dataclass(frozen=True)
class FinetuneState:
    """All that the panel shows.

    Attributes:
        can_start: whether a round can start now.
        why_not: the sentence that says why it cannot, "" if it can.
        corrected_frames: frames with a person's corrections, what a round learns from.
        new_frames: those of them that came since the last round.
        running: what is under way; None for nothing.
        report: the last round's, or None.
        round_name: the weights in use.
        rounds: the names of all rounds, the last one last.
        can_accept: there are new weights to decide about.
        can_rollback: there are earlier weights to return to.
        every: a round begins by itself after so many newly corrected frames; 0 for never.
    """

    can_start: bool = False
    why_not: str = "Open a clip first."
    corrected_frames: int = 0
    new_frames: int = 0
    running: RoundUnderWay | None = None
    report: FinetuneReport | None = None
    round_name: str = ""
    rounds: tuple[str, ...] = field(default=())
    can_accept: bool = False
    can_rollback: bool = False
    every: int = 0


class FinetunePanel(QWidget):
    """Trains the network on your corrections, and shows what it learnt.

    Signals:
        start_requested(), stop_requested(), cancel_requested(): begin a round, end it early, or end it for nothing.
        accept_requested(), discard_requested(): keep the new weights, or not.
        rollback_requested(): return to the weights before the last round.
        rounds_requested(): see all rounds, and what they changed.
        every_chosen(int): a round is to begin by itself after so many frames; 0 for never.
        frame_chosen(int): a frame that became worse was clicked.
    """

    start_requested = Signal()
    stop_requested = Signal()
    cancel_requested = Signal()
    accept_requested = Signal()
    discard_requested = Signal()
    rollback_requested = Signal()
    rounds_requested = Signal()
    every_chosen = Signal(int)
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
        self._running = RoundProgress(self._body)
        self._running.stop_requested.connect(self.stop_requested)
        self._running.cancel_requested.connect(self.cancel_requested)
        self._column.addWidget(self._running)
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
        self._rounds = self._button(
            "button_rounds",
            "Rounds…",
            "show",
            "See every round, its errors joint by joint, and pictures of what it changed.",
            self.rounds_requested,
        )
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_SMALL)
        row.addWidget(self._start, 1)
        row.addWidget(self._rollback, 1)
        for widget in (self._status, self._weights):
            self._column.addWidget(widget)
        self._column.addLayout(row)
        self._column.addLayout(self._build_every())
        self._column.addWidget(self._rounds)

    def _build_every(self) -> QHBoxLayout:
        """The switch for rounds that begin by themselves."""
        self._by_itself = QCheckBox("By itself after", self._body)
        self._by_itself.setObjectName("finetune_by_itself")
        self._by_itself.setToolTip(
            "Begin a round after so many corrected frames, once the hand rests; better weights are used at once."
        )
        self._every = QSpinBox(self._body)
        self._every.setObjectName("finetune_every")
        self._every.setAccessibleName("Corrected frames after which a round begins by itself")
        self._every.setRange(*EVERY_RANGE)
        self._every.setValue(EVERY_DEFAULT)
        self._every.setSuffix(" new frames")
        self._every.setToolTip("How many newly corrected frames begin a round.")
        self._by_itself.clicked.connect(self._tell_every)
        self._every.valueChanged.connect(self._tell_every)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_SMALL)
        row.addWidget(self._by_itself)
        row.addWidget(self._every, 1)
        return row

    def _tell_every(self) -> None:
        self._every.setEnabled(self._by_itself.isChecked())
        self.every_chosen.emit(self._every.value() if self._by_itself.isChecked() else 0)

    def _build_report(self) -> None:
        self._report = QWidget(self._body)
        self._report.setObjectName("finetune_report")
        column = QVBoxLayout(self._report)
        column.setContentsMargins(0, theme.SPACING_SMALL, 0, 0)
        column.setSpacing(theme.SPACING_SMALL + 2)
        self._headline = self._sentence("finetune_headline", muted=False)
        self._measured = self._sentence("finetune_measured", muted=True)
        self._corrected = self._sentence("finetune_corrected", muted=True)
        self._remarks = self._sentence("finetune_remarks", muted=True)
        self._worse = self._sentence("finetune_worse_frames", muted=True)
        for label in (self._headline, self._worse):  # of our own words; what a report says is escaped
            label.setTextFormat(Qt.TextFormat.RichText)
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
        for label in (self._measured, self._corrected, self._worse, self._remarks):
            column.addWidget(label)
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
        new = f", {state.new_frames} of them new" if state.rounds and state.new_frames else ""
        if state.running is not None:
            self._status.setText(f"Learning from {frames}.")
        else:
            self._status.setText(f"Ready to learn from {frames}{new}." if state.can_start else state.why_not)
        rounds = (
            "" if not state.rounds else f" · {len(state.rounds)} round{'s' if len(state.rounds) > 1 else ''} so far"
        )
        self._weights.setText(f"Weights in use: {state.round_name}{rounds}")
        self._weights.setToolTip("\n".join(("Rounds of fine-tuning:", *state.rounds)) if state.rounds else "")
        self._weights.setVisible(bool(state.round_name))
        self._start.setVisible(state.running is None)
        self._start.setEnabled(state.can_start and state.running is None)
        self._start.setToolTip("Train the network on your corrections." if state.can_start else state.why_not)
        self._start.setProperty("primary", not state.can_accept)
        self._start.style().polish(self._start)
        self._rollback.setVisible(state.running is None and state.can_rollback)
        self._rounds.setVisible(bool(state.rounds))
        self._show_every(state.every)
        self._running.setVisible(state.running is not None)
        self._running.show_round(state.running or RoundUnderWay())
        self._report.setVisible(state.report is not None and state.running is None)
        if state.report is not None:
            self._show_report(state.report)
        self._accept.setVisible(state.can_accept)
        is_better = state.report is not None and state.report.after["mean"] < state.report.before["mean"]
        self._accept.setProperty("primary", is_better)  # weights that err more are not what the panel recommends
        self._accept.style().polish(self._accept)
        self._discard.setVisible(state.can_accept)

    def _show_every(self, every: int) -> None:
        for widget in (self._by_itself, self._every):
            widget.blockSignals(True)
        self._by_itself.setChecked(every > 0)
        self._every.setEnabled(every > 0)
        if every:
            self._every.setValue(every)
        for widget in (self._by_itself, self._every):
            widget.blockSignals(False)

    def _show_report(self, report: FinetuneReport) -> None:
        before, after = report.before["mean"], report.after["mean"]
        verdict = change_word(before, after)
        self._headline.setText(f"<b>{headline(before, after, report.spread)}</b>" + escape(_decision(report)))
        theme.set_tone(self._headline, _TONES.get(verdict, "plain"))
        self._measured.setText(
            f"Trained on {report.train_frames} frames, measured on {report.held_out_frames} others. "
            "Errors are fractions of a person's size."
        )
        if report.corrected is not None:
            first, then = (percent(error) for error in report.corrected)
            self._corrected.setText(f"On the frames that you just corrected: from {first} to {then}.")
        self._corrected.setVisible(report.corrected is not None)
        self._remarks.setText(" ".join(report.remarks))
        self._remarks.setVisible(bool(report.remarks))
        self._worse_frames = report.worse_frames
        self._write_worse_frames()
        names = ["mean", *(name for name in report.before if name != "mean")]
        self._table.setRowCount(len(names))
        for row, name in enumerate(names):
            self._fill(row, name, report.before[name], report.after[name])
        self._table.setFixedHeight(26 + 20 * len(names) + 2)

    def _write_worse_frames(self) -> None:
        links = ", ".join(f'<a href="{i:d}" style="color: {theme.ACCENT.name()}">{i:d}</a>' for i in self._worse_frames)
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


def headline(before: float, after: float, spread: float | None = None) -> str:
    """The round in a sentence: "Better: the mean error fell from 6.2 % to 5.1 ± 0.4 %."."""
    word = change_word(before, after)
    if word == "not measured":
        return "There was nothing to measure the new weights on."
    found = percent(after) if spread is None else f"{100 * after:.1f} ± {percent(spread)}"
    if word == "same":
        return f"The same: the mean error stayed at {found}."
    verb = "fell" if word == "better" else "rose"
    return f"{word.capitalize()}: the mean error {verb} from {percent(before)} to {found}."


def percent(fraction: float) -> str:
    """A fraction as "6.2 %", "–" for NaN."""
    return "–" if math.isnan(fraction) else f"{100 * fraction:.1f}\u00a0%"


def _decision(report: FinetuneReport) -> str:
    if report.accepted is None:
        return ""
    if report.accepted:
        return " The new weights are in use."
    return f" The new weights were kept aside. {report.reason}" if report.reason else " The new weights were discarded."
