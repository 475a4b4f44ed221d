"""The temporal panel: order of time, marks, states, and what a click says."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget

from app.ui import theme
from app.ui.actions import build_actions
from app.ui.temporal.alignment_legend import LegendSample
from app.ui.temporal.closeup import CloseupPicture
from app.ui.temporal.grid import TemporalGrid
from app.ui.temporal.panel import ALONE, BUSY, NOTHING, TemporalPanel
from core.predictions import Explanation


def view(frame_index: int = 60, **changes) -> Explanation:
    """A window whose crop of frame f is grey level f, its features f + 50 and f + 100."""
    frames = tuple(frame_index + offset for offset in (0, -2, -1, 1, 2))
    levels = np.array(frames, np.uint8)[:, None, None, None]
    theta = np.tile(np.eye(3)[:2], (4, 1, 1))
    theta[0, :, 2] = [3.6, -2.4]
    fields = {
        "frame_index": frame_index,
        "track_id": 3,
        "frame_indices": frames,
        "offsets": (-2, -1, 1, 2),
        "crops": np.broadcast_to(levels, (5, 96, 72, 3)),
        "features_before": np.broadcast_to(levels + 50, (5, 24, 18, 3)),
        "features_after": np.broadcast_to(levels + 100, (5, 24, 18, 3)),
        "neighbour_from_key": theta,
        "tap_offsets": np.broadcast_to(np.array([4.0, 0.0]), (4, 9, 24, 18, 2)),
        "modulation": np.full((4, 9, 24, 18), 1.5),
        "tap_weights": np.full(9, 1 / 9),
    }
    return Explanation(**(fields | changes))


@pytest.fixture
def panel(qtbot) -> Iterator[TemporalPanel]:
    owner = QWidget()
    widget = TemporalPanel(build_actions(owner))
    qtbot.addWidget(owner)
    qtbot.addWidget(widget)
    widget.resize(420, 700)
    widget.show()
    switch(widget)
    yield widget


def switch(panel, *layers: str) -> None:
    """Has these layers drawn, and no others."""
    for name in ("grid", "offsets", "modulation"):
        button = panel.findChild(QToolButton, f"temporal_show_{name}")
        if button.isChecked() != (name in layers):
            button.click()
    QApplication.processEvents()


def grid_of(panel) -> TemporalGrid:
    QApplication.processEvents()
    return panel.findChild(TemporalGrid, "temporal_grid")


def text_of(panel, name: str) -> str:
    label = panel.findChild(QLabel, name)
    return label.text() if label.isVisible() else ""


def grey_in_the_middle(panel, column: int, row: int) -> int:
    grid = grid_of(panel)
    at = grid.picture_rect(column, row).center().toPoint()
    return grid.grab().toImage().pixelColor(at).red()


def test_columns_stand_in_the_order_of_time_with_their_pictures(panel):
    panel.set_explanation(view())
    shown = [[grey_in_the_middle(panel, column, row) for column in range(5)] for row in range(3)]
    assert shown == [[58, 59, 60, 61, 62], [108, 109, 110, 111, 112], [158, 159, 160, 161, 162]]


def test_the_key_frame_is_marked(panel):
    panel.set_explanation(view())
    grid = grid_of(panel)
    image = grid.grab().toImage()
    edges = [grid.picture_rect(column, 0).left() for column in range(5)]
    middle = round(grid.picture_rect(0, 0).center().y())
    borders = [image.pixelColor(round(edge + 0.5), middle) for edge in edges]
    distances = [
        abs(border.red() - theme.ACCENT.red()) + abs(border.blue() - theme.ACCENT.blue()) for border in borders
    ]
    assert [distance < 90 for distance in distances] == [False, False, True, False, False]


@pytest.mark.parametrize("width", [240, 420, 760])
def test_pictures_keep_their_aspect_within_the_width(panel, width):
    panel.resize(width, 900)
    panel.set_explanation(view())
    grid = grid_of(panel)
    for column in range(5):
        place = grid.picture_rect(column, 2)
        assert place.height() / place.width() == pytest.approx(96 / 72)
        assert place.right() <= grid.width() + 0.5 and place.bottom() <= grid.height() + 0.5


def test_a_click_on_a_header_chooses_its_frame(panel):
    panel.set_explanation(view())
    grid, chosen = grid_of(panel), []
    panel.frame_chosen.connect(chosen.append)
    for column in (0, 4):
        header = grid.column_rect(column).topLeft().toPoint() + QPoint(10, 10)
        QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=header)
    QTest.mouseClick(grid, Qt.MouseButton.RightButton, pos=grid.column_rect(1).topLeft().toPoint() + QPoint(10, 10))
    assert chosen == [58, 62]


def test_a_click_on_a_picture_shows_it_large_and_steps_through_the_window(panel):
    panel.set_explanation(view())
    grid, chosen = grid_of(panel), []
    panel.frame_chosen.connect(chosen.append)
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.picture_rect(0, 1).center().toPoint())
    QApplication.processEvents()
    large = panel.findChild(CloseupPicture)
    assert large.isVisible() and not grid.isVisible() and text_of(panel, "closeup_title").strip() == "t−2 · frame 58"
    assert large.grab().toImage().pixelColor(large.picture_rect().center().toPoint()).red() == 108
    place = large.picture_rect()
    assert place.height() / place.width() == pytest.approx(96 / 72, rel=0.01) and place.width() > 200
    bottom = large.mapTo(panel.viewport(), place.bottomLeft().toPoint()).y()
    assert bottom <= panel.viewport().height(), "the whole picture is in sight"
    for name, title in (("closeup_earlier", "t−2"), ("closeup_later", "t−1"), ("closeup_later", "t ·")):
        panel.findChild(QPushButton, name).click()
        assert text_of(panel, "closeup_title").strip().startswith(title)
    panel.findChild(QPushButton, "closeup_go").click()
    assert chosen == [60]
    panel.set_explanation(view(70))
    assert text_of(panel, "closeup_title").strip() == "t · frame 70", "the large view follows the frame"
    panel.findChild(QPushButton, "closeup_back").click()
    assert grid_of(panel).isVisible() and not large.isVisible()


def test_the_layers_are_drawn_over_the_neighbours_crops_each_by_its_switch(panel):
    panel.set_explanation(view())
    plain = picture_of(panel, 0, 0)
    for layer in ("grid", "offsets", "modulation"):
        switch(panel, layer)
        assert np.abs(picture_of(panel, 0, 0) - plain).max() > 30, layer
        assert np.abs(picture_of(panel, 0, 1) - (plain + 50)).max() < 3, "features are not crops"
        key_differs = np.abs(picture_of(panel, 2, 0) - 60).max() > 30
        assert key_differs == (layer == "grid"), "the key frame is not moved: its grid is straight"
    switch(panel)
    assert np.abs(picture_of(panel, 0, 0) - plain).max() == 0


def picture_of(panel, column: int, row: int) -> np.ndarray:
    """The red of a cell, without its border."""
    grid = grid_of(panel)
    image = grid.grab(grid.picture_rect(column, row).toAlignedRect().adjusted(3, 3, -3, -3)).toImage()
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., 2].astype(int)


def test_the_legend_says_what_is_drawn_with_numbers_and_what_the_network_lacks(panel):
    panel.set_explanation(view())
    assert not panel.findChild(QWidget, "alignment_legend").isVisible()
    switch(panel, "grid", "offsets", "modulation")
    assert "grid lies" in text_of(panel, "legend_grid")
    assert panel.findChild(LegendSample, "legend_offsets_sample").numbers() == ("0", "4.0 px")
    assert panel.findChild(LegendSample, "legend_modulation_sample").numbers() == ("0.50", "1", "1.50")
    panel.set_explanation(view(tap_offsets=None, modulation=None, tap_weights=None))
    assert "no local calibration" in text_of(panel, "legend_offsets")
    assert panel.findChild(LegendSample, "legend_offsets_sample").numbers() == ()
    panel.set_explanation(view(neighbour_from_key=None))
    assert "no global transformation" in text_of(panel, "legend_grid")
    assert text_of(panel, "temporal_shifts") == ""
    switch(panel, "grid")
    assert picture_of(panel, 0, 0).max() == 58, "no grid where there is no Theta"


def test_pointing_at_the_large_picture_tells_what_the_network_did_there(panel):
    panel.set_explanation(view())
    switch(panel, "offsets")
    panel.show_large(1, 0)
    QApplication.processEvents()
    large = panel.findChild(CloseupPicture)
    at = large.picture_rect().center().toPoint()
    before = large.grab().toImage()
    QTest.mouseMove(large, at - QPoint(3, 3))
    QTest.mouseMove(large, at)
    QApplication.processEvents()
    assert "4.0 px right" in text_of(panel, "closeup_words") and "1.50 times" in text_of(panel, "closeup_words")
    assert large.grab().toImage() != before, "the nine taps are marked"
    panel.show_large(2, 0)
    assert "nine places" not in text_of(panel, "closeup_words"), "the key frame has no taps"


def test_a_network_of_one_frame_says_so(panel):
    alone = {"frame_indices": (60,), "offsets": (), "neighbour_from_key": None, "tap_offsets": None}
    first = view()
    rows = {name: getattr(first, name)[:1] for name in ("crops", "features_before", "features_after")}
    panel.set_explanation(view(**alone, **rows, modulation=None, tap_weights=None))
    assert text_of(panel, "temporal_words") == ALONE
    assert grey_in_the_middle(panel, 0, 0) == 60


def test_shifts_are_said_in_pixels_of_the_crop(panel):
    panel.set_explanation(view())
    assert view().shift_px(1) == pytest.approx((3.6, -2.4))
    assert "t−2: 3.6, −2.4 px" in text_of(panel, "temporal_shifts").replace("\N{NO-BREAK SPACE}", " ")
    assert "t+1: 0.0, 0.0 px" in text_of(panel, "temporal_shifts").replace("\N{NO-BREAK SPACE}", " ")
    grid = grid_of(panel)
    tooltip = grid.tooltip_at(grid.picture_rect(0, 2).center())
    assert "2 frames before" in tooltip and "3.6, -2.4 px" in tooltip and "aligned" in tooltip
    assert grid.tooltip_at(grid.rect().bottomRight().toPointF() * 2) == ""


def test_empty_busy_and_stale_are_told_apart(panel):
    assert text_of(panel, "temporal_words") == NOTHING and not grid_of(panel).isVisible()
    panel.set_busy(True)
    assert text_of(panel, "temporal_words") == BUSY
    panel.set_explanation(view())
    assert text_of(panel, "temporal_title") == "Person #3 in frame 60"
    fresh = grey_in_the_middle(panel, 2, 2)
    panel.set_busy(True)
    assert "updating" in text_of(panel, "temporal_title")
    assert grey_in_the_middle(panel, 2, 2) != fresh, "what is stale is faint"
    panel.set_explanation(view(70))
    assert text_of(panel, "temporal_title") == "Person #3 in frame 70"
    panel.set_explanation(None)
    assert text_of(panel, "temporal_words") == NOTHING


def test_the_panel_says_when_it_is_in_sight(panel):
    said = []
    panel.wanted_changed.connect(said.append)
    panel.hide()
    panel.show()
    assert said == [False, True]
