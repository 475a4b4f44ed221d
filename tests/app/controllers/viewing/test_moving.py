"""Moving through a clip with keys and with what stands beside the play button."""

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSpinBox, QToolButton

from core.frame_range import FrameRange

CTRL = Qt.KeyboardModifier.ControlModifier


def test_keys_and_menu_change_the_speed(drive, clip):
    d = drive(clip)
    button = d.window.findChild(QToolButton, "button_speed")
    assert button.text() == "1×"
    QTest.keyClicks(d.window, ".")
    assert button.text() == "1.5×" and d.said == "Plays at 1.5× speed."
    QTest.keyClicks(d.window, "....")
    assert button.text() == "4×", "no faster"
    QTest.keyClicks(d.window, "/")
    assert button.text() == "1×"
    QTest.keyClicks(d.window, ",,,,,,")
    assert button.text() == "0.1×", "no slower"
    choices = {choice.text(): choice for choice in button.menu().actions()}
    choices["2×"].trigger()
    assert button.text() == "2×" and choices["2×"].isChecked() and not choices["0.1×"].isChecked()
    assert d.session.playback._pace.speed == 2.0
    d.open(clip)
    assert d.session.playback._pace.speed == 2.0, "another clip plays as fast"


def test_a_jump_goes_as_far_as_its_width_says_which_is_remembered(drive, long_clip):
    d = drive(long_clip)
    QTest.keyClick(d.window, Qt.Key.Key_Right, CTRL)
    assert d.session.playback.wanted == 10
    spin = d.window.findChild(QSpinBox, "jump_spin")
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, "25")
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert not spin.hasFocus(), "the keys are the window's again"
    d.do("action_step_forward")
    d.do("action_step_forward")
    d.do("action_step_back")
    assert d.session.playback.wanted == 35
    assert drive().window.findChild(QSpinBox, "jump_spin").value() == 25


@pytest.mark.parametrize("whole", [False, True], ids=["range", "clip"])
def test_the_loop_plays_the_selected_range_or_the_clip_over_and_over(drive, clip, whole):
    d = drive(clip)
    first, last = (0, 11) if whole else (3, 6)
    if not whole:
        d.session.select_range(FrameRange(first, last + 1))
    QTest.keyClick(d.window, Qt.Key.Key_L, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert d.window.action("action_loop").isChecked()
    d.session.playback.set_speed(4.0)
    wanted = []
    d.session.playback.wanted_changed.connect(wanted.append)
    d.do("action_play")
    d.wait(lambda: sum(later < earlier for earlier, later in itertools.pairwise(wanted)) >= 2)
    assert d.session.playback.playing and set(wanted) <= set(range(first, last + 1))
    d.do("action_loop")
    d.wait(lambda: not d.session.playback.playing, what="the end of the clip")
    assert d.session.playback.wanted == 11


def test_the_ends_of_what_is_labelled(drive, clip):
    d = drive(clip)
    QTest.keyClick(d.window, Qt.Key.Key_Home, Qt.KeyboardModifier.AltModifier)
    assert d.said == "No frame of this clip is labelled yet."
    d.add_person(4)
    d.add_person(9)
    QTest.keyClick(d.window, Qt.Key.Key_End, Qt.KeyboardModifier.AltModifier)
    assert d.session.playback.wanted == 9
    QTest.keyClick(d.window, Qt.Key.Key_Home, Qt.KeyboardModifier.AltModifier)
    assert d.session.playback.wanted == 4
