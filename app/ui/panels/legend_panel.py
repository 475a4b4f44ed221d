"""The legend: what colours, shapes, boxes and weights mean, and how the picture is shown, in one place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSizePolicy, QSlider, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.canvas.painting.markers import CASING, Marker, draw_marker
from app.ui.canvas.painting.opinion_painting import COLOUR as OPINION_COLOUR
from core.poses import Provenance

SAMPLE_WH = (46, 26)
WHITE = QColor("#ffffff")
WHOSE = {True: "a person's word", False: "a machine's word"}

Draw = Callable[[QPainter, QRectF], None]


class Sample(QWidget):
    """One sign as the picture shows it, on the picture's ground."""

    def __init__(self, draw: Draw, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draw = draw
        self.setFixedSize(QSize(*SAMPLE_WH))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.CANVAS_BACKGROUND)
        painter.drawRoundedRect(QRectF(self.rect()), theme.RADIUS, theme.RADIUS)
        self._draw(painter, QRectF(self.rect()))
        painter.end()


class LegendPanel(QWidget):
    """Sliders for the picture, and below them what everything on it means.

    Signals:
        tones_set(brightness, contrast): from -1 to 1.
        markers_set(factor): on the sizes of markers and labels.
    """

    tones_set = Signal(float, float)
    markers_set = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("legend_panel")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING_SMALL)
        self._brightness = self._slider("brightness", "Brightness of the picture, for the eye alone (Alt+B)", -100, 100)
        self._contrast = self._slider("contrast", "Contrast of the picture, for the eye alone (Alt+V)", -100, 100)
        self._markers = self._slider("marker_size", "Size of markers and names, in percent (Alt+=, Alt+-)", 50, 250)
        sliders = QGridLayout()
        for row, (name, slider) in enumerate(
            (("Brightness", self._brightness), ("Contrast", self._contrast), ("Markers", self._markers))
        ):
            sliders.addWidget(QLabel(name), row, 0)
            sliders.addWidget(slider, row, 1)
        column.addLayout(sliders)
        for title, rows in _sections():
            column.addWidget(_heading(title))
            column.addLayout(_table(rows))
        column.addWidget(_heading("Weights and scores"))
        column.addWidget(_words(WEIGHTS_IN_WORDS))
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(area)
        self.set_markers(1.0)

    def _slider(self, name: str, tooltip: str, least: int, most: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setObjectName(f"legend_{name}")
        slider.setAccessibleName(tooltip.partition(" (")[0])
        slider.setToolTip(tooltip)
        slider.setRange(least, most)
        slider.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        slider.valueChanged.connect(self._on_slider)
        return slider

    def _on_slider(self) -> None:
        if self.sender() is self._markers:
            self.markers_set.emit(self._markers.value() / 100)
        else:
            self.tones_set.emit(self._brightness.value() / 100, self._contrast.value() / 100)

    def set_tones(self, brightness: float, contrast: float) -> None:
        """Shows how the picture is shown; both from -1 to 1."""
        _put(self._brightness, round(100 * brightness))
        _put(self._contrast, round(100 * contrast))

    def set_markers(self, factor: float) -> None:
        """Shows the factor on the sizes of markers."""
        _put(self._markers, round(100 * factor))


WEIGHTS_IN_WORDS = (
    "The badge at the foot of the window names the weights in use. Scores run from 0 to 1: of calibrated weights they "
    "are probabilities, of others only the height of the heatmap's peak. Below 0.50 a machine's joint is doubtful; "
    "from 0.85 on, with calibrated weights, it is sure. What a person set or accepted counts as 1.00."
)


def _put(slider: QSlider, value: int) -> None:
    """Moves a slider without telling anybody."""
    slider.blockSignals(True)
    slider.setValue(value)
    slider.blockSignals(False)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    label.setContentsMargins(0, theme.SPACING, 0, 0)
    return label


def _words(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("muted", True)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label


def _table(rows: list[tuple[Draw, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme.SPACING)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(1, 1)
    for row, (draw, words) in enumerate(rows):
        grid.addWidget(Sample(draw), row, 0)
        grid.addWidget(_words(words), row, 1)
    return grid


def _sections() -> list[tuple[str, list[tuple[Draw, str]]]]:
    """Each heading with its signs and their words; colours are asked for when they are drawn."""
    set_by = [who for who in Provenance if who != Provenance.NONE]
    joints: list[tuple[Draw, str]] = [
        (_marker(who), f"{theme.PROVENANCE_STYLES[who].name.capitalize()}: {WHOSE[who.is_human]}") for who in set_by
    ]
    predicted = Provenance.PREDICTED
    return [
        ("A joint's place was", joints),
        (
            "A joint is",
            [
                (_marker(predicted, is_doubtful=True), "Doubtful: its score is low, look at it"),
                (_marker(predicted, is_sure=True), "Sure: nine of ten such joints are right"),
                (_marker(predicted, is_occluded=True), "Occluded: labelled, but not to be seen"),
                (_marker(predicted, is_ghost=True), "Not labelled: where it last stood"),
            ],
        ),
        (
            "Limbs",
            [
                (_line(lambda: theme.side_colour("left")), "Left side of the body"),
                (_line(lambda: theme.side_colour("right")), "Right side of the body"),
                (_line(lambda: theme.side_colour("centre")), "Middle of the body"),
                (_line(lambda: theme.side_colour("left"), dashed=True), "To an occluded joint"),
                (
                    _line(lambda: theme.colour_of(theme.Meaning.DOUBTFUL), dashed=True),
                    "Far longer than it mostly is, or with next to no length (F9)",
                ),
            ],
        ),
        (
            "Boxes",
            [
                (_box(dashed=False), "Solid: a person drew or accepted the box"),
                (_box(dashed=True), "Dashed: a machine's box, found, followed or around its joints"),
            ],
        ),
        (
            "Around the people",
            [
                (_line(lambda: theme.GHOST), "The frame before (F8), and the way here (F5)"),
                (_line(lambda: theme.GHOST, dotted=True), "The way on through the next frames (F5)"),
                (_said, "Where a machine had what you moved (F7)"),
                (_line(lambda: OPINION_COLOUR, dashed=True), "A second opinion (Shift+C)"),
            ],
        ),
        (
            "Besides",
            [
                (_head, "Dotted: the box around a head"),
                (_region, "A region that is ignored (Shift+I)"),
                (_lock, "A joint that is locked"),
                (_peak, "Where the heatmap is high, too (M)"),
                (_ring, "What an edit would make of a joint, until it is kept"),
            ],
        ),
        (
            "On the timeline",
            [
                (_bar(lambda: theme.CANVAS_TEXT), "A bright base: the frame is reviewed"),
                (_bar(lambda: theme.colour_of(theme.Meaning.DOUBTFUL), from_top=True), "A tick above: doubtful"),
                (_line(lambda: theme.colour_of(theme.Meaning.LOST), dashed=True), "In a person's row: lost"),
                (_hatching, "In a person's row: deleted"),
            ],
        ),
    ]


def _marker(who: Provenance, **marks: bool) -> Draw:
    def draw(painter: QPainter, area: QRectF) -> None:
        style = theme.PROVENANCE_STYLES[who]
        doubt = theme.colour_of(theme.Meaning.DOUBTFUL).name()
        marker = Marker(style.marker, style.filled, theme.provenance_colour(who).name(), doubt, **marks)
        draw_marker(painter, marker, area.center())

    return draw


def _line(colour: Callable[[], QColor], dashed: bool = False, dotted: bool = False) -> Draw:
    def draw(painter: QPainter, area: QRectF) -> None:
        line = QLineF(area.left() + 7, area.center().y(), area.right() - 7, area.center().y())
        pen = QPen(colour(), 2.4)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if dashed:
            pen.setDashPattern([2.6, 1.9])
        elif dotted:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.drawLine(line)

    return draw


def _box(dashed: bool) -> Draw:
    def draw(painter: QPainter, area: QRectF) -> None:
        pen = QPen(theme.person_colour(1), 1.6)
        if dashed:
            pen.setDashPattern([5.0, 3.0])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area.adjusted(9, 5, -9, -5))

    return draw


def _head(painter: QPainter, area: QRectF) -> None:
    pen = QPen(theme.person_colour(1), 1.6)
    pen.setDashPattern([1.2, 1.6])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(area.adjusted(13, 5, -13, -5), 3, 3)


def _region(painter: QPainter, area: QRectF) -> None:
    inside = area.adjusted(9, 5, -9, -5)
    _hatched(painter, inside)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(WHITE, 1.3, Qt.PenStyle.DashLine))
    painter.drawRect(inside)


def _hatching(painter: QPainter, area: QRectF) -> None:
    _hatched(painter, area.adjusted(9, 7, -9, -7))


def _hatched(painter: QPainter, inside: QRectF) -> None:
    hatching = QColor(WHITE)
    hatching.setAlpha(140)
    painter.fillRect(inside, QBrush(hatching, Qt.BrushStyle.BDiagPattern))


def _lock(painter: QPainter, area: QRectF) -> None:
    at = area.center()
    _marker(Provenance.PREDICTED)(painter, area.translated(-8, -4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(WHITE, 1.4))
    painter.drawArc(QRectF(at.x() - 2.6, at.y() - 3.5, 5.2, 7.5), 0, 180 * 16)
    painter.setBrush(WHITE)
    painter.drawRoundedRect(QRectF(at.x() - 4.2, at.y(), 8.4, 6.6), 1.4, 1.4)


def _peak(painter: QPainter, area: QRectF) -> None:
    at = area.center()
    painter.setPen(QPen(WHITE, 1.3))
    painter.drawLine(at - QPointF(5, 0), at + QPointF(5, 0))
    painter.drawLine(at - QPointF(0, 5), at + QPointF(0, 5))


def _ring(painter: QPainter, area: QRectF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(WHITE, 1.7))
    painter.drawEllipse(area.center(), 5.0, 5.0)


def _bar(colour: Callable[[], QColor], from_top: bool = False) -> Draw:
    def draw(painter: QPainter, area: QRectF) -> None:
        bar = area.adjusted(14, 4, -14, -4)
        painter.fillRect(bar, theme.colour_of(theme.Meaning.PREDICTED))
        painter.fillRect(QRectF(bar.left(), bar.top() if from_top else bar.bottom() - 4, bar.width(), 4), colour())

    return draw


def _said(painter: QPainter, area: QRectF) -> None:
    """A ring tied to a corrected joint."""
    here, there = QPointF(area.right() - 11, area.center().y()), QPointF(area.left() + 11, area.center().y())
    colour = theme.colour_of(theme.Meaning.PREDICTED)
    painter.setPen(QPen(colour, 1.3, Qt.PenStyle.DashLine))
    painter.drawLine(here, there)
    painter.setBrush(QColor(CASING))
    painter.setPen(QPen(colour, 1.6))
    painter.drawEllipse(there, 4.2, 4.2)
    _marker(Provenance.CORRECTED)(painter, area.translated(here - area.center()))
