"""Actions of the window and what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.ui.main_window import MainWindow

Slot = Callable[[], object]


def connect_actions(window: MainWindow, slots: Mapping[str, Slot]) -> None:
    """Has each action, by its object name, call its slot; whether a switch is on is the slot's to ask."""
    for object_name, slot in slots.items():
        window.action(object_name).triggered.connect(lambda _checked=False, slot=slot: slot())
