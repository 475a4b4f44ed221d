"""Mending bound to the window: its switch and reach, and what the last correction mended, on the timeline."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.bindings.connecting import connect_actions
from app.controllers.editing.mending import FARTHEST_REACH, NOTHING_MENDED, MendingController
from app.ui.dialogs.range_dialog import ask_reach
from app.ui.main_window import MainWindow
from app.ui.reasons import allow
from app.ui.timeline.ruler import MendedMarks
from core.work.mending import Mended


class MendingBinding(QObject):
    """Connects the actions of mending, and marks what was mended."""

    def __init__(self, window: MainWindow, mending: MendingController) -> None:
        super().__init__(window)
        self._window = window
        self._mending = mending
        connect_actions(window, {"action_undo_mending": mending.take_back, "action_mending_reach": self._ask_reach})
        switch = window.action("action_mend")
        switch.setChecked(mending.on)
        switch.triggered.connect(mending.switch)
        mending.switched.connect(switch.setChecked)
        mending.changed.connect(self._show)
        self._show(None, ())

    def _show(self, mended: Mended | None, left: tuple[int, ...]) -> None:
        allow(self._window.action("action_undo_mending"), NOTHING_MENDED if mended is None else "")
        marks = None if mended is None else MendedMarks(mended.track_id, mended.frame_index, left)
        self._window.timeline.set_mended(marks)

    def _ask_reach(self) -> None:
        reach = ask_reach(self._window, self._mending.reach, FARTHEST_REACH)
        if reach is not None:
            self._mending.set_reach(reach)
