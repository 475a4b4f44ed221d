"""Candidates, whole people, hidden and locked joints, boxes by keys and head boxes: each is one edit of the project."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.keypoints import POSETRACK
from core.poses import Provenance, Visibility

WRIST, NOSE = POSETRACK.index("left_wrist"), 0
NONE = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def d(drive, clip):
    """A person in the first frame with two joints, the left wrist selected."""
    driver = drive(clip)
    track_id = driver.add_person(0)
    driver.program.editing.move_keypoint(track_id, NOSE, 65.0, 30.0)
    driver.program.editing.move_keypoint(track_id, WRIST, 60.0, 60.0)
    driver.program.editing.set_visibility(track_id, NOSE, Visibility.OCCLUDED)
    driver.session.select(track_id, WRIST)
    # The timeline makes room for the person a moment later.
    driver.wait(lambda: not driver.program.panels_binding._timeline_timer.isActive(), what="the timeline")
    QApplication.processEvents()
    return driver


def press(d, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(d.window.canvas, key, modifier)
    QApplication.processEvents()


def drag(d, start, end, modifier):
    viewport, at = d.window.canvas.viewport(), d.window.canvas.viewport_position
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, modifier, at(*start))
    for part in (0.4, 1.0):
        QTest.mouseMove(viewport, at(*(s + (e - s) * part for s, e in zip(start, end, strict=True))))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, modifier, at(*end))
    QApplication.processEvents()


def pose(d):
    return d.pose(d.session.track_id, 0)


def wrist(d):
    return pose(d).keypoints[WRIST].tolist()


def see(d, *cells):
    """The network sees the left wrist at these cells of its heatmap, the first the clearest: (x, y) in the frame."""
    binding, asker = d.program.canvas_binding, d.program.instruments._asker
    real = asker._answer

    def seen(question, source):
        answer = real(question, source)
        heatmaps = np.zeros_like(answer.prediction.heatmaps)
        for rank, (column, row) in enumerate(cells):
            heatmaps[WRIST, row, column] = 0.8 - 0.2 * rank
        return replace(answer, prediction=replace(answer.prediction, heatmaps=heatmaps))

    asker._answer = seen
    asker.clear()
    binding._answer = None
    binding.want_candidates()
    d.wait(lambda: binding.candidates is not None, what="the heatmap")
    return [(peak.x, peak.y) for peak in binding.candidates]


def test_the_key_first_asks_the_network_and_then_steps_from_peak_to_peak(d):
    press(d, Qt.Key.Key_J)
    assert "Asking the network" in d.said and wrist(d) == [60, 60]
    d.wait(lambda: d.window.canvas._shows_candidates, what="the rings")
    places = see(d, (4, 5), (9, 9), (2, 11))
    entries = len(d.session.project.journal())
    for place in (*places, places[0]):
        press(d, Qt.Key.Key_J)
        assert wrist(d) == pytest.approx(place)
    assert "place 1 of 3" in d.said
    press(d, Qt.Key.Key_J, SHIFT)
    assert wrist(d) == pytest.approx(places[2])
    assert len(d.session.project.journal()) == entries + 5, "each step is one edit"
    d.do("action_undo")
    assert wrist(d) == pytest.approx(places[0])
    assert len(d.window.canvas._overlay.context.candidates) == 3
    d.session.select(d.session.track_id, NOSE)
    assert d.window.canvas._overlay.context.candidates == ()


def test_a_joint_dragged_with_shift_snaps_to_what_the_network_sees(d):
    places = see(d, (4, 5), (9, 9))
    x, y = places[1]
    drag(d, (60, 60), (x + 1.5, y - 1.5), SHIFT)
    assert wrist(d) == pytest.approx(places[1]) and d.session.project.undo_label == "Move left wrist"


def test_without_weights_that_is_said_quietly(d):
    d.program.network.choose(None)
    assert d.program.network.weights_path is None
    viewport, at = d.window.canvas.viewport(), d.window.canvas.viewport_position
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, SHIFT, at(60, 60))
    QTest.mouseMove(viewport, at(70, 66))
    QTest.keyPress(d.window.canvas, Qt.Key.Key_Shift)
    assert d.window.canvas._context.cursor_note[2] == "no heatmap of this joint here"
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, SHIFT, at(70, 66))
    assert wrist(d) == pytest.approx([70, 66], abs=0.5) and d.window.error_text == ""


def test_scaling_turning_and_moving_a_person_are_one_edit_each(d):
    d.session.select(d.session.track_id, None)
    before = pose(d)
    drag(d, (90, 100), (65, 60), CTRL)
    scaled = pose(d)
    assert scaled.bbox_xywh == pytest.approx([40, 20, 25, 40], abs=0.7)
    assert scaled.keypoints[WRIST] == pytest.approx([50, 40], abs=0.5)
    assert scaled.visibility.tolist() == before.visibility.tolist()
    assert set(scaled.provenance[[NOSE, WRIST]]) == {Provenance.CORRECTED}
    assert d.session.undo_label == f"Scale person {scaled.track_id}"
    drag(d, (50, 45), (60, 55), CTRL)
    assert pose(d).bbox_xywh[:2] == pytest.approx([50, 30], abs=0.7)
    handle = d.window.canvas.view.to_picture(*d.window.canvas._overlay.context.turn_handle_px)
    drag(d, handle, (90, 50), NONE)
    assert d.session.undo_label.startswith("Turn person")
    for _ in range(3):
        d.do("action_undo")
    assert pose(d).same_as(before)


def test_a_joint_is_hidden_locked_and_shown_alone_by_key(d):
    track_id = d.session.track_id
    press(d, Qt.Key.Key_H, CTRL)
    assert "Left wrist of person" in d.said
    assert not d.window.canvas._context.poses.pose(track_id).placed[WRIST]
    press(d, Qt.Key.Key_H, CTRL)
    press(d, Qt.Key.Key_H, CTRL | SHIFT)
    assert d.window.canvas._context.poses.pose(track_id).placed.nonzero()[0].tolist() == [WRIST]
    press(d, Qt.Key.Key_H, CTRL | SHIFT)
    assert d.window.canvas._context.poses.pose(track_id).placed[NOSE]
    press(d, Qt.Key.Key_L, SHIFT)
    assert d.window.joints_panel._table.item(WRIST, 0).font().italic()
    assert not d.window.joints_panel._table.item(WRIST, 0).font().strikeOut()
    entries = len(d.session.project.journal())
    drag(d, (60, 60), (80, 70), NONE)
    for key, modifier in ((Qt.Key.Key_Left, SHIFT), (Qt.Key.Key_V, NONE), (Qt.Key.Key_Q, NONE)):
        d.session.select(track_id, WRIST)
        press(d, key, modifier)
        assert "left wrist is locked" in d.said
    assert len(d.session.project.journal()) == entries
    drag(d, (65, 30), (70, 40), CTRL)
    assert wrist(d) == [60, 60] and pose(d).keypoints[NOSE] == pytest.approx([70, 40], abs=0.5)
    d.session.select(track_id, WRIST)
    press(d, Qt.Key.Key_L, SHIFT)
    press(d, Qt.Key.Key_Left, SHIFT)
    assert wrist(d) == [59, 60]


def test_a_box_is_changed_by_keys_and_an_undo_is_followed(d):
    press(d, Qt.Key.Key_B, SHIFT)
    assert d.window.action("action_resize_box").isChecked() and "Arrows move" in d.said
    press(d, Qt.Key.Key_Right)
    press(d, Qt.Key.Key_Return)
    assert pose(d).bbox_xywh.tolist() == [40, 20, 51, 80] and d.session.frame_index == 0
    d.do("action_undo")
    assert d.window.canvas._overlay.context.cursor_xy == (90, 100)
    d.go_to(3)
    assert d.window.canvas.tool == "select" and not d.window.action("action_resize_box").isChecked()


def test_a_new_person_is_drawn_by_keys_alone(d):
    d.session.select(None, None)
    people = len(d.session.shown_poses().poses)
    press(d, Qt.Key.Key_B)
    for key in (Qt.Key.Key_Return, *[Qt.Key.Key_Down] * 2, *[Qt.Key.Key_Right] * 2, Qt.Key.Key_Return):
        press(d, key, SHIFT if key in (Qt.Key.Key_Down, Qt.Key.Key_Right) else NONE)
    assert len(d.session.shown_poses().poses) == people + 1 and d.session.selected_pose().bbox_xywh[2:].tolist() == [
        20,
        20,
    ]
    d.idle()


def test_a_head_box_is_drawn_changed_deleted_and_undone(d):
    press(d, Qt.Key.Key_D, SHIFT)
    d.wait(lambda: True)  # the window has laid itself out
    d.drag((55, 22), (75, 40))
    assert pose(d).bbox_head_xywh == pytest.approx([55, 22, 20, 18], abs=0.7) and d.window.canvas.tool == "select"
    d.drag((75, 40), (80, 44))
    assert pose(d).bbox_head_xywh == pytest.approx([55, 22, 25, 22], abs=0.7)
    d.do("action_delete_head_box")
    assert pose(d).bbox_head_xywh is None
    d.do("action_undo")
    d.do("action_undo")
    assert pose(d).bbox_head_xywh == pytest.approx([55, 22, 20, 18], abs=0.7)
    assert d.session.redo_label.startswith("Draw the head box")


def test_the_magnifier_can_be_switched_off_for_good(drive, d):
    assert d.window.action("action_magnifier").isChecked()
    press(d, Qt.Key.Key_Z, SHIFT)
    d.close()
    again = drive()
    assert not again.window.action("action_magnifier").isChecked() and not again.window.canvas._magnifies
