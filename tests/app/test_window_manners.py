"""How the window behaves whatever is done in it: where the hand is, what moves, what is said and for how long."""

import json
import shutil

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from app.keymaps import presets
from app.ui.actions import ACTIONS
from app.ui.dialogs import dialogs, import_dialog, keys_dialog, range_dialog, tracks_dialog
from app.ui.dialogs.dialogs import ExportFormat
from app.ui.dialogs.key_sheet import KeySheet
from app.ui.main_window import MainWindow
from app.ui.panels.compare_panel import in_words
from core.project import RunKind

FORMATS = (ExportFormat("posetrack18", "PoseTrack", "All.", ".json"),)
OUTLOOK = import_dialog.ImportOutlook("1 frame.", "By name.", (), (), None)
DIALOGS = {
    "track": lambda tmp: tracks_dialog.TracksDialog(None, 1, (1, 2), frame_index=0, num_frames=9),
    "frame": lambda tmp: dialogs.FrameDialog(None, 3, 20),
    "range": lambda tmp: range_dialog.RangeDialog(None, "Find", "Find", first=2, num_frames=20),
    "export": lambda tmp: dialogs.ExportDialog(None, tmp / "a.json", FORMATS),
    "import": lambda tmp: import_dialog.ImportDialog(None, "a.json", [OUTLOOK]),
    "keys": lambda tmp: keys_dialog.KeysDialog({spec.object_name: spec.keys for spec in ACTIONS}, presets(), None),
}


def typed(keys):
    """Types into whatever has the focus once a dialog is open, and presses Enter."""

    def type_it():
        dialog = QApplication.activeModalWidget()
        if dialog is None or not dialog.isVisible():
            QTimer.singleShot(10, type_it)
            return
        hand = dialog.focusWidget()  # as no window manager says which window is in front
        QTest.keyClicks(hand, keys)
        QTest.keyClick(hand, Qt.Key.Key_Return)

    QTimer.singleShot(0, type_it)


@pytest.mark.parametrize("name", DIALOGS)
def test_every_dialog_opens_with_the_hand_in_its_field(qtbot, tmp_path, name):
    dialog = DIALOGS[name](tmp_path)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    hand = dialog.focusWidget()
    fields = [field for field in dialog.findChildren(QLineEdit) if field.isVisibleTo(dialog)]
    if not fields:
        assert hand is dialog.do_it
    elif isinstance(hand, QAbstractSpinBox):
        assert hand.lineEdit() is fields[0] and fields[0].selectedText() == hand.text()
    else:
        assert hand is fields[0] and fields[0].selectedText() == fields[0].text()
    assert not isinstance(hand, QComboBox)


def test_a_number_typed_into_a_dialog_is_taken(drive, clip):
    d = drive(clip)
    first, second = d.add_person(), d.add_person()
    d.session.select(second, None)
    typed("5")
    d.do("action_change_track")
    d.idle()
    assert d.session.project.track_ids() == [first, 5] and d.pose(first) is not None
    typed("7")
    d.do("action_go_to_frame")
    d.wait(lambda: d.session.frame_index == 7, what="frame 7")


def test_no_default_key_is_a_window_managers():
    modifiers = {
        (QKeySequence(key)[0].keyboardModifiers(), QKeySequence(key)[0].key()) for spec in ACTIONS for key in spec.keys
    }
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    arrows = {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down}
    owned = {Qt.Key.Key_F4, Qt.Key.Key_Tab, Qt.Key.Key_F2, Qt.Key.Key_Space, Qt.Key.Key_Escape}
    assert not [key for pressed, key in modifiers if pressed & both == both and key in arrows]
    control = Qt.KeyboardModifier.ControlModifier
    unicode_entry = {(control | Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_U), (control, Qt.Key.Key_Period)}
    assert not modifiers & unicode_entry, "input methods take them"
    assert not [key for pressed, key in modifiers if pressed == Qt.KeyboardModifier.AltModifier and key in owned]


def test_a_new_window_shows_the_joints_and_the_legend_comes_and_goes(drive, clip):
    d = drive(clip)
    window = d.window
    assert window.joints_panel.isVisible() and window.queue_panel.isVisible() and window.persons_panel.isVisible()
    joints = window.joints_panel.visibleRegion()
    assert not joints.isEmpty(), "the joints are in front"
    for _ in range(2):
        window.action("action_legend").trigger()
        assert not window.findChild(QWidget, "legend_panel").visibleRegion().isEmpty()
        window.action("action_legend").trigger()
    assert window.findChild(QWidget, "legend_panel").visibleRegion().isEmpty()


