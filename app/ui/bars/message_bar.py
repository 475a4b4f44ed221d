"""The bar that says what went wrong, or what was decided, in one sentence, until it is dismissed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.ui import theme


class MessageBar(QFrame):
    """A sentence with an optional button that does something about it. It blocks nothing.

    It lies over the top of its parent, so that nothing below it moves when it comes or goes.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("message_bar")
        parent.installEventFilter(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACING, theme.SPACING_SMALL + 2, theme.SPACING_SMALL, theme.SPACING_SMALL + 2)
        self._sign = QLabel(self)
        self._sign.setObjectName("message_sign")
        row.addWidget(self._sign)
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

    @property
    def is_trouble(self) -> bool:
        """Whether the sentence shown is of something that went wrong."""
        return bool(self.property("trouble"))

    def show_sentence(
        self,
        sentence: str,
        action_text: str = "",
        on_action: Callable[[], object] | None = None,
        *,
        is_trouble: bool = True,
    ) -> None:
        """Shows a sentence in place of the last one; `on_action` runs when the button is pressed, and dismisses it.

        Only what went wrong has the colour of errors.
        """
        self._dress(is_trouble)
        self._text.setText(sentence)
        self._text.setAccessibleName(sentence)
        self._on_action = on_action
        self._button.setText(action_text)
        self._button.setToolTip(action_text)
        self._button.setVisible(on_action is not None)
        self.show()
        self._lie_over_parent()

    def dismiss(self) -> None:
        """Puts the bar away."""
        self._text.setText("")
        self._on_action = None
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stays as wide as what it lies over."""
        if watched is self.parent() and event.type() == QEvent.Type.Resize and not self.isHidden():
            self._lie_over_parent()
        return super().eventFilter(watched, event)

    def _lie_over_parent(self) -> None:
        layout, below = self.layout(), self.parentWidget()
        if layout is not None and below is not None:
            layout.activate()
            width = below.width()
            self.setGeometry(0, 0, width, max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height()))
            self.raise_()

    def _dress(self, is_trouble: bool) -> None:
        self.setProperty("trouble", is_trouble)
        theme.set_tone(self, "error" if is_trouble else "plain")
        self._draw_sign()

    def _draw_sign(self) -> None:
        icon = theme.icon("warning" if self.property("trouble") else "note")
        self._sign.setPixmap(icon.pixmap(QSize(theme.ICON_PX, theme.ICON_PX), self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        """Draws the sign in the colours that are in use now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_sign"):
            self._draw_sign()

    def _act(self) -> None:
        on_action = self._on_action
        self.dismiss()
        if on_action is not None:
            on_action()
