"""Pictures of docs/guide/placing.md."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest

from app.application import Program
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.hand.transforming import TURN_HANDLE_PX
from core.files import places
from core.formats import read_labels
from core.keypoints import POSETRACK
from guide_pictures.stage import (
    LEFT,
    SHIFT,
    WRIST,
    act,
    go_to,
    predict,
    press,
    reach_for_wrist,
    require,
    settle,
    wait,
    whole_window,
)

SHORT_OF_PX = 6.0
"""So far from the peak, in the picture's pixels, the hand lets go."""

PLACED_BEFORE = 7
"""So many joints of the new person are placed when the picture is taken."""


def placing_magnifier(program: Program) -> QPixmap:
    """A wrist in the hand, and the picture around it beside the pointer."""
    canvas, (x, y) = reach_for_wrist(program)
    QTest.mousePress(canvas.viewport(), LEFT, pos=canvas.viewport_position(x, y))
    for step in (4, 8):
        QTest.mouseMove(canvas.viewport(), canvas.viewport_position(x + step, y + step / 2))
    picture = canvas.grab()
    press(canvas, Qt.Key.Key_Escape)
    return picture


def placing_peaks(program: Program) -> QPixmap:
    """The places where the network sees a wrist, with a ring each."""
    canvas, _ = reach_for_wrist(program)
    _ask_for_candidates(program)
    act(program, "next_peak")
    settle(program)
    return canvas.grab()


def placing_snap(program: Program) -> QPixmap:
    """A wrist that is dragged with Shift held, and goes to the nearest peak of its heatmap."""
    canvas, (x, y) = reach_for_wrist(program)
    _ask_for_candidates(program)
    peaks = [(peak.x, peak.y) for peak in program.canvas_binding.candidates or ()]
    goal_x, goal_y = peaks[-1]
    viewport, at = canvas.viewport(), canvas.viewport_position
    end = at(goal_x + SHORT_OF_PX, goal_y + SHORT_OF_PX)
    QTest.mousePress(viewport, LEFT, SHIFT, at(x, y))
    QTest.mouseMove(viewport, at((x + goal_x) / 2, (y + goal_y) / 2))
    QTest.mouseMove(viewport, end)
    QTest.keyPress(canvas, Qt.Key.Key_Shift, SHIFT)
    picture = canvas.grab()
    QTest.mouseRelease(viewport, LEFT, SHIFT, end)
    settle(program)
    place = program.session.selected_pose().keypoints[WRIST]
    require(np.allclose(place, peaks[-1], atol=0.75), "a wrist at the peak")
    return picture


def placing_handles(program: Program) -> QPixmap:
    """A person half turned by the handle above the box; one joint is locked."""
    canvas, _ = reach_for_wrist(program)
    track_id = program.session.track_id
    program.session.select(track_id, None)
    canvas.fit()
    x, y, w, h = (float(value) for value in program.session.selected_pose().bbox_xywh)
    middle = canvas.viewport_position(x + w / 2, y + h / 2)
    grip = QPoint(middle.x(), canvas.viewport_position(x, y).y() - round(TURN_HANDLE_PX))
    QTest.mousePress(canvas.viewport(), LEFT, pos=grip)
    for part in (0.5, 1.0):
        QTest.mouseMove(canvas.viewport(), grip + QPoint(round(part * 60), 8))
    QTest.mouseRelease(canvas.viewport(), LEFT, pos=grip + QPoint(60, 8))
    program.session.set_locked_joints(frozenset({(track_id, WRIST)}))
    settle(program)
    return canvas.grab()


def placing_joint_by_joint(program: Program) -> QPixmap:
    """A new person whose joints are placed by clicks; the next one's name stands at the pointer."""
    go_to(program, 40)
    session, canvas = program.session, program.window.canvas
    pose = session.shown_poses().poses[0]
    x, y, w, h = (float(value) for value in pose.bbox_xywh)
    session.select(pose.track_id, None)
    canvas.show_place(x, y, w, h)
    settle(program)
    act(program, "place_by_clicks")
    truth = read_labels(places.DEMO_LABELS).images[40].poses.pose(pose.track_id)
    for _ in range(PLACED_BEFORE):
        if truth.placed[session.keypoint]:
            at = canvas.viewport_position(*truth.keypoints[session.keypoint])
            QTest.mouseClick(canvas.viewport(), LEFT, pos=at)
        else:
            act(program, "skip_joint")
        settle(program)
    QTest.mouseMove(canvas.viewport(), canvas.viewport_position(*truth.keypoints[session.keypoint]))
    settle(program)
    note = canvas._context.cursor_note
    require(note is not None and note[2] == POSETRACK.label(session.keypoint), "the next joint's name")
    return canvas.grab()


def placing_hidden(program: Program) -> QPixmap:
    """One person is shown alone, without a joint that is hidden; the lists say so."""
    predict(program)
    go_to(program, 40)
    program.session.select(program.session.shown_poses().poses[0].track_id, WRIST)
    act(program, "hide_others", "hide_joint")
    settle(program)
    require(program.session.hidden and program.session.hidden_joints, "a hidden person and joint")
    return whole_window(program)


def placing_box_by_keys(program: Program) -> QPixmap:
    """A person's box whose marked corner the arrows move."""
    canvas, _ = reach_for_wrist(program)
    act(program, "resize_box")
    for _ in range(2):
        press(canvas, Qt.Key.Key_Left, SHIFT)
        press(canvas, Qt.Key.Key_Up, SHIFT)
    require(program.window.action("action_resize_box").isChecked(), "the box in hand")
    return canvas.grab()


def placing_regions(program: Program) -> QPixmap:
    """A head box, and two ignore regions that are being edited."""
    canvas, _ = reach_for_wrist(program)
    canvas.fit()
    pose = program.session.selected_pose()
    x, y = pose.keypoints[0].tolist()
    program.editing.set_head_box(pose.track_id, (x - 18, y - 26, 36, 42))
    window_panes = [[60, 60], [190, 40], [210, 180], [70, 190]], [[520, 330], [660, 330], [660, 430], [520, 430]]
    program.editing.set_ignore_regions([np.array(corners, dtype=np.float64) for corners in window_panes])
    act(program, "ignore_regions")
    QTest.mouseClick(canvas.viewport(), LEFT, pos=canvas.viewport_position(130, 120))
    settle(program)
    return canvas.grab()


def _ask_for_candidates(program: Program) -> Canvas:
    program.canvas_binding.want_candidates()
    wait(lambda: program.canvas_binding.candidates, "the places where the network sees the joint")
    return program.window.canvas
