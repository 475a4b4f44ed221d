"""The list of remarks, by keys, and the room that the dialogs take."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QPushButton

from app.ui import theme
from app.ui.dialogs.import_dialog import ImportDialog, ImportOutlook
from app.ui.dialogs.remarks import RemarksDialog
from app.ui.words import counted, shortened

SENTENCES = [f"labels.json: a keypoint without finite coordinates was left out ({count} times)." for count in range(40)]


@pytest.fixture
def remarks(qtbot):
    theme.apply(QApplication.instance())
    dialog = RemarksDialog(None, "Import of labels.json", SENTENCES)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_it_is_read_copied_and_closed_by_keys(remarks):
    found = remarks.findChild(QListWidget, "remarks_list")
    assert found.focusPolicy() & Qt.FocusPolicy.TabFocus
    found.setFocus()
    QTest.keyClick(found, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "\n".join(SENTENCES), "all, where none is selected"
    found.setCurrentRow(0)
    QTest.keyClick(found, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(found, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "\n".join(SENTENCES[:2])
    QTest.keyClick(remarks, Qt.Key.Key_Escape)
    assert not remarks.isVisible()


def test_the_counts(remarks):
    assert remarks.findChild(QLabel, "remarks_count").text() == "40 remarks"
    assert counted(1, "remark") == "1 remark" and counted(2, "person", "people") == "2 people"


def test_the_dialogs_fit_a_small_screen_and_cut_no_text(qtbot):
    theme.apply(QApplication.instance())
    name = shortened("a" * 250 + ".json")
    assert len(name) == 60 and name.endswith(".json")
    decision = "frame_000020.png was taken as frame 20: the numbers in their names count from 0, frames from 0."
    outlooks = [ImportOutlook("12 frames, 3 people.", decision, tuple(SENTENCES), (1, 2), first) for first in (0, 1)]
    dialog = ImportDialog(None, f"{name}: COCO keypoints JSON.", outlooks)
    qtbot.addWidget(dialog)
    dialog.show()
    QApplication.processEvents()
    assert dialog.width() <= 1280 and dialog.height() <= 680
    for label in dialog.findChildren(QLabel):
        if label.isVisible():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
    assert dialog.findChild(QPushButton, "do_it").hasFocus() or dialog.findChild(QPushButton, "do_it").isDefault()
