"""What cannot be done now says why, where the pointer asks."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

_HINT = "hint_when_possible"
"""The property that keeps what a disabled button or action says once it can be used again."""


def allow(thing: QWidget | QAction, reason: str) -> None:
    """Lets a button, list or action be used, or says why it cannot be.

    Args:
        thing: what the hand would press or choose.
        reason: one sentence on what is lacking; "" where it can be used.
    """
    if thing.property(_HINT) is None:
        describe(thing, thing.toolTip())
    thing.setEnabled(not reason)
    thing.setToolTip(reason or str(thing.property(_HINT)))


def describe(thing: QWidget | QAction, hint: str) -> None:
    """Says what a button or action does, for as long as it can be used."""
    thing.setProperty(_HINT, hint)
    if thing.isEnabled():
        thing.setToolTip(hint)
