"""The rows of people: their columns against a plain count, their picture, and a mouse on them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QScrollBar

from app.ui import theme
from app.ui.main_window import MainWindow
from app.ui.timeline import row_painting
from app.ui.timeline.columns import pixel_edges
from app.ui.timeline.timeline import Timeline
from app.ui.timeline.track_rows import RowCells, RowEnds, TrackRows
from core.frame_range import FrameRange
from core.poses import Provenance

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
NO_KEY = Qt.KeyboardModifier.NoModifier


def cells(places, *, machine=0, accepted=0, corrected=0, doubtful=False, box=Provenance.PROPAGATED) -> RowCells:
    """The same cell at each (frame, person)."""
    count = len(places)
    frames, people = np.array(places, np.int64).reshape(-1, 2).T

    def column(value, dtype=np.uint8):
        return np.full(count, value, dtype)

    return RowCells(
        frames,
        people,
        column(box),
        column(Provenance.PREDICTED if machine else 0),
        column(machine),
        column(accepted),
        column(corrected),
        column(doubtful, np.bool_),
    )


@given(st.integers(1, 300), st.integers(1, 200), st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_a_pixel_says_what_its_frames_say(num_frames, num_pixels, seed):
    rng = np.random.default_rng(seed)
    rows = TrackRows(num_frames)
    here = np.flatnonzero(rng.random(num_frames) < 0.6)
    counts = rng.integers(0, 9, (3, len(here))).astype(np.uint8)
    given_cells = RowCells(
        here, np.ones(len(here), np.int64), rng.integers(1, 7, len(here)).astype(np.uint8),
        rng.integers(0, 4, len(here)).astype(np.uint8), *counts, rng.random(len(here)) < 0.1,
    )  # fmt: skip
    rows.put(np.arange(num_frames), given_cells, RowEnds(frozenset({(0, 1)})))
    row = rows.row(1)
    if row is None:
        assert not len(here)
        return
    low, end = pixel_edges(0.0, float(num_frames), num_pixels, num_frames)
    pixels = row.binned(low, end)
    for pixel in range(num_pixels):
        stop = low[pixel + 1] if pixel + 1 < num_pixels else end
        frames = slice(low[pixel], max(stop, low[pixel] + 1))
        at = (here >= frames.start) & (here < frames.stop)
        sums = counts[:, at].sum(axis=1)
        assert pixels.present[pixel] == row.present[frames].any()
        assert pixels.lost[pixel] == row.lost[frames].any()
        assert pixels.doubtful[pixel] == given_cells.doubtful[at].any()
        assert pixels.box[pixel] == given_cells.box[at].max(initial=0)
        assert pixels.machine[pixel] == given_cells.machine[at].max(initial=0)
        assert pixels.labelled[pixel] == (sums.sum() > 0)
        assert pixels.corrected[pixel] == pytest.approx(sums[2] / max(sums.sum(), 1))


def test_missing_people_are_lost_or_deleted():
    rows = TrackRows(30)
    present = [(frame, 1) for frame in (*range(3, 9), *range(12, 20))]
    rows.put(np.arange(30), cells(present), RowEnds(frozenset({(10, 1)}), {}, [(1, 12)]))
    row = rows.row(1)
    assert np.flatnonzero(row.lost).tolist() == [9, 11, 20], "between their frames, and where following ended"
    assert np.flatnonzero(row.deleted).tolist() == [10]
    rows.put(np.array([18, 19, 20]), cells([(18, 1)]), RowEnds(frozenset({(10, 1)}), {1: (19, None)}, [(1, 12)]))
    assert np.flatnonzero(row.lost).tolist() == [9, 11], "who was deleted from there on is not lost"
    assert row.deleted[19:].all()


def test_other_frames_stay_and_who_is_nowhere_has_no_row():
    rows = TrackRows(10)
    rows.put(np.arange(10), cells([(frame, who) for frame in range(10) for who in (1, 4)]), RowEnds())
    assert rows.track_ids == [1, 4]
    rows.put(np.arange(5), cells([(2, 1)]), None)
    assert np.flatnonzero(rows.row(1).present).tolist() == [2, 5, 6, 7, 8, 9]
    rows.put(np.arange(10), cells([(3, 7), (50, 8)]), None)
    assert rows.track_ids == [7], "nor who is only beyond the clip's end"


@pytest.fixture
def timeline(qtbot):
    """Twenty people in forty frames."""
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.set_num_frames(40, np.arange(40) / 25)
    widget.set_rows(np.arange(40), cells([(f, who) for f in range(40) for who in range(1, 21)]), RowEnds())
    widget.resize(900, widget.minimumHeight())
    widget.show()
    return widget


def place(widget: Timeline, track_id: int, frame_index: int) -> QPoint:
    return QPoint(round(widget.x_of_frame(frame_index)), round(widget.y_of_row(track_id)))


def near(a: QColor, b: QColor) -> bool:
    return max(abs(a.red() - b.red()), abs(a.green() - b.green()), abs(a.blue() - b.blue())) < 12


def colours_of(widget: Timeline, track_id: int, frame_index: int) -> list[QColor]:
    """The pixels of a cell from its head to its foot."""
    picture, at = widget.grab().toImage(), place(widget, track_id, frame_index)
    top = at.y() - row_painting.ROW_PX // 2
    return [picture.pixelColor(at.x(), top + y) for y in range(row_painting.ROW_PX)]


def test_the_states_of_a_person_have_their_forms_and_colours(timeline):
    every = [(f, 1) for f in range(40)]
    timeline.set_rows(np.arange(40), cells([]), None)
    assert timeline.track_ids == []
    timeline.set_rows(np.arange(40), cells(every, machine=8, corrected=8, doubtful=True), None)
    corrected, predicted, doubtful = (
        theme.colour_of(meaning)
        for meaning in (theme.Meaning.CORRECTED, theme.Meaning.PREDICTED, theme.Meaning.DOUBTFUL)
    )
    column = colours_of(timeline, 1, 10)
    order = [next(y for y, colour in enumerate(column) if near(colour, wanted)) for wanted in (doubtful, predicted)]
    assert order[0] == 0 and order[1] > 2 and near(column[11], corrected), "doubt above, a person's word at the foot"
    assert near(column[12], theme.provenance_colour(Provenance.PROPAGATED)), "and the box below"
    timeline.set_rows(np.arange(40), cells(every, machine=14), None)
    low = colours_of(timeline, 1, 10)
    heights = [sum(near(colour, wanted) for colour in low[:12]) for wanted in (predicted, corrected)]
    assert 0 < heights[0] < 6 and heights[1] == 0, "a machine's word alone is low"


def test_rows_scroll_and_the_selected_one_stays_in_sight(timeline):
    timeline.set_selected(20)
    foot = timeline.height() - 12
    assert timeline.y_of_row(20) < foot
    bar = timeline.findChild(QScrollBar, "timeline_down")
    assert bar.isVisible() and bar.value() == bar.maximum()
    bar.setValue(0)
    assert timeline.y_of_row(1) > row_painting.ROW_PX * 4 and timeline.y_of_row(20) > foot
    timeline.set_selected(9)
    assert timeline.y_of_row(9) < foot


def test_a_high_window_shows_more_rows(timeline):
    least = timeline.minimumHeight()
    timeline.set_window_height(2160)
    assert least < timeline.minimumHeight() < timeline.maximumHeight()


def test_the_picture_above_does_not_move_when_the_first_people_come(timeline):
    timeline.set_num_frames(40)
    empty = timeline.minimumHeight()
    timeline.set_rows(np.array([7]), cells([(7, 1), (7, 2), (7, 3)]), None)
    assert timeline.minimumHeight() == empty


def test_hovering_says_what_is_there(timeline):
    timeline.set_rows(np.array([7]), cells([(7, 2)], machine=12, corrected=2, doubtful=True), None)
    at = place(timeline, 2, 7)
    words = "#2, frame 7: joints: 12 predicted, 2 corrected; box propagated; doubtful"
    assert timeline.words_at(at.x(), at.y()) == words
    timeline.set_rows(np.array([8]), cells([]), RowEnds(frozenset({(8, 2)})))
    assert timeline.words_at(*place(timeline, 2, 8).toTuple()) == "#2, frame 8: deleted"
    assert timeline.words_at(*place(timeline, 1, 8).toTuple()) == "#1, frame 8: lost, not in this frame"


def test_shift_and_drag_draw_a_range_and_its_edges_can_be_moved(timeline):
    drawn, dragged = [], []
    timeline.range_drawn.connect(drawn.append)
    timeline.frame_dragged.connect(dragged.append)
    at = [QPoint(round(timeline.x_of_frame(frame)), 8) for frame in (5, 12, 20)]
    QTest.mousePress(timeline, LEFT, SHIFT, at[1])
    QTest.mouseMove(timeline, at[2])
    QTest.mouseRelease(timeline, LEFT, SHIFT, at[2])
    assert drawn == [FrameRange(12, 21)]
    edge = QPoint(round(timeline.x_of_frame(11.5)), 8)
    QTest.mouseMove(timeline, edge)
    assert timeline.cursor().shape() == Qt.CursorShape.SizeHorCursor
    QTest.mousePress(timeline, LEFT, NO_KEY, edge)
    QTest.mouseMove(timeline, at[0])
    QTest.mouseRelease(timeline, LEFT, NO_KEY, at[0])
    assert drawn[-1] == FrameRange(5, 21) and dragged == [], "drawing a range goes nowhere"


def test_the_scroll_bar_shows_which_part_is_seen(timeline):
    bar = timeline.findChild(QScrollBar, "timeline_along")
    assert bar.maximum() == 0, "the whole clip"
    timeline.set_current(30)
    timeline.zoom(2.0)
    assert bar.maximum() == 20 and timeline.frame_at(timeline.x_of_frame(30)) == 30
    bar.setValue(0)
    assert timeline.frame_at(0) == 0 and timeline.frame_at(10_000) == 39
    assert timeline.x_of_frame(0) < 120
    timeline.slide(0.5)
    assert bar.value() == 10
    timeline.set_range(FrameRange(20, 30))
    timeline.show_range()
    assert 10 < timeline.width() / (timeline.x_of_frame(21) - timeline.x_of_frame(20)) < 16
    timeline.show_all()
    assert bar.maximum() == 0


def test_only_rows_in_sight_are_worked_out_and_once_while_playing(timeline, monkeypatch):
    painted = []
    paint = row_painting._paint_row
    monkeypatch.setattr(row_painting, "_paint_row", lambda *given: (painted.append(1), paint(*given)))
    timeline.zoom(1.1)
    for frame_index in range(20, 26):
        timeline.set_current(frame_index)
        timeline.grab()
    assert 0 < len(painted) <= 4


def test_the_border_above_can_be_dragged_for_more_rows(qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    timeline = window.timeline
    timeline.set_num_frames(40)
    timeline.set_rows(np.arange(40), cells([(f, who) for f in range(40) for who in range(1, 9)]), RowEnds())
    QApplication.processEvents()
    bar, few = timeline.findChild(QScrollBar, "timeline_down"), timeline.height()
    assert few == timeline.minimumHeight() and bar.isVisible()
    dock = window.findChild(QDockWidget, "timeline_dock")
    window.resizeDocks([dock], [600], Qt.Orientation.Vertical)
    QApplication.processEvents()
    assert few < timeline.height() >= timeline.maximumHeight() - 1 and not bar.isVisible(), "all rows, no emptiness"
