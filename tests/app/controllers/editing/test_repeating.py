"""Work that repeats itself, by the hand in the window: shown first, kept by Enter, undone as one."""

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLabel, QPushButton

from app.ui.dialogs.question import Question
from core.frame_range import FrameRange
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project import RunKind, edits
from tests.app.conftest import BOX

LEFT_WRIST, RIGHT_WRIST = POSETRACK.index("left_wrist"), POSETRACK.index("right_wrist")
LEFT_KNEE = POSETRACK.index("left_knee")


def predicted(track_id, score=0.5):
    places = np.column_stack([np.linspace(45, 85, 17), np.linspace(25, 95, 17)])
    return Pose.empty(track_id, np.array(BOX), Provenance.PROPAGATED).replaced(
        keypoints=places,
        visibility=np.full(17, Visibility.VISIBLE),
        scores=np.full(17, score),
        provenance=np.full(17, Provenance.PREDICTED),
    )


@pytest.fixture
def hands(drive, clip):
    """Two predicted people in all twelve frames, the first of them selected, at frame 5."""
    hands = drive(clip)
    project = hands.session.project
    with project.run(RunKind.IMPORT) as run_id:
        touched = project.write_run(run_id, {index: [predicted(1), predicted(2, 0.9)] for index in range(12)})
    hands.session.touch(touched)
    hands.go_to(5)
    hands.session.select(1, LEFT_WRIST)
    return hands


def place(hands, frame_index, xy, keypoint=LEFT_WRIST):
    hands.session.touch(edits.move_keypoint(hands.session.project, frame_index, 1, keypoint, xy))


def press(hands, key, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(hands.window, key, modifiers)
    QApplication.processEvents()


def bar(hands):
    return hands.window.proposal_bar.sentence


def answer(hands, act, **fields):
    """Does what opens a dialog, fills it, waits for its count and presses Enter; returns what it said."""
    said = []

    def fill():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, Question):
            QTimer.singleShot(10, fill)
            return
        for name, value in fields.items():
            box = next(
                box for kind in (QComboBox, QAbstractSpinBox) if (box := dialog.findChild(kind, name)) is not None
            )
            if isinstance(box, QComboBox):
                box.setCurrentIndex(box.findText(value))
                assert box.currentText() == value, [box.itemText(i) for i in range(box.count())]
            else:
                box.setValue(value)
        go_on(dialog)

    def go_on(dialog):
        if not dialog.do_it.isEnabled():
            QTimer.singleShot(10, lambda: go_on(dialog))
            return
        effect = dialog.findChild(QLabel, "effect")
        said.append("" if effect is None else effect.text())
        QTest.keyClick(dialog, Qt.Key.Key_Return)

    QTimer.singleShot(0, fill)
    act()
    return said[0]


