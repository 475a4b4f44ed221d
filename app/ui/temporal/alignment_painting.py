"""Painting an alignment over a neighbour's crop: Theta as a grid, O as arrows, M as a map, each in its own form."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, QTransform

from app.ui.canvas.painting.markers import CASING
from app.ui.temporal.alignment_shapes import Alignment, Arrows, Scales, arrows, grid_lines, taps_at
from core.geometry import FloatArray
from core.heatmaps import STRIDE

GRID_COLOUR = QColor("#ffffff")
TAP_COLOUR = QColor("#6fe8e8")
_HEAD_PX = 4.5
_LEAST_HEADED_PX = 5.0
_LARGE_FROM_PX = 200
_COLOURS = 64
_MAP_OPACITY = 0.78
_LEAST, _MOST = QColor("#2f8fdd"), QColor("#f08a24")


@dataclass(frozen=True)
class Look:
    """Sizes on the screen, in device-independent pixels."""

    grid_columns: int
    grid_width_px: float
    grid_opacity: float
    arrow_spacing_px: float
    arrow_width_px: float


SMALL, LARGE = Look(3, 0.7, 0.75, 12.0, 1.1), Look(6, 1.1, 0.9, 19.0, 1.5)


class Layer(Enum):
    """What can be drawn over the crops."""

    GRID = "grid"
    OFFSETS = "offsets"
    MODULATION = "modulation"


@dataclass(frozen=True)
class LayerChoice:
    """Which layers are drawn, and the colours' ranges.

    Attributes:
        layers: those switched on.
        scales: shared by all neighbours of a window.
    """

    layers: frozenset[Layer] = frozenset()
    scales: Scales = field(default_factory=Scales)


@cache
def offset_colours() -> NDArray[np.uint8]:
    """(n, 3) from no offset to the longest; the dark end of the colour map is left out, for it would not be seen."""
    table = np.asarray(pg.colormap.get("viridis").getLookupTable(start=0.45, stop=1.0, nPts=_COLOURS, alpha=False))
    return table.astype(np.uint8)


def modulation_rgba(values: FloatArray, span: float) -> NDArray[np.uint8]:
    """Modulation (h, w) as a picture (h, w, 4): blue below 1, orange above, and nothing at 1, `span` from it full."""
    deviation = np.clip((values - 1.0) / span, -1.0, 1.0)
    least, most = ([c.red(), c.green(), c.blue()] for c in (_LEAST, _MOST))
    rgba = np.empty((*values.shape, 4), np.uint8)
    rgba[..., :3] = np.where(deviation[..., None] < 0, least, most)
    rgba[..., 3] = np.round(255 * _MAP_OPACITY * np.sqrt(np.abs(deviation)))
    return rgba


def screen_from_crop(place: QRectF, crop_wh: tuple[int, int]) -> QTransform:
    """From pixels of a crop, whole numbers at their centres, to where the crop is drawn."""
    scale_x, scale_y = place.width() / crop_wh[0], place.height() / crop_wh[1]
    return QTransform(scale_x, 0, 0, scale_y, place.left() + scale_x / 2, place.top() + scale_y / 2)


def paint_alignment(
    painter: QPainter, place: QRectF, crop_wh: tuple[int, int], alignment: Alignment, choice: LayerChoice
) -> None:
    """Draws the layers of choice over a neighbour's crop that is drawn at `place`."""
    painter.save()
    painter.setClipRect(place)
    to_screen = screen_from_crop(place, crop_wh)
    modulation = alignment.mean_modulation()
    if Layer.MODULATION in choice.layers and modulation is not None:
        _paint_map(painter, to_screen, alignment, modulation_rgba(modulation, choice.scales.modulation))
    look = LARGE if place.width() > _LARGE_FROM_PX else SMALL
    if Layer.GRID in choice.layers:
        _paint_grid(painter, to_screen, grid_lines(alignment, crop_wh, look.grid_columns), look)
    if Layer.OFFSETS in choice.layers and alignment.tap_offsets is not None:
        step = max(1, round(look.arrow_spacing_px * crop_wh[0] / place.width() / STRIDE))
        _paint_arrows(painter, to_screen, arrows(alignment, step), choice.scales.offset_px, look.arrow_width_px)
    painter.restore()


