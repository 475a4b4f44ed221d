"""Another annotator's project in the window: compared, stepped through, drawn, and merged with choices."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QListView

from app.ui.canvas.painting.opinion_painting import COLOUR
from app.ui.dialogs.agreement_dialog import AgreementDialog
from app.ui.main_window import LEFT_PX
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project import Project, edits
from core.project.records import PoseChange

WRIST = POSETRACK.index("left_wrist")
SHAPE = np.random.default_rng(3).uniform(0.1, 0.9, (17, 2)) * [40, 80]


def person(track_id, at=(40.0, 20.0), wrist_dx=0.0):
    """Somebody 80 pixels tall, labelled by hand."""
    keypoints = SHAPE + at
    keypoints[WRIST, 0] += wrist_dx
    return Pose(
        track_id,
        np.array([*at, 40.0, 80.0]),
        keypoints,
        np.full(17, Visibility.VISIBLE),
        np.ones(17),
        np.full(17, Provenance.CORRECTED),
        Provenance.CORRECTED,
    )


def label(project, poses):
    changes = [PoseChange(index, None, pose) for index, people in poses.items() for pose in people]
    return project.commit("Label", changes)


@pytest.fixture
def compared(drive, clip, tmp_path, monkeypatch):
    """The window on my labels, compared with Anna's: a wrist in frames 2 to 4, another in 8, somebody whom I lack."""
    d = drive(clip)
    d.session.touch(label(d.session.project, {index: [person(1)] for index in range(10)}))
    theirs = {index: [person(7)] for index in range(10)}
    theirs |= {index: [person(7, wrist_dx=20.0)] for index in (2, 3, 4)} | {8: [person(7, wrist_dx=12.0)]}
    theirs[6] = [person(7), person(9, at=(110.0, 30.0))]
    path = tmp_path / "anna.fami"
    with Project.create(path, d.session.project.source) as project:
        label(project, theirs)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    d.do("action_compare_annotators")
    d.wait(lambda: d.program.annotators.state.name, what="the comparison")
    d.idle()
    return d


def listed(d):
    view = d.window.annotators_panel.findChild(QListView, "annotators_list")
    return [view.model().index(row).data() for row in range(view.model().rowCount())]


def sentence(d):
    return d.window.annotators_panel.findChild(QLabel, "annotators_sentence").text()


def counts(d):
    kinds = d.window.annotators_panel.findChild(QComboBox, "annotators_kind")
    return [kinds.itemText(i) for i in range(kinds.count())]


def pink(d):
    """How many pixels of the picture have the colour of another's pose."""
    image = d.window.canvas.grab().toImage()
    return sum(
        image.pixelColor(x, y) == COLOUR for x in range(0, image.width(), 1) for y in range(0, image.height(), 3)
    )


def test_differences_are_listed_and_one_click_goes_there(compared):
    d = compared
    assert listed(d) == [
        "6 · only theirs (#9)",
        "2 to 4 · #1 · left wrist 20 px, 25 %",
        "8 · #1 · left wrist 12 px, 15 %",
    ]
    assert counts(d)[0] == "All: 3" and not sentence(d)
    view = d.window.annotators_panel.findChild(QListView, "annotators_list")
    view.clicked.emit(view.model().index(1))
    d.wait(lambda: d.session.frame_index == 2, what="the frame")
    assert (d.session.track_id, d.session.keypoint) == (1, WRIST)
    assert view.currentIndex().row() == 1
    d.window.show_panel("annotators")
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert d.session.keypoint == WRIST, "the key walks through the list, not through the joints"
    QTest.keyClick(view, Qt.Key.Key_Return)
    d.wait(lambda: d.session.frame_index == 8, what="the next, by keys")


def test_theirs_is_drawn_as_a_second_opinion_until_it_is_put_away(compared):
    d = compared
    d.do("action_next_disagreement")
    d.wait(lambda: d.session.frame_index == 6, what="the frame")
    opinion = d.window.canvas._context.opinion
    assert (opinion.name, [pose.track_id for pose in opinion.poses.poses]) == ("anna", [1])
    assert [pose.track_id for pose in opinion.alone] == [9]
    assert pink(d) > 20
    d.session.select(1, WRIST)
    assert d.window.canvas._context.opinion is opinion, "selecting somebody leaves it there"
    d.do("action_compare")
    assert d.window.canvas._context.opinion is None, "the second opinion has the place"
    d.do("action_next_disagreement")
    d.wait(lambda: d.session.frame_index == 2, what="the next")
    assert not d.program.comparison.is_on and d.window.canvas._context.opinion.name == "anna"
    d.do("action_end_annotators")
    assert d.window.canvas._context.opinion is None and pink(d) == 0 and not listed(d)


def test_taking_and_keeping_go_on_to_what_is_open_and_undo_opens_it_again(compared):
    d = compared
    d.do("action_next_disagreement")
    d.do("action_take_theirs")
    assert d.said == "Take person 2 from anna in frame 6."
    assert np.array_equal(d.pose(2, 6).keypoints, person(9, at=(110.0, 30.0)).keypoints)
    d.wait(lambda: d.session.frame_index == 2, what="the next one")
    d.do("action_take_theirs")
    assert all(np.array_equal(d.pose(1, i).keypoints, person(1, wrist_dx=20.0).keypoints) for i in (2, 3, 4))
    d.do("action_keep_mine")
    assert d.said == "Kept."
    assert [row.split(" · ")[0] for row in listed(d)] == ["Taken", "Taken", "Kept"]
    assert counts(d)[0] == "All: 0 of 3"
    d.do("action_next_disagreement")
    assert d.said == "All disagreements shown are decided."
    d.do("action_undo")
    assert d.pose(1, 3).same_as(person(1)) and d.pose(2, 6) is not None
    assert counts(d)[0] == "All: 1 of 3" and listed(d)[1].startswith("2 to 4")
    d.do("action_redo")
    assert counts(d)[0] == "All: 0 of 3" and not sentence(d)


