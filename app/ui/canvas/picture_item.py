"""The frame on the canvas, and any picture that lies on it."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PySide6.QtGui import QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

CRISP_FROM_SCALE = 2.0
"""From this many device pixels per picture pixel on, each picture pixel is shown as a sharp square."""


class PictureItem(pg.ImageItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An RGB or RGBA picture whose pixel centres lie on whole numbers.

    Smooth where it is shrunk or barely enlarged, sharp squares from `CRISP_FROM_SCALE` on; `always_smooth` for a
    picture that stands for something continuous.
    """

    def __init__(self, always_smooth: bool = False) -> None:
        super().__init__(axisOrder="row-major")
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)  # scaled once, not whenever people move
        self._always_smooth = always_smooth

    def show_pixels(
        self, pixels: NDArray[np.uint8], frame_from_picture: ArrayLike | None = None, pixels_per_cell: int = 1
    ) -> None:
        """Shows a picture, placed by an affine.

        Args:
            pixels: (H, W, 3) or (H, W, 4) uint8.
            frame_from_picture: (2, 3) affine from the picture's cells to full-frame pixels; None for the frame itself.
            pixels_per_cell: how much finer the pixels are than the cells that the affine speaks of.
        """
        self.setImage(np.ascontiguousarray(pixels), autoLevels=False, levels=None, autoDownsample=False)
        affine = np.eye(3)[:2] if frame_from_picture is None else np.asarray(frame_from_picture, dtype=np.float64)
        # Qt draws pixel (0, 0) from 0 to 1, we count from -0.5 to 0.5.
        to_cells = QTransform().scale(1 / pixels_per_cell, 1 / pixels_per_cell) * QTransform.fromTranslate(-0.5, -0.5)
        to_frame = QTransform(affine[0, 0], affine[1, 0], affine[0, 1], affine[1, 1], affine[0, 2], affine[1, 2])
        self.setTransform(to_cells * to_frame)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draws the picture, smooth or sharp as its scale on the screen asks for."""
        scale = painter.deviceTransform().m22()
        smooth = self._always_smooth or abs(scale) < CRISP_FROM_SCALE
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        super().paint(painter, option, widget)
