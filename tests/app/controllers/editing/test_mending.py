"""A joint is corrected by the hand in the window, and the frames around it follow."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.dialogs.range_dialog import ReachDialog
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project import RunKind, edits
from core.work import mending as mending_of_edits
from tests.app.conftest import BOX
from tests.guards import PATIENCE_S

WRIST, KNEE = POSETRACK.index("left_wrist"), POSETRACK.index("left_knee")
WRONG = np.array([-24.0, -22.0])
LOWER = np.array([0.0, 13.0])
HERE = 5
FRAMES = range(12)


def truth(index):
    """Where the wrist is: on the figure of the clip."""
    return np.array([45 + round(20 * np.sin(index / 10)) + 30.0, 72.0])


def predicted(index, wrist=None):
    figure = truth(index) - np.array([30.0, 52.0])
    others = figure + np.column_stack([np.linspace(4, 34, 17), np.linspace(6, 74, 17)])
    others[WRIST] = truth(index) + WRONG if wrist is None else wrist
    return Pose.empty(1, np.array(BOX), Provenance.PROPAGATED).replaced(
        keypoints=others,
        visibility=np.full(17, Visibility.VISIBLE),
        scores=np.full(17, 0.5),
        provenance=np.full(17, Provenance.PREDICTED),
    )


def label(hands):
    project = hands.session.project
    with project.run(RunKind.IMPORT) as run_id:
        touched = project.write_run(run_id, {index: [predicted(index)] for index in FRAMES})
    hands.session.touch(touched)
    hands.go_to(HERE)
    hands.session.select(1, WRIST)


@pytest.fixture
def hands(drive, clip):
    """A person in all twelve frames, whose wrist is wrong in each alike; at frame 5."""
    hands = drive(clip, mending=True)
    label(hands)
    return hands


@pytest.fixture
def held(monkeypatch):
    """Nothing is mended until this is set."""
    go_on, mend = threading.Event(), mending_of_edits.mend

    def waiting(*arguments, **options):
        mended = mend(*arguments, **options)
        assert go_on.wait(PATIENCE_S)
        return mended

    monkeypatch.setattr(mending_of_edits, "mend", waiting)
    yield go_on
    go_on.set()


def correct(hands, to=None):
    """Drags the wrist of the frame shown to where it is."""
    here = hands.session.frame_index
    hands.drag(hands.pose(1).keypoints[WRIST], truth(here) if to is None else to)
    assert hands.pose(1).provenance[WRIST] == Provenance.CORRECTED


def settle(hands):
    hands.wait(lambda: hands.program.mending.is_idle, what="the frames around to follow")
    QApplication.processEvents()


def right(hands):
    """The frames in which the wrist is where it is."""
    return [index for index in FRAMES if np.linalg.norm(hands.pose(1, index).keypoints[WRIST] - truth(index)) < 4]


def row_words(hands, index):
    """What the timeline says of the person in a frame."""
    timeline = hands.window.timeline
    return timeline.words_at(timeline.x_of_frame(index), timeline.y_of_row(1))


def provenances(hands):
    return [Provenance(int(hands.pose(1, index).provenance[WRIST])) for index in FRAMES]


def test_the_frames_around_a_drag_follow_and_one_undo_takes_all_back(hands):
    before = [hands.pose(1, index) for index in FRAMES]
    correct(hands)
    settle(hands)
    assert right(hands) == list(FRAMES)
    assert provenances(hands).count(Provenance.PROPAGATED) == 11
    for index in set(FRAMES) - {HERE}:
        others = np.arange(17) != WRIST
        assert np.array_equal(hands.pose(1, index).keypoints[others], before[index].keypoints[others])
        assert hands.pose(1, index).run_id == before[index].run_id
    assert hands.said == "Mended the left wrist in 11 frames around it; Ctrl+Z takes it back with your drag."
    assert row_words(hands, 8).endswith("mended after the correction in frame 5")

    QTest.keyClick(hands.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert all(hands.pose(1, index).same_as(before[index]) for index in FRAMES)
    assert "mended" not in row_words(hands, 8)
    hands.do("action_redo")
    settle(hands)
    assert right(hands) == list(FRAMES)


def test_undo_from_afar_goes_to_the_frame_that_was_dragged(hands):
    hands.program.mending.set_reach(2)
    correct(hands)
    settle(hands)
    hands.go_to(11)
    hands.do("action_undo")
    hands.wait(lambda: hands.session.frame_index == HERE, what="the corrected frame")


def test_mending_alone_is_undone_by_its_own_action(hands):
    assert not hands.window.action("action_undo_mending").isEnabled()
    correct(hands)
    settle(hands)
    hands.do("action_undo_mending")
    assert right(hands) == [HERE]
    assert provenances(hands).count(Provenance.PREDICTED) == 11
    assert not hands.window.action("action_undo_mending").isEnabled()
    assert hands.said == "Undid the mending of the left wrist; your correction stays."
    assert hands.program.runs.last().kind == RunKind.IMPORT


def test_what_a_person_set_or_locked_stays(hands):
    project = hands.session.project
    edits.accept_frame(project, 8)
    edits.set_visibility(project, 3, 1, WRIST, Visibility.NOT_LABELLED)
    before = {index: hands.pose(1, index) for index in (0, 1, 2, 3, 8, 9, 10, 11)}
    correct(hands)
    settle(hands)
    assert right(hands) == [4, 5, 6, 7]
    assert all(hands.pose(1, index).same_as(pose) for index, pose in before.items())


def test_a_reviewed_frame_stays(hands):
    edits.mark_reviewed(hands.session.project, 7)
    correct(hands)
    settle(hands)
    assert right(hands) == [0, 1, 2, 3, 4, 5, 6]


def test_the_hand_goes_on_at_once_and_is_not_overwritten(hands, held):
    correct(hands)
    hands.go_to(6)
    correct(hands, to=truth(6) + LOWER)
    edits.mark_reviewed(hands.session.project, 8)
    hands.go_to(3)
    held.set()
    settle(hands)
    assert np.linalg.norm(hands.pose(1, 6).keypoints[WRIST] - truth(6) - LOWER) < 2
    assert hands.pose(1, 8).provenance[WRIST] == Provenance.PREDICTED
    assert {4, 3, 2} <= set(right(hands))
    hands.do("action_undo")
    assert hands.pose(1, 5).provenance[WRIST] == Provenance.CORRECTED
    assert hands.pose(1, 4).provenance[WRIST] == Provenance.PROPAGATED
    hands.do("action_undo")
    hands.do("action_undo")
    assert set(provenances(hands)) == {Provenance.PREDICTED}


def test_an_answer_after_undo_writes_nothing(hands, held):
    correct(hands)
    hands.do("action_undo")
    held.set()
    settle(hands)
    assert set(provenances(hands)) == {Provenance.PREDICTED}


def test_a_second_drag_of_the_joint_is_followed_too(hands):
    correct(hands, to=truth(HERE) + LOWER)
    settle(hands)
    assert right(hands) == []
    correct(hands)
    settle(hands)
    assert right(hands) == list(FRAMES)


def test_another_clip_opened_meanwhile_loses_nothing(hands, held, made, tmp_path):
    first = hands.session.project.path
    correct(hands)
    (tmp_path / "another").mkdir()
    second = tmp_path / "another" / "walk.mp4"
    second.write_bytes((made / "walk.mp4").read_bytes())
    hands.program.opening.open(second)
    hands.wait(lambda: hands.session.project is not None and hands.session.project.path != first, what="the other clip")
    held.set()
    hands.idle()
    settle(hands)
    assert not hands.window.error_text
    assert not list(hands.session.project.labelled_frames())
    label(hands)
    correct(hands)
    settle(hands)
    assert right(hands) == list(FRAMES)
    hands.open(first)
    hands.wait(lambda: hands.session.project.path == first, what="the first clip")
    assert hands.pose(1, HERE).provenance[WRIST] == Provenance.CORRECTED


def test_it_can_be_switched_off_and_that_is_remembered(hands, drive):
    hands.do("action_mend")
    correct(hands)
    settle(hands)
    assert right(hands) == [HERE]
    again = drive(mending=True)
    assert not again.window.action("action_mend").isChecked() and not again.program.mending.on


def test_its_reach_is_asked_for_and_remembered(hands, drive):
    def answer():
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, ReachDialog):
            dialog.reach.setValue(2)
            dialog.do_it.click()
        else:
            QTimer.singleShot(10, answer)

    QTimer.singleShot(0, answer)
    hands.do("action_mending_reach")
    correct(hands)
    settle(hands)
    assert right(hands) == [3, 4, 5, 6, 7]
    assert drive().program.mending.reach == 2


def test_frames_that_are_not_decoded_are_read_beside_the_window(hands, turning):
    hands.session.playback._decoder._cache.clear()
    turning.during(mending_of_edits.FramesAround, "_read")
    correct(hands)
    settle(hands)
    assert right(hands) == list(FRAMES)
    assert turning.free


def test_where_a_prediction_had_a_mended_joint_is_drawn(hands):
    correct(hands)
    settle(hands)
    hands.go_to(7)
    said = hands.session.project.machine_places(hands.session.shown_poses())
    assert said[1][WRIST] == pytest.approx(truth(7) + WRONG)
