"""How the picture is seen, bound to the View menu."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.viewing.seeing import Seeing
from app.ui import theme
from app.ui.main_window import MainWindow


class SeeingBinding(QObject):
    """Passes on how the hand wants to see, and draws so."""

    def __init__(self, seeing: Seeing, window: MainWindow) -> None:
        super().__init__(window)
        self._seeing = seeing
        self._window = window
        seeing.palette_changed.connect(self._show_palette)
        for name in theme.palette_names():
            window.action(f"action_palette_{name}").triggered.connect(
                lambda _checked=False, name=name: seeing.choose_palette(name)
            )
        self._show_palette(seeing.palette)

    def _show_palette(self, name: str) -> None:
        theme.use_palette(name)
        for one in theme.palette_names():
            self._window.action(f"action_palette_{one}").setChecked(one == theme.palette_name())
