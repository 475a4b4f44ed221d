"""The timeline: its columns against a plain count, its picture, and a real mouse on it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.timeline import lanes as tl
from app.ui.timeline.columns import FrameState, TimelineColumns
from app.ui.timeline.timeline import Timeline
from app.ui.timeline.transport import clock

LEFT = Qt.MouseButton.LeftButton


def columns_of(num_rows: int, num_frames: int, seed: int = 0) -> TimelineColumns:
    rng = np.random.default_rng(seed)
    scores = np.sort(rng.random((num_rows, 2)), axis=1)
    scores[rng.random(num_rows) < 0.2] = np.nan
    return TimelineColumns(
        np.sort(rng.choice(num_frames, num_rows, replace=False)).astype(np.int64),
        rng.integers(0, 30, (num_rows, 3)),
        rng.random(num_rows) < 0.1,
        scores[:, 0],
        scores[:, 1],
        rng.random(num_rows) < 0.1,
        rng.integers(1, 4, num_rows),
    )


@given(st.integers(1, 400), st.integers(1, 300), st.integers(0, 2**16))
@settings(max_examples=60, deadline=None)
def test_a_pixel_says_what_its_frames_say(num_frames, num_pixels, seed):
    dense = columns_of(int(num_frames * 0.7), num_frames, seed).dense(num_frames)
    binned = dense.binned(0.0, float(num_frames), num_pixels)
    edges = np.floor(np.arange(num_pixels + 1) * (num_frames / num_pixels) + 1e-9).astype(int)
    for pixel in range(num_pixels):
        frames = slice(edges[pixel], max(edges[pixel + 1], edges[pixel] + 1))
        assert (binned.joints[pixel] == dense.joints[frames].sum(axis=0)).all()
        assert binned.doubtful[pixel] == dense.doubtful[frames].any()
        assert binned.reviewed[pixel] == dense.reviewed[frames].any()
        scores = dense.min_score[frames][~np.isnan(dense.min_score[frames])]
        assert np.isnan(binned.min_score[pixel]) if not scores.size else binned.min_score[pixel] == scores.min()
        means = dense.mean_score[frames][~np.isnan(dense.mean_score[frames])]
        if means.size:
            assert binned.mean_score[pixel] == pytest.approx(means.mean())
        else:
            assert np.isnan(binned.mean_score[pixel])


def test_frames_beyond_the_clip_are_dropped():
    columns = columns_of(20, 40)
    assert len(columns.dense(10).joints) == 10


def test_rows_are_put_in_place_and_the_others_stay():
    dense, whole = columns_of(20, 40).dense(30), columns_of(20, 40).dense(30)
    dense.put(columns_of(3, 50))
    for name in ("joints", "min_score", "num_people"):
        column, put = getattr(dense, name), getattr(columns_of(3, 50), name)
        at = columns_of(3, 50).frame_index
        np.testing.assert_array_equal(column[at[at < 30]], put[at < 30])
        others = np.setdiff1d(np.arange(30), at)
        np.testing.assert_array_equal(column[others], getattr(whole, name)[others])


@pytest.fixture
def timeline(qtbot):
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.resize(900, widget.height())
    widget.set_num_frames(40, np.arange(40) / 25)
    joints = np.array([[0, 0, 0], [28, 0, 0], [7, 7, 0], [27, 0, 1]])
    none = np.full(4, np.nan)
    widget.set_summary(
        TimelineColumns(
            np.array([2, 10, 20, 30]),
            joints,
            np.array([False, True, False, False]),
            np.array([np.nan, 0.31, 0.8, 1.0]),
            np.where(joints.any(axis=1), 0.9, none),
            np.array([True, False, True, False]),
            np.array([0, 2, 1, 1]),
        )
    )
    widget.show()
    return widget


def colour_at(widget: Timeline, frame_index: float, y: int) -> QColor:
    return widget.grab().toImage().pixelColor(round(widget.x_of_frame(frame_index)), y)


def near(a: QColor, b: QColor) -> bool:
    return max(abs(a.red() - b.red()), abs(a.green() - b.green()), abs(a.blue() - b.blue())) < 12


def test_a_bar_says_how_much_of_a_frame_is_done(timeline):
    foot, top = tl.STATE_TOP + tl.STATE_HEIGHT - 1, tl.STATE_TOP + 1
    predicted, accepted, corrected = (theme.colour_of(tl.STATE_MEANINGS[state]) for state in FrameState)
    assert near(colour_at(timeline, 10, foot), predicted) and near(colour_at(timeline, 10, top), predicted)
    assert near(colour_at(timeline, 20, tl.STATE_TOP + tl.STATE_HEIGHT - 5), accepted)
    assert near(colour_at(timeline, 20, top), predicted)
    assert near(colour_at(timeline, 30, foot), corrected), "one joint of 28 is seen"
    assert near(colour_at(timeline, 30, foot - 3), predicted), "and does not paint the whole frame"
    assert near(colour_at(timeline, 5, foot), theme.CANVAS_BACKGROUND)


def test_doubt_and_review_are_marked(timeline):
    assert near(colour_at(timeline, 10, tl.DOUBT_TOP + 3), theme.colour_of(theme.Meaning.DOUBTFUL))
    assert not near(colour_at(timeline, 20, tl.DOUBT_TOP + 3), theme.colour_of(theme.Meaning.DOUBTFUL))
    assert near(colour_at(timeline, 2, tl.STATE_TOP + tl.STATE_HEIGHT - 2), tl.REVIEWED_COLOUR)
    assert not near(colour_at(timeline, 30, tl.STATE_TOP + tl.STATE_HEIGHT - 2), tl.REVIEWED_COLOUR)


def test_a_gap_is_marked_between_its_neighbours_and_said(timeline):
    before = timeline.grab().toImage()
    timeline.set_gaps({25: 1, 40: 3})
    after = timeline.grab().toImage()
    rows = range(tl.STATE_TOP, tl.SCORE_TOP + tl.SCORE_HEIGHT)
    at = round(timeline.x_of_frame(24.5))
    columns = {x for x in range(after.width()) for y in rows if before.pixelColor(x, y) != after.pixelColor(x, y)}
    end = round(timeline.x_of_frame(39.5))
    assert columns and all(min(abs(x - at), abs(x - end)) <= 3 for x in columns)
    assert any(near(after.pixelColor(x, y), theme.ERROR) for x in (at - 1, at) for y in rows)
    assert timeline.description(25).endswith("1 frame is missing before it")
    assert timeline.description(24).endswith("1 frame is missing after it")
    assert timeline.description(39).endswith("3 frames are missing after it")
    assert "missing" not in timeline.description(26)
    timeline.set_num_frames(40)
    assert "missing" not in timeline.description(25), "another clip"


def test_dragging_scrubs_and_letting_go_chooses(timeline):
    dragged, chosen = [], []
    timeline.frame_dragged.connect(dragged.append)
    timeline.frame_chosen.connect(chosen.append)
    places = [QPoint(round(timeline.x_of_frame(i)), 30) for i in (3, 9, 17)]
    QTest.mousePress(timeline, LEFT, pos=places[0])
    QTest.mouseMove(timeline, places[1])
    QTest.mouseMove(timeline, places[2])
    assert chosen == []
    QTest.mouseRelease(timeline, LEFT, pos=places[2])
    assert dragged[0] == 3
    assert chosen == [17]


def test_the_ends_are_reached_from_outside_the_strip(timeline):
    assert timeline.frame_at(-50) == 0
    assert timeline.frame_at(10_000) == 39
    assert [timeline.frame_at(timeline.x_of_frame(i)) for i in range(40)] == list(range(40))


def test_words_for_a_frame(timeline):
    assert timeline.description(10) == "frame 10, 0.40 s: 2 people, 28 joints predicted, lowest score 0.31, doubtful"
    assert timeline.description(2) == "frame 2, 0.08 s: nobody, reviewed"
    assert (
        timeline.description(30)
        == "frame 30, 1.20 s: 1 person, 1 of 28 joints corrected, 27 predicted, lowest score 1.00"
    )


def wheel(widget: Timeline, x: float, turn: int) -> None:
    place = QPointF(x, 30)
    event = QWheelEvent(
        place,
        QPointF(widget.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_the_wheel_spreads_about_the_pointer_and_a_double_click_shows_all(timeline):
    x = timeline.x_of_frame(30)
    before = timeline.x_of_frame(31) - timeline.x_of_frame(30)
    wheel(timeline, x, 240)
    assert timeline.frame_at(x) == 30
    assert timeline.x_of_frame(31) - timeline.x_of_frame(30) > before * 1.4
    wheel(timeline, x, 12_000)
    assert timeline.x_of_frame(10) - timeline.x_of_frame(0) <= timeline.width()
    timeline.set_current(1)  # out of sight: the part shown follows
    assert 0 < timeline.x_of_frame(1) < timeline.width()
    QTest.mouseDClick(timeline, LEFT, pos=QPoint(400, 30))
    assert timeline.x_of_frame(31) - timeline.x_of_frame(30) == pytest.approx(before)


def test_100_000_frames_are_drawn_by_the_pixel_and_once_while_playing(qtbot, monkeypatch):
    """How long it takes: benchmarks/bench_window.py."""
    drawn = []
    paint = tl.paint_states

    def noted(painter, columns, shown, ratio):
        drawn.append(len(columns.frame_index))
        paint(painter, columns, shown, ratio)

    monkeypatch.setattr(tl, "paint_states", noted)
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.resize(1280, widget.height())
    widget.set_num_frames(100_000)
    columns = columns_of(80_000, 100_000)
    widget.show()
    widget.grab()
    drawn.clear()
    widget.set_summary(columns)
    for frame_index in range(1, 21):
        widget.set_current(frame_index)
        widget.grab()
    assert len(drawn) == 1 and drawn[0] <= 1280 * widget.devicePixelRatioF()


def test_an_empty_timeline_can_be_clicked(qtbot):
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.show()
    with qtbot.assertNotEmitted(widget.frame_chosen):
        QTest.mouseClick(widget, LEFT, pos=QPoint(300, 30))
    widget.grab()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.00"), (4, "0:04.00"), (64.25, "1:04.25"), (59.999, "1:00.00"), (3601.5, "1:00:01.50")],
)
def test_clock(seconds, text):
    assert clock(seconds) == text
