"""How the hand wants to see: what is remembered of the picture's looks, on this machine and in the project."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from core.files import places
from core.files.small_files import remembered

PALETTE_SETTING = "palette"
LOOK_SETTING = "look"
LOOKS = ("system", "light", "dark")
"""The first follows the system's, and is taken where nobody has chosen."""
MARKERS_SETTING, TONES_SETTING = "marker_scale", "picture"
STEP = 0.1
LEAST_MARKERS, MOST_MARKERS = 0.5, 2.5


@dataclass(frozen=True)
class PictureTones:
    """How the picture of a project is shown: brightness and contrast from -1 to 1, 0 as it is."""

    brightness: float = 0.0
    contrast: float = 0.0


class Seeing(QObject):
    """Remembers how the picture is looked at. It changes no label.

    Signals:
        palette_changed: the name of the palette to draw in.
        look_changed: one of `LOOKS`, to draw the window in.
        tones_changed: the PictureTones of the open project.
        markers_changed: the factor on the sizes of markers and labels.
    """

    palette_changed = Signal(str)
    look_changed = Signal(str)
    tones_changed = Signal(object)
    markers_changed = Signal(float)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.tones = PictureTones()
        self.marker_scale = bounded(places.read_settings().get(MARKERS_SETTING), LEAST_MARKERS, MOST_MARKERS, 1.0)
        session.opened.connect(self._on_opened)

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

    def set_tones(self, tones: PictureTones) -> None:
        """Shows the picture of this project so, also after a restart."""
        self._take_tones(tones)
        project = self._session.project
        if project is not None and not project.read_only:
            self._session.remember(TONES_SETTING, json.dumps(asdict(self.tones)))

    def adjust(self, brightness: int = 0, contrast: int = 0) -> None:
        """Goes so many steps further in brightness and contrast."""
        tones = self.tones
        self.set_tones(PictureTones(tones.brightness + brightness * STEP, tones.contrast + contrast * STEP))

    def set_marker_scale(self, factor: float) -> None:
        """Draws markers and labels so many times as large, also after a restart."""
        self.marker_scale = bounded(factor, LEAST_MARKERS, MOST_MARKERS, 1.0)
        places.write_setting(MARKERS_SETTING, self.marker_scale)
        self.markers_changed.emit(self.marker_scale)

    def _take_tones(self, tones: PictureTones) -> None:
        self.tones = PictureTones(bounded(tones.brightness, -1.0, 1.0, 0.0), bounded(tones.contrast, -1.0, 1.0, 0.0))
        self.tones_changed.emit(self.tones)

    def _on_opened(self) -> None:
        """Takes what the project remembers; what cannot be understood is the picture as it is."""
        kept = self._session.read(lambda project: project.setting(TONES_SETTING), None)
        values: dict[str, Any] = remembered(kept, {})
        self._take_tones(PictureTones(values.get("brightness", 0.0), values.get("contrast", 0.0)))


def bounded(value: object, least: float, most: float, otherwise: float) -> float:
    """A remembered number within its bounds, to a hundredth; `otherwise` where it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        return otherwise
    return round(min(max(float(value), least), most), 2)
