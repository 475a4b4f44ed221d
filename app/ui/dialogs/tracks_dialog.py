"""Assign, swap, split, merge: the change of a person's number over the clip, shown before it is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.dialogs.question import Question
from app.ui.dialogs.track_strip import TrackStrip
from core.track_changes import Both, StripRow, TrackChange, TrackEffect, Verb

_VERBS = (
    (Verb.ASSIGN, "&Assign", "These frames of the person get another number."),
    (Verb.SWAP, "S&wap", "Two people exchange their numbers in these frames."),
    (Verb.SPLIT, "S&plit off", "These frames become somebody new."),
    (Verb.MERGE, "&Merge", "The whole person becomes another one: both were one."),
)


class TracksDialog(Question):
    """Says who becomes whom and where, and shows what that comes to.

    Signals:
        change_wanted(object): a TrackChange; `set_effect` and `set_strip` answer.
    """

    change_wanted = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        track_id: int,
        taken: Collection[int],
        *,
        frame_index: int,
        num_frames: int,
        verb: Verb = Verb.ASSIGN,
        other: int | None = None,
    ) -> None:
        super().__init__(parent, "tracks_dialog", "Tracks", "", "Change")
        self._old = track_id
        self._num_frames = num_frames
        self._asked: TrackChange | None = None
        self._enter_waits = False
        others = sorted(set(taken) - {track_id})
        proposed = other if other is not None else others[0] if others else max(taken, default=0) + 1
        self.body.addLayout(self._build_verbs(verb))
        self.body.addLayout(self._build_numbers(proposed, frame_index))
        self.strip = TrackStrip(self)
        self.setMinimumWidth(self.strip.width() + 2 * theme.SPACING_LARGE)  # else Qt takes two thirds of a small screen
        self.body.addWidget(self.strip, 0, Qt.AlignmentFlag.AlignHCenter)
        self._words = QLabel(self)
        self._words.setObjectName("track_effect")
        self._words.setWordWrap(True)
        self._words.setMinimumHeight(2 * self._words.fontMetrics().lineSpacing())
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self._words)
        self.body.addWidget(self._build_conflict())
        self._verbs[verb].setChecked(True)
        self._refresh()

    def _build_verbs(self, chosen: Verb) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_LARGE)
        self._verb_group = QButtonGroup(self)
        self._verbs: dict[Verb, QRadioButton] = {}
        for verb, text, tooltip in _VERBS:
            button = QRadioButton(text, self)
            button.setObjectName(f"track_{verb.value}")
            button.setToolTip(tooltip)
            button.setChecked(verb == chosen)
            self._verb_group.addButton(button)
            self._verbs[verb] = button
            button.toggled.connect(lambda on: self._refresh() if on else None)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _build_numbers(self, proposed: int, frame_index: int) -> QHBoxLayout:
        self._number = self._spin("track_number", "The number that the person gets.", 0, 999_999, proposed)
        last = self._num_frames - 1
        self._first = self._spin("track_first", "The first frame of the change.", 0, last, frame_index)
        self._last = self._spin("track_last", "The last frame of the change; it is included.", frame_index, last, last)
        self._first.valueChanged.connect(self._last.setMinimum)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        for words, box in (("Number", self._number), ("Frames", self._first), ("to", self._last)):
            label = QLabel(words, self)
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box)
        row.addStretch(1)
        return row

    def _spin(self, object_name: str, tooltip: str, low: int, high: int, value: int) -> QSpinBox:
        box = QSpinBox(self)
        box.setObjectName(object_name)
        box.setToolTip(tooltip)
        box.setAccessibleName(tooltip)
        box.setRange(low, high)
        box.setValue(value)
        box.valueChanged.connect(lambda _: self._refresh())
        return box

    def _build_conflict(self) -> QWidget:
        self._conflict = QWidget(self)
        self._conflict.setObjectName("track_conflict")
        row = QVBoxLayout(self._conflict)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING_SMALL)
        self._both: dict[Both, QRadioButton] = {}
        group = QButtonGroup(self._conflict)
        for both in Both:
            button = QRadioButton(self._conflict)
            button.setObjectName(f"track_both_{both.value}")
            button.setToolTip("What happens in the frames where both people are.")
            button.setChecked(both == Both.SWAP)
            group.addButton(button)
            button.toggled.connect(lambda on: self._refresh() if on else None)
            self._both[both] = button
            row.addWidget(button)
        policy = self._conflict.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._conflict.setSizePolicy(policy)
        return self._conflict

    # What to show ---------------------------------------------------------------------------------------------------

    def change(self) -> TrackChange:
        """The answer."""
        verb = next(verb for verb, button in self._verbs.items() if button.isChecked())
        both = next(both for both, button in self._both.items() if button.isChecked())
        new = None if verb == Verb.SPLIT else self._number.value()
        if verb == Verb.MERGE:
            return TrackChange(verb, self._old, new, 0, self._num_frames, both)
        return TrackChange(verb, self._old, new, self._first.value(), self._last.value() + 1, both)

    def ask(self) -> None:
        """Asks for the effect of what is chosen first."""
        self.change_wanted.emit(self.change())

    def set_effect(self, effect: TrackEffect) -> None:
        """Says what the change would come to; that of another change is dropped."""
        if effect.change != self.change():
            return
        self._words.setText(effect.in_words())
        self._conflict.setVisible(effect.has_conflict)
        self.do_it.setEnabled(effect.is_possible)
        if self._enter_waits and effect.is_possible and not effect.has_conflict:
            self.accept()
        self._enter_waits = False

    def set_strip(self, change: TrackChange, rows: Sequence[StripRow]) -> None:
        """Shows the people before and after the place; those of another change are dropped."""
        if change == self.change():
            self.strip.set_rows(rows)

    def set_trouble(self, sentence: str) -> None:
        """Says why the effect or the pictures cannot be shown."""
        self._words.setText(sentence)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter of a quick hand is kept until the effect is known; where both people are, there is a choice to make."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.do_it.isEnabled():
            self._enter_waits = True
        super().keyPressEvent(event)

    def _refresh(self) -> None:
        """Where something else is chosen, nothing can be kept until its effect is known."""
        merges = self._verbs[Verb.MERGE].isChecked()
        self._both[Both.SWAP].setVisible(not merges)  # who are one cannot swap
        if merges and self._both[Both.SWAP].isChecked():
            self._both[Both.KEEP_THERE].setChecked(True)
        change, number = self.change(), self._number.value()
        if change == self._asked:  # Enter in a number's field says the number once more
            return
        self._asked, self._enter_waits = change, False
        self.sentence.setText(f"Whom do these frames of #{self._old} belong to?")
        self._number.setEnabled(change.verb != Verb.SPLIT)
        for box in (self._first, self._last):
            box.setEnabled(change.verb != Verb.MERGE)
        self._both[Both.SWAP].setText("Where both are, swap them")
        self._both[Both.KEEP_MOVED].setText(f"Where both are, keep #{self._old}'s poses and delete #{number}'s")
        self._both[Both.KEEP_THERE].setText(f"Where both are, keep #{number}'s poses and delete #{self._old}'s")
        self.do_it.setEnabled(False)
        self.strip.set_rows(None)
        self.change_wanted.emit(change)
