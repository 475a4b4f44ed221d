"""Joints are placed one after the other, by key and by clicks, from where the hand began, and back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.keypoints import POSETRACK
from core.poses import Provenance, Visibility

SHOULDER, HIP = POSETRACK.index("left_shoulder"), POSETRACK.index("left_hip")


@pytest.fixture
def d(drive, clip):
    driver = drive(clip)
    driver.session.select(driver.add_person(0), None)
    return driver


def press(d, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(d.window.canvas, key, modifier)
    QApplication.processEvents()


def point_at(d, xy):
    QTest.mouseMove(d.window.canvas.viewport(), d.window.canvas.viewport_position(*xy))
    QApplication.processEvents()


def pose(d):
    return d.pose(d.session.track_id, 0)


def test_a_placed_joint_stays_selected_where_the_rows_below_are_set(d):
    track_id = d.session.track_id
    for keypoint in range(SHOULDER, 17):
        d.program.editing.move_keypoint(track_id, keypoint, 40.0 + keypoint, 60.0)
    d.session.select(track_id, SHOULDER)
    point_at(d, (70, 50))
    press(d, Qt.Key.Key_X)
    assert d.session.keypoint == SHOULDER, "the nose has no place, but nobody asked for it"
    assert pose(d).keypoints[SHOULDER] == pytest.approx((70, 50), abs=0.75)


def test_placing_begins_at_the_selected_joint_and_says_how_it_ended(d):
    d.session.select(d.session.track_id, SHOULDER)
    press(d, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    point_at(d, (60, 40))
    assert d.window.canvas._context.cursor_note[2] == "left shoulder"
    d.click((60, 40))
    assert pose(d).labelled.nonzero()[0].tolist() == [SHOULDER]
    assert d.session.keypoint == SHOULDER + 1 and d.window.canvas._context.cursor_note[2] == "right shoulder"
    press(d, Qt.Key.Key_Escape)
    assert d.window.canvas.tool == "select"
    assert d.said == f"Placing joints has ended: 1 of 17 joints of person {d.session.track_id} are labelled."


def test_a_joint_is_skipped_occluded_or_not_there_by_key(d):
    press(d, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    press(d, Qt.Key.Key_Z)
    point_at(d, (66, 44))
    press(d, Qt.Key.Key_Q)
    press(d, Qt.Key.Key_O)
    assert d.session.keypoint == 3
    found = pose(d)
    assert (found.provenance[0], found.visibility[1]) == (Provenance.NONE, Visibility.OCCLUDED)
    assert found.keypoints[1] == pytest.approx((66, 44), abs=0.75)
    assert (found.visibility_by_hand[2], found.visibility[2]) == (True, Visibility.NOT_LABELLED)
    for _ in range(14):
        d.click((60, 60))
    assert d.window.canvas.tool == "select" and "15 of 17" in d.said, "what was skipped does not come again"
    assert d.session.project.undo_label == "Place right ankle"


def test_backspace_and_undo_step_back(d):
    press(d, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    d.click((60, 30))
    press(d, Qt.Key.Key_Z)
    d.click((60, 50))
    assert d.session.keypoint == 3
    press(d, Qt.Key.Key_Backspace)
    assert d.session.keypoint == 2 and not pose(d).labelled[2]
    press(d, Qt.Key.Key_Backspace)
    assert d.session.keypoint == 1 and pose(d).labelled[0], "a skip sets nothing that could be undone"
    d.do("action_undo")
    assert d.session.keypoint == 0 and not pose(d).labelled.any()
    entries = len(d.session.project.journal())
    press(d, Qt.Key.Key_Backspace)
    assert len(d.session.project.journal()) == entries, "the box that was drawn before stays"
    assert "nothing to step back to" in d.said


def test_a_joint_changed_otherwise_meanwhile_keeps_its_edit(d):
    press(d, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    d.click((60, 30))
    d.click((60, 30), Qt.MouseButton.RightButton)
    press(d, Qt.Key.Key_Backspace)
    assert d.session.keypoint == 0 and pose(d).visibility[0] == Visibility.OCCLUDED


def test_a_new_persons_joints_follow_the_box_where_that_is_wanted(d):
    d.session.select(None, None)
    d.do("action_place_after_box")
    press(d, Qt.Key.Key_B)
    d.drag((20, 20), (60, 100))
    assert d.window.canvas.tool == "place" and d.session.keypoint == 0
    assert "Click where the joint is" in d.said
    d.do("action_skip_joint")
    assert d.session.keypoint == 1
    d.session.select(None, None)
    assert d.window.canvas.tool == "select" and "ended" in d.said
    assert not d.window.action("action_skip_joint").isEnabled()
    d.idle()


def test_the_switch_is_remembered(drive, clip, d):
    d.do("action_place_after_box")
    d.close()
    assert drive().window.action("action_place_after_box").isChecked()
