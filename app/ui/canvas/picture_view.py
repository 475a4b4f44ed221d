"""A frame that a hand can zoom and pan, and nothing more: the ground that the canvas is built on."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from app.ui import theme
from app.ui.canvas.painting.tones import Tones
from app.ui.canvas.picture_item import PictureItem
from app.ui.canvas.view import FIT_MARGIN_PX, Picture, View, fitted, kept_in_reach, zoomed_within_limits

ZOOM_PER_NOTCH = 1.2
FAIR_PART = 0.6
"""What is to be looked at is large enough where it fills this part of the viewport, one way or the other."""
DEFAULT_HINT = "Open a clip: Ctrl+O"


class PictureView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows RGB frames, y down; the scene is the viewport, the picture lies in it by `view`.

    Signals:
        zoom_changed(float): viewport pixels per full-frame pixel, after each change; for scripts, as `pointer_moved`.
    """

    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._picture: Picture | None = None
        self._view = View()
        self._is_fitted = True
        self._rgb: NDArray[np.uint8] | None = None
        self._tones = Tones()
        self._world: pg.ItemGroup | None = None
        super().__init__(parent, background=theme.CANVAS_BACKGROUND)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setMinimumSize(160, 120)
        self._world = pg.ItemGroup()
        self.addItem(self._world)
        self._frame_item = PictureItem()
        self._frame_item.setParentItem(self._world)
        self._frame_item.hide()

    @property
    def view(self) -> View:
        """How full-frame pixels lie in the viewport."""
        return self._view

    @property
    def zoom(self) -> float:
        """Viewport pixels per full-frame pixel."""
        return self._view.zoom

    def viewport_position(self, x: float, y: float) -> QPoint:
        """The viewport's pixel that shows a place given in full-frame pixels."""
        return QPoint(*(round(value) for value in self._view.to_viewport(x, y)))

    def fit(self) -> None:
        """Shows the whole picture, and keeps doing so when the canvas changes its size."""
        self._is_fitted = True
        if self._picture is not None:
            self._set_view(fitted(self._picture, self.viewport().width(), self.viewport().height()))

    def zoom_by(self, factor: float) -> None:
        """Zooms about the middle of the viewport."""
        self._zoom_at(factor, self.viewport().width() / 2, self.viewport().height() / 2)

    def reveal(self, x: float, y: float) -> None:
        """Brings a place given in full-frame pixels to the middle, if it is not in sight."""
        at_x, at_y = self._view.to_viewport(x, y)
        width, height = self.viewport().width(), self.viewport().height()
        if self._picture is not None and not (0 <= at_x < width and 0 <= at_y < height):
            self._pan_by(width / 2 - at_x, height / 2 - at_y)

    def show_place(self, left: float, top: float, width: float, height: float) -> None:
        """Brings a rectangle of the picture into sight, large enough to work on it.

        The hand's own zoom stays where the rectangle fills a fair part of the viewport.
        """
        if self._picture is None or width <= 0 or height <= 0:
            return
        room_x, room_y = self.viewport().width() - 2 * FIT_MARGIN_PX, self.viewport().height() - 2 * FIT_MARGIN_PX
        whole = min(room_x / (width * self._view.pixel_aspect), room_y / height)
        x, y = left + width / 2, top + height / 2
        if not FAIR_PART * whole <= self.zoom <= whole:
            self._zoom_at(whole / self.zoom, *self._view.to_viewport(x, y))
        (at_left, at_top), (at_right, at_bottom) = (
            self._view.to_viewport(left, top),
            self._view.to_viewport(left + width, top + height),
        )
        in_sight = at_left >= 0 and at_top >= 0
        in_sight = in_sight and at_right <= self.viewport().width() and at_bottom <= self.viewport().height()
        if not in_sight:
            at_x, at_y = self._view.to_viewport(x, y)
            self._pan_by(self.viewport().width() / 2 - at_x, self.viewport().height() / 2 - at_y)

    def _show_picture(self, rgb: NDArray[np.uint8], pixel_aspect: float) -> None:
        picture = Picture(rgb.shape[1], rgb.shape[0], pixel_aspect)
        is_other_clip = picture != self._picture
        self._picture = picture
        self._rgb = rgb
        self._frame_item.show_pixels(self._tones.applied(rgb))
        self._frame_item.show()
        if is_other_clip:
            self.fit()

    def set_tones(self, tones: Tones) -> None:
        """Shows frames brighter, darker or in another contrast from now on."""
        self._tones = tones
        if self._rgb is not None:
            self._frame_item.show_pixels(tones.applied(self._rgb))

    def _show_no_picture(self) -> None:
        self._picture = self._rgb = None
        self._is_fitted = True
        self._frame_item.clear()
        self._frame_item.hide()
        self.viewport().update()

    def _zoom_at(self, factor: float, viewport_x: float, viewport_y: float) -> None:
        if self._picture is None:
            return
        size = float(self.viewport().width()), float(self.viewport().height())
        view = zoomed_within_limits(self._view, self._picture, factor, (viewport_x, viewport_y), size)
        self._is_fitted = False
        self._set_view(view)

    def _pan_by(self, dx_px: float, dy_px: float) -> None:
        if self._picture is None:
            return
        width, height = self.viewport().width(), self.viewport().height()
        self._is_fitted = False
        self._set_view(kept_in_reach(self._view.panned(dx_px, dy_px), self._picture, width, height))

    def _set_view(self, view: View) -> None:
        self._view = view
        if self._world is not None:
            scale_x = view.zoom * view.pixel_aspect
            self._world.setTransform(QTransform(scale_x, 0, 0, view.zoom, view.origin_x, view.origin_y))
        self._view_changed()
        self.zoom_changed.emit(view.zoom)

    def _view_changed(self) -> None:
        """Called after each change of `view` or of the viewport's size, for what is drawn in viewport pixels."""

    def close(self) -> bool:
        """Closes as every widget does; pyqtgraph's own way takes the viewport away and cannot be undone."""
        return QGraphicsView.close(self)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keeps the picture fitted, or else what was in the middle in the middle."""
        super().resizeEvent(event)
        if self._world is None:
            return
        if self._picture is None:
            self._view_changed()
        elif self._is_fitted:
            self.fit()
        elif event is not None and event.oldSize().isValid():
            size, old = event.size(), event.oldSize()
            self._pan_by((size.width() - old.width()) / 2, (size.height() - old.height()) / 2)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms at the pointer."""
        notches = event.angleDelta().y() / 120.0
        if notches:
            self._zoom_at(ZOOM_PER_NOTCH**notches, event.position().x(), event.position().y())
        event.accept()

    def drawForeground(self, painter: QPainter, rect: QRectF | object) -> None:
        """Says what to do where there is no frame."""
        if self._picture is None:
            painter.setPen(theme.CANVAS_TEXT_MUTED)
            font = painter.font()
            font.setPixelSize(15)
            painter.setFont(font)
            painter.drawText(QRectF(self.viewport().rect()), Qt.AlignmentFlag.AlignCenter, DEFAULT_HINT)
