"""What the panels' lists have in common."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListView

_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class WalkedList(QListView):
    """A list that keeps the arrow keys and Enter for itself while it has the focus."""

    def event(self, event: QEvent) -> bool:
        """Keeps the keys that walk through the list from starting actions."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _walks(event):
            event.accept()
            return True
        return super().event(event)


def _walks(event: QKeyEvent) -> bool:
    return event.key() in _KEYS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
