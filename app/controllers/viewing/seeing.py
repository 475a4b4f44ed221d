"""How the hand wants to see: what is remembered of the picture's looks, on this machine and in the project."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.files import places

PALETTE_SETTING = "palette"


class Seeing(QObject):
    """Remembers how the picture is looked at. It changes no label.

    Signals:
        palette_changed: the name of the palette to draw in.
    """

    palette_changed = Signal(str)

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
