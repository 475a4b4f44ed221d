"""What no test may leave behind or pass over: threads, timers and windows that live on, and Qt's warnings.

What a program leaves behind crashes it later, somewhere else; a warning of Qt is a fault that Qt survived.
"""

import re
import threading
import time
import weakref
from collections.abc import Callable

import shiboken6
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QMessageLogContext,
    QThreadPool,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

QT_NOISE = re.compile(
    # The screenless platform has no window manager that could be told a window's smallest size, or to raise a window.
    # Nor is there a keyboard that an open menu could grab.
    r"^This plugin does not support ((propagateSizeHints|raise)\(\)|grabbing the keyboard)"
)
"""What Qt says without anybody's fault."""

PATIENCE_S = 120.0
"""How long a thread that was told to end may take, on a machine that is busy with something else."""


class QtWords:
    """Keeps what Qt warns of, in this process, from `listen` to `rest`."""

    def __init__(self) -> None:
        self._warnings: list[str] = []
        self._before: Callable[[QtMsgType, QMessageLogContext, str], None] | None = None

    def listen(self) -> None:
        """Takes Qt's messages."""
        self._before = qInstallMessageHandler(self._hear)

    def rest(self) -> None:
        """Leaves them to whoever had them before."""
        qInstallMessageHandler(self._before)

    def take(self) -> list[str]:
        """The warnings since the last call, in order."""
        taken, self._warnings = self._warnings, []
        return taken

    def _hear(self, kind: QtMsgType, _context: QMessageLogContext, words: str) -> None:
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) and not QT_NOISE.search(words):
            self._warnings.append(words)


class Timers:
    """Knows every QTimer that Python starts from `watch` to `rest`."""

    def __init__(self) -> None:
        self._started: weakref.WeakSet[QTimer] = weakref.WeakSet()
        self._real = QTimer.start

    def watch(self) -> None:
        """Notes timers as they are started."""
        started, real = self._started, self._real

        def start(timer: QTimer, *interval: int) -> None:
            started.add(timer)
            real(timer, *interval)

        QTimer.start = start

    def rest(self) -> None:
        """Notes no more."""
        QTimer.start = self._real

    def running(self) -> set[QTimer]:
        """Those that run now."""
        return {timer for timer in self._started if shiboken6.isValid(timer) and timer.isActive()}


class LeftBehind:
    """What a test started and did not end, by comparison with what was there when this object was made."""

    def __init__(self, timers: Timers, patience_s: float = PATIENCE_S) -> None:
        """Threads may take `patience_s` to end."""
        self._timers, self._patience_s = timers, patience_s
        self._threads_before = set(threading.enumerate())
        self._timers_before = timers.running()
        self._windows_before = _shown_windows()

    def found(self) -> list[str]:
        """One line for each thing; waits for threads that are about to end, and deletes what was to be deleted."""
        if QCoreApplication.instance() is not None:
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        ends = time.monotonic() + self._patience_s
        for thread in self._threads():
            thread.join(max(ends - time.monotonic(), 0.0))
        QThreadPool.globalInstance().waitForDone(round(max(ends - time.monotonic(), 0.0) * 1000))
        lines = [f"the thread {thread.name!r} still runs" for thread in self._threads()]
        lines += [
            f"a timer of {timer.parent() or 'nobody'} still runs, every {timer.interval()} ms"
            for timer in self._timers.running() - self._timers_before
        ]
        lines += [f"the window {window!r} is still shown" for window in _shown_windows() - self._windows_before]
        if QThreadPool.globalInstance().activeThreadCount():
            lines.append("a thread of Qt's pool still runs")
        return lines

    def _threads(self) -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread not in self._threads_before and thread.is_alive()]


def _shown_windows() -> set[object]:
    if not isinstance(QApplication.instance(), QApplication):
        return set()
    return {window for window in QApplication.topLevelWidgets() if window.isVisible()}
