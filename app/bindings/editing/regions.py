"""Ignore regions: those of the frame on screen are drawn, and what a hand does to them becomes edits."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.editing.poses import EditingController
from app.controllers.session import Session
from app.tools import Tool
from app.ui.main_window import MainWindow
from core.project import Touched

HOW = (
    "Drag a rectangle, or click corner after corner and Enter. Drag corners; right-click removes one; "
    "Delete the selected; Esc stops."
)


class RegionsBinding(QObject):
    """Keeps the canvas' ignore regions in step with the project."""

    def __init__(self, window: MainWindow, session: Session, editing: EditingController) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        session.frame_shown.connect(lambda _: self._draw())
        session.poses_changed.connect(self._on_changed)
        session.tool_changed.connect(self._show_tool)
        window.canvas.regions_changed.connect(editing.set_ignore_regions)
        window.action("action_ignore_regions").triggered.connect(lambda _checked=False: self._toggle())

    def _draw(self) -> None:
        frame_index = self._session.frame_index
        if frame_index is not None:
            regions = self._session.read(lambda project: project.ignore_regions_of(frame_index), ())
            self._window.canvas.set_regions(frame_index, regions)

    def _on_changed(self, touched: Touched) -> None:
        if self._session.frame_index in touched.frame_indices:
            self._draw()

    def _show_tool(self, tool: Tool) -> None:
        self._window.action("action_ignore_regions").setChecked(tool == Tool.REGION)

    def _toggle(self) -> None:
        session = self._session
        if session.tool == Tool.REGION or session.frame_index is None:
            session.put_tool_down()
        else:
            session.take_tool(Tool.REGION)
            session.message.emit(HOW)