def test_the_timelines_strip_gives_back_what_a_large_window_gave_it(drive, clip):
    d = drive(clip)
    strip = d.window.findChild(QWidget, "timeline_strip")
    small = strip.height()
    for width, height in ((1920, 1080), (3840, 2160), (1280, 720)):
        d.window.resize(width, height)
        QTest.qWait(50)
        assert strip.height() <= d.window.transport.height() + d.window.timeline.maximumHeight() + 1
    assert strip.height() == small


def test_saving_is_not_needed_and_that_is_said(drive, clip):
    d = drive(clip)
    d.do("action_saved")
    assert d.said.startswith("Nothing is to be saved: every edit is on disk once it is made, in ")


def test_the_sheet_of_keys_fits_a_large_window(qtbot):
    keys = {spec.object_name: spec.keys for spec in ACTIONS}
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(1920, 1080)
    sheet = KeySheet(keys, parent)
    sheet.show()
    bar = sheet.findChild(QScrollArea, "key_sheet_page").verticalScrollBar()
    assert bar.maximum() == 0
    words = [label.text() for label in sheet.findChildren(QLabel)]
    assert "1 to 9" in words and words.count("Person in that row") == 1


def test_messages_do_not_move_the_picture_and_only_trouble_looks_like_it(drive, clip):
    d = drive(clip)
    window, canvas = d.window, d.window.canvas
    before = canvas.geometry(), d._at(50, 50)
    for tell, is_trouble in (
        (lambda: d.session.error.emit("The disk is full."), True),
        (lambda: d.session.remark("Import of a.json", ["One.", "Two."]), False),
    ):
        tell()
        QApplication.processEvents()
        bar = window._message_bar
        assert bar.isVisible() and bar.is_trouble == is_trouble
        assert (canvas.geometry(), d._at(50, 50)) == before
        assert bar.width() == canvas.width() and 20 < bar.height() < canvas.height() / 2
    window.resize(1100, 700)
    QApplication.processEvents()
    assert bar.width() == canvas.width()
    d.session.error.emit("A long sentence. " * 40)
    QApplication.processEvents()
    text = bar.findChild(QLabel, "message_text")
    assert text.height() >= text.heightForWidth(text.width()), "nothing of it is cut"


def test_what_was_said_of_the_last_clip_goes_with_it_and_so_do_its_people(drive, clip, long_clip):
    d = drive(clip)
    d.add_person()
    drawn = []
    d.session.opened.connect(lambda: drawn.append(d.window.canvas._poses))
    d.session.message.emit("Undid the 17:59 import: 12 frames changed.")
    assert d.said
    d.program.opening.open(long_clip)
    d.wait(lambda: drawn, what="the other clip")
    d.idle()
    assert "17:59" not in d.said
    assert all(poses is None or not poses.poses for poses in drawn)


def test_runs_of_one_minute_have_names_of_their_own(drive, clip):
    d = drive(clip)
    project, runs = d.session.project, d.program.runs
    for _ in range(3):
        project.finish_run(project.begin_run(RunKind.IMPORT))
    project.finish_run(project.begin_run(RunKind.PREDICT))
    names = [runs.in_words(run) for run in project.runs()]
    assert len(set(names)) == 4
    assert names[-1].count(":") == 1 and names[-1].endswith("prediction")


def test_an_export_that_is_cancelled_leaves_nothing_behind(drive, long_clip, tmp_path):
    d = drive(long_clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 400))
    out = tmp_path / "out"
    out.mkdir()
    d.program.exporting.export("posetrack18", out / "labels.json", only_reviewed=False, images_folder=out)
    d.wait(lambda: len(list(out.rglob("*.jpg"))) > 3, what="pictures")
    d.do("action_cancel")
    d.idle()
    assert not list(out.iterdir())


def test_a_folder_with_a_file_for_each_frame_is_imported(drive, clip, tmp_path, monkeypatch):
    folder = tmp_path / "openpose"
    folder.mkdir()
    points = [value for i in range(25) for value in (50 + i, 30 + i, 0.9)]
    for index in range(12):
        people = {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": points}]}
        (folder / f"walk_{index:012d}_keypoints.json").write_text(json.dumps(people))
    d = drive(clip)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    heading = []

    def take_all():
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(10, take_all)
        else:
            heading.append(dialog.sentence.text())
            dialog.do_it.click()

    QTimer.singleShot(0, take_all)
    d.do("action_open_labels_folder")
    d.wait(lambda: heading, what="the dialog")
    d.idle()
    assert len(d.session.project.labelled_frames()) == 12 and "OpenPose" in heading[0]
    shutil.rmtree(folder)


def test_a_second_opinion_of_a_long_name_fits_its_panel(qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    words = window.compare_panel.findChild(QLabel, "compare_words")
    longest = max(in_words("fami_w48_finetuned_on_all_corrections_2026", 12, 5).split(), key=len)
    assert words.fontMetrics().horizontalAdvance(longest) < 230, "no word is wider than the narrowest panel"
