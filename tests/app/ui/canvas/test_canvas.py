"""The canvas under a real mouse: what it says."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.keypoints import POSETRACK
from core.poses import FramePoses, Provenance, Visibility
from tests.app.ui.canvas.canvas_hand import (
    CTRL,
    HEIGHT,
    LEFT,
    MIDDLE,
    NONE,
    RIGHT,
    WIDTH,
    WRIST,
    Heard,
    click,
    drag,
    move,
    pixels,
    press,
    release,
    wheel,
    wrist,
)


def test_a_drag_is_one_edit_with_the_right_place(canvas):
    heard = Heard(canvas)
    x, y = wrist(canvas)
    drag(canvas, (x, y), (x + 31, y - 22))
    ((track_id, keypoint, new_x, new_y),) = heard.of("keypoint_moved")
    assert (track_id, keypoint) == (1, WRIST)
    assert (new_x, new_y) == pytest.approx((x + 31, y - 22), abs=0.5)
    assert heard.of("selection_changed") == [(1, WRIST)]


@pytest.mark.parametrize("name", ["left_wrist", "left_elbow"])
def test_of_two_joints_on_one_spot_the_selected_one_is_dragged(canvas, name):
    at = wrist(canvas)
    pose = canvas._poses.pose(1).with_keypoint(
        POSETRACK.index("left_elbow"), at, Visibility.VISIBLE, 1.0, Provenance.CORRECTED
    )
    canvas.set_poses(FramePoses(12, (pose,)))
    canvas.set_selection(1, POSETRACK.index(name))
    heard = Heard(canvas)
    drag(canvas, at, (at[0] + 20, at[1]))
    assert [said[1] for said in heard.of("keypoint_moved")] == [POSETRACK.index(name)]


def test_the_joint_follows_the_hand_and_falls_back_where_nobody_stores_it(canvas):
    x, y = wrist(canvas)
    still = pixels(canvas)
    press(canvas, x, y)
    move(canvas, x + 30, y + 10)
    held = canvas._context.poses.pose(1).keypoints[WRIST]
    assert held == pytest.approx((x + 30, y + 10), abs=0.5)
    at = canvas.viewport_position(x + 30, y + 10)
    around = np.s_[at.y() - 8 : at.y() + 9, at.x() - 8 : at.x() + 9]
    assert (pixels(canvas)[around] != still[around]).any(), "the joint is drawn where the hand is"
    release(canvas, x + 30, y + 10)
    assert canvas._context.poses.pose(1).keypoints[WRIST].tolist() == [x, y]


def test_the_answer_to_an_edit_is_shown_at_once(canvas):
    def store(track_id, keypoint, x, y):
        pose = canvas._poses.pose(track_id).with_keypoint(keypoint, (x, y), Visibility.VISIBLE, 1, Provenance.CORRECTED)
        canvas.set_poses(FramePoses(12, (pose,)))

    canvas.keypoint_moved.connect(store)
    x, y = wrist(canvas)
    drag(canvas, (x, y), (x + 12, y))
    assert canvas._context.poses.pose(1).keypoints[WRIST] == pytest.approx((x + 12, y), abs=0.5)


def test_a_press_that_hardly_moves_selects_and_moves_nothing(canvas):
    heard = Heard(canvas)
    x, y = wrist(canvas)
    press(canvas, x, y)
    QTest.mouseMove(canvas.viewport(), canvas.viewport_position(x, y) + QPoint(2, 1))
    release(canvas, x, y)
    assert heard.said == [("selection_changed", 1, WRIST)]


def test_esc_gives_a_drag_up(canvas):
    heard = Heard(canvas)
    x, y = wrist(canvas)
    press(canvas, x, y)
    move(canvas, x + 40, y)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas._context.poses.pose(1).keypoints[WRIST].tolist() == [x, y]
    move(canvas, x + 50, y)
    release(canvas, x + 50, y)
    assert heard.said == [("selection_changed", 1, WRIST)]


def test_esc_belongs_to_the_drag_even_if_an_action_has_the_key(canvas):
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, NONE)
    override.ignore()
    QApplication.sendEvent(canvas, override)
    assert not override.isAccepted()
    press(canvas, *wrist(canvas))
    QApplication.sendEvent(canvas, override)
    assert override.isAccepted()


def test_esc_puts_the_tool_down_before_the_selection(canvas):
    heard = Heard(canvas)
    canvas.set_selection(1, 3)
    canvas.set_tool("box")
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert (canvas.tool, canvas.selection) == ("select", (1, 3))
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert heard.said == [("tool_put_down",), ("selection_changed", None, None)]


def test_a_joint_stays_on_the_picture(canvas):
    heard = Heard(canvas)
    canvas.zoom_by(0.5)
    press(canvas, *wrist(canvas))
    QTest.mouseMove(canvas.viewport(), QPoint(2, 2))
    QTest.mouseRelease(canvas.viewport(), LEFT, NONE, QPoint(2, 2))
    assert heard.of("keypoint_moved") == [(1, WRIST, 0.0, 0.0)]


def test_ctrl_drag_moves_the_person(canvas):
    heard = Heard(canvas)
    x, y = wrist(canvas, 2)
    drag(canvas, (x, y), (x - 20, y + 14), modifiers=CTRL)
    ((track_id, verb, affine),) = heard.of("pose_transformed")
    assert (track_id, verb) == (2, "Move")
    assert affine == pytest.approx(np.array([[1, 0, -20], [0, 1, 14]]), abs=0.5)
    assert not heard.of("keypoint_moved")


def test_right_click_cycles_the_visibility(canvas):
    heard = Heard(canvas)
    click(canvas, *wrist(canvas), RIGHT)
    click(canvas, 5, 5, RIGHT)
    assert heard.said == [("selection_changed", 1, WRIST), ("visibility_cycled", 1, WRIST)]


@pytest.mark.parametrize("setter", ["set_locked", "set_hidden"])
def test_locked_and_hidden_people_are_not_touched(canvas, setter):
    heard = Heard(canvas)
    getattr(canvas, setter)({1})
    x, y = wrist(canvas)
    drag(canvas, (x, y), (x + 20, y))
    click(canvas, *wrist(canvas), RIGHT)
    assert heard.said == []


def test_dragging_the_background_pans(canvas):
    heard = Heard(canvas)
    for start, button in (((20, 20), LEFT), (wrist(canvas), MIDDLE)):
        before = canvas.viewport_position(100, 100)
        at = canvas.viewport_position(*start)
        QTest.mousePress(canvas.viewport(), button, NONE, at)
        QTest.mouseMove(canvas.viewport(), at + QPoint(30, 10))
        QTest.mouseMove(canvas.viewport(), at + QPoint(60, -20))
        QTest.mouseRelease(canvas.viewport(), button, NONE, at + QPoint(60, -20))
        moved = canvas.viewport_position(100, 100) - before
        assert (moved.x(), moved.y()) == (60, -20)
    assert heard.said == []


def test_the_wheel_zooms_at_the_pointer(canvas):
    at = QPoint(333, 222)
    before = canvas.view.to_picture(333, 222)
    zoom = canvas.zoom
    wheel(canvas, at, 3)
    assert canvas.zoom > zoom * 1.5
    assert canvas.view.to_picture(333, 222) == pytest.approx(before)
    wheel(canvas, at, -2)
    assert canvas.view.to_picture(333, 222) == pytest.approx(before)


def test_a_double_click_on_the_background_fits_and_keeps_the_selection(canvas):
    canvas.set_selection(1, WRIST)
    heard = Heard(canvas)
    at = canvas.viewport_position(20, 20)
    QTest.mouseClick(canvas.viewport(), LEFT, NONE, at)
    QTest.mouseDClick(canvas.viewport(), LEFT, NONE, at)
    assert heard.said[-1] == ("selection_changed", 1, WRIST)
    assert canvas.zoom == pytest.approx(min((1000 - 24) / WIDTH, (760 - 24) / HEIGHT))


def test_placing_gives_the_selected_joint_its_place(canvas):
    ear = POSETRACK.index("left_ear")
    canvas.set_selection(1, ear)
    heard = Heard(canvas)
    click(canvas, 96, 52)
    assert heard.of("keypoint_placed") == [], "the select tool places nothing"
    canvas.set_tool("place")
    click(canvas, 96, 52)
    ((track_id, keypoint, x, y),) = heard.of("keypoint_placed")
    assert (track_id, keypoint) == (1, ear) and (x, y) == pytest.approx((96, 52), abs=0.5)
    drag(canvas, (96, 52), (110, 70))
    canvas.set_locked({1})
    click(canvas, 96, 52)
    assert len(heard.of("keypoint_placed")) == 1, "a drag pans, a locked person gets no joint"


def test_a_box_is_drawn_with_the_box_tool(canvas):
    heard = Heard(canvas)
    canvas.set_tool("box")
    drag(canvas, (150, 120), (100, 60))
    assert heard.of("box_drawn")[0] == pytest.approx((100, 60, 50, 60), abs=0.5)
    drag(canvas, (20, 20), (25, 60))
    assert len(heard.said) == 1, "a narrow slip is no box, and joints under the pointer stay alone"


def test_a_handle_of_the_selected_box_is_dragged_once(canvas):
    heard = Heard(canvas)
    drag(canvas, (60, 40), (30, 20))
    assert heard.of("box_changed") == [], "nobody is selected"
    canvas.fit()
    canvas.set_selection(1, None)
    drag(canvas, (60, 40), (50, 20))
    ((track_id, *box),) = heard.of("box_changed")
    assert track_id == 1 and box == pytest.approx([50, 20, 70, 180], abs=0.5)


def test_a_click_in_a_box_selects_its_person_and_on_nothing_nobody(canvas):
    heard = Heard(canvas)
    click(canvas, 190, 190)
    click(canvas, 300, 230)
    assert heard.said == [("selection_changed", 2, None), ("selection_changed", None, None)]


def test_pointer_says_where_it_is(canvas):
    places = []
    canvas.pointer_moved.connect(lambda x, y: places.append((x, y)))
    move(canvas, 123, 45)
    assert places[-1] == pytest.approx((123, 45), abs=0.5)


def test_the_place_under_the_pointer_is_known_on_the_picture_only(canvas):
    move(canvas, 123, 45)
    assert canvas.pointer_place() == pytest.approx((123, 45), abs=0.5)
    canvas.zoom_by(0.3)
    QTest.mouseMove(canvas.viewport(), QPoint(3, 3))
    assert canvas.pointer_place() is None
    canvas.clear()
    assert canvas.pointer_place() is None


def test_the_cursor_says_what_a_press_would_do(canvas):
    def shape_at(x, y):
        move(canvas, x, y)
        return canvas.viewport().cursor().shape()

    canvas.fit()
    assert shape_at(5, 5) == Qt.CursorShape.ArrowCursor
    assert shape_at(*wrist(canvas)) == Qt.CursorShape.PointingHandCursor
    canvas.set_selection(1, None)
    assert shape_at(60, 40) == Qt.CursorShape.SizeFDiagCursor
    assert shape_at(60, 120) == Qt.CursorShape.SizeHorCursor
    canvas.set_tool("box")
    assert shape_at(5, 5) == Qt.CursorShape.CrossCursor
