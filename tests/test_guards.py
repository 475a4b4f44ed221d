"""The guards themselves: they name what a test leaves behind, and hear Qt."""

import threading

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from tests.guards import LeftBehind, QtWords, Timers


def test_a_thread_that_goes_on_is_named(timers: Timers) -> None:
    left_behind, end = LeftBehind(timers, patience_s=0.01), threading.Event()
    thread = threading.Thread(target=end.wait, name="forgotten")
    thread.start()
    assert left_behind.found() == ["the thread 'forgotten' still runs"]
    end.set()
    thread.join()
    assert left_behind.found() == []


def test_a_timer_that_goes_on_is_named_and_one_of_a_deleted_widget_is_not(timers: Timers, qapp: object) -> None:
    left_behind, widget = LeftBehind(timers), QWidget()
    for parent in (None, widget):
        timer = QTimer(parent)
        timer.start(1000)
        if parent is None:
            assert left_behind.found() == ["a timer of nobody still runs, every 1000 ms"]
            timer.stop()
    widget.deleteLater()
    assert left_behind.found() == []


def test_a_window_that_is_still_shown_is_named(timers: Timers, qapp: object) -> None:
    left_behind, widget = LeftBehind(timers), QWidget()
    widget.show()
    (line,) = left_behind.found()
    assert line.startswith("the window ") and line.endswith(" is still shown")
    widget.close()
    assert left_behind.found() == []


def test_a_warning_of_qt_is_heard(qt_words: QtWords, qapp: object) -> None:
    timer = QTimer()
    timer.start(1000)
    other = threading.Thread(target=timer.stop)
    other.start()
    other.join()
    assert qt_words.take() == ["QObject::killTimer: Timers cannot be stopped from another thread"]
    timer.stop()