def test_the_pose_of_the_previous_frame_is_shown_and_kept_by_the_same_key(hands):
    place(hands, 4, (60, 60))
    press(hands, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert bar(hands) == "Copy person 1 from frame 4: 1 frame, 17 joints of #1."
    assert hands.window.canvas._context.ghosts is not None
    assert hands.pose(1).keypoints[LEFT_WRIST] != pytest.approx([60, 60]), "nothing is written yet"
    press(hands, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert bar(hands) == ""
    assert hands.pose(1).keypoints[LEFT_WRIST] == pytest.approx([60, 60])
    assert hands.pose(1).provenance[LEFT_WRIST] == Provenance.CORRECTED
    hands.do("action_undo")
    assert hands.pose(1).same_as(predicted(1).replaced(run_id=hands.pose(1).run_id))


def test_a_copied_pose_is_pasted_in_another_frame_and_onto_another_person(hands):
    place(hands, 5, (60, 60))
    hands.do("action_copy_pose")
    assert hands.said == "Copied 17 joints of person 1."
    hands.go_to(8)
    hands.session.select(2, None)
    hands.do("action_paste_pose")
    assert "Paste onto person 2" in bar(hands)
    press(hands, Qt.Key.Key_Return)
    assert hands.pose(2, 8).keypoints[LEFT_WRIST] == pytest.approx([60, 60])
    assert hands.session.undo_label == "Paste onto person 2"


def test_esc_puts_away_what_is_shown_and_keeps_the_selection(hands):
    hands.do("action_swap_sides")
    assert bar(hands) == "Swap left and right of person 1 in frame 5: 1 frame, 14 joints of #1."
    press(hands, Qt.Key.Key_Escape)
    assert bar(hands) == ""
    assert (hands.session.track_id, hands.session.keypoint) == (1, LEFT_WRIST)
    assert hands.session.undo_label is None
    assert hands.window.canvas._context.ghosts is None
    press(hands, Qt.Key.Key_Escape)
    assert hands.session.keypoint is None


def test_a_limb_is_swapped_by_its_joint(hands):
    was = hands.pose(1)
    hands.do("action_swap_limb")
    hands.window.findChild(QPushButton, "proposal_keep").click()
    assert hands.pose(1).keypoints[LEFT_WRIST] == pytest.approx(was.keypoints[RIGHT_WRIST])
    assert hands.pose(1).keypoints[LEFT_KNEE] == pytest.approx(was.keypoints[LEFT_KNEE])
    hands.session.select(1, POSETRACK.index("nose"))
    hands.do("action_swap_limb")
    assert hands.said == "Select a joint of the arms, the legs or the ears first."


def test_with_nobody_selected_the_frame_is_swapped_but_not_who_is_locked(hands):
    hands.session.select(None, None)
    hands.session.set_locked(frozenset({2}))
    hands.do("action_swap_sides")
    assert hands.program.repeating.proposal.track_ids == [1]
    hands.session.select(2, None)
    hands.program.repeating.discard()
    hands.do("action_swap_sides")
    assert hands.said == "Person 2 is locked: unlock them first (L)."


def test_what_is_shown_goes_away_when_its_labels_change(hands):
    hands.do("action_swap_sides")
    place(hands, 5, (60, 60))
    assert bar(hands) == ""
    assert hands.said == "The labels changed meanwhile: ask for it again."


def test_interpolating_shows_each_frame_before_it_is_kept(hands):
    place(hands, 2, (60, 60))
    place(hands, 9, (70, 60))
    press(hands, Qt.Key.Key_I)
    hands.wait(lambda: bar(hands))
    replaced = "6 joints of #1, 6 of them predicted until now."
    assert bar(hands) == f"Interpolate person 1 in frames 3 to 8: 6 frames, {replaced}"
    hands.go_to(7)
    assert hands.window.canvas._context.ghosts.poses.pose(1).provenance[LEFT_WRIST] == Provenance.INTERPOLATED
    hands.go_to(10)
    assert not hands.window.canvas._context.ghosts.poses.poses
    press(hands, Qt.Key.Key_Return)
    assert [hands.pose(1, index).provenance[LEFT_WRIST] for index in (2, 3, 8, 9)] == [6, 3, 3, 6]
    hands.do("action_undo")
    assert hands.pose(1, 3).provenance[LEFT_WRIST] == Provenance.PREDICTED


def test_joints_are_carried_over_the_frames_that_the_dialog_says(hands):
    place(hands, 5, (65, 60))
    said = answer(hands, lambda: hands.do("action_carry"), carry_frames=3, carry_direction="back")
    assert said == ""
    hands.wait(lambda: bar(hands))
    assert bar(hands) == "Carry person 1 back from frame 5: 3 frames, 3 joints of #1, 3 of them predicted until now."
    hands.do("action_carry")
    assert [hands.pose(1, index).provenance[LEFT_WRIST] for index in (1, 2, 4, 5, 6)] == [1, 2, 2, 6, 1]


def test_a_range_is_accepted_after_its_effect_was_counted(hands):
    hands.session.select_range(FrameRange(2, 6))
    place(hands, 3, (60, 60))
    said = answer(hands, lambda: hands.do("action_accept_range"))
    assert said == "Accept person 1 in frames 2 to 5: 4 frames, 67 joints of #1."
    assert [bool(hands.pose(1, index).human.all()) for index in (1, 2, 5, 6)] == [False, True, True, False]
    assert hands.pose(1, 3).provenance[LEFT_WRIST] == Provenance.CORRECTED
    assert not hands.pose(2, 3).human.any()


def test_joints_above_a_score_are_accepted(hands):
    said = answer(
        hands,
        lambda: hands.do("action_accept_above"),
        many_score=0.8,
        many_people="everybody",
        many_frames="the whole clip",
    )
    assert said == "Accept everybody in frames 0 to 11 from a score of 0.80 on: 12 frames, 204 joints of #2."
    hands.wait(lambda: hands.session.undo_label)
    assert hands.pose(2, 0).human.all()
    assert not hands.pose(1, 0).human.any()


def test_visibility_swap_and_deletion_over_a_range(hands):
    hands.session.select_range(FrameRange(2, 6))
    answer(hands, lambda: hands.do("action_visibility_range"), many_joints="left wrist", many_visibility="occluded")
    assert [hands.pose(1, index).visibility[LEFT_WRIST] for index in (1, 2, 5, 6)] == [2, 1, 1, 2]
    answer(hands, lambda: hands.do("action_swap_range"), many_joints="arms")
    assert [hands.pose(1, index).visibility[RIGHT_WRIST] for index in (1, 2, 5, 6)] == [2, 1, 1, 2]
    said = answer(hands, lambda: hands.do("action_delete_range"))
    assert said == "Delete person 1 in frames 2 to 5: 4 frames, 4 poses of #1 deleted."
    assert [hands.pose(1, index) is None for index in (1, 2, 5, 6)] == [False, True, True, False]
    for _ in range(3):
        hands.do("action_undo")
    assert hands.session.undo_label is None
    assert hands.pose(1, 3).visibility[LEFT_WRIST] == Visibility.VISIBLE


def test_a_cancelled_dialog_changes_nothing(hands):
    def cancel():
        dialog = QApplication.activeModalWidget()
        if dialog is None or not dialog.do_it.isEnabled():
            QTimer.singleShot(10, cancel)
        else:
            assert hands.window.canvas._context.ghosts is not None, "what would change stands on the picture"
            QTest.keyClick(dialog, Qt.Key.Key_Escape)

    QTimer.singleShot(0, cancel)
    hands.do("action_delete_range")
    assert hands.program.repeating.proposal is None
    assert hands.window.canvas._context.ghosts is None
    assert hands.session.undo_label is None


def test_many_changes_are_written_off_the_windows_thread_as_one_edit(hands, turning):
    from app.controllers.editing import repeating  # noqa: PLC0415 - the module whose function waits

    hands.session.select(None, None)
    turning.during(repeating, "keep")
    hands.program.repeating.count(
        lambda project: repeating.over_frames.swap_sides(project, repeating.over_frames.Scope(FrameRange(0, 12)))
    )
    hands.wait(lambda: hands.program.repeating.proposal)
    repeating.AT_ONCE_CHANGES, at_once = 10, repeating.AT_ONCE_CHANGES
    try:
        press(hands, Qt.Key.Key_Return)
    finally:
        repeating.AT_ONCE_CHANGES = at_once
    hands.wait(lambda: hands.session.undo_label)
    assert turning.free
    assert hands.session.undo_label == "Swap left and right of everybody in frames 0 to 11"
