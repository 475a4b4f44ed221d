"""How the picture is seen, bound to the View menu."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication

from app.controllers.viewing.seeing import LOOKS, Seeing
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
        for name in LOOKS:
            window.action(f"action_look_{name}").triggered.connect(
                lambda _checked=False, name=name: seeing.choose_look(name)
            )
        system = QGuiApplication.styleHints()
        self._system_scheme = system.colorScheme()
        seeing.look_changed.connect(self._show_look)
        system.colorSchemeChanged.connect(self._follow)
        self._show_look(seeing.look)

    def _show_palette(self, name: str) -> None:
        theme.use_palette(name)
        for one in theme.palette_names():
            self._window.action(f"action_palette_{one}").setChecked(one == theme.palette_name())

    def _show_look(self, name: str) -> None:
        is_light = name == "light" or (name == "system" and self._system_scheme == Qt.ColorScheme.Light)
        theme.use_look("light" if is_light else "dark")
        for one in LOOKS:
            self._window.action(f"action_look_{one}").setChecked(one == name)

    def _follow(self, scheme: Qt.ColorScheme) -> None:
        self._system_scheme = scheme
        self._show_look(self._seeing.look)
