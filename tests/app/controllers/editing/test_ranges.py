"""The selected range of the timeline."""

from PySide6.QtTest import QTest

from core.frame_range import FrameRange


def test_the_keys_select_a_range_from_frame_to_frame(drive, clip):
    hands = drive(clip)
    told = []
    hands.session.range_changed.connect(told.append)
    hands.go_to(3)
    QTest.keyClicks(hands.window, "[")
    hands.go_to(8)
    QTest.keyClicks(hands.window, "]")
    assert hands.session.selected_range == FrameRange(3, 9)
    assert hands.said == "Selected range: frames 3 to 8."
    hands.go_to(10)
    QTest.keyClicks(hands.window, "[")
    assert hands.session.selected_range == FrameRange(10, 11), "one that ended before is begun anew"
    hands.go_to(4)
    QTest.keyClicks(hands.window, "]")
    assert hands.session.selected_range == FrameRange(4, 5)
    QTest.keyClicks(hands.window, "\\")
    assert told == [FrameRange(3, 4), FrameRange(3, 9), FrameRange(10, 11), FrameRange(4, 5), None]


def test_a_range_ends_with_its_clip(drive, clip, long_clip):
    hands = drive(long_clip)
    hands.session.select_range(FrameRange(5, 1000))
    assert hands.session.selected_range == FrameRange(5, 400)
    hands.open(clip)
    hands.wait(lambda: hands.session.source_path == clip)
    assert hands.session.selected_range is None
