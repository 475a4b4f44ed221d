"""The one graphics item that draws all people: cheap with twenty of them, and always of one piece."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.ui.canvas.pose_painting import PoseContext, paint_people


class PoseItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws a `PoseContext` over the whole viewport; lines and markers keep their size at every zoom."""

    def __init__(self) -> None:
        super().__init__()
        self._context = PoseContext()
        self.setZValue(10)

    def show_context(self, context: PoseContext) -> None:
        """Draws this from now on."""
        if context.viewport_wh != self._context.viewport_wh:
            self.prepareGeometryChange()
        self._context = context
        self.update()

    def boundingRect(self) -> QRectF:
        """The viewport."""
        return QRectF(0, 0, *self._context.viewport_wh)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draws the people."""
        paint_people(painter, self._context)
