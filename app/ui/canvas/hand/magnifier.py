"""The magnifier: the picture around a joint that the hand sets, larger, beside the pointer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.ui import theme
from app.ui.canvas.painting.markers import CASING
from app.ui.canvas.picture_item import CRISP_FROM_SCALE
from app.ui.canvas.view import View

TIMES = 4.0
MOST_ZOOM = 64.0
SIZE_PX = 168.0
SMALLEST_PX = 60.0
GAP_PX = 30.0
"""How far from the pointer it stays, so that pointer and joint lie free."""
EDGE_PX = 4.0


@dataclass(frozen=True, eq=False)
class Magnified:
    """What the magnifier shows.

    Attributes:
        rgb: (H, W, 3) uint8, the frame.
        xy: the joint's place, in full-frame pixels.
        pointer_px: the pointer, in viewport pixels.
        view: how the frame lies in the viewport.
        viewport_wh: the viewport's size.
        colour: of the joint.
    """

    rgb: NDArray[np.uint8]
    xy: tuple[float, float]
    pointer_px: tuple[float, float]
    view: View
    viewport_wh: tuple[float, float]
    colour: str

    @property
    def zoom(self) -> float:
        """Viewport pixels per full-frame pixel in the magnifier."""
        return max(min(TIMES * self.view.zoom, MOST_ZOOM), self.view.zoom)


def magnifier_rect(
    pointer_px: tuple[float, float], joint_px: tuple[float, float], viewport_wh: tuple[float, float]
) -> QRectF | None:
    """Where the magnifier is: beside the pointer, in the viewport, over neither the pointer nor the joint.

    Above and to the right where there is room, else in the first other quarter that has some; smaller where none has,
    and None where it would show nothing any more.
    """
    size = SIZE_PX
    while size >= SMALLEST_PX:
        for right, below in ((True, False), (False, False), (True, True), (False, True)):
            left = pointer_px[0] + GAP_PX if right else pointer_px[0] - GAP_PX - size
            top = pointer_px[1] + GAP_PX if below else pointer_px[1] - GAP_PX - size
            rect = QRectF(left, top, size, size)
            inside = QRectF(0, 0, *viewport_wh).adjusted(EDGE_PX, EDGE_PX, -EDGE_PX, -EDGE_PX)
            if inside.contains(rect) and not rect.contains(QPointF(*joint_px)):
                return rect
        size -= 12.0
    return None


class MagnifierItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws `Magnified` over everything; nothing while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Magnified | None = None
        self.setZValue(30)
        self.hide()

    @property
    def shown(self) -> Magnified | None:
        """What it shows."""
        return self._shown

    def place(self) -> QRectF | None:
        """Where it is in the viewport; None where it is not shown."""
        shown = self._shown
        if shown is None:
            return None
        return magnifier_rect(shown.pointer_px, shown.view.to_viewport(*shown.xy), shown.viewport_wh)

    def show_magnified(self, shown: Magnified | None) -> None:
        """Shows this from now on; None puts it away."""
        if shown is None and self._shown is None:
            return
        self.prepareGeometryChange()
        self._shown = shown
        self.setVisible(shown is not None)
        self.update()

    def boundingRect(self) -> QRectF:
        """The viewport: it may be anywhere in it."""
        return QRectF() if self._shown is None else QRectF(0, 0, *self._shown.viewport_wh)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draws the picture around the joint, and the joint's mark in its middle."""
        shown, rect = self._shown, self.place()
        if shown is None or rect is None:
            return
        lens = QPainterPath()
        lens.addEllipse(rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipPath(lens)
        painter.fillRect(rect, theme.CANVAS_BACKGROUND)
        _draw_picture(painter, shown, rect)
        _draw_mark(painter, rect.center(), QColor(shown.colour))
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(CASING, 5.0), QPen(QColor("#ffffff"), 2.0)):
            painter.setPen(pen)
            painter.drawPath(lens)
        painter.restore()


def _draw_picture(painter: QPainter, shown: Magnified, rect: QRectF) -> None:
    """Only the pixels in sight are handed to the painter, whatever the size of the frame."""
    scale_x, scale_y = shown.zoom * shown.view.pixel_aspect, shown.zoom
    height, width = shown.rgb.shape[:2]
    x, y = shown.xy
    reach_x, reach_y = rect.width() / 2 / scale_x, rect.height() / 2 / scale_y
    left, right = max(int(x - reach_x) - 1, 0), min(int(x + reach_x) + 3, width)
    top, bottom = max(int(y - reach_y) - 1, 0), min(int(y + reach_y) + 3, height)
    if left >= right or top >= bottom:
        return
    part = np.ascontiguousarray(shown.rgb[top:bottom, left:right])
    image = QImage(part.data, right - left, bottom - top, 3 * (right - left), QImage.Format.Format_RGB888)
    middle = rect.center()
    target = QRectF(
        middle.x() + (left - 0.5 - x) * scale_x,
        middle.y() + (top - 0.5 - y) * scale_y,
        (right - left) * scale_x,
        (bottom - top) * scale_y,
    )
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale_y < CRISP_FROM_SCALE)
    painter.drawImage(target, image)


def _draw_mark(painter: QPainter, at: QPointF, colour: QColor) -> None:
    """A ring with a cross that leaves its very middle open."""
    for pen in (QPen(CASING, 3.6), QPen(colour, 1.6)):
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, 7.0, 7.0)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(at + QPointF(dx, dy) * 7.0, at + QPointF(dx, dy) * 16.0)
