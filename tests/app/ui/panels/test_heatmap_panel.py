"""The heatmap panel: switch, opacity, words, and the list of peaks."""

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QListWidget, QSlider

from app.ui.canvas.painting.heatmap_colours import colour_table
from app.ui.panels.heatmap_panel import NO_READING, ColourBar, HeatmapPanel, HeatmapReading

READING = HeatmapReading("left wrist", 0.71, ((210.2, 333.1, 0.72), (180.0, 220.0, 0.36)))


@pytest.fixture
def panel(qtbot) -> HeatmapPanel:
    widget = HeatmapPanel()
    qtbot.addWidget(widget)
    widget.resize(300, 400)
    widget.show()
    return widget


def text_of(panel, name: str) -> str:
    return panel.findChild(QLabel, name).text()


def test_the_switch_and_the_slider_say_what_the_hand_did(panel):
    said = []
    panel.shown_toggled.connect(said.append)
    panel.opacity_changed.connect(said.append)
    slider = panel.findChild(QSlider, "heatmap_opacity")
    assert not slider.isEnabled()
    QTest.mouseClick(panel.findChild(QCheckBox, "heatmap_shown"), Qt.MouseButton.LeftButton)
    assert said == [True] and slider.isEnabled()
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert said[1:] == [pytest.approx(0.61)]
    panel.set_shown(False)
    assert said[2:] == [False]


def test_a_reading_is_put_into_words_and_peaks(panel):
    panel.set_reading(READING)
    peaks = panel.findChild(QListWidget, "heatmap_peaks")
    assert text_of(panel, "heatmap_joint") == "Left wrist"
    assert text_of(panel, "heatmap_words") == "Score 0.71. 2 peaks; the second is 50% as high as the first."
    assert [peaks.item(row).text() for row in range(peaks.count())] == [
        "1.  0.72   at 210, 333",
        "2.  0.36   at 180, 220",
    ]
    chosen = []
    panel.peak_chosen.connect(lambda x, y: chosen.append((x, y)))
    peaks.setCurrentRow(1)
    QTest.keyClick(peaks, Qt.Key.Key_Return)
    assert chosen == [(180.0, 220.0)]


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (None, NO_READING),
        (HeatmapReading("nose", math.nan, ((1, 2, 0.5),)), "One clear peak."),
        (HeatmapReading("nose", 0.0), "Score 0.00. The network does not see this joint."),
    ],
)
def test_nothing_one_peak_and_no_peak(panel, reading, words):
    panel.set_reading(READING)
    panel.set_reading(reading)
    assert text_of(panel, "heatmap_words") == words
    has_peaks = reading is not None and bool(reading.peaks)
    assert panel.findChild(QListWidget, "heatmap_peaks").isVisible() == has_peaks


def test_the_legend_runs_from_the_lowest_colour_to_the_highest(panel):
    panel.set_reading(READING)
    bar = panel.findChild(ColourBar)
    image = bar.grab().toImage()
    middle = image.height() // 2
    for x, entry in ((3, 0), (image.width() - 4, 255)):
        colour = image.pixelColor(x, middle)
        assert [colour.red(), colour.green(), colour.blue()] == pytest.approx(colour_table()[entry].tolist(), abs=24)
