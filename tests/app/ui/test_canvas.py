"""The canvas driven by a real mouse: what it draws and what it says."""

import time

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.canvas import Canvas
from app.ui.pose_painting import PoseContext, describe_keypoint
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NONE, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
WRIST = POSETRACK.index("left_wrist")
WIDTH, HEIGHT = 320, 240


def picture() -> np.ndarray:
    """A frame in which every pixel has a colour of its own."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([columns % 256, rows, 40 + 100 * (columns // 256)], axis=-1).astype(np.uint8)


def standing(track_id: int, left: float, provenance: Provenance = Provenance.PREDICTED) -> Pose:
    """A person of fifteen joints in a box 60 wide and 160 high; the ears are not labelled."""
    layout = {
        "nose": (30, 15), "head_top": (30, 5), "head_bottom": (30, 30),
        "left_shoulder": (42, 36), "right_shoulder": (18, 36), "left_elbow": (48, 60), "right_elbow": (12, 60),
        "left_wrist": (54, 84), "right_wrist": (6, 84), "left_hip": (38, 84), "right_hip": (22, 84),
        "left_knee": (38, 120), "right_knee": (22, 120), "left_ankle": (38, 155), "right_ankle": (22, 155),
    }  # fmt: skip
    pose = Pose.empty(track_id, (left, 40, 60, 160), Provenance.CORRECTED)
    for name, (x, y) in layout.items():
        pose = pose.with_keypoint(POSETRACK.index(name), (left + x, 40 + y), Visibility.VISIBLE, 0.8, provenance)
    return pose


@pytest.fixture
def canvas(qtbot) -> Canvas:
    """Frame 12 with two people at an exact zoom of 3, so that a viewport pixel is a third of a frame pixel."""
    widget = Canvas()
    qtbot.addWidget(widget)
    widget.resize(1000, 760)
    widget.show()
    widget.show_frame(12, picture())
    widget.set_poses(FramePoses(12, (standing(1, 60), standing(2, 180))))
    widget.zoom_by(3 / widget.zoom)
    QApplication.processEvents()
    return widget


class Heard:
    """Every signal of the canvas, in order."""

    def __init__(self, canvas: Canvas) -> None:
        self.said: list[tuple] = []
        for name in (
            "keypoint_moved", "keypoint_placed", "visibility_cycled", "pose_moved", "selection_changed",
            "box_drawn", "box_changed", "tool_put_down",
        ):  # fmt: skip
            getattr(canvas, name).connect(lambda *values, name=name: self.said.append((name, *values)))

    def of(self, name: str) -> list[tuple]:
        return [said[1:] for said in self.said if said[0] == name]


def press(canvas, x, y, button=LEFT, modifiers=NONE):
    QTest.mousePress(canvas.viewport(), button, modifiers, canvas.viewport_position(x, y))


def move(canvas, x, y):
    QTest.mouseMove(canvas.viewport(), canvas.viewport_position(x, y))


def release(canvas, x, y, button=LEFT, modifiers=NONE):
    QTest.mouseRelease(canvas.viewport(), button, modifiers, canvas.viewport_position(x, y))


def drag(canvas, start, end, button=LEFT, modifiers=NONE):
    press(canvas, *start, button, modifiers)
    for part in (0.3, 0.7, 1.0):
        move(canvas, *(s + (e - s) * part for s, e in zip(start, end, strict=True)))
    release(canvas, *end, button, modifiers)


def click(canvas, x, y, button=LEFT):
    press(canvas, x, y, button)
    release(canvas, x, y, button)


def pixels(canvas) -> np.ndarray:
    """What the viewport shows, (H, W, 3) RGB."""
    image = canvas.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def wheel(canvas, at: QPoint, notches: int) -> None:
    where = QPointF(at)
    event = QWheelEvent(
        where, canvas.viewport().mapToGlobal(where), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), event)


def wrist(canvas, track_id=1) -> tuple[float, float]:
    return tuple(canvas._poses.pose(track_id).keypoints[WRIST])


def test_frame_pixels_are_shown_exactly(canvas):
    canvas.set_poses(FramePoses(12))
    canvas.zoom_by(8 / canvas.zoom)
    shown, rgb = pixels(canvas), picture()
    for x, y in ((150, 115), (160, 120), (171, 131)):
        at = canvas.viewport_position(x, y)
        assert shown[at.y(), at.x()].tolist() == rgb[y, x].tolist()


def test_a_drag_is_one_edit_with_the_right_place(canvas):
    heard = Heard(canvas)
    x, y = wrist(canvas)
    drag(canvas, (x, y), (x + 31, y - 22))
    ((track_id, keypoint, new_x, new_y),) = heard.of("keypoint_moved")
    assert (track_id, keypoint) == (1, WRIST)
    assert (new_x, new_y) == pytest.approx((x + 31, y - 22), abs=0.5)
    assert heard.of("selection_changed") == [(1, WRIST)]


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


def test_alt_drag_moves_the_person(canvas):
    heard = Heard(canvas)
    x, y = wrist(canvas, 2)
    drag(canvas, (x, y), (x - 20, y + 14), modifiers=ALT)
    ((track_id, dx, dy),) = heard.of("pose_moved")
    assert track_id == 2 and (dx, dy) == pytest.approx((-20, 14), abs=0.5)
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


def test_a_hidden_person_is_not_drawn(canvas):
    everyone = pixels(canvas)
    canvas.set_hidden({1})
    without = pixels(canvas)
    canvas.set_poses(FramePoses(12, (standing(2, 180),)))
    assert (everyone != without).any() and (without == pixels(canvas)).all()


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


def test_the_first_frame_is_fitted_and_the_view_is_kept_after(canvas):
    canvas.show_frame(13, picture())
    assert canvas.zoom == pytest.approx(3)
    canvas.show_frame(0, np.zeros((50, 80, 3), np.uint8))
    assert canvas.zoom == pytest.approx((1000 - 24) / 80)


def test_pixel_aspect_is_for_the_eye_only(canvas):
    canvas.show_frame(0, picture(), 1.5)
    origin, right, below = (canvas.view.to_viewport(*at) for at in ((0, 0), (100, 0), (0, 100)))
    assert (right[0] - origin[0]) == pytest.approx(1.5 * (below[1] - origin[1]))
    canvas.set_poses(FramePoses(0, (standing(1, 60),)))
    heard = Heard(canvas)
    x, y = wrist(canvas)
    drag(canvas, (x, y), (x + 30, y + 30))
    assert heard.of("keypoint_moved")[0][2:] == pytest.approx((x + 30, y + 30), abs=0.5)


def test_what_belongs_to_another_frame_is_dropped(canvas):
    before = pixels(canvas)
    canvas.set_poses(FramePoses(11))
    canvas.set_heatmap(11, np.ones((96, 72), np.float16), [[2, 0, 0], [0, 2, 0]])
    assert (pixels(canvas) == before).all()
    canvas.set_heatmap(12, np.ones((96, 72), np.float16), [[2, 0, 0], [0, 2, 0]])
    assert (pixels(canvas) != before).any()


def test_another_frame_takes_people_heatmap_and_drag_along(canvas):
    heard = Heard(canvas)
    canvas.set_heatmap(12, np.ones((96, 72), np.float16), [[2, 0, 0], [0, 2, 0]])
    x, y = wrist(canvas)
    press(canvas, x, y)
    move(canvas, x + 30, y)
    canvas.show_frame(13, picture())
    release(canvas, x + 30, y)
    assert heard.of("keypoint_moved") == []
    shown = pixels(canvas)
    canvas.set_poses(FramePoses(13))
    canvas.set_heatmap(13, None, None)
    assert (pixels(canvas) == shown).all()


def test_the_heatmap_lies_where_its_affine_says_and_fades(canvas):
    canvas.set_poses(FramePoses(12))
    rows, columns = np.mgrid[:96, :72]
    heatmap = np.exp(-((columns - 50) ** 2 + (rows - 20) ** 2) / 18).astype(np.float16)
    plain = pixels(canvas).astype(int)
    canvas.set_heatmap(12, heatmap, [[2.5, 0, 60], [0, 2, 30]])
    canvas.set_heatmap_opacity(1.0)
    covered = np.abs(pixels(canvas) - plain).sum(axis=2).astype(float)
    rows, columns = np.nonzero(covered > 60)
    centre = canvas.view.to_picture(float(columns.mean()), float(rows.mean()))
    assert centre == pytest.approx((60 + 2.5 * 50, 30 + 2 * 20), abs=1.5)
    canvas.set_heatmap_opacity(0.0)
    assert (pixels(canvas) == plain).all()


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


def test_provenance_occlusion_doubt_and_selection_each_change_the_mark(canvas):
    def shown(**changes):
        pose = standing(1, 60)
        fields = {
            name: np.where(np.arange(len(POSETRACK)) == WRIST, value, getattr(pose, name))
            for name, value in changes.items()
        }
        canvas.set_poses(FramePoses(12, (pose.replaced(**fields),)))
        at = canvas.viewport_position(*pose.keypoints[WRIST])
        return pixels(canvas)[at.y() - 12 : at.y() + 13, at.x() - 12 : at.x() + 13].tobytes()

    marks = [shown(provenance=who) for who in list(Provenance)[1:]]
    marks += [shown(visibility=Visibility.OCCLUDED), shown(visibility=Visibility.NOT_LABELLED), shown(scores=0.1)]
    canvas.set_selection(1, WRIST)
    marks.append(shown(provenance=Provenance.PREDICTED))
    assert len(set(marks)) == len(marks)
    doubtful_but_human = shown(scores=0.1, provenance=Provenance.CORRECTED)
    assert doubtful_but_human == shown(scores=0.9, provenance=Provenance.CORRECTED), "a person's word is not doubted"


def test_sides_have_their_colours(canvas):
    shown = pixels(canvas)
    for left, right, side in (("left_hip", "left_knee", "left"), ("right_hip", "right_knee", "right")):
        a, b = (canvas._poses.pose(1).keypoints[POSETRACK.index(name)] for name in (left, right))
        at = canvas.viewport_position(*(a + b) / 2)
        colour = theme.SIDE_COLOURS[side]
        assert shown[at.y(), at.x()].tolist() == [colour.red(), colour.green(), colour.blue()]


def test_words_for_a_joint():
    pose = standing(1, 60).with_keypoint(WRIST, (1, 2), Visibility.OCCLUDED, 0.25, Provenance.PREDICTED)
    assert describe_keypoint(pose, WRIST, POSETRACK) == "left wrist · predicted 0.25 · occluded"
    assert describe_keypoint(pose, POSETRACK.index("left_ear"), POSETRACK) == "left ear · not labelled"


def test_names_are_shown_on_demand(canvas):
    canvas.set_selection(1, None)
    plain = pixels(canvas)
    canvas.set_joint_names_visible(True)
    assert (pixels(canvas) != plain).any()
    canvas.set_joint_names_visible(False)
    assert (pixels(canvas) == plain).all()


def test_an_empty_canvas_says_what_to_do_and_takes_no_harm(canvas):
    canvas.clear()
    empty = pixels(canvas)
    assert (empty != empty[0, 0]).any()
    drag(canvas, (100, 100), (200, 200))
    wheel(canvas, QPoint(50, 50), 1)
    assert (pixels(canvas) == empty).all()


def test_twenty_people_are_drawn_fast(canvas):
    crowd = FramePoses(12, tuple(standing(i + 1, 12.0 * i) for i in range(20)))
    canvas.set_poses(crowd)
    pixels(canvas)
    started_s = time.process_time()
    for _ in range(5):
        canvas.set_poses(crowd)
        canvas.viewport().grab()
    assert (time.process_time() - started_s) / 5 < 0.15


def test_the_context_is_a_value():
    assert PoseContext() == PoseContext()


def test_a_real_frame_and_its_labels(canvas, shared):
    bgr = cv2.imread(str(next((shared / "data/posetrack/paddleboard/060470979").glob("*.jpg"))))
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    canvas.show_frame(0, rgb)
    canvas.zoom_by(10)
    x, y = (int(value) for value in canvas.view.to_picture(500, 380))
    at = canvas.viewport_position(x, y)
    assert pixels(canvas)[at.y(), at.x()].tolist() == rgb[y, x].tolist()


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


def test_the_number_of_a_person_out_of_sight_is_not_drawn(canvas):
    canvas.zoom_by(10)
    canvas.set_poses(FramePoses(12))
    nobody = pixels(canvas)
    canvas.set_poses(FramePoses(12, (Pose.empty(1, (2, 2, 20, 20), Provenance.CORRECTED),)))
    assert (pixels(canvas) == nobody).all()