def _paint_map(painter: QPainter, to_screen: QTransform, alignment: Alignment, rgba: NDArray[np.uint8]) -> None:
    """The map lies where the features come from: through Theta, as the grid does."""
    height, width = rgba.shape[:2]
    image = QImage(rgba.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    (a, b, tx), (c, d, ty) = alignment.affine
    # A pixel of the map is a feature: its centre, half a pixel from its corner, stands at STRIDE times its index.
    crop_from_map = QTransform(STRIDE, 0, 0, STRIDE, -STRIDE / 2, -STRIDE / 2)
    painter.save()
    painter.setTransform(crop_from_map * QTransform(a, c, b, d, tx, ty) * to_screen, combine=True)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QPointF(0, 0), image)
    painter.restore()


def _paint_grid(painter: QPainter, to_screen: QTransform, lines: FloatArray, look: Look) -> None:
    drawn = [QLineF(to_screen.map(QPointF(*a)), to_screen.map(QPointF(*b))) for a, b in lines.tolist()]
    painter.setOpacity(painter.opacity() * look.grid_opacity)
    for colour, extra in ((CASING, 1.2), (GRID_COLOUR, 0.0)):
        painter.setPen(QPen(colour, look.grid_width_px + extra))
        painter.drawLines(drawn[4:])
        painter.setPen(QPen(colour, 2.2 * look.grid_width_px + extra))
        painter.drawLines(drawn[:4])
    painter.setOpacity(painter.opacity() / look.grid_opacity)


def _paint_arrows(painter: QPainter, to_screen: QTransform, drawn: Arrows, scale_px: float, width: float) -> None:
    """Long arrows last, so that short ones don't hide them."""
    lengths = drawn.lengths_px
    colours = offset_colours()
    levels = np.clip(lengths / scale_px * (_COLOURS - 1), 0, _COLOURS - 1).astype(int)
    for index in np.argsort(lengths).tolist():
        start, end = (to_screen.map(QPointF(*ends[index])) for ends in (drawn.starts, drawn.ends))
        paint_arrow(painter, start, end, QColor(*(int(c) for c in colours[levels[index]])), width)


def paint_arrow(painter: QPainter, start: QPointF, end: QPointF, colour: QColor, width: float) -> None:
    """An arrow of true length; one too short for a head is a dot with a tail."""
    line = QLineF(start, end)
    length = line.length()
    head = min(_HEAD_PX * width / 1.3, length * 0.6)
    for ink, extra in ((CASING, 1.6), (colour, 0.0)):
        pen = QPen(ink, width + extra)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if length < 1.0:
            painter.drawPoint(start)
            continue
        painter.drawLine(line)
        if length >= _LEAST_HEADED_PX:
            along = (end - start) / length
            across = QPointF(-along.y(), along.x())
            back = end - along * head
            painter.setBrush(ink)
            painter.drawPolygon(QPolygonF([end, back + across * head * 0.5, back - across * head * 0.5]))


def paint_taps(
    painter: QPainter, place: QRectF, crop_wh: tuple[int, int], alignment: Alignment, at: tuple[float, float]
) -> None:
    """Marks the nine places that the feature nearest to `at` is put together from, larger where they count for more."""
    found = taps_at(alignment, at)
    if found is None:
        return
    taps, shares = found
    to_screen = screen_from_crop(place, crop_wh)
    painter.save()
    painter.setClipRect(place)
    for tap, share in zip(taps.tolist(), shares.tolist(), strict=True):
        radius = 1.6 + 6.0 * share**0.5
        for colour, extra in ((CASING, 2.4), (TAP_COLOUR, 0.0)):
            painter.setPen(QPen(colour, 1.5 + extra))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(to_screen.map(QPointF(*tap)), radius, radius)
    painter.restore()
