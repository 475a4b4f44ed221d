"""Graphics items that draw over the whole viewport; the one that draws all people is cheap with twenty of them."""

from __future__ import annotations

from math import ceil
from typing import Generic, Protocol, TypeVar

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.ui.canvas.painting.pose_painting import (
    PoseContext,
    is_same_drawing,
    others_of,
    paint_above,
    paint_below,
    paint_others,
)


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
    """Draws all people; those who are not selected are drawn once and kept, while the hand moves the selected one."""

    def __init__(self) -> None:
        super().__init__(PoseContext(), z=10)
        self._others, self._kept = PoseContext(), QPixmap()

    def draw_anew(self) -> None:
        """Keeps nothing that was drawn, as the colours are other ones."""
        self._kept = QPixmap()
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draws the people."""
        paint_below(painter, self.context)
        if self.context.poses is not None:
            painter.drawPixmap(0, 0, self._drawn_others(painter.device().devicePixelRatioF()))
        paint_above(painter, self.context)

    def _drawn_others(self, pixel_ratio: float) -> QPixmap:
        others = others_of(self.context)
        is_kept = not self._kept.isNull() and self._kept.devicePixelRatioF() == pixel_ratio
        if not is_kept or not is_same_drawing(others, self._others):
            width, height = (ceil(side * pixel_ratio) for side in self.context.viewport_wh)
            self._others, self._kept = others, QPixmap(width, height)
            self._kept.setDevicePixelRatio(pixel_ratio)
            self._kept.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._kept)
            paint_others(painter, others)
            painter.end()
        return self._kept
