"""The panels beside the picture, clicked by a real mouse."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QTableWidget, QWidget

from app.ui import main_window
from app.ui.panels import joints_panel as jp
from app.ui.panels import persons_panel as pp
from app.ui.panels.finetune_panel import FinetunePanel, FinetuneReport, FinetuneState, change_word, headline, percent
from app.ui.panels.joints_panel import JointsPanel
from app.ui.panels.persons_panel import PersonRow, PersonsPanel
from app.ui.panels.round_progress import RoundPlan, RoundUnderWay
from app.ui.words import time_left
from core.judging.review import SURE_FROM
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility

LEFT = Qt.MouseButton.LeftButton
WRIST, KNEE = POSETRACK.index("left_wrist"), POSETRACK.index("right_knee")


def a_pose(track_id: int = 1) -> Pose:
    """Two joints: an unsure prediction and one that a person set."""
    pose = Pose.empty(track_id, (0, 0, 10, 20), Provenance.CORRECTED)
    pose = pose.with_keypoint(WRIST, (3, 4), Visibility.VISIBLE, 0.21, Provenance.PREDICTED)
    return pose.with_keypoint(KNEE, (5, 9), Visibility.OCCLUDED, 1.0, Provenance.CORRECTED)


def click_cell(table: QTableWidget, row: int, column: int) -> None:
    place = table.visualItemRect(table.item(row, column)).center()
    QTest.mouseClick(table.viewport(), LEFT, pos=place)


def texts(table: QTableWidget, row: int) -> list[str]:
    return [table.item(row, column).text() for column in range(table.columnCount())]


# People ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def persons(qtbot):
    panel = PersonsPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 260)
    panel.set_people([PersonRow.of(a_pose(1), doubtful=True), PersonRow.of(a_pose(7), hidden=True, locked=True)])
    panel.show()
    return panel


def test_who_set_the_joints_fits_at_the_panel_s_first_width(persons):
    persons.resize(main_window.LEFT_PX, 260)
    table = persons.findChild(QTableWidget, "persons_table")
    widest = max(table.fontMetrics().horizontalAdvance(style.name) for style in pp.theme.PROVENANCE_STYLES.values())
    assert widest <= table.columnWidth(pp.WHO) - 10


def test_a_person_in_a_row(persons):
    table = persons.findChild(QTableWidget, "persons_table")
    assert texts(table, 0) == ["#1", "", "", "2/17", "! 0.21", "mixed"]
    assert table.item(0, pp.WHO).toolTip() == "Set by: 1 predicted, 1 corrected."
    assert texts(table, 1)[0] == "#7"
    assert "Hidden" in table.item(1, pp.EYE).toolTip()
    assert "Locked" in table.item(1, pp.LOCK).toolTip()


def test_a_person_with_a_box_only():
    row = PersonRow.of(Pose.empty(3, (0, 0, 5, 5), Provenance.CORRECTED))
    assert (row.who, row.num_labelled, row.lowest_score) == ("box only", 0, None)


def test_clicks_on_eye_and_lock_ask_for_the_opposite(persons):
    table = persons.findChild(QTableWidget, "persons_table")
    hidden, locked, selected = [], [], []
    persons.hidden_toggled.connect(lambda *args: hidden.append(args))
    persons.locked_toggled.connect(lambda *args: locked.append(args))
    persons.person_selected.connect(selected.append)
    click_cell(table, 0, pp.EYE)
    click_cell(table, 1, pp.EYE)
    click_cell(table, 1, pp.LOCK)
    click_cell(table, 0, pp.PERSON)
    assert hidden == [(1, True), (7, False)]
    assert locked == [(7, False)]
    assert selected == [1, 7, 7, 1]


def test_buttons_act_on_the_selected_person(persons, qtbot):
    names = ("button_follow_person", "button_delete_person", "button_cut_person")
    buttons = [persons.findChild(QPushButton, name) for name in names]
    assert not any(button.isEnabled() for button in buttons)
    persons.set_selected(7)
    signals = (persons.follow_requested, persons.delete_requested, persons.cut_requested)
    for button, signal in zip(buttons, signals, strict=True):
        with qtbot.waitSignal(signal) as caught:
            QTest.mouseClick(button, LEFT)
        assert caught.args == [7]
    with qtbot.waitSignal(persons.box_requested):
        QTest.mouseClick(persons.findChild(QPushButton, "button_add_person"), LEFT)


def test_the_selection_lasts_while_the_person_is_there(persons):
    persons.set_selected(7)
    persons.set_people([PersonRow.of(a_pose(2)), PersonRow.of(a_pose(7))])
    assert persons.selected() == 7
    persons.set_people([PersonRow.of(a_pose(2))])
    assert persons.selected() is None
    persons.set_people([])
    assert persons.findChild(QLabel, "persons_empty").isVisible()


def test_the_menu_of_a_person(persons, qtbot):
    menu = persons.context_menu(PersonRow.of(a_pose(7), hidden=True))
    entries = {action.text(): action for action in menu.actions()}
    assert {"Show", "Lock", "Tracks: assign, swap, split, merge…"} <= set(entries)
    with qtbot.waitSignal(persons.track_id_change_requested) as caught:
        entries["Tracks: assign, swap, split, merge…"].trigger()
    assert caught.args == [7]


# Joints ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def joints(qtbot):
    panel = JointsPanel()
    qtbot.addWidget(panel)
    panel.resize(352, 470)
    panel.set_pose(a_pose())
    panel.show()
    return panel


def test_a_joint_in_a_row(joints):
    table = joints.findChild(QTableWidget, "joints_table")
    assert texts(table, WRIST) == ["left wrist", "visible", "predicted", "! 0.21"]
    assert texts(table, KNEE) == ["right knee", "occluded", "corrected", "1.00"]
    assert texts(table, 0) == ["nose", "not labelled", "not set", ""]
    joints.set_pose(None)
    assert texts(table, WRIST) == ["left wrist", "", "", ""]


def test_a_joint_that_the_network_is_sure_of_is_ticked(joints):
    pose = a_pose().replaced(run_id=3)
    scores = pose.scores.copy()
    scores[WRIST] = SURE_FROM
    joints.set_pose(pose.replaced(scores=scores), frozenset({3}))
    table = joints.findChild(QTableWidget, "joints_table")
    assert texts(table, WRIST)[3] == f"✓ {SURE_FROM:.2f}"
    assert "nine are right" in table.item(WRIST, 3).toolTip()
    assert texts(table, KNEE)[3] == "1.00"  # a person's word needs no tick
    joints.set_pose(pose.replaced(scores=scores), frozenset({2}))
    assert texts(table, WRIST)[3] == f"{SURE_FROM:.2f}", "of this run's weights nobody measured what a score means"
    assert "nine" not in table.item(WRIST, 3).toolTip()
    scores[WRIST] = SURE_FROM - 0.01
    joints.set_pose(pose.replaced(scores=scores), frozenset({3}))
    assert texts(table, WRIST)[3] == f"{SURE_FROM - 0.01:.2f}"


def test_a_click_on_seen_walks_on_and_elsewhere_selects(joints):
    table = joints.findChild(QTableWidget, "joints_table")
    asked, selected = [], []
    joints.visibility_set.connect(lambda *args: asked.append(args))
    joints.keypoint_selected.connect(selected.append)
    for keypoint in (WRIST, KNEE, 0):
        click_cell(table, keypoint, jp.SEEN)
    click_cell(table, WRIST, jp.JOINT)
    assert asked == [(WRIST, Visibility.OCCLUDED), (KNEE, Visibility.NOT_LABELLED), (0, Visibility.VISIBLE)]
    assert selected == [WRIST, KNEE, 0, WRIST]
    joints.set_pose(None)
    click_cell(table, WRIST, jp.SEEN)
    assert len(asked) == 3
    assert joints.selected() is None


def test_the_menu_of_a_joint(joints, qtbot):
    entries = joints.context_menu(KNEE).actions()
    assert [entry.text() for entry in entries if entry.isChecked()] == ["Occluded"]
    with qtbot.waitSignal(joints.visibility_set) as caught:
        entries[0].trigger()
    assert caught.args == [KNEE, Visibility.VISIBLE]


def test_the_form_of_the_mark_follows_who_set_it(joints):
    marks = {
        who: jp.joint_mark(jp.theme.side_colour("left"), who, True).pixmap(56, 56).toImage()
        for who in (Provenance.PREDICTED, Provenance.ACCEPTED, Provenance.CORRECTED, Provenance.IMPORTED)
    }
    centre = {who: image.pixelColor(image.width() // 2, image.height() // 2).alpha() for who, image in marks.items()}
    assert centre[Provenance.PREDICTED] == 0
    assert centre[Provenance.ACCEPTED] == 255
    assert marks[Provenance.ACCEPTED] != marks[Provenance.IMPORTED] != marks[Provenance.CORRECTED]


def test_every_word_fits(joints):
    table = joints.findChild(QTableWidget, "joints_table")
    metrics = table.fontMetrics()
    widest = {
        jp.JOINT: [POSETRACK.label(k) for k in range(17)],
        jp.SEEN: [visibility.words for visibility in Visibility],
        jp.WHO: [style.name for style in jp.theme.PROVENANCE_STYLES.values()],
    }
    for column, words in widest.items():
        room = table.columnWidth(column) - 10 - (table.iconSize().width() if column == jp.JOINT else 0)
        assert max(metrics.horizontalAdvance(word) for word in words) <= room, jp.HEADERS[column][0]


# Fine-tuning ----------------------------------------------------------------------------------------------------------

NAMES = ("mean", *POSETRACK.keypoint_names)


def a_report(**changes: object) -> FinetuneReport:
    before = dict.fromkeys(NAMES, 0.06) | {"nose": math.nan}
    after = dict.fromkeys(NAMES, 0.05) | {"left_wrist": 0.07, "right_knee": 0.06}
    return FinetuneReport(before, after, 10, 4, (33, 120), **changes)


@pytest.fixture
def finetune(qtbot):
    panel = FinetunePanel()
    qtbot.addWidget(panel)
    panel.resize(344, 700)
    panel.show()
    return panel


def test_without_enough_corrections_it_says_why(finetune):
    sentence = "Correct at least four frames first; two are corrected."
    finetune.set_state(FinetuneState(False, sentence, 2))
    button = finetune.findChild(QPushButton, "button_finetune")
    assert not button.isEnabled()
    assert button.toolTip() == sentence
    assert finetune.findChild(QLabel, "finetune_status").text() == sentence


def test_a_round_from_start_to_report(finetune, qtbot):
    finetune.set_state(FinetuneState(True, "", 14, round_name="starter"))
    with qtbot.waitSignal(finetune.start_requested):
        QTest.mouseClick(finetune.findChild(QPushButton, "button_finetune"), LEFT)
    plan = RoundPlan(10, 4, 2, "cpu", 400 * 2**20, 70.0)
    losses, errors = tuple(np.linspace(1, 0.2, 83)), ((0, 0.09), (80, 0.04))
    under_way = RoundUnderWay(plan, "training", 83, 200, 95.0, losses, errors, num_waiting=3)
    finetune.set_state(FinetuneState(True, "", 14, running=under_way))
    sentence = finetune.findChild(QLabel, "finetune_plan").text()
    assert sentence == (
        "10 frames to learn from, 4 held out to measure, 2 to choose the best step. "
        "On cpu, with 0.4 GB of memory, in about 70 s."
    )
    assert finetune.findChild(QLabel, "finetune_waiting").text() == (
        "3 frames that you corrected meanwhile wait for the next round."
    )
    with qtbot.waitSignal(finetune.stop_requested):
        QTest.mouseClick(finetune.findChild(QPushButton, "button_stop_finetune"), LEFT)
    assert finetune.findChild(QProgressBar).text() == "step 83 / 200, 1:35 left"
    curve = finetune.findChild(QWidget, "finetune_loss_plot").listDataItems()[0]
    assert len(curve.getData()[1]) == 83
    with qtbot.waitSignal(finetune.cancel_requested):
        QTest.mouseClick(finetune.findChild(QPushButton, "button_cancel_finetune"), LEFT)

    finetune.set_state(FinetuneState(True, "", 14, report=a_report(), can_accept=True, can_rollback=True))
    assert not finetune.findChild(QWidget, "finetune_running").isVisible()
    table = finetune.findChild(QTableWidget, "finetune_table")
    rows = {texts(table, row)[0]: texts(table, row)[3] for row in range(table.rowCount())}
    assert len(rows) == 18
    assert (rows["all joints"], rows["left wrist"], rows["right knee"]) == ("▼ better", "▲ worse", "= same")
    assert rows["nose"] == "– not measured"
    for name, signal in (
        ("button_accept_weights", finetune.accept_requested),
        ("button_discard_weights", finetune.discard_requested),
        ("button_rollback", finetune.rollback_requested),
    ):
        with qtbot.waitSignal(signal):
            QTest.mouseClick(finetune.findChild(QPushButton, name), LEFT)
    finetune.set_state(FinetuneState(True, "", 14, report=a_report(accepted=True)))
    assert "in use" in finetune.findChild(QLabel, "finetune_headline").text()
    assert not finetune.findChild(QPushButton, "button_accept_weights").isVisible()


def test_a_frame_that_became_worse_can_be_looked_at(finetune, qtbot):
    finetune.set_state(FinetuneState(True, "", 14, report=a_report()))
    label, headline_label = (finetune.findChild(QLabel, f"finetune_{name}") for name in ("worse_frames", "headline"))
    assert label.textFormat() == headline_label.textFormat() == Qt.TextFormat.RichText, "other labels show plain text"
    chosen = []
    finetune.frame_chosen.connect(chosen.append)
    for x in range(0, label.width(), 4):
        for y in range(2, label.height(), 6):
            QTest.mouseClick(label, LEFT, pos=QPoint(x, y))
    assert set(chosen) == {33, 120}


def test_words_and_numbers():
    assert change_word(0.06, 0.0602) == "same"
    assert headline(0.05, 0.06) == "Worse: the mean error rose from 5.0\u00a0% to 6.0\u00a0%."
    assert "nothing to measure" in headline(math.nan, 0.1)
    assert percent(math.nan) == "–"
    assert [time_left(s) for s in (-1, 34.2, 95, 3725)] == ["0:00 left", "0:34 left", "1:35 left", "1:02:05 left"]
