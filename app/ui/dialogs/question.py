"""What the small dialogs have in common."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme

WIDTH_PX = 440


class Question(QDialog):
    """A small dialog: a sentence, some widgets, and two buttons.

    It opens with the hand in its first field, whose content is selected, so that typing replaces it; without a field,
    Enter does it.
    """

    def __init__(self, parent: QWidget | None, object_name: str, title: str, sentence: str, do_it: str) -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setWindowTitle(title)
        self.setMinimumWidth(WIDTH_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING_LARGE, theme.SPACING_LARGE, theme.SPACING_LARGE, theme.SPACING_LARGE)
        column.setSpacing(theme.SPACING + 4)
        self.sentence = QLabel(sentence, self)
        self.sentence.setObjectName("sentence")
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self.sentence)
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.SPACING)
        column.addLayout(self.body)
        self._column = column
        self._rest = QSpacerItem(0, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding)
        column.addItem(self._rest)
        buttons = QDialogButtonBox(self)
        buttons.setObjectName("buttons")
        self.do_it = QPushButton(do_it, self)
        self.do_it.setObjectName("do_it")
        self.do_it.setProperty("primary", True)
        self.do_it.setDefault(True)
        self.do_it.setToolTip(f"{do_it}  (Enter)")
        buttons.addButton(self.do_it, QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self.cancel.setObjectName("cancel")
        self.cancel.setToolTip("Change nothing.  (Esc)")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def fill(self, widget: QWidget) -> None:
        """Adds a widget that grows with the dialog."""
        self.body.addWidget(widget, 1)
        self._column.removeItem(self._rest)
        self._column.setStretchFactor(self.body, 1)

    def agreed(self) -> bool:
        """Asks, and says whether the person went on. The dialog goes once who asked has read the answer."""
        return answer_of(self) == QDialog.DialogCode.Accepted

    def showEvent(self, event: QShowEvent) -> None:
        """Puts the hand where it is wanted."""
        super().showEvent(event)
        put_hand_in_first_field(self, otherwise=self.do_it)

    def muted(self, text: str) -> QLabel:
        """A quiet line of explanation, not yet placed."""
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setProperty("muted", True)
        return label


def answer_of(dialog: QDialog) -> int:
    """Shows a dialog until it is answered, and returns how it was closed.

    It goes when the window's event loop turns next, so that what was answered can still be read from it: a dialog that
    has a parent would else stay in memory until the program ends.
    """
    try:
        return dialog.exec()
    finally:
        dialog.deleteLater()


def put_hand_in_first_field(dialog: QDialog, otherwise: QWidget | None = None) -> None:
    """Gives the focus to the first field that text or a number is typed into, and selects what is in it.

    Where there is none, the first list to choose from has it, else `otherwise`.
    """
    for line in dialog.findChildren(QLineEdit):
        if line.isVisibleTo(dialog) and line.isEnabled() and not line.isReadOnly():
            around = line.parentWidget()
            (around if isinstance(around, QAbstractSpinBox) else line).setFocus()
            line.selectAll()
            return
    lists = (choice for choice in dialog.findChildren(QComboBox) if choice.isVisibleTo(dialog) and choice.isEnabled())
    hand = next(lists, otherwise)
    if hand is not None:
        hand.setFocus()
