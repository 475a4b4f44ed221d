"""Graphics items that draw over the whole viewport; the one that draws all people is cheap with twenty of them."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.ui.canvas.painting.pose_painting import PoseContext, paint_people


class Context(Protocol):
    """What is drawn: frozen values, the viewport's size among them."""

    @property
    def viewport_wh(self) -> tuple[float, float]:
        """The viewport's size."""


C = TypeVar("C", bound=Context)


class ContextItem(pg.GraphicsObject, Generic[C]):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws a context over the whole viewport; lines and markers keep their size at every zoom.

    Attributes:
        context: what is drawn now.
    """

    def __init__(self, context: C, z: float) -> None:
        super().__init__()
        self.context = context
        self.setZValue(z)

    def show_context(self, context: C) -> None:
        """Draws this from now on."""
        if context.viewport_wh != self.context.viewport_wh:
            self.prepareGeometryChange()
        self.context = context
        self.update()

    def boundingRect(self) -> QRectF:
        """The viewport."""
        return QRectF(0, 0, *self.context.viewport_wh)


class PoseItem(ContextItem[PoseContext]):
    """Draws all people, of one piece."""

    def __init__(self) -> None:
        super().__init__(PoseContext(), z=10)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draws the people."""
        paint_people(painter, self.context)
