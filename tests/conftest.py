"""What every test shares: the folder of real data, a screenless Qt, few threads, and guards against leaks."""

import gc
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="state-")  # logs of tests that lie nowhere else
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for small networks a second thread costs more than it gives

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker

from tests.guards import PATIENCE_S, LeftBehind, QtWords, Timers

# The same examples in each run, however slow the machine is. More of them, by chance: --hypothesis-profile=explore
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")

# Automatic collection runs in whatever thread allocates; in a worker it frees Qt objects under the window's hands.
# The program collects on the window's thread (app/threads/collector.py); tests that use its parts alone don't collect.
gc.disable()

SHARED = Path(os.environ.get("FAMI_SHARED", Path(__file__).parents[1].parent / "shared")).resolve()
PATIENCE_MS = round(PATIENCE_S * 1000)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips, labels and oracles; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the folder of shared data is not at {SHARED}; set FAMI_SHARED to where it is")
    return SHARED


@pytest.fixture(scope="session")
def qt_words() -> Iterator[QtWords]:
    """What Qt says while the tests run."""
    words = QtWords()
    words.listen()
    yield words
    words.rest()


@pytest.fixture(scope="session")
def timers() -> Iterator[Timers]:
    """The timers that run."""
    timers = Timers()
    timers.watch()
    yield timers
    timers.rest()


@pytest.fixture(autouse=True)
def nothing_left_behind(qt_words: QtWords, timers: Timers) -> Iterator[None]:
    """Fails a test that leaves a thread, a timer or a window, or of which Qt warned. Begins first, ends last."""
    left_behind = LeftBehind(timers)
    yield
    faults = left_behind.found() + [f"Qt warned: {words}" for words in qt_words.take()]
    assert not faults, "\n".join(faults)


class PatientBot(QtBot):
    """Waits as long as a busy machine needs: how long something takes is no test's business."""

    def waitUntil(self, callback: Callable[[], object], *, timeout: int = PATIENCE_MS) -> None:  # noqa: N802 - pytest-qt's
        """Runs the event loop until the callback is true."""
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: object, *, timeout: int = PATIENCE_MS, **options: object) -> SignalBlocker:  # noqa: N802
        """Runs the event loop until the signal comes."""
        return super().waitSignal(signal, timeout=timeout, **options)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """pytest-qt's, with more patience."""
    return PatientBot(request)
