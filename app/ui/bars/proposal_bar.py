"""The bar at the foot of the picture that says what an edit would change, until it is kept or put away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.ui import theme

MARGIN_PX = 12


class ProposalBar(QFrame):
    """A sentence and two buttons, over the picture, which does not move for it; other frames can be looked at.

    Signals:
        discarded: it is to be put away.
    """

    discarded = Signal()

    def __init__(self, keep: QAction, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("proposal_bar")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACING + 4, theme.SPACING, theme.SPACING, theme.SPACING)
        row.setSpacing(theme.SPACING)
        self._sentence = QLabel(self)
        self._sentence.setObjectName("proposal_sentence")
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        row.addWidget(self._sentence, 1)
        for name, text, tooltip, slot in (
            ("keep", "Keep", "Keep this as one edit.  (Enter)", keep.trigger),
            ("discard", "Discard", "Change nothing.  (Esc)", self.discarded.emit),
        ):
            button = QPushButton(text, self)
            button.setObjectName(f"proposal_{name}")
            button.setProperty("primary", name == "keep")
            button.setToolTip(tooltip)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _checked=False, slot=slot: slot())
            row.addWidget(button)
        parent.installEventFilter(self)
        self.hide()

    @property
    def sentence(self) -> str:
        """What it says, "" while it is away."""
        return "" if self.isHidden() else self._sentence.text()

    def show_sentence(self, sentence: str) -> None:
        """Shows what would change; the bar goes away with an empty sentence."""
        self._sentence.setText(sentence)
        self._sentence.setAccessibleName(sentence)
        self.setVisible(bool(sentence))
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stays at the foot of the picture."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None or self.isHidden():
            return
        width = min(self.sizeHint().width() + 240, parent.width() - 2 * MARGIN_PX)
        height = max(self.heightForWidth(width), self.minimumSizeHint().height())
        self.setGeometry((parent.width() - width) // 2, parent.height() - height - MARGIN_PX, width, height)
        self.raise_()
