"""How the hand wants to see: what is remembered of the picture's looks, on this machine and in the project."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.files import places

PALETTE_SETTING = "palette"
LOOK_SETTING = "look"
LOOKS = ("system", "light", "dark")
"""The first follows the system's, and is taken where nobody has chosen."""


class Seeing(QObject):
    """Remembers how the picture is looked at. It changes no label.

    Signals:
        palette_changed: the name of the palette to draw in.
        look_changed: one of `LOOKS`, to draw the window in.
    """

    palette_changed = Signal(str)
    look_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)

    @property
    def palette(self) -> str:
        """The name of the palette that was chosen on this machine, "" where nobody has chosen."""
        name = places.read_settings().get(PALETTE_SETTING)
        return name if isinstance(name, str) else ""

    def choose_palette(self, name: str) -> None:
        """Draws in a palette from now on, also after a restart."""
        places.write_setting(PALETTE_SETTING, name)
        self.palette_changed.emit(name)

    @property
    def look(self) -> str:
        """Which of `LOOKS` was chosen on this machine."""
        name = places.read_settings().get(LOOK_SETTING)
        return name if isinstance(name, str) and name in LOOKS else LOOKS[0]

    def choose_look(self, name: str) -> None:
        """Draws the window in one of `LOOKS` from now on, also after a restart."""
        places.write_setting(LOOK_SETTING, name)
        self.look_changed.emit(name)
