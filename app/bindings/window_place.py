"""Where the window and its panels were, remembered for the next start."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject

from app.threads.timers import single_shot
from app.ui.main_window import MainWindow
from core.files import places

log = logging.getLogger(__name__)

RESTING_MS = 1000
"""A window that has stayed in its place this long will be wanted there again."""


class WindowPlace(QObject):
    """Keeps the window's place, size and panels in the settings; also while the hand rests, as no kill asks before."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._resting = single_shot(self, RESTING_MS, self.remember)
        window.layout_changed.connect(self._resting.start)

    def remember(self) -> None:
        """Writes what has changed since it was written last."""
        self._resting.stop()
        settings = places.read_settings()
        for name, state in (("place", self._window.place_state()), ("layout", self._window.layout_state())):
            if settings.get(name) != state.hex():
                places.write_setting(name, state.hex())

    def restore(self) -> None:
        """Puts window and panels where they were last."""
        settings = places.read_settings()
        for name, restore in (("place", self._window.restore_place), ("layout", self._window.restore_layout)):
            state = settings.get(name)
            try:
                restore(bytes.fromhex(state) if isinstance(state, str) else b"")
            except ValueError:
                log.info("the %s in %s is damaged; the original one is taken", name, places.settings_file())
