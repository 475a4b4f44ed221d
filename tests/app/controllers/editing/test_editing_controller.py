"""Gestures and keys become edits of the frame that is shown; a refused one is drawn back as it is stored."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox

from app.controllers.viewing.playback import ShownFrame
from core.poses import Provenance, Visibility


def place_all(d, track_id):
    """Gives the person a joint for each keypoint, in the frame shown."""
    for keypoint in range(17):
        d.program.editing.move_keypoint(track_id, keypoint, 50.0 + 2 * keypoint, 30.0 + 3 * keypoint)


def key(d, which, modifier=Qt.KeyboardModifier.NoModifier, widget=None):
    """Presses a key where a widget (the canvas) has the focus."""
    QTest.keyClick(widget or d.window.canvas, which, modifier)
    QApplication.processEvents()


def test_a_full_disk_costs_the_edit_and_draws_what_is_stored(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    d.program.editing.move_keypoint(track_id, 9, 60.0, 50.0)
    store = d.session.project._store
    store.write_log_back()
    (pages,) = store.one("PRAGMA page_count")
    store.one(f"PRAGMA max_page_count = {pages}")
    refused = 0
    for step in range(400):
        before = d.pose(track_id).keypoints[9].tolist()
        d.program.editing.move_keypoint(track_id, 9, 20.0 + step / 10, 30.0)
        if d.window.error_text:
            assert "disk is full" in d.told()
            assert d.pose(track_id).keypoints[9].tolist() == before
            assert d.window.canvas._poses.pose(track_id).keypoints[9].tolist() == before
            refused += 1
            break
    assert refused, "the disk never filled"
    store.one("PRAGMA max_page_count = 1000000")
    d.drag(before, (90, 60))
    np.testing.assert_allclose(d.pose(track_id).keypoints[9], (90, 60), atol=1.5)
    assert d.window.error_text == ""


def test_undo_and_redo_go_where_the_edit_was(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    d.program.editing.move_keypoint(track_id, 9, 60.0, 50.0)
    d.go_to(8)
    d.do("action_undo")
    d.wait(lambda: d.session.frame_index == 0)
    assert not d.pose(track_id, 0).labelled[9] and d.said.startswith("Undo: ")
    d.go_to(5)
    d.do("action_redo")
    d.wait(lambda: d.session.frame_index == 0)
    assert d.pose(track_id, 0).keypoints[9].tolist() == [60.0, 50.0]
    d.do("action_undo")
    d.do("action_undo")
    assert d.pose(track_id, 0) is None and not d.window.action("action_undo").isEnabled()
    assert d.session.track_id is None


def test_a_person_without_a_prediction_is_labelled_joint_by_joint(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    d.session.select(track_id, 0)
    viewport = d.window.canvas.viewport()
    for keypoint in range(17):
        assert d.session.keypoint == keypoint
        at = d.window.canvas.viewport_position(45 + 2 * keypoint, 25 + 4 * keypoint)
        QTest.mouseMove(viewport, at)
        QApplication.processEvents()
        key(d, Qt.Key.Key_X)
    pose = d.pose(track_id)
    assert pose.labelled.all() and set(pose.provenance) == {Provenance.CORRECTED}
    expected = [(45 + 2 * keypoint, 25 + 4 * keypoint) for keypoint in range(17)]
    np.testing.assert_allclose(pose.keypoints, expected, atol=0.75)
    assert d.session.project.frame_proofs(0), "a label carries proof of its frame"


def test_a_frame_with_nobody_in_it_is_marked_as_reviewed(drive, clip):
    d = drive(clip)
    d.go_to(4)
    key(d, Qt.Key.Key_R)
    assert d.session.project.frame(4).reviewed and not d.session.project.frame(4).poses
    assert d.window.action("action_mark_reviewed").isChecked()
    key(d, Qt.Key.Key_Right)
    d.wait(lambda: d.session.frame_index == 5)
    assert not d.window.action("action_mark_reviewed").isChecked()
    d.do("action_undo")
    assert not d.session.project.frame(4).reviewed


def test_edits_while_scrubbing_go_to_the_frame_shown(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    d.go_to(2)
    shown = d.session.shown
    # The hand asks for another frame, which is not decoded yet when it edits.
    d.session.playback._decoder.request = lambda *_: None
    d.session.playback.go_to(9)
    assert d.session.playback.wanted == 9 and d.session.frame_index == 2
    d.program.editing.move_keypoint(track_id, 3, 55.0, 25.0)
    assert d.pose(track_id, 2).labelled[3] and not d.pose(track_id, 9).labelled.any()
    assert d.session.project.frame_proofs(2)[0].pixel_hash == shown.proof
    # A frame on the way to the wanted one shows under its own number, with its own people.
    d.session.playback._on_decoded(d.session.playback._decoder, ShownFrame(7, shown.rgb, "0" * 16))
    assert d.session.frame_index == 7 and d.window.canvas.frame_index == 7


def test_locked_people_are_left_alone_by_mouse_and_keys(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    place_all(d, track_id)
    d.session.select(track_id, 5)
    d.do("action_lock")
    before, entries = d.pose(track_id), len(d.session.project.journal())
    d.drag(before.keypoints[5], (100, 100))
    d.click(before.keypoints[5], Qt.MouseButton.RightButton)
    d.session.select(track_id, 5)
    for which, modifier in (
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_V, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Q, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_O, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_X, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.ShiftModifier),
    ):
        key(d, which, modifier)
    assert len(d.session.project.journal()) == entries and "locked" in d.said
    d.do("action_lock")
    key(d, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert d.pose(track_id).keypoints[5, 0] == before.keypoints[5, 0] - 1


def test_a_hidden_person_is_neither_drawn_nor_touched(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    place_all(d, track_id)
    d.session.select(track_id, None)
    key(d, Qt.Key.Key_H)
    before = d.pose(track_id).keypoints[5].copy()
    d.drag(before, (100, 100))
    assert (d.pose(track_id).keypoints[5] == before).all()
    key(d, Qt.Key.Key_H)
    d.window.canvas.fit()
    d.drag(before, (100, 100))
    np.testing.assert_allclose(d.pose(track_id).keypoints[5], (100, 100), atol=1.5)


def test_the_keys_of_visibility(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    place_all(d, track_id)
    d.session.select(track_id, 3)
    seen = []
    for _ in range(3):
        key(d, Qt.Key.Key_V)
        seen.append(Visibility(int(d.pose(track_id).visibility[3])))
    assert seen == [Visibility.OCCLUDED, Visibility.NOT_LABELLED, Visibility.VISIBLE]
    key(d, Qt.Key.Key_Q)
    assert d.pose(track_id).visibility[3] == Visibility.OCCLUDED


def test_swapping_numbers_keeps_everybodys_joints(drive, clip):
    d = drive(clip)
    first = d.add_person(0)
    second = d.add_person(0, (100, 20, 40, 80))
    d.fill(first, range(1, 12))
    d.fill(second, range(1, 12), (100, 20, 40, 80))
    d.go_to(5)
    d.session.select(first, None)
    d.do("action_swap_tracks")
    assert d.session.track_id == second
    assert d.pose(second, 5).bbox_xywh[0] == 40 and d.pose(first, 11).bbox_xywh[0] == 100
    assert d.pose(first, 4).bbox_xywh[0] == 40 and d.pose(second, 4).bbox_xywh[0] == 100
    d.do("action_undo")
    assert d.pose(first, 5).bbox_xywh[0] == 40


def test_who_vanishes_is_selected_no_more(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.session.select(track_id, 3)
    d.do("action_cut_person")
    assert d.pose(track_id, 0) is None and (d.session.track_id, d.session.keypoint) == (None, None)
    assert d.window.canvas.selection == (None, None)
    assert d.window.error_text == ""


def test_deleting_somebody_who_is_not_here_says_so(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.go_to(6)
    d.session.select(track_id, 3)
    for name in ("action_delete_person", "action_place_joint", "action_cycle_visibility", "action_mark_occluded"):
        d.do(name)
        if d.window.error_text:
            assert f"{track_id}" in d.told()
    assert d.pose(track_id, 0) is not None and d.session.project.undo_label == f"Add person {track_id}"


@pytest.mark.parametrize("focused", ["persons_panel", "joints_panel", "queue_panel", "frame_spin", "message_bar"])
def test_keys_work_wherever_the_focus_is(drive, clip, focused):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    place_all(d, track_id)
    d.session.select(track_id, 3)
    if focused == "message_bar":
        d.window.show_error("Something is not as it should be.", "Do something", lambda: pytest.fail("pressed"))
    holder = d.window.findChild(object, focused)
    at = holder.rect().center() if focused != "message_bar" else QPoint(3, 3)
    QTest.mouseClick(holder, Qt.MouseButton.LeftButton, pos=at)
    children = [
        child for child in holder.findChildren(object) if getattr(child, "focusPolicy", None) and child.isEnabled()
    ]
    for focus in [child for child in children if child.focusPolicy() & Qt.FocusPolicy.ClickFocus] or [holder]:
        widget = focus
        widget.setFocus()
        QApplication.processEvents()
        here = d.session.frame_index
        if isinstance(holder, QSpinBox):
            key(d, Qt.Key.Key_Return, widget=widget)  # a number was typed: the keys are the clip's again
            widget = QApplication.focusWidget() or d.window
        key(d, Qt.Key.Key_Right, widget=widget)
        d.wait(lambda here=here: d.session.frame_index == here + 1, 5, f"the arrow with focus on {widget}")
        key(d, Qt.Key.Key_Left, widget=widget)
        d.wait(lambda here=here: d.session.frame_index == here, 5, f"the arrow with focus on {widget}")
        for which, action in ((Qt.Key.Key_R, "reviewed"), (Qt.Key.Key_Space, "doubtful")):
            d.window.show_message("")
            key(d, which, widget=widget)
            if action == "reviewed":
                assert d.session.project.frame(here).reviewed, f"R with focus on {widget}"
                key(d, which, widget=widget)
            else:
                assert "doubtful" in d.said or "person" in d.said, f"Space with focus on {widget}: {d.said}"
        d.go_to(0)
        d.session.select(track_id, 3)
