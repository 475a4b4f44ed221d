"""Before an export the window lists what would be questioned, each a click away; the ledger tells what labels cost."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTableWidget, QTreeWidget

from core.keypoints import POSETRACK
from core.poses import Visibility
from core.project import edits

WRIST = POSETRACK.index("left_wrist")


def answer(act):
    """Acts on the dialog that opens next."""

    def look():
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(10, look)
        else:
            act(dialog)

    QTimer.singleShot(0, look)


def listed(d):
    tree = d.window.checks_panel.findChild(QTreeWidget, "checks_list")
    kinds = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return {kind.text(0): [kind.child(row) for row in range(kind.childCount())] for kind in kinds}


def sentence(d):
    return d.window.checks_panel.findChild(QLabel, "checks_sentence").text()


def test_what_would_be_questioned_is_a_click_away(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    d.fill(track_id, [1, 2, 5])
    edits.move_keypoint(d.session.project, 2, track_id, WRIST, (-20.0, 30.0))
    d.do("action_check")
    d.idle()
    found = listed(d)
    kinds = ["Joints outside the picture (1)", "Gaps in a track (1)", "People without joints (2)", "No head box (1)"]
    assert [*found] == kinds
    outside = found["Joints outside the picture (1)"][0]
    assert outside.text(0) == f"Frame 2 · #{track_id} left wrist"
    assert sentence(d) == "5 things in all labels would be questioned."
    tree = d.window.checks_panel.findChild(QTreeWidget, "checks_list")
    tree.itemClicked.emit(outside, 0)
    d.wait(lambda: d.session.frame_index == 2)
    assert (d.session.track_id, d.session.keypoint) == (track_id, WRIST)
    d.session.touch(edits.move_keypoint(d.session.project, 2, track_id, WRIST, (50.0, 30.0)))
    assert sentence(d).endswith("Labels changed since: check again.")
    d.window.checks_panel.findChild(QPushButton, "checks_check").click()
    d.idle()
    assert "Joints outside the picture (1)" not in listed(d)


def test_another_picture_than_labels_were_made_on_is_questioned(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    project = d.session.project
    for index in (3, 4):
        edits.add_person(project, index, (1, 2, 30, 40), track_id=track_id, proofs={index: (0.1, "0" * 16)})
    d.do("action_check")
    d.idle()
    assert [row.text(0) for row in listed(d)["Pictures that changed (1)"]] == ["Frames 3 to 4"]


def test_the_export_says_what_would_be_questioned_and_leads_there(drive, clip):
    d = drive(clip)
    d.add_person()
    seen = []

    def look(dialog):
        said = dialog.findChild(QLabel, "export_checked").text()
        if "Comparing" in said or "Checking" in said:
            QTimer.singleShot(10, lambda: look(dialog))
            return
        seen.append(said)
        dialog.findChild(QPushButton, "export_show_objections").click()

    answer(look)
    d.do("action_export")
    assert seen == ["1 thing in all labels would be questioned."]
    assert d.window.checks_panel.isVisible() and [*listed(d)] == ["People without joints (1)"]


def test_the_ledger_is_a_table_by_rounds(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    edits.move_keypoint(d.session.project, 0, track_id, WRIST, (50.0, 30.0))
    d.session.project.record_round({}, "b" * 64, None)
    edits.set_visibility(d.session.project, 0, track_id, WRIST, Visibility.OCCLUDED)
    rows = []

    def look(dialog):
        table = dialog.findChild(QTableWidget, "effort_table")
        rows.extend([table.item(row, column).text() for column in range(4)] for row in range(table.rowCount()))
        dialog.findChild(QPushButton, "effort_copy").click()
        dialog.findChild(QPushButton, "do_it").click()

    answer(look)
    d.do("action_effort")
    d.wait(lambda: rows, what="the ledger")
    d.idle()
    assert rows == [["Before round 1", "1", "1", "2"], ["After round 1", "1", "0", "1"], ["All", "1", "1", "3"]]
    assert QApplication.clipboard().text().splitlines()[0].startswith("When\tFrames\tJoints moved")
