"""The tracks dialog in the real window: keys, thumbnails, the effect in words, conflicts, one edit."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QRadioButton, QSpinBox

from app.controllers.editing.track_changes import planned
from app.ui.dialogs.tracks_dialog import TracksDialog
from core.judging.doubts import Reason
from core.track_changes import Both, TrackChange, Verb
from core.video.thumbnails import person_thumbnail

LEFT, RIGHT = (40.0, 20.0, 50.0, 80.0), (100.0, 20.0, 40.0, 80.0)


@pytest.fixture
def two(drive, clip):
    """#1 on the left in all twelve frames, #2 on the right from frame 6 on, #3 nowhere yet; frame 6, #1 selected."""
    d = drive(clip)
    first = d.add_person(0)
    d.fill(first, range(1, 12), LEFT)
    second = d.add_person(6, RIGHT)
    d.fill(second, range(7, 12), RIGHT)
    d.go_to(6)
    d.session.select(first, None)
    assert (first, second) == (1, 2)
    return d


def in_dialog(d, act, action="action_change_track"):
    """Opens the dialog by its action, waits until effect and thumbnails are there, and lets the hand act on it."""
    seen = []

    def look():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, TracksDialog) or dialog.strip.rows is None or not words(dialog):
            QTimer.singleShot(10, look)
            return
        seen.append(words(dialog))
        try:
            act(dialog)
        finally:
            if dialog.isVisible():
                dialog.reject()

    QTimer.singleShot(0, look)
    d.do(action)
    d.idle()
    assert seen, "the dialog came"
    return seen[0]


def words(dialog):
    return dialog.findChild(QLabel, "track_effect").text()


def wait_for(d, dialog, text):
    d.wait(lambda: text in words(dialog), what=text)


def test_the_number_is_typed_and_enter_keeps_it(two):
    d = two

    def act(dialog):
        field = dialog.findChild(QSpinBox, "track_number")
        assert field.hasFocus() and field.lineEdit().selectedText() == "2"
        QTest.keyClicks(dialog.focusWidget(), "5")
        wait_for(d, dialog, "#5 takes #1's 6 frames, 6 to 11. Nobody is #5 yet.")
        d.wait(lambda: dialog.strip.rows is not None, what="the thumbnails")
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)

    in_dialog(d, act)
    assert d.pose(5, 6).bbox_xywh[0] == 40 and d.pose(1, 6) is None and d.pose(1, 5) is not None
    assert d.pose(2, 6).bbox_xywh[0] == 100, "nobody else changed"
    assert d.session.track_id == 5 and d.session.undo_label == "Change person 1 to 5 from frame 6 on"
    d.do("action_undo")
    assert d.pose(1, 11).bbox_xywh[0] == 40 and d.pose(5, 6) is None


def test_the_effect_is_shown_first_and_a_conflict_is_solved_by_a_choice(two):
    d = two

    def act(dialog):
        assert words(dialog) == "#2 takes #1's 6 frames, 6 to 11. Both are in 6 frames, 6 to 11: they swap there."
        keep = dialog.findChild(QRadioButton, "track_both_keep_moved")
        assert keep.isVisible() and keep.text() == "Where both are, keep #1's poses and delete #2's"
        keep.click()
        assert not dialog.do_it.isEnabled(), "not before its effect is known"
        wait_for(d, dialog, "#2's own are deleted")
        dialog.do_it.click()

    in_dialog(d, act)
    assert d.pose(2, 6).bbox_xywh[0] == 40 and d.pose(1, 6) is None
    d.do("action_undo")
    assert d.pose(2, 6).bbox_xywh[0] == 100 and d.pose(1, 6).bbox_xywh[0] == 40


def test_the_strip_shows_each_person_before_and_after_as_they_will_be(two):
    d = two

    def act(dialog):
        will_be_2, will_be_1 = dialog.strip.rows
        assert (will_be_2.track_id, will_be_1.track_id) == (2, 1)
        assert will_be_2.before == () and [t.frame_index for t in will_be_2.after] == [6, 8]
        assert [t.frame_index for t in will_be_1.before] == [3, 5]
        d.wait(lambda: d.session.shown is not None)
        frame = d.session.shown.rgb
        size = will_be_2.after[0].rgb.shape[1::-1]
        np.testing.assert_array_equal(will_be_2.after[0].rgb, person_thumbnail(frame, LEFT, size))
        np.testing.assert_array_equal(will_be_1.after[0].rgb, person_thumbnail(frame, RIGHT, size))
        picture = dialog.strip.grab().toImage()
        assert not picture.isNull() and "#2" in dialog.strip.accessibleName()
        assert dialog.strip.width() <= dialog.width() <= 700

    in_dialog(d, act)
    assert d.session.undo_label != "Change person 1 to 2 from frame 6 on", "Esc changes nothing"


