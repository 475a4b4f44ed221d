"""The bar that says what went wrong, in one sentence, until it is dismissed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.ui import theme


class MessageBar(QFrame):
    """A sentence with an optional button that does something about it. It blocks nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_bar")
        self.setStyleSheet(
            "QFrame#message_bar { background: #46231f; border: none; border-left: 4px solid "
            + theme.ERROR.name()
            + "; } QFrame#message_bar QLabel { color: #ffe3de; }"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACING, theme.SPACING_SMALL + 2, theme.SPACING_SMALL, theme.SPACING_SMALL + 2)
        sign = QLabel(self)
        sign.setObjectName("message_sign")
        sign.setPixmap(theme.icon("warning").pixmap(QSize(theme.ICON_PX, theme.ICON_PX), self.devicePixelRatioF()))
        row.addWidget(sign)
        self._text = QLabel(self)
        self._text.setObjectName("message_text")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._text.setToolTip("What happened, and what to do.")
        row.addWidget(self._text, 1)
        self._button = QPushButton(self)
        self._button.setObjectName("message_action")
        self._button.clicked.connect(self._act)
        row.addWidget(self._button)
        close = QToolButton(self)
        close.setObjectName("message_dismiss")
        close.setIcon(theme.icon("cancel"))
        close.setToolTip("Dismiss this message.")
        close.setAccessibleName("Dismiss")
        close.clicked.connect(self.dismiss)
        row.addWidget(close)
        self._on_action: Callable[[], object] | None = None
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown, "" while there is none."""
        return self._text.text()

    def show_sentence(
        self, sentence: str, action_text: str = "", on_action: Callable[[], object] | None = None
    ) -> None:
        """Shows a sentence in place of the last one; `on_action` runs when the button is pressed, and dismisses it."""
        self._text.setText(sentence)
        self._text.setAccessibleName(sentence)
        self._on_action = on_action
        self._button.setText(action_text)
        self._button.setToolTip(action_text)
        self._button.setVisible(on_action is not None)
        self.show()

    def dismiss(self) -> None:
        """Puts the bar away."""
        self._text.setText("")
        self._on_action = None
        self.hide()

    def _act(self) -> None:
        on_action = self._on_action
        self.dismiss()
        if on_action is not None:
            on_action()
