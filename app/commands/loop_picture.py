"""The curves of the loop's bench as a picture: drags and wrong joints against the share of the frames seen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.palettes import Meaning
from core.files.replacing import replacing
from core.simulation.bench import ClipResult
from core.simulation.orders import EVEN, QUEUE, RANDOM
from core.simulation.tables import SEEN_PART, curve
from core.simulation.ways import NOTHING, PREDICTION, WAYS

PLOT_WH = (680, 440)
COLUMNS = 2
_COLOURS = dict(
    zip(
        [way.name for way in WAYS if way is not NOTHING],
        (Meaning.PREDICTED, Meaning.PROPAGATED, Meaning.CORRECTED, Meaning.ACCEPTED, Meaning.DOUBTFUL),
        strict=False,
    )
)
_LINES = {QUEUE: Qt.PenStyle.SolidLine, EVEN: Qt.PenStyle.DashLine, RANDOM: Qt.PenStyle.DotLine}


def draw_curves(results: Sequence[ClipResult], path: Path) -> None:
    """Writes a PNG with a plot a clip; needs no screen."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication([])
    columns = min(COLUMNS, len(results))
    rows = -(-len(results) // columns)
    sheet = pg.GraphicsLayoutWidget()
    sheet.resize(PLOT_WH[0] * columns, PLOT_WH[1] * rows)
    sheet.setBackground(theme.CANVAS_BACKGROUND)
    for number, result in enumerate(results):
        _draw(sheet.addPlot(row=number // columns, col=number % columns), result)
    sheet.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    sheet.show()  # or the plots have no place yet
    application.processEvents()
    image = sheet.grab()
    sheet.close()
    sheet.deleteLater()
    with replacing(path) as draft:
        image.save(str(draft), "PNG")


def _draw(plot: pg.PlotItem, result: ClipResult) -> None:
    truth = result.truth
    nothing = 100 * truth.num_joints / truth.num_person_frames
    plot.setTitle(f"{truth.name}: from nothing {nothing:.0f}", color=theme.CANVAS_TEXT, size="11pt")
    for side, words in (("bottom", "frames seen, %"), ("left", "drags + wrong joints left / 100 person-frames")):
        axis = plot.getAxis(side)
        axis.setPen(pg.mkPen(theme.CANVAS_TEXT_MUTED))
        axis.setTextPen(pg.mkPen(theme.CANVAS_TEXT_MUTED))
        axis.enableAutoSIPrefix(False)
        axis.setLabel(words, color=theme.CANVAS_TEXT_MUTED.name())
    plot.addLegend(offset=(20, -20), labelTextColor=theme.CANVAS_TEXT, verSpacing=-6)
    highest = 0.0
    for way in WAYS:
        for order in (RANDOM, EVEN, QUEUE):
            courses = result.courses.get((way.name, order), ())
            if way is NOTHING or not courses or (way is PREDICTION and order != QUEUE):
                continue
            points = curve(courses[0], truth)
            highest = max(highest, *(y for _, y in points))
            colour = theme.colour_of(_COLOURS[way.name])
            pen = pg.mkPen(colour, width=2 if order == QUEUE else 1, style=_LINES[order])
            plot.plot(*zip(*points, strict=True), pen=pen, name=way.words if order == QUEUE else None)
    for order in (EVEN, RANDOM):
        plot.plot([], [], pen=pg.mkPen(theme.CANVAS_TEXT, style=_LINES[order]), name=f"{order}, not the queue's order")
    plot.addItem(pg.InfiniteLine(100 * SEEN_PART, pen=pg.mkPen(theme.CANVAS_TEXT_MUTED, style=Qt.PenStyle.DotLine)))
    plot.setXRange(0, 100, padding=0.01)
    plot.setYRange(0, highest, padding=0.03)
