"""The queue's list and filters, clicked and typed into."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QListView, QToolButton

from app.ui.panels.queue_list import tick_area
from app.ui.panels.queue_panel import QueuePanel
from core.judging.doubts import Reason
from core.judging.entries import Entry, FilterChoices, Places, Wanted

LEFT = Qt.MouseButton.LeftButton


def places(what):
    return Places(what, np.array([24]), np.array([7], np.uint32))


ENTRIES = [
    Entry(Reason.JUMP, 24, 31, 27, 1, 9, "left wrist jumps up to 84 px", 0.8, 8, places=places("left_wrist jump")),
    Entry(
        Reason.LOST, 40, 40, 40, 2, None,
        "was lost after frame 39: draw the box again where they are and follow; mark it as done if they have left",
        0.7, places=places("lost 2"),
    ),
    Entry(Reason.CUT_SHORT, 9, 20, 9, None, None, "the prediction was cut short", 0.6, 0, True, places=places("run 4")),
]  # fmt: skip
CHOICES = FilterChoices((Reason.JUMP, Reason.LOST), (1, 2), (9,))


@pytest.fixture
def queue(qtbot):
    panel = QueuePanel()
    qtbot.addWidget(panel)
    panel.resize(300, 360)
    panel.show()
    return panel


@pytest.fixture
def view(queue):
    queue.set_queue(ENTRIES, 1, 3, CHOICES, Wanted(with_done=True))
    return queue.findChild(QListView, "queue_list")


def test_an_empty_queue_says_so(queue):
    empty = queue.findChild(QLabel, "queue_empty")
    assert empty.isVisible() and "Nothing needs a look" in empty.text()
    queue.set_queue(ENTRIES[:2], 7, 31, CHOICES, Wanted())
    assert not empty.isVisible() and queue.findChild(QLabel, "queue_count").text() == "7 of 31 done"
    queue.set_queue([], 3, 3, CHOICES, Wanted())
    assert empty.text() == "Everything here is done."
    queue.set_queue([], 0, 0, CHOICES, Wanted(track_id=2))
    assert empty.text() == "The filters let nothing through."


def test_an_entry_in_words(view):
    model = view.model()
    assert model.index(0).data() == "Frames 24 to 31 · #1 · left wrist jumps up to 84 px"
    assert model.index(2).data() == "Frames 9 to 20 · the prediction was cut short · done"
    assert "The worst is frame 27." in model.index(0).data(Qt.ItemDataRole.ToolTipRole)


def test_no_word_is_cut_however_narrow_the_list_is(queue, view):
    for width in (230, 300, 500):
        queue.resize(width, 360)
        heights = [view.visualRect(view.model().index(row)).height() for row in range(3)]
        assert heights[1] > heights[0] if width < 500 else heights[1] >= heights[0]
        room = view.viewport().width() - 11 - 30
        words = view.fontMetrics().boundingRect(0, 0, room, 900, Qt.TextFlag.TextWordWrap, ENTRIES[1].sentence)
        assert heights[1] >= words.height() + view.fontMetrics().height()


def test_one_click_goes_there_and_the_circle_marks_it(queue, view):
    chosen, done = [], []
    queue.entry_chosen.connect(chosen.append)
    queue.done_toggled.connect(lambda *args: done.append(args))
    row = view.visualRect(view.model().index(1))
    QTest.mouseClick(view.viewport(), LEFT, pos=row.center())
    assert chosen == [ENTRIES[1]] and done == []
    QTest.mouseClick(view.viewport(), LEFT, pos=tick_area(row).center())
    QTest.mouseClick(view.viewport(), LEFT, pos=tick_area(view.visualRect(view.model().index(2))).center())
    assert chosen == [ENTRIES[1]] and done == [(ENTRIES[1], True), (ENTRIES[2], False)]
    QTest.mouseClick(view.viewport(), LEFT, pos=QPoint(20, 340))
    assert len(chosen) == 1, "below the rows there is nothing"


def test_the_keys_walk_through_the_list(queue, view):
    chosen = []
    queue.entry_chosen.connect(chosen.append)
    view.setFocus()
    queue.set_current(ENTRIES[0])
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen == [ENTRIES[1]]


def test_the_marked_entry_stays_marked_while_others_come_and_go(queue, view):
    queue.set_current(ENTRIES[0])
    grown = Entry(Reason.JUMP, 22, 31, 30, 1, 9, "jumps", 0.9, 9, places=places("left_wrist jump"))
    queue.set_queue([ENTRIES[1], grown], 0, 2, CHOICES, Wanted())
    assert view.currentIndex().row() == 1
    queue.set_current(None)
    assert not view.currentIndex().isValid() and not view.selectionModel().hasSelection()


def test_filters_are_chosen_by_mouse_and_keys(queue, view, qtbot):
    wanted = []
    queue.filters_changed.connect(wanted.append)
    person = queue.findChild(QComboBox, "queue_person")
    assert [person.itemText(i) for i in range(person.count())] == ["Everybody", "#1", "#2"]
    queue.activateWindow()
    queue.take_focus()
    reason = queue.findChild(QComboBox, "queue_reason")
    qtbot.waitUntil(reason.hasFocus)
    QTest.keyClick(reason, Qt.Key.Key_Down)
    assert wanted == [Wanted(Reason.JUMP, with_done=True)]
    QTest.keyClick(reason, Qt.Key.Key_Tab)
    QTest.keyClick(person, Qt.Key.Key_Down)
    assert wanted[1:] == [Wanted(Reason.JUMP, 1, with_done=True)]
    queue.findChild(QToolButton, "queue_with_done").click()
    assert wanted[2:] == [Wanted(Reason.JUMP, 1)]


def test_a_filter_whose_last_entry_goes_stays_chosen(queue):
    queue.set_queue(ENTRIES, 0, 3, CHOICES, Wanted())
    queue.set_queue([], 0, 0, FilterChoices((), (), ()), Wanted(track_id=2))
    person = queue.findChild(QComboBox, "queue_person")
    assert person.currentData() == 2


def test_the_menu_of_an_entry_narrows_the_queue(queue, view):
    wanted, done = [], []
    queue.filters_changed.connect(wanted.append)
    queue.done_toggled.connect(lambda *args: done.append(args))
    menu = queue.context_menu(ENTRIES[0])
    texts = {action.text(): action for action in menu.actions() if action.text()}
    assert list(texts) == ["Go there", "Done", "Only jumps", "Only #1", "Only the left wrist"]
    texts["Only the left wrist"].trigger()
    texts["Done"].trigger()
    assert wanted == [Wanted(keypoint=9, with_done=True)] and done == [(ENTRIES[0], True)]