def test_thumbnails_and_effects_come_from_other_threads(two, monkeypatch):
    d = two
    threads = set()
    tracks = d.program.track_changes
    real = tracks._strips._answer

    def noted(question, source):
        threads.add(threading.current_thread())
        return real(question, source)

    monkeypatch.setattr(tracks._strips, "_answer", noted)
    in_dialog(d, lambda _: None)
    assert threads and threading.main_thread() not in threads


def test_swap_split_and_merge_by_keyboard(two):
    d = two

    def split(dialog):
        dialog.findChild(QRadioButton, "track_split").click()
        assert not dialog.findChild(QSpinBox, "track_number").isEnabled()
        wait_for(d, dialog, "Somebody new takes #1's 6 frames, 6 to 11; #1 stays in 6 frames.")
        dialog.do_it.click()

    in_dialog(d, split)
    assert d.session.track_id == 3 and d.pose(3, 6).bbox_xywh[0] == 40
    assert d.session.undo_label == "Split person 1 from frame 6 on"

    def merge(dialog):
        dialog.findChild(QSpinBox, "track_number").setValue(1)
        dialog.findChild(QRadioButton, "track_merge").click()
        wait_for(d, dialog, "and is then in 12 frames")
        d.wait(lambda: dialog.strip.rows is not None, what="the strip")
        (row,) = dialog.strip.rows
        assert [t.frame_index for t in row.before] == [3, 5] and row.after
        dialog.do_it.click()

    in_dialog(d, merge)
    assert d.pose(1, 11).bbox_xywh[0] == 40 and d.pose(3, 6) is None

    def swap(dialog):
        dialog.findChild(QRadioButton, "track_swap").click()
        dialog.findChild(QSpinBox, "track_last").setValue(8)
        wait_for(d, dialog, "#1 becomes #2 in 3 frames, 6 to 8; #2 becomes #1 in 3 frames, 6 to 8.")
        dialog.do_it.click()

    in_dialog(d, swap)
    assert d.pose(2, 8).bbox_xywh[0] == 40 and d.pose(2, 9).bbox_xywh[0] == 100


def test_a_locked_person_keeps_the_number(two):
    d = two
    d.session.set_locked(frozenset({2}))
    in_dialog(d, lambda dialog: dialog.do_it.click())
    assert d.pose(1, 6) is not None and "locked" in d.said


def test_a_proposal_of_the_queue_opens_as_a_merge(drive, clip):
    d = drive(clip)
    first = d.add_person(0)
    d.fill(first, range(1, 5))
    second = d.add_person(6)
    d.fill(second, range(7, 12))
    d.wait(lambda: d.program.review.is_up_to_date and d.program.review.shown, what="the queue")
    (entry,) = [e for e in d.program.review.shown if e.reason == Reason.SAME_PERSON]
    d.program.review.go_to_entry(entry)
    d.wait(lambda: d.session.frame_index == 6, what="the place")

    def act(dialog):
        assert dialog.findChild(QRadioButton, "track_merge").isChecked()
        assert dialog.findChild(QSpinBox, "track_number").value() == first
        dialog.do_it.click()

    said = in_dialog(d, act)
    assert said == f"#{first} takes all of #{second}'s 6 frames, 6 to 11, and is then in 11 frames."
    assert d.session.project.track_ids() == [first]
    d.wait(lambda: d.program.review.is_up_to_date, what="the queue")
    assert not [e for e in d.program.review.shown if e.reason == Reason.SAME_PERSON]


def frames_of(plan):
    return [index for index, _ in plan]


def test_thumbnails_are_of_whom_the_frames_belong_to_after_the_change():
    olds, news = np.arange(0, 40), np.arange(30, 60)
    change = TrackChange(Verb.ASSIGN, 1, 2, 20, 60, Both.KEEP_THERE)
    (new, before, after), (old, before_old, after_old) = planned(change, olds, news)
    assert (new, old) == (2, 1) and before == [] and after == [(20, 1), (22, 1), (26, 1), (34, 2)]
    assert frames_of(before_old) == [5, 13, 17, 19] and after_old == []
    swapped = planned(TrackChange(Verb.ASSIGN, 1, 2, 20, 60), olds, news)
    assert swapped[0][2][-1] == (34, 1) and swapped[1][2][0] == (30, 2)
    ((_, before, after),) = planned(TrackChange(Verb.MERGE, 1, 2, 0, 60), olds, news)
    assert before[-1] == (29, 1) and after[0] == (30, 1)


def test_a_thumbnail_shows_the_box_undistorted_also_beyond_the_frame():
    rgb = np.zeros((100, 100, 3), np.uint8)
    rgb[40:60, 40:60] = 255
    thumbnail = person_thumbnail(rgb, (40, 40, 20, 20), (60, 80))
    assert thumbnail.shape == (80, 60, 3)
    white = np.argwhere(thumbnail[..., 0] > 127)
    height, width = np.ptp(white, axis=0)
    assert abs(int(height) - int(width)) <= 2, "a square stays one"
    beyond = person_thumbnail(rgb, (-50, -50, 20, 20), (60, 80))
    assert beyond.shape == (80, 60, 3) and not beyond.any()
