"""The canvas' finer instruments under a real hand: magnifier, candidates, handles of a person, boxes by keys, heads."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.tools import Tool
from app.ui.canvas.hand.magnifier import GAP_PX, magnifier_rect
from app.ui.canvas.hand.transforming import turn_handle
from app.ui.canvas.painting.heatmap_colours import Peak
from core.keypoints import POSETRACK
from core.poses import FramePoses
from core.transforming import transformed
from tests.app.ui.canvas.canvas_hand import (
    CTRL,
    NONE,
    WRIST,
    Heard,
    click,
    drag,
    move,
    picture,
    pixels,
    press,
    release,
    standing,
    wrist,
)

SHIFT = Qt.KeyboardModifier.ShiftModifier


def key(canvas, which, modifiers=NONE):
    """A key as Qt delivers it: the canvas is asked first whether it is its own."""
    override = QKeyEvent(QEvent.Type.ShortcutOverride, which, modifiers)
    override.ignore()
    QApplication.sendEvent(canvas, override)
    assert override.isAccepted(), "an action's key would have taken it"
    QTest.keyClick(canvas, which, modifiers)


@pytest.mark.parametrize("wh", [(1000, 760), (240, 160)])
def test_the_magnifier_is_in_view_and_over_neither_pointer_nor_joint(wh):
    for x in range(0, wh[0], 13):
        for y in range(0, wh[1], 13):
            rect = magnifier_rect((x, y), (x + 9, y - 5), wh)
            if rect is None:
                assert wh == (240, 160), "no room beside the middle of the smallest canvas"
                continue
            assert rect.left() >= 0 and rect.right() <= wh[0] and rect.top() >= 0 and rect.bottom() <= wh[1]
            assert not rect.contains(QPointF(x, y)) and not rect.contains(QPointF(x + 9, y - 5))
            apart = max(rect.left() - x, x - rect.right(), rect.top() - y, y - rect.bottom())
            assert apart == pytest.approx(GAP_PX)


def test_while_a_joint_is_dragged_its_place_is_magnified(canvas):
    x, y = wrist(canvas)
    press(canvas, x, y)
    assert canvas._magnifier.shown is None, "a press may be a click"
    move(canvas, x + 20, y - 12)
    seen, rect = canvas._magnifier.shown, canvas._magnifier.place()
    assert seen.xy == pytest.approx((x + 20, y - 12), abs=0.5) and seen.zoom == pytest.approx(12)
    colours = pixels(canvas)
    # Beside the mark, five pixels of the picture from the joint are sixty of the viewport.
    at = rect.center() + QPointF(5 * 12, 0)
    expected = picture()[round(seen.xy[1]), round(seen.xy[0] + 5)]
    assert colours[round(at.y()), round(at.x())] == pytest.approx(expected, abs=2)
    release(canvas, x + 20, y - 12)
    assert canvas._magnifier.shown is None
    canvas.set_magnifier(False)
    press(canvas, x, y)
    move(canvas, x + 20, y)
    assert canvas._magnifier.shown is None
    release(canvas, x + 20, y)


@pytest.mark.parametrize("on", [True, False])
def test_the_magnifier_costs_no_further_painting_of_the_people(canvas, monkeypatch, on):
    canvas.set_magnifier(on)
    press(canvas, *wrist(canvas))
    move(canvas, 100, 100)
    canvas.viewport().repaint()
    QApplication.processEvents()
    painted = []
    paint = type(canvas._pose_item).paint
    monkeypatch.setattr(type(canvas._pose_item), "paint", lambda item, *rest: painted.append(1) or paint(item, *rest))
    for step in range(5):
        move(canvas, 100 + 4 * step, 100)
        QApplication.processEvents()
    assert len(painted) <= 5


def test_with_shift_a_held_joint_goes_to_the_nearest_candidate(canvas):
    heard = Heard(canvas)
    x, y = wrist(canvas)
    canvas.set_selection(1, WRIST)
    canvas.set_candidates([Peak(x + 30, y, 0.9), Peak(x - 20, y + 30, 0.4)])
    press(canvas, x, y)
    move(canvas, x - 12, y + 18)
    assert canvas._overlay.context.candidates == ()
    QTest.keyPress(canvas, Qt.Key.Key_Shift)
    assert wrist(canvas) == (x, y) and canvas._context.poses.pose(1).keypoints[WRIST].tolist() == [x - 20, y + 30]
    assert len(canvas._overlay.context.candidates) == 2, "each has a ring"
    QTest.keyRelease(canvas, Qt.Key.Key_Shift)
    assert canvas._context.poses.pose(1).keypoints[WRIST] == pytest.approx((x - 12, y + 18), abs=0.5)
    QTest.keyPress(canvas, Qt.Key.Key_Shift)
    release(canvas, x - 12, y + 18, modifiers=SHIFT)
    assert heard.of("keypoint_moved") == [(1, WRIST, x - 20, y + 30)]


def test_where_no_candidate_is_known_they_are_asked_for_and_that_is_said(canvas):
    heard = Heard(canvas)
    x, y = wrist(canvas)
    canvas.candidates_wanted.connect(lambda: canvas.set_candidates(None, "asking"))
    press(canvas, x, y)
    move(canvas, x + 10, y)
    QTest.keyPress(canvas, Qt.Key.Key_Shift)
    assert heard.of("candidates_wanted") and canvas._context.cursor_note[2] == "asking"
    canvas.set_candidates([Peak(x + 4, y, 0.9)])
    assert canvas._context.cursor_note is None
    assert canvas._context.poses.pose(1).keypoints[WRIST].tolist() == [x + 4, y], "once they are known it goes there"
    QTest.keyRelease(canvas, Qt.Key.Key_Shift)
    release(canvas, x, y)


def test_ctrl_drag_of_a_corner_scales_and_inside_the_box_moves_the_person(canvas):
    canvas.fit()
    canvas.set_selection(1, None)
    heard = Heard(canvas)
    before = canvas._poses.pose(1)
    drag(canvas, (120, 200), (90, 120), modifiers=CTRL)
    ((track_id, verb, affine),) = heard.of("pose_transformed")
    after = transformed(before, affine)
    assert (track_id, verb) == (1, "Scale")
    assert after.bbox_xywh == pytest.approx([60, 40, 30, 80], abs=0.8), "half as large, its upper left corner stays"
    assert after.visibility.tolist() == before.visibility.tolist()
    drag(canvas, (105, 62), (115, 72), modifiers=CTRL)
    assert heard.of("pose_transformed")[1][1] == "Move"
    assert heard.of("pose_transformed")[1][2][:, 2] == pytest.approx((10, 10), abs=0.5)
    assert heard.of("box_changed") == []


def test_the_handle_above_the_box_turns_the_person(canvas):
    canvas.fit()
    canvas.set_selection(1, None)
    heard = Heard(canvas)
    before = canvas._poses.pose(1)
    handle = turn_handle(before, canvas.view, canvas.viewport().height())
    grip = canvas.view.to_picture(*handle)
    assert canvas._overlay.context.turn_handle_px == pytest.approx(handle)
    drag(canvas, grip, (90 + (120 - grip[1]), 120))
    ((track_id, verb, affine),) = heard.of("pose_transformed")
    after = transformed(before, affine)
    head, ankle = POSETRACK.index("head_top"), POSETRACK.index("left_ankle")
    assert (track_id, verb) == (1, "Turn")
    assert after.keypoints[head, 0] > after.keypoints[ankle, 0] + 100, "upright before, now lying to the right"
    assert after.bbox_xywh[2] == pytest.approx(before.bbox_xywh[3], abs=12)
    back = transformed(after, np.linalg.inv(np.vstack([affine, [0, 0, 1]]))[:2])
    assert back.bbox_xywh == pytest.approx(before.bbox_xywh), "turned back, the box is what it was"


def test_a_person_without_joints_has_no_handle_to_turn_by_and_one_at_the_edge_has_it_below(canvas):
    from core.poses import Pose, Provenance  # noqa: PLC0415

    canvas.set_poses(FramePoses(12, (Pose.empty(3, (100, 40, 60, 160), Provenance.CORRECTED),)))
    canvas.set_selection(3, None)
    assert canvas._overlay.context.turn_handle_px is None
    canvas.fit()
    low = standing(1, 60).replaced(bbox_xywh=np.array([60, 0, 60, 100]))
    assert turn_handle(low, canvas.view, 760)[1] > canvas.view.to_viewport(0, 100)[1]


def test_hidden_joints_are_neither_drawn_nor_hit_and_locked_ones_not_moved(canvas):
    heard = Heard(canvas)
    x, y = wrist(canvas)
    canvas.set_hidden_joints({(1, WRIST)})
    assert not canvas._context.poses.pose(1).placed[WRIST] and canvas._context.poses.pose(2).placed[WRIST]
    drag(canvas, (x, y), (x + 12, y))
    canvas.set_hidden_joints(frozenset())
    canvas.set_locked_joints({(1, WRIST)})
    drag(canvas, (x, y), (x + 12, y))
    assert heard.of("keypoint_moved") == []
    assert canvas._context.poses.pose(1).placed[WRIST] and len(canvas._overlay.context.locked_xy) == 1
    canvas.set_selection(1, None)
    canvas.fit()
    press(canvas, 105, 62, modifiers=CTRL)
    move(canvas, 125, 82)
    held = canvas._context.poses.pose(1).keypoints
    release(canvas, 125, 82, modifiers=CTRL)
    assert held[WRIST].tolist() == [x, y], "the others go, the locked one stays"
    assert held[POSETRACK.index("nose")] == pytest.approx((110, 75), abs=0.5)


def test_a_box_is_drawn_by_keys(canvas):
    heard = Heard(canvas)
    move(canvas, 100, 50)
    canvas.set_tool(Tool.BOX)
    assert canvas.hasFocus() or not canvas.isActiveWindow()
    key(canvas, Qt.Key.Key_Right)
    assert canvas._overlay.context.cursor_xy == pytest.approx((101, 50), abs=0.6)
    start = canvas._overlay.context.cursor_xy
    key(canvas, Qt.Key.Key_Return)
    for _ in range(4):
        key(canvas, Qt.Key.Key_Down, SHIFT)
        key(canvas, Qt.Key.Key_Right, SHIFT)
    key(canvas, Qt.Key.Key_Left)
    assert canvas._context.drawn_box_xywh == (*start, 39, 40)
    key(canvas, Qt.Key.Key_Return)
    assert heard.of("box_drawn") == [(*start, 39, 40)]
    key(canvas, Qt.Key.Key_Up)
    key(canvas, Qt.Key.Key_Return)
    key(canvas, Qt.Key.Key_Return)
    assert len(heard.of("box_drawn")) == 1, "a box without a width is none"
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert heard.said[-1] == ("tool_put_down",) and canvas._overlay.context.cursor_xy is None


def test_corners_and_edges_of_a_box_are_moved_by_keys(canvas):
    heard = Heard(canvas)
    canvas.fit()
    canvas.set_selection(1, None)
    canvas.set_tool(Tool.EDGES)
    key(canvas, Qt.Key.Key_Left)
    key(canvas, Qt.Key.Key_Up, SHIFT)
    assert canvas._context.poses.pose(1).bbox_xywh.tolist() == [60, 40, 59, 150]
    key(canvas, Qt.Key.Key_Tab)
    key(canvas, Qt.Key.Key_Right)
    assert heard.of("box_changed") == []
    key(canvas, Qt.Key.Key_Return)
    assert heard.of("box_changed") == [(1, 61, 40, 58, 150)]


def test_a_head_box_is_drawn_and_its_corners_are_dragged(canvas):
    heard = Heard(canvas)
    canvas.fit()
    canvas.set_selection(1, None)
    canvas.set_tool(Tool.HEAD)
    drag(canvas, (80, 46), (100, 70))
    assert heard.of("head_drawn")[0] == pytest.approx((80, 46, 20, 24), abs=0.5)
    pose = canvas._poses.pose(1).replaced(bbox_head_xywh=np.array([82.0, 42.0, 16.0, 20.0]))
    canvas.set_poses(FramePoses(12, (pose,)))
    canvas.set_tool(Tool.SELECT)
    drag(canvas, (98, 62), (104, 68))
    ((track_id, *box),) = heard.of("head_changed")
    assert track_id == 1 and box == pytest.approx([82, 42, 22, 26], abs=0.5)
    canvas.set_extras_visible(False)
    assert canvas._overlay.context.heads == ()
    click(canvas, 98, 62)
    assert len(heard.of("head_changed")) == 1


def test_regions_are_drawn_by_clicks_or_as_a_rectangle_and_edited(canvas):
    heard = Heard(canvas)
    canvas.regions_changed.connect(lambda regions: canvas.set_regions(12, regions))
    canvas.fit()
    canvas.set_tool(Tool.REGION)
    for place in ((200, 20), (280, 20), (280, 60), (240, 100)):
        click(canvas, *place)
    key(canvas, Qt.Key.Key_Backspace)
    click(canvas, 200, 20)
    ((regions,),) = heard.of("regions_changed")
    assert np.round(regions[0]).tolist() == [[200, 20], [280, 20], [280, 60]]
    drag(canvas, (20, 30), (50, 90))
    assert np.round(canvas._region_hand.regions[1]).tolist() == [[20, 30], [50, 30], [50, 90], [20, 90]]
    drag(canvas, (280, 60), (290, 80))
    assert np.round(canvas._region_hand.regions[0][2]).tolist() == [290, 80]
    drag(canvas, (240, 20), (240, 5))  # the middle of an edge becomes a corner
    assert np.round(canvas._region_hand.regions[0]).tolist() == [[200, 20], [240, 5], [280, 20], [290, 80]]
    click(canvas, 240, 5, Qt.MouseButton.RightButton)
    assert len(canvas._region_hand.regions[0]) == 3
    click(canvas, 30, 60)
    key(canvas, Qt.Key.Key_Delete)
    assert len(canvas._region_hand.regions) == 1 and len(heard.of("regions_changed")) == 6
    click(canvas, 100, 200)
    click(canvas, 120, 200)
    key(canvas, Qt.Key.Key_Return)
    assert len(heard.of("regions_changed")) == 6, "a line encloses nothing"
    click(canvas, 100, 200)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.tool == Tool.REGION and canvas._region_hand.drawn == []
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.tool == Tool.SELECT


def test_the_pointer_at_rest_says_nothing_of_regions_in_other_tools(canvas):
    canvas.set_regions(12, [np.array([[20.0, 30], [50, 30], [50, 90]])])
    canvas.set_regions(11, [])
    assert len(canvas._regions.context.regions) == 1, "those of another frame are dropped"
    QTest.mouseMove(canvas.viewport(), canvas.viewport_position(20, 30) + QPoint(1, 1))
    drag(canvas, (20, 30), (40, 30))
    assert canvas._region_hand.regions[0].tolist() == [[20, 30], [50, 30], [50, 90]]