def test_what_was_kept_is_not_asked_again_after_a_restart(compared, long_clip):
    d = compared
    theirs, mine = d.program.annotators.their_path, d.session.project.path
    d.program.annotators.go_to(1)
    d.do("action_keep_mine")
    d.open(long_clip)
    d.wait(lambda: d.session.source_path == long_clip)
    d.open(mine)
    d.wait(lambda: d.session.project.path == mine)
    d.idle()
    d.program.annotators.compare_with(theirs)
    d.wait(lambda: d.program.annotators.state.name, what="the comparison")
    assert [row.startswith("Kept") for row in listed(d)] == [False, True, False]


def test_what_is_no_project_is_one_sentence(compared, clip):
    compared.program.annotators.compare_with(clip)
    assert "project" in compared.told() and len(listed(compared)) == 3


def test_what_i_set_meanwhile_stays_and_that_is_said(compared):
    d = compared
    d.session.touch(edits.move_keypoint(d.session.project, 3, 1, WRIST, (50.0, 50.0)))
    assert sentence(d) == "Labels changed since: compare again."
    d.program.annotators.go_to(1)
    d.do("action_take_theirs")
    assert d.said.endswith("1 that changed since the two were compared stays as it is.")
    assert d.pose(1, 3).keypoints[WRIST].tolist() == [50.0, 50.0]
    assert d.pose(1, 4).keypoints[WRIST, 0] == person(1, wrist_dx=20.0).keypoints[WRIST, 0]


def test_a_locked_person_is_not_changed(compared):
    d = compared
    d.session.set_locked(frozenset({1}))
    d.program.annotators.go_to(1)
    d.do("action_take_their_pose")
    assert "locked" in d.said and d.pose(1, 3).same_as(person(1))


def test_one_kind_is_listed_and_stepped_through(compared):
    d = compared
    kinds = d.window.annotators_panel.findChild(QComboBox, "annotators_kind")
    assert counts(d) == ["All: 3", "Only theirs: 1", "Only mine: 0", "Place: 2", "Visibility: 0"]
    kinds.activated.emit(3)
    assert len(listed(d)) == 2 and kinds.currentIndex() == 3
    d.do("action_next_disagreement")
    d.wait(lambda: d.session.frame_index == 2, what="the first of this kind")
    d.do("action_next_disagreement")
    d.wait(lambda: d.session.frame_index == 8, what="the second")
    d.do("action_next_disagreement")
    assert d.said == "There is no open disagreement after this."
    d.do("action_previous_disagreement")
    d.wait(lambda: d.session.frame_index == 2, what="back")


def test_all_that_i_lack_is_taken_as_one_edit(compared):
    d = compared
    d.do("action_take_missing")
    d.idle()
    assert d.said == "Take what is missing from anna." and d.pose(2, 6) is not None
    assert counts(d)[:2] == ["All: 2 of 3", "Only theirs: 0 of 1"]
    d.do("action_undo")
    assert d.pose(2, 6) is None


def test_totals_can_be_copied(compared, monkeypatch):
    d = compared
    monkeypatch.setattr(AgreementDialog, "exec", AgreementDialog.copy_all)
    d.do("action_annotator_totals")
    said, head, together, *joints = QGuiApplication.clipboard().text().split("\n")
    assert said == "10 frames labelled by both: 10 poses in both, 0 only in yours, 1 only in anna."
    assert head.split("\t")[:3] == ["Joint", "Pairs", "Mean px"] and together.split("\t")[:2] == ["All joints", "170"]
    wrist = next(row.split("\t") for row in joints if row.startswith("left wrist"))
    assert wrist[1:6] == ["10", "7.2", "0.0", "9.0 %", "60 %"]


def test_another_clip_is_refused_and_a_new_project_ends_the_comparison(compared, long_clip, monkeypatch):
    d = compared
    theirs = d.program.annotators.their_path
    d.open(long_clip)
    d.wait(lambda: d.session.source_path == long_clip)
    d.idle()
    assert d.program.annotators.their_path is None and not listed(d)
    d.program.annotators.compare_with(theirs)
    assert "of another clip" in d.told()
    d.do("action_take_theirs")
    assert d.said == "Compare with another annotator's project first."


def test_the_window_turns_while_two_projects_are_compared(compared, turning, monkeypatch):
    d = compared
    turning.during(Project, "labelled_frames")
    d.program.annotators.compare_with(d.program.annotators.their_path)
    d.idle()
    assert turning.free and len(listed(d)) == 3


def test_buttons_fit_their_panel(compared):
    d = compared
    d.window.resize(1024, 700)
    d.window.show_panel("annotators")
    panel = d.window.annotators_panel
    d.wait(panel.isVisible, what="the panel")
    assert panel.minimumSizeHint().width() <= LEFT_PX
    for name in ("take_theirs", "take_their_pose", "keep_mine", "take_missing", "annotator_totals"):
        button = panel.findChild(object, f"annotators_{name}")
        assert button.width() >= button.sizeHint().width(), name
    assert panel.findChild(QListView).focusPolicy() != Qt.FocusPolicy.NoFocus
