"""The actions that repeat work over frames, connected to the controllers that do it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.controllers.editing.ranges import RangeController
from app.controllers.session import Session
from app.ui.main_window import MainWindow

Slot = Callable[[], object]


class RepeatingBinding(QObject):
    """Connects the actions of the selected range."""

    def __init__(self, window: MainWindow, session: Session, ranges: RangeController) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        slots: dict[str, Slot] = {
            "action_range_start": ranges.start_here,
            "action_range_end": ranges.end_here,
            "action_range_clear": ranges.clear,
        }
        for object_name, slot in slots.items():
            window.action(object_name).triggered.connect(lambda _checked=False, slot=slot: slot())
