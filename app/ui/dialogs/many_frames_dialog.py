"""Asks what to do with joints, people and frames in great number, and says beforehand what would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from app.ui.dialogs.question import Question
from core.frame_range import FrameRange
from core.poses import Visibility

COUNTING = "Counting…"


class Deed(StrEnum):
    """What can be done with many frames."""

    ACCEPT = "accept"
    ACCEPT_ABOVE = "accept_above"
    VISIBILITY = "visibility"
    SWAP = "swap"
    DELETE = "delete"


class _Words(NamedTuple):
    title: str
    sentence: str
    do_it: str


_WORDS = {
    Deed.ACCEPT: _Words("Accept frames", "Accept what a machine set, as if you had looked at each frame.", "Accept"),
    Deed.ACCEPT_ABOVE: _Words(
        "Accept above a score", "Accept the machine's joints that have at least this score.", "Accept"
    ),
    Deed.VISIBILITY: _Words("Visibility in frames", "Say of joints in many frames what the picture shows.", "Set"),
    Deed.SWAP: _Words(
        "Swap left and right", "Exchange left and right; what a machine set is thereby accepted.", "Swap"
    ),
    Deed.DELETE: _Words("Delete in frames", "Delete people from frames; no run brings them back there.", "Delete"),
}


class Option(NamedTuple):
    """A line of a list: what it says, and what it stands for."""

    text: str
    value: Any


@dataclass(frozen=True)
class Choice:
    """What the person chose.

    Attributes:
        frames: the frames.
        track_ids: the people, None for everybody.
        keypoints: the joints, None for all.
        above: the lowest score to accept.
        visibility: what to say of the joints.
    """

    frames: FrameRange
    track_ids: frozenset[int] | None
    keypoints: frozenset[int] | None
    above: float
    visibility: Visibility


class ManyFramesDialog(Question):
    """Which frames, whose joints, and what to do; the effect stands below and follows each choice.

    Signals:
        changed: the choice is another one; whoever counts calls `show_effect` once that is known.
    """

    changed = Signal()

    def __init__(
        self,
        parent: QWidget | None,
        deed: Deed,
        *,
        frames: Sequence[Option],
        whom: Sequence[Option],
        joints: Sequence[Option],
    ) -> None:
        words = _WORDS[deed]
        super().__init__(parent, f"{deed}_dialog", words.title, words.sentence, words.do_it)
        form = QFormLayout()
        self._frames = self._list("many_frames", "Which frames.", frames)
        self._whom = self._list("many_people", "Whose joints.", whom)
        self._joints = self._list("many_joints", "Which joints.", joints)
        self._above = QDoubleSpinBox(self)
        self._above.setObjectName("many_score")
        self._above.setToolTip("The lowest score that is accepted, from 0 to 1.")
        self._above.setRange(0.01, 1.0)
        self._above.setSingleStep(0.05)
        self._above.setValue(0.85)
        self._visibility = self._list(
            "many_visibility", "What the picture shows of them.", [Option(v.words, v) for v in reversed(Visibility)]
        )
        self._visibility.setCurrentIndex(1)
        own = {Deed.ACCEPT_ABOVE: ("Score from", self._above), Deed.VISIBILITY: ("They are", self._visibility)}
        shown: list[tuple[str, QWidget]] = [*([own[deed]] if deed in own else []), ("Frames", self._frames)]
        shown.append(("People", self._whom))
        if deed != Deed.DELETE:
            shown.append(("Joints", self._joints))
        for text, widget in shown:
            form.addRow(text, widget)
        for widget in (self._above, self._visibility, self._joints):
            widget.setVisible(any(widget is other for _, other in shown))
        self.body.addLayout(form)
        self.effect = self.muted(COUNTING)
        self.effect.setObjectName("effect")
        self.effect.setMinimumHeight(2 * self.fontMetrics().lineSpacing() + 2)
        self.body.addWidget(self.effect)
        for one in (self._frames, self._whom, self._joints, self._visibility):
            one.currentIndexChanged.connect(self._on_changed)
        self._above.valueChanged.connect(self._on_changed)
        first = shown[0][1]
        first.setFocus()
        if deed == Deed.ACCEPT_ABOVE:
            self._above.selectAll()
        self.do_it.setEnabled(False)

    def _list(self, object_name: str, tooltip: str, options: Sequence[Option]) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(object_name)
        box.setToolTip(tooltip)
        for option in options:
            box.addItem(option.text, option.value)
        return box

    def choice(self) -> Choice:
        """The answer."""
        return Choice(
            self._frames.currentData(),
            self._whom.currentData(),
            self._joints.currentData(),
            self._above.value(),
            Visibility(self._visibility.currentData()),
        )

    def show_effect(self, sentence: str, can_do: bool) -> None:
        """Says what the present choice would change."""
        self.effect.setText(sentence)
        self.do_it.setEnabled(can_do)
        if can_do:
            self.do_it.setDefault(True)

    def _on_changed(self) -> None:
        self.effect.setText(COUNTING)
        self.do_it.setEnabled(False)
        self.changed.emit()


class CarryDialog(Question):
    """How far to carry joints, in which direction, and which."""

    def __init__(
        self, parent: QWidget | None, *, before: int, after: int, proposed: int, joints: Sequence[Option]
    ) -> None:
        sentence = "Let the joints follow the picture from this frame on, as long as that is sure."
        super().__init__(parent, "carry_dialog", "Carry joints", sentence, "Carry")
        self._most = {1: after, -1: before}
        self._direction = QComboBox(self)
        self._direction.setObjectName("carry_direction")
        self._direction.setToolTip("To later frames, or to earlier ones.")
        for text, step in (("forward", 1), ("back", -1)):
            if self._most[step]:
                self._direction.addItem(text, step)
        self._count = QSpinBox(self)
        self._count.setObjectName("carry_frames")
        self._count.setToolTip("How many frames.")
        self._joints = QComboBox(self)
        self._joints.setObjectName("carry_joints")
        self._joints.setToolTip("Which joints; what was set by hand in the other frames stays.")
        for option in joints:
            self._joints.addItem(option.text, option.value)
        form = QFormLayout()
        form.addRow("Frames", self._count)
        form.addRow("Direction", self._direction)
        form.addRow("Joints", self._joints)
        self.body.addLayout(form)
        self.body.addWidget(self.muted("You will see the joints in each frame before you keep them."))
        self._direction.currentIndexChanged.connect(self._fit)
        self._fit()
        self._count.setValue(proposed)
        self._count.setFocus()
        self._count.selectAll()

    def _fit(self) -> None:
        self._count.setRange(1, self._most[self._direction.currentData()])

    def answer(self) -> tuple[int, frozenset[int]]:
        """How many frames on (negative: back), and the joints."""
        return self._count.value() * int(self._direction.currentData()), self._joints.currentData()
