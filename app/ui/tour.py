"""The tour: a card over the picture that says what to do next, and what that is good for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui import theme

WIDTH_PX, MARGIN_PX = 420, 14


@dataclass(frozen=True)
class TourStep:
    """One thing to do.

    Attributes:
        title: what, in two words.
        sentence: how, and what it is good for.
        action: the action that does it, whose doing leads on; "" where the hand does it on the picture.
    """

    title: str
    sentence: str
    action: str = ""


STEPS = (
    TourStep(
        "Predict",
        "Two people cross a room; their boxes came with the clip. Let the network place their joints.",
        "action_predict",
    ),
    TourStep(
        "Look",
        "Go to the next place that the network is unsure of. The queue on the left says why it doubts it.",
        "action_next_suggestion",
    ),
    TourStep(
        "Correct",
        "Drag a joint that is wrong. It is saved when you let go. A right click marks a joint as hidden from sight.",
    ),
    TourStep("Accept", "Say that everybody in this frame is right now.", "action_accept_frame"),
    TourStep(
        "Learn",
        "After four corrected frames the network can learn from them, and shows what that changed.",
        "action_finetune",
    ),
    TourStep("Export", "Write the labels for other programs. A list says what they might question.", "action_export"),
)


class TourCard(QFrame):
    """Walks through `STEPS`; doing what a step says leads on to the next one.

    Args:
        actions: the window's, by object name.
        parent: the picture, over whose lower left corner it lies.
    """

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tour_card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._actions = actions
        self._step = 0
        self._title = QLabel(self)
        self._title.setObjectName("tour_title")
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._sentence = QLabel(self)
        self._sentence.setObjectName("tour_sentence")
        self._sentence.setWordWrap(True)
        self._do = self._button("tour_do", "", "Do what the step says.", self._act)
        self._do.setProperty("primary", True)
        self._back = self._button("tour_back", "Back", "The step before.", lambda: self._go(self._step - 1))
        self._next = self._button("tour_next", "Next", "The next step.", lambda: self._go(self._step + 1))
        end = self._button("tour_end", "End tour", "Put the tour away; the menu Help has it.", self.hide)
        row = QHBoxLayout()
        for button in (self._back, self._next):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(end)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING_LARGE, theme.SPACING, theme.SPACING, theme.SPACING)
        column.addWidget(self._title)
        column.addWidget(self._sentence)
        column.addWidget(self._do)
        column.addLayout(row)
        self.setFixedWidth(WIDTH_PX)
        for number, step in enumerate(STEPS):
            if step.action:
                actions[step.action].triggered.connect(lambda _=False, number=number: self._on_done(number))
        parent.installEventFilter(self)
        self.hide()

    def start(self) -> None:
        """Begins with the first step."""
        self._go(0)
        self.show()
        self.raise_()

    def note_correction(self) -> None:
        """A joint was dragged, whatever step is shown."""
        self._on_done(next(number for number, step in enumerate(STEPS) if not step.action))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps the card in its corner."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _button(self, name: str, text: str, tooltip: str, act: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setToolTip(tooltip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(act)
        return button

    def _on_done(self, number: int) -> None:
        if self.isVisible() and number == self._step and number + 1 < len(STEPS):
            self._go(number + 1)

    def _act(self) -> None:
        self._actions[STEPS[self._step].action].trigger()

    def _go(self, number: int) -> None:
        self._step = min(max(number, 0), len(STEPS) - 1)
        step = STEPS[self._step]
        self._title.setText(f"{self._step + 1} of {len(STEPS)} · {step.title}")
        self._sentence.setText(step.sentence)
        self._do.setVisible(bool(step.action))
        if step.action:
            action = self._actions[step.action]
            key = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
            self._do.setText(f"{action.iconText()} ({key})" if key else action.iconText())
        self._back.setEnabled(self._step > 0)
        self._next.setEnabled(self._step + 1 < len(STEPS))
        self._place()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setFixedWidth(min(WIDTH_PX, max(parent.width() - 2 * MARGIN_PX, 200)))
            self.adjustSize()
            self.move(MARGIN_PX, parent.height() - self.height() - MARGIN_PX)
