"""The temporal panel: order of time, marks, states, and what a click says."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from app.ui import theme
from app.ui.temporal_grid import TemporalGrid
from app.ui.temporal_panel import BUSY, NOTHING, TemporalPanel, TemporalView


def view(frame_index: int = 60, **changes) -> TemporalView:
    """A window whose crop of frame f is grey level f, its features f + 50 and f + 100."""
    frames = tuple(frame_index + offset for offset in (0, -2, -1, 1, 2))
    levels = np.array(frames, np.uint8)[:, None, None, None]
    theta = np.tile(np.eye(3)[:2], (4, 1, 1))
    theta[0, :, 2] = [0.1, -0.05]
    fields = {
        "frame_index": frame_index,
        "track_id": 3,
        "frame_indices": frames,
        "offsets": (0, -2, -1, 1, 2),
        "crops": np.broadcast_to(levels, (5, 96, 72, 3)),
        "features_before": np.broadcast_to(levels + 50, (5, 24, 18, 3)),
        "features_after": np.broadcast_to(levels + 100, (5, 24, 18, 3)),
        "theta": theta,
    }
    return TemporalView(**(fields | changes))


@pytest.fixture
def panel(qtbot) -> TemporalPanel:
    widget = TemporalPanel()
    qtbot.addWidget(widget)
    widget.resize(420, 700)
    widget.show()
    QApplication.processEvents()
    return widget


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


def test_a_click_on_a_column_chooses_its_frame(panel):
    panel.set_explanation(view())
    grid, chosen = grid_of(panel), []
    panel.frame_chosen.connect(chosen.append)
    for column, row in ((0, 1), (4, 0)):
        QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.picture_rect(column, row).center().toPoint())
    QTest.mouseClick(grid, Qt.MouseButton.RightButton, pos=grid.picture_rect(1, 0).center().toPoint())
    assert chosen == [58, 62]


def test_shifts_are_said_in_pixels_of_the_crop(panel):
    panel.set_explanation(view())
    assert view().shift_px(1) == pytest.approx((0.1 * 72 / 2, -0.05 * 96 / 2))
    assert "t−2: 3.6, −2.4 px" in text_of(panel, "temporal_shifts").replace("\N{NO-BREAK SPACE}", " ")
    assert "t+1: 0.0, 0.0 px" in text_of(panel, "temporal_shifts").replace("\N{NO-BREAK SPACE}", " ")
    grid = grid_of(panel)
    tooltip = grid.tooltip_at(grid.picture_rect(0, 2).center())
    assert "2 frames before" in tooltip and "3.6, -2.4 px" in tooltip and "aligned" in tooltip
    assert grid.tooltip_at(grid.rect().bottomRight().toPointF() * 2) == ""


def test_offsets_may_name_the_neighbours_only(panel):
    panel.set_explanation(view(offsets=(-2, -1, 1, 2)))
    assert [grey_in_the_middle(panel, column, 0) for column in range(5)] == [58, 59, 60, 61, 62]


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
    assert said == [False, True] and panel.is_wanted
