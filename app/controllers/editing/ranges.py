"""The selected range of the timeline: where it begins and ends."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.session import Session
from core.frame_range import FrameRange


class RangeController(QObject):
    """Sets the ends of the session's selected range at the frame on screen."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    def start_here(self) -> None:
        """The range begins with the frame on screen; one that ended before it is begun anew."""
        here, selected = self._session.frame_index, self._session.selected_range
        if here is None:
            self._session.message.emit("Open a clip first.")
        else:
            self._select(here, here if selected is None else max(here, selected.last))

    def end_here(self) -> None:
        """The range ends with the frame on screen; one that began after it is begun anew."""
        here, selected = self._session.frame_index, self._session.selected_range
        if here is None:
            self._session.message.emit("Open a clip first.")
        else:
            self._select(here if selected is None else min(here, selected.start), here)

    def clear(self) -> None:
        """No range is selected any more."""
        if self._session.selected_range is None:
            self._session.message.emit("No range is selected: set its start with [ and its end with ].")
        else:
            self._session.select_range(None)
            self._session.message.emit("No range is selected.")

    def _select(self, first: int, last: int) -> None:
        selected = FrameRange.between(first, last)
        self._session.select_range(selected)
        self._session.message.emit(f"Selected range: {selected.words}.")
