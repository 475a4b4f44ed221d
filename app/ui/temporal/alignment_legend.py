"""What the layers over the crops mean, in words, with the colours' numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.ui import theme
from app.ui.temporal.alignment_painting import GRID_COLOUR, Layer, modulation_rgba, offset_colours
from app.ui.temporal.alignment_shapes import Scales

SAMPLE_PX = 92, 26
_THETA = "\N{GREEK CAPITAL LETTER THETA}"
WORDS = {
    Layer.GRID: f"where the key frame's grid lies in each neighbour ({_THETA})",
    Layer.OFFSETS: f"from where {_THETA} leads to where the network looks (O)",
    Layer.MODULATION: "blue counts for less, orange for more (M)",
}
TOOLTIPS = {
    Layer.GRID: "The global transformation: for each place of the key frame's straight grid, where it is taken from.",
    Layer.OFFSETS: "The local calibration's offsets, to scale: the mean of the nine taps, each weighted by its "
    "kernel's strength times its modulation.",
    Layer.MODULATION: "The local calibration's modulation, 1 where a feature is taken as it is: the mean of the nine "
    "taps, each weighted by its kernel's strength.",
}
MISSING = {
    Layer.GRID: "this network has no global transformation.",
    Layer.OFFSETS: "this network has no local calibration.",
    Layer.MODULATION: "this network has no local calibration.",
}


class LegendSample(QWidget):
    """A sample of one layer: for colours a strip with its numbers below."""

    def __init__(self, layer: Layer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._layer = layer
        self._scales = Scales()
        self._is_present = True

    def set_present(self, present: bool) -> None:
        """Whether the network has this layer: a sample of what is not there is faint."""
        self._is_present = present
        self.update()

    def set_scales(self, scales: Scales) -> None:
        """The numbers at the ends of the strip."""
        self._scales = scales
        self.update()

    def sizeHint(self) -> QSize:
        """The same for all layers, so that the words stand in one column."""
        return QSize(*SAMPLE_PX)

    def numbers(self) -> tuple[str, ...]:
        """What stands below the strip, from left to right."""
        if not self._is_present:
            return ()
        if self._layer is Layer.OFFSETS:
            return "0", f"{self._scales.offset_px:.1f} px"
        if self._layer is Layer.MODULATION:
            span = self._scales.modulation
            return f"{1 - span:.2f}", "1", f"{1 + span:.2f}"
        return ()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the sample."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self._is_present else 0.3)
        like_a_picture = QColor("#7d858f")
        if self._layer is Layer.GRID:
            painter.fillRect(self.rect(), like_a_picture)
            self._paint_grid(painter)
            return
        strip = QRectF(0.5, 0.5, self.width() - 1, 9)
        painter.fillRect(strip, like_a_picture)
        colours = self._strip()
        image = QImage(colours.data, colours.shape[1], 1, 4 * colours.shape[1], QImage.Format.Format_RGBA8888)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(strip, image)
        painter.setPen(theme.BORDER_STRONG)
        painter.drawRect(strip)
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(theme.TEXT_MUTED)
        below = QRectF(0, 11, self.width(), self.height() - 11)
        places = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
        numbers = self.numbers()
        for words, place in zip(numbers, places if len(numbers) == 3 else places[::2], strict=False):
            painter.drawText(below, place | Qt.AlignmentFlag.AlignVCenter, words)

    def _strip(self) -> NDArray[np.uint8]:
        if self._layer is Layer.MODULATION:
            span = self._scales.modulation
            return modulation_rgba(np.linspace(1 - span, 1 + span, 65)[None], span)
        colours = offset_colours()
        return np.concatenate([colours, np.full((len(colours), 1), 255, np.uint8)], axis=1)[None].copy()

    def _paint_grid(self, painter: QPainter) -> None:
        middle, width = self.width() / 2, 26.0
        painter.setPen(QPen(GRID_COLOUR, 1.0))
        for step in range(4):
            slide = step * width / 3 - width / 2
            painter.drawLine(QLineF(middle + slide - 3, 2, middle + slide + 3, self.height() - 4))
            y = 2 + step * (self.height() - 6) / 3
            painter.drawLine(QLineF(middle - width / 2 - 3 + step * 2, y + 1, middle + width / 2 - 3 + step * 2, y - 1))


class AlignmentLegend(QWidget):
    """One row for each layer that is switched on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alignment_legend")
        rows = QGridLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setHorizontalSpacing(theme.SPACING)
        rows.setVerticalSpacing(theme.SPACING_SMALL)
        rows.setColumnStretch(1, 1)
        self._samples = {layer: LegendSample(layer, self) for layer in Layer}
        self._words = {layer: QLabel(WORDS[layer], self) for layer in Layer}
        for row, layer in enumerate(Layer):
            self._samples[layer].setObjectName(f"legend_{layer.value}_sample")
            self._words[layer].setObjectName(f"legend_{layer.value}")
            self._words[layer].setWordWrap(True)
            self._words[layer].setToolTip(TOOLTIPS[layer])
            self._words[layer].setProperty("muted", True)
            rows.addWidget(self._samples[layer], row, 0, Qt.AlignmentFlag.AlignTop)
            rows.addWidget(self._words[layer], row, 1, Qt.AlignmentFlag.AlignVCenter)

    def show_layers(self, layers: frozenset[Layer], present: frozenset[Layer], scales: Scales) -> None:
        """Explains these layers; of one that the network does not have, it says so.

        Args:
            layers: switched on.
            present: that the network has.
            scales: the ranges of the colours.
        """
        for layer in Layer:
            self._samples[layer].setVisible(layer in layers)
            self._samples[layer].set_present(layer in present)
            self._samples[layer].set_scales(scales)
            self._words[layer].setVisible(layer in layers)
            self._words[layer].setText((WORDS if layer in present else MISSING)[layer])
        self.setVisible(bool(layers))
