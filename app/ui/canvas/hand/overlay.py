"""What lies over the people while a hand works: handles, candidates, cursors, heads; below, ignore regions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.ui import theme
from app.ui.canvas.hand.regions import Polygons, middles
from app.ui.canvas.hit_test import HANDLES, handle_position
from app.ui.canvas.painting.heatmap_colours import Peak
from app.ui.canvas.painting.markers import CASING
from app.ui.canvas.painting.pose_painting import HANDLE_PX, draw_tag
from app.ui.canvas.pose_item import ContextItem
from app.ui.canvas.view import View
from core.poses import FloatArray

WHITE = QColor("#ffffff")
RING_PX = 11.0
CORNER_PX = 7.0


@dataclass(frozen=True, eq=False)
class HandContext:
    """All that the painting of what the hand adds depends on.

    Attributes:
        view: where full-frame pixels lie in the viewport.
        viewport_wh: the viewport's size.
        turn_handle_px: the handle that turns the selected person, in viewport pixels.
        turn_stalk_px: where its stalk ends at the box.
        candidates: the peaks of the selected joint's heatmap among which a hand chooses, the highest first.
        joint_xy: where that joint is.
        cursor_xy: the place that the arrow keys move.
        cursor_handle: whether that is a handle of a box.
        heads: (track id, head box (4,)) of those who have one.
        selected: the selected track id; its head box has handles.
        locked_xy: joints that cannot be moved.
    """

    view: View = field(default_factory=View)
    viewport_wh: tuple[float, float] = (0.0, 0.0)
    turn_handle_px: tuple[float, float] | None = None
    turn_stalk_px: tuple[float, float] | None = None
    candidates: tuple[Peak, ...] = ()
    joint_xy: tuple[float, float] | None = None
    cursor_xy: tuple[float, float] | None = None
    cursor_handle: bool = False
    heads: tuple[tuple[int, FloatArray], ...] = ()
    selected: int | None = None
    locked_xy: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class RegionContext:
    """The ignore regions of the frame shown.

    Attributes:
        view: where full-frame pixels lie in the viewport.
        viewport_wh: the viewport's size.
        regions: polygons (N, 2) in full-frame pixels.
        drawn: the corners of a new one so far, the last of them in the hand.
        selected: the region that Delete takes away.
        is_edited: whether corners are shown to take hold of.
    """

    view: View = field(default_factory=View)
    viewport_wh: tuple[float, float] = (0.0, 0.0)
    regions: Polygons = ()
    drawn: tuple[tuple[float, float], ...] = ()
    selected: int | None = None
    is_edited: bool = False


class OverlayItem(ContextItem[HandContext]):
    """Draws a `HandContext` over the people."""

    def __init__(self) -> None:
        super().__init__(HandContext(), z=20)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draws what the hand adds."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        context = self.context
        for track_id, box in context.heads:
            _paint_head(painter, context, track_id, box)
        for place in context.locked_xy:
            _paint_lock(painter, QPointF(*context.view.to_viewport(*place)))
        _paint_turn_handle(painter, context)
        _paint_candidates(painter, context)
        _paint_cursor(painter, context)


class RegionItem(ContextItem[RegionContext]):
    """Draws a `RegionContext` between the picture and the people."""

    def __init__(self) -> None:
        super().__init__(RegionContext(), z=5)

    def show_context(self, context: RegionContext) -> None:
        """Draws this from now on, where there is anything."""
        super().show_context(context)
        self.setVisible(bool(context.regions or context.drawn))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draws the regions, hatched; while they are edited, with their corners."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        context = self.context
        for index, polygon in enumerate(context.regions):
            _paint_region(painter, context, polygon, index == context.selected)
        if context.drawn:
            points = [QPointF(*context.view.to_viewport(*corner)) for corner in context.drawn]
            for pen in _pens(WHITE, 1.6):
                painter.setPen(pen)
                painter.drawPolyline(QPolygonF(points))
            _paint_squares(painter, points[:-1] if len(points) > 1 else points)


def _pens(colour: QColor, width: float, dashes: list[float] | None = None) -> tuple[QPen, QPen]:
    above = QPen(colour, width)
    if dashes is not None:
        above.setDashPattern(dashes)
    return QPen(CASING, width + 2.2), above


def _paint_region(painter: QPainter, context: RegionContext, polygon: FloatArray, is_selected: bool) -> None:
    points = [QPointF(*context.view.to_viewport(x, y)) for x, y in polygon.tolist()]
    outline = QPolygonF(points)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(8, 10, 12, 90))
    painter.drawPolygon(outline)
    hatching = QColor(WHITE)
    hatching.setAlpha(120 if is_selected else 75)
    painter.setBrush(Qt.BrushStyle.BDiagPattern)
    brush = painter.brush()
    brush.setColor(hatching)
    painter.setBrush(brush)
    painter.drawPolygon(outline)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in _pens(WHITE, 2.0 if is_selected else 1.2, [6.0, 3.0]):
        painter.setPen(pen)
        painter.drawPolygon(outline)
    if points:
        middle = outline.boundingRect().center()
        draw_tag(painter, "ignored", middle - QPointF(24, 9), context.viewport_wh)
    if context.is_edited:
        if is_selected:
            _paint_squares(painter, [QPointF(*context.view.to_viewport(x, y)) for x, y in middles(polygon).tolist()], 4)
        _paint_squares(painter, points)


def _paint_squares(painter: QPainter, points: list[QPointF], size: float = CORNER_PX) -> None:
    painter.setPen(QPen(CASING, 1.4))
    painter.setBrush(WHITE)
    for point in points:
        painter.drawRect(QRectF(point.x() - size / 2, point.y() - size / 2, size, size))


def _paint_head(painter: QPainter, context: HandContext, track_id: int, bbox_xywh: FloatArray) -> None:
    """Dotted, in the person's colour: no person's box is dotted."""
    x, y, w, h = (float(value) for value in bbox_xywh)
    view = context.view
    box = QRectF(QPointF(*view.to_viewport(x, y)), QPointF(*view.to_viewport(x + w, y + h)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    is_selected = track_id == context.selected
    for pen in _pens(QColor(theme.person_colour(track_id)), 1.8 if is_selected else 1.2, [1.2, 1.6]):
        painter.setPen(pen)
        painter.drawRoundedRect(box, 3, 3)
    if is_selected:
        corners = [handle_position(bbox_xywh, handle) for handle in HANDLES[:4]]
        _paint_squares(painter, [QPointF(*view.to_viewport(*corner)) for corner in corners], HANDLE_PX - 1)


def _paint_lock(painter: QPainter, joint: QPointF) -> None:
    """A small padlock at the joint's lower right."""
    at = joint + QPointF(8, 9)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in _pens(WHITE, 1.4):
        painter.setPen(pen)
        painter.drawArc(QRectF(at.x() - 2.6, at.y() - 6.5, 5.2, 7.5), 0, 180 * 16)
    painter.setPen(QPen(CASING, 1.2))
    painter.setBrush(WHITE)
    painter.drawRoundedRect(QRectF(at.x() - 4.2, at.y() - 3.0, 8.4, 6.6), 1.4, 1.4)


