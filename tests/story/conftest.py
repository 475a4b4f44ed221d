"""The whole program on a screenless Qt, with folders of its own for what it keeps."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.application import Program
from app.ui import theme


class Driver:
    """A person at the window: waits for what is shown, and uses mouse and keys."""

    def __init__(self, qtbot) -> None:
        self.qtbot = qtbot
        self.program = Program(device="cpu")
        self.window = self.program.window
        self.session = self.program.session
        self.window.resize(1280, 720)
        self.window.show()

    def wait(self, condition: Callable[[], object], timeout_s: float = 240.0, what: str = "it") -> None:
        """Runs the event loop until the condition holds."""
        ends = time.monotonic() + timeout_s
        while not condition():
            # Not QTest.qWait, which holds Python's lock: every thread of the program would crawl meanwhile.
            loop = QEventLoop()
            QTimer.singleShot(10, loop.quit)
            loop.exec()
            assert time.monotonic() < ends, f"waited in vain for {what}; the bar says {self.window.error_text!r}"

    def idle(self, timeout_s: float = 240.0) -> None:
        self.wait(lambda: not self.program.tasks.running(), timeout_s, "the tasks to end")

    def open(self, path: Path) -> None:
        self.program.opening.open(path)
        self.wait(lambda: self.session.shown is not None or self.window.error_text, what=f"{path.name} to open")

    def go_to(self, frame_index: int) -> None:
        self.session.playback.go_to(frame_index)
        self.wait(lambda: self.session.frame_index == frame_index, what=f"frame {frame_index}")

    def do(self, action: str) -> None:
        assert self.window.action(action).isEnabled(), f"{action} is disabled"
        self.window.action(action).trigger()
        QApplication.processEvents()

    def drag(self, start_xy, end_xy, button=Qt.MouseButton.LeftButton) -> None:
        """Drags on the canvas between two places of the picture."""
        canvas = self.window.canvas
        start, end = (self._at(x, y) for x, y in (start_xy, end_xy))
        viewport = canvas.viewport() if hasattr(canvas, "viewport") else canvas
        QTest.mouseMove(viewport, start)
        QTest.mousePress(viewport, button, Qt.KeyboardModifier.NoModifier, start)
        for step in range(1, 6):
            between = QPointF(start) + (QPointF(end) - QPointF(start)) * step / 5
            QTest.mouseMove(viewport, between.toPoint())
            QApplication.processEvents()
        QTest.mouseRelease(viewport, button, Qt.KeyboardModifier.NoModifier, end)
        QApplication.processEvents()

    def click(self, xy, button=Qt.MouseButton.LeftButton) -> None:
        canvas = self.window.canvas
        viewport = canvas.viewport() if hasattr(canvas, "viewport") else canvas
        QTest.mouseClick(viewport, button, Qt.KeyboardModifier.NoModifier, self._at(*xy))
        QApplication.processEvents()

    def _at(self, x: float, y: float) -> QPoint:
        return self.window.canvas.viewport_position(x, y)

    def picture(self, path: Path) -> None:
        QApplication.processEvents()
        assert self.window.grab().save(str(path))

    def close(self) -> None:
        self.window.close()
        QApplication.processEvents()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture
def drive(qtbot) -> Iterator[Callable[[], Driver]]:
    """Starts the program; each call is a start anew."""
    theme.apply(QApplication.instance())
    drivers: list[Driver] = []

    def start() -> Driver:
        drivers.append(Driver(qtbot))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.close()
        # Here and now: a Qt object in a cycle would else be freed by whichever thread collects garbage, and crash.
        driver.program.deleteLater()
        driver.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
