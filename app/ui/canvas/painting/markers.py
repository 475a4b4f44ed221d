"""The forms of joints: one glance tells who set a joint, whether it is seen, and whether it is doubtful.

The form, its filling and its colour are the provenance (`theme.PROVENANCE_STYLES`), a broken outline with a stroke
through it is an occluded joint, a second ring around it a doubtful one, a dot in it a sure one, corner brackets the
selected one. Every mark has a dark casing, so that it reads on any picture. Sizes are device-independent pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

CASING = QColor(8, 10, 12, 210)
RADIUS_PX = 4.2
SELECTED_RADIUS_PX = 5.2
STAMP_PX = 32
"""Room for the largest mark with its rings."""


@dataclass(frozen=True)
class Marker:
    """How one joint is drawn.

    Attributes:
        form: "circle", "square", "diamond" or "triangle".
        filled: a person's word is filled, a machine's is an outline.
        colour: of who set it, as "#rrggbb".
        doubt_colour: of the ring around a doubtful one, likewise.
        is_occluded: labelled, but not to be seen in the picture.
        is_doubtful: a machine's word that is not to be trusted.
        is_sure: a machine's word that was measured to be right nine times in ten.
        is_selected: the joint that the hand works on.
        is_hovered: the joint that a press would take hold of.
        is_ghost: not labelled; shown where it last stood.
        is_large: of the selected person.
        size: how many times as large as usual.
    """

    form: str
    filled: bool
    colour: str
    doubt_colour: str = ""
    is_occluded: bool = False
    is_doubtful: bool = False
    is_sure: bool = False
    is_selected: bool = False
    is_hovered: bool = False
    is_ghost: bool = False
    is_large: bool = False
    size: float = 1.0


@cache
def form_path(form: str, radius_px: float) -> QPainterPath:
    """The outline of a form about the origin. Areas are about equal, so that no form looks bigger than another."""
    path = QPainterPath()
    if form == "circle":
        path.addEllipse(QPointF(0, 0), radius_px, radius_px)
    elif form == "square":
        half = radius_px * 0.9
        path.addRect(QRectF(-half, -half, 2 * half, 2 * half))
    else:
        corners = {"diamond": (4, 1.28, -90.0), "triangle": (3, 1.38, -90.0)}[form]
        count, stretch, first_deg = corners
        angles = [math.radians(first_deg + 360 * i / count) for i in range(count)]
        path.addPolygon(QPolygonF([QPointF(math.cos(a), math.sin(a)) * (radius_px * stretch) for a in angles]))
        path.closeSubpath()
    return path


def draw_marker(painter: QPainter, marker: Marker, at: QPointF) -> None:
    """Draws one joint, from a stock of drawn marks; the selected one is drawn afresh, exact to a part of a pixel."""
    if marker.is_selected:
        _draw_afresh(painter, marker, at)
        return
    scale = painter.device().devicePixelRatio()
    room_px = STAMP_PX * max(marker.size, 1.0)
    corner = at - QPointF(room_px / 2, room_px / 2)
    on_device = QPointF(round(corner.x() * scale) / scale, round(corner.y() * scale) / scale)
    painter.drawPixmap(on_device, _stamp(marker, scale))


@lru_cache(maxsize=512)
def _stamp(marker: Marker, scale: float) -> QPixmap:
    room_px = STAMP_PX * max(marker.size, 1.0)
    stamp = QPixmap(round(room_px * scale), round(room_px * scale))
    stamp.setDevicePixelRatio(scale)
    stamp.fill(Qt.GlobalColor.transparent)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_afresh(painter, marker, QPointF(room_px / 2, room_px / 2))
    painter.end()
    return stamp


def _draw_afresh(painter: QPainter, marker: Marker, at: QPointF) -> None:
    radius = (SELECTED_RADIUS_PX if marker.is_large else RADIUS_PX) * marker.size + (1.2 if marker.is_hovered else 0.0)
    painter.translate(at)
    if marker.is_ghost:
        _draw_ghost(painter, radius, QColor(marker.colour))
    else:
        _draw_form(painter, marker, form_path(marker.form, radius), radius)
    if marker.is_doubtful:
        _draw_doubt(painter, radius + 4.6, QColor(marker.doubt_colour))
    if marker.is_selected:
        _draw_brackets(painter, radius + 6.0)
    painter.translate(-at)


def _draw_form(painter: QPainter, marker: Marker, path: QPainterPath, radius: float) -> None:
    colour = QColor(marker.colour)
    outline = QPen(colour, 1.8)
    outline.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if marker.is_occluded:
        outline.setCapStyle(Qt.PenCapStyle.FlatCap)
        outline.setDashPattern([1.6, 1.0])
    elif marker.filled:
        outline = QPen(QColor("#ffffff"), 1.3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(CASING, 3.8))
    painter.drawPath(path)
    fill = QColor(colour) if marker.filled else QColor(8, 10, 12, 40)
    if marker.is_occluded:
        fill = fill.darker(190) if marker.filled else QColor(8, 10, 12, 150)
    painter.setBrush(fill)
    painter.setPen(outline)
    painter.drawPath(path)
    if marker.is_sure:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(0, 0), radius * 0.42, radius * 0.42)
    if marker.is_occluded:
        reach = radius * 0.62
        painter.setPen(QPen(QColor("#ffffff"), 1.5))
        painter.drawLine(QPointF(-reach, reach), QPointF(reach, -reach))


def _draw_ghost(painter: QPainter, radius: float, colour: QColor) -> None:
    for pen in (QPen(CASING, 3.4), QPen(colour, 1.3)):
        painter.setPen(pen)
        painter.drawLine(QPointF(-radius, -radius), QPointF(radius, radius))
        painter.drawLine(QPointF(-radius, radius), QPointF(radius, -radius))


def _draw_doubt(painter: QPainter, radius: float, colour: QColor) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(CASING, 3.6), QPen(colour, 1.8)):
        painter.setPen(pen)
        painter.drawEllipse(QPointF(0, 0), radius, radius)


def _draw_brackets(painter: QPainter, reach: float) -> None:
    arm = reach * 0.55
    path = QPainterPath()
    for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        path.moveTo(sx * reach, sy * (reach - arm))
        path.lineTo(sx * reach, sy * reach)
        path.lineTo(sx * (reach - arm), sy * reach)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(CASING, 3.8), QPen(QColor("#ffffff"), 1.8)):
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawPath(path)
