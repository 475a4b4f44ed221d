"""The heatmap as an instrument: shown or not, how strongly, where it peaks, and what its colours mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.canvas.painting.heatmap_colours import colour_table

DEFAULT_OPACITY_PERCENT = 60
MAX_PEAK_ROWS = 6
NO_READING = "Select a joint of a predicted person to see where the network looked for it."


@dataclass(frozen=True)
class HeatmapReading:
    """What the heatmap of the selected joint says.

    Attributes:
        joint_name: as shown to people, "left wrist".
        score: of the prediction, from 0 to 1, NaN where there is none.
        peaks: (x, y, value) of the highest local maxima in full-frame pixels, highest first.
    """

    joint_name: str
    score: float
    peaks: tuple[tuple[float, float, float], ...] = ()


class ColourBar(QWidget):
    """The colours of the heatmap from nothing to its peak."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = np.ascontiguousarray(colour_table()[None])
        self._image = QImage(row.data, row.shape[1], 1, 3 * row.shape[1], QImage.Format.Format_RGB888).copy()

    def sizeHint(self) -> QSize:
        """A low strip."""
        return QSize(120, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the strip."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect(), self._image)
        painter.setPen(theme.BORDER_STRONG)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class HeatmapPanel(QWidget):
    """Switches the heatmap overlay and lists the peaks of the selected joint's heatmap.

    Signals:
        shown_toggled(bool): the overlay is wanted or not.
        opacity_changed(float): from 0 to 1.
        peak_chosen(x, y): a peak was picked in the list, in full-frame pixels.
    """

    shown_toggled = Signal(bool)
    opacity_changed = Signal(float)
    peak_chosen = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("heatmap_panel")
        self._reading: HeatmapReading | None = None
        self._shown = QCheckBox("Show heatmap of selected joint")
        self._shown.setObjectName("heatmap_shown")
        self._shown.setToolTip("Shows over the frame where the network sees the selected joint")
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setObjectName("heatmap_opacity")
        self._opacity.setRange(0, 100)
        self._opacity.setValue(DEFAULT_OPACITY_PERCENT)
        self._opacity.setAccessibleName("Opacity of the heatmap")
        self._opacity_value = QLabel()
        self._joint = QLabel()
        self._joint.setObjectName("heatmap_joint")
        self._joint.setStyleSheet("font-size: 13px; font-weight: 600;")
        self._words = QLabel()
        self._words.setObjectName("heatmap_words")
        self._words.setWordWrap(True)
        self._words.setProperty("muted", True)
        self._bar = ColourBar()
        self._low, self._high = QLabel("0"), QLabel()
        self._peaks_title = QLabel("Peaks")
        self._peaks_title.setProperty("muted", True)
        self._peaks = QListWidget()
        self._peaks.setObjectName("heatmap_peaks")
        self._peaks.setAccessibleName("Peaks of the heatmap")
        self._peaks.setToolTip("Double-click a peak to move the joint there")
        self._lay_out()
        self._shown.toggled.connect(self.shown_toggled)
        self._shown.toggled.connect(self._enable_opacity)
        self._opacity.valueChanged.connect(self._on_opacity)
        self._peaks.itemActivated.connect(self._on_peak)
        self._enable_opacity(False)
        self._say_opacity()
        self.set_reading(None)

    def _lay_out(self) -> None:
        strength = QHBoxLayout()
        name = QLabel("Opacity")
        name.setProperty("muted", True)
        strength.addWidget(name)
        strength.addWidget(self._opacity, 1)
        strength.addWidget(self._opacity_value)
        self._opacity_value.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 % "))
        self._opacity_value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        legend = QGridLayout()
        legend.setVerticalSpacing(2)
        legend.addWidget(self._bar, 0, 0, 1, 2)
        legend.addWidget(self._low, 1, 0)
        legend.addWidget(self._high, 1, 1, Qt.AlignmentFlag.AlignRight)
        for label in (self._low, self._high):
            label.setProperty("muted", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._shown)
        layout.addLayout(strength)
        layout.addSpacing(theme.SPACING_SMALL)
        layout.addWidget(self._joint)
        layout.addWidget(self._words)
        layout.addLayout(legend)
        layout.addWidget(self._peaks_title)
        layout.addWidget(self._peaks)
        layout.addStretch(1)

    def set_shown(self, shown: bool) -> None:
        """Switches the overlay, as a click on the check box does."""
        self._shown.setChecked(shown)

    def set_reading(self, reading: HeatmapReading | None) -> None:
        """Says what the heatmap of the selected joint holds; None where there is no heatmap."""
        self._reading = reading
        has_peaks = reading is not None and bool(reading.peaks)
        for widget in (self._bar, self._low, self._high, self._peaks_title, self._peaks):
            widget.setVisible(has_peaks)
        self._joint.setVisible(reading is not None)
        self._peaks.clear()
        if reading is None:
            self._words.setText(NO_READING)
            return
        self._joint.setText(reading.joint_name.capitalize())
        self._words.setText(_in_words(reading))
        for rank, (x, y, value) in enumerate(reading.peaks, start=1):
            item = QListWidgetItem(f"{rank}.  {value:.2f}   at {x:.0f}, {y:.0f}")
            item.setData(Qt.ItemDataRole.UserRole, (x, y))
            self._peaks.addItem(item)
        if reading.peaks:
            self._high.setText(f"peak {reading.peaks[0][2]:.2f}")
            rows = min(len(reading.peaks), MAX_PEAK_ROWS)
            self._peaks.setFixedHeight(rows * self._peaks.sizeHintForRow(0) + 2 * self._peaks.frameWidth() + 4)

    def _on_opacity(self, percent: int) -> None:
        self._say_opacity()
        self.opacity_changed.emit(percent / 100)

    def _say_opacity(self) -> None:
        self._opacity_value.setText(f"{self._opacity.value()} %")

    def _enable_opacity(self, enabled: bool) -> None:
        self._opacity.setEnabled(enabled)
        self._opacity_value.setEnabled(enabled)

    def _on_peak(self, item: QListWidgetItem) -> None:
        x, y = item.data(Qt.ItemDataRole.UserRole)
        self.peak_chosen.emit(x, y)


def _in_words(reading: HeatmapReading) -> str:
    score = f"Score {reading.score:.2f}. " if np.isfinite(reading.score) else ""
    if not reading.peaks:
        return score + "The network does not see this joint."
    if len(reading.peaks) == 1:
        return score + "One clear peak."
    share = reading.peaks[1][2] / reading.peaks[0][2]
    return score + f"{len(reading.peaks)} peaks; the second is {share:.0%} as high as the first."