def _paint_turn_handle(painter: QPainter, context: HandContext) -> None:
    if context.turn_handle_px is None or context.turn_stalk_px is None:
        return
    handle, stalk = QPointF(*context.turn_handle_px), QPointF(*context.turn_stalk_px)
    for pen in _pens(WHITE, 1.2):
        painter.setPen(pen)
        painter.drawLine(QLineF(stalk, handle))
    painter.setPen(QPen(CASING, 1.4))
    painter.setBrush(WHITE)
    painter.drawEllipse(handle, 6.5, 6.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(CASING, 1.5))
    painter.drawArc(QRectF(handle.x() - 3.2, handle.y() - 3.2, 6.4, 6.4), 30 * 16, 285 * 16)


def _paint_candidates(painter: QPainter, context: HandContext) -> None:
    """A ring for each place, numbered by height; the one where the joint is has a whole and thicker ring."""
    if not context.candidates:
        return
    here = -1
    if context.joint_xy is not None:
        distances = [
            np.hypot(peak.x - context.joint_xy[0], peak.y - context.joint_xy[1]) for peak in context.candidates
        ]
        here = int(np.argmin(distances)) if min(distances) < 0.5 else -1
    for rank, peak in enumerate(context.candidates):
        at = QPointF(*context.view.to_viewport(peak.x, peak.y))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in _pens(WHITE, 2.2 if rank == here else 1.4, None if rank == here else [3.0, 2.2]):
            painter.setPen(pen)
            painter.drawEllipse(at, RING_PX, RING_PX)
        words = f"{rank + 1} · {peak.value:.2f}"
        draw_tag(painter, words, at + QPointF(RING_PX + 3, -RING_PX - 8), context.viewport_wh)


def _paint_cursor(painter: QPainter, context: HandContext) -> None:
    if context.cursor_xy is None:
        return
    at = QPointF(*context.view.to_viewport(*context.cursor_xy))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in _pens(WHITE, 1.6):
        painter.setPen(pen)
        if context.cursor_handle:
            painter.drawRect(QRectF(at.x() - 8, at.y() - 8, 16, 16))
        else:
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(at + QPointF(dx, dy) * 4, at + QPointF(dx, dy) * 14)
    words = f"{context.cursor_xy[0]:.0f}, {context.cursor_xy[1]:.0f}"
    draw_tag(painter, words, at + QPointF(16, 12), context.viewport_wh)
