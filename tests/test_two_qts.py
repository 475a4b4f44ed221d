"""opencv-python carries a Qt of its own: it and PySide6 go together, whichever is imported first (docs/adr/0002)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app import system_packages

CV2, QT = "import cv2", "from PySide6.QtWidgets import QApplication, QLabel"
APPLICATION = "application = QApplication([])"
WINDOW = """
from pathlib import Path
import numpy as np
label = QLabel("text")
label.show()
application.processEvents()
still = np.zeros((64, 64), np.uint8)
assert cv2.calcOpticalFlowFarneback(still, still, None, 0.5, 3, 15, 3, 5, 1.2, 0).max() == 0
mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
print(application.platformName(), *{path.split("/")[-5] for path in mapped if "/platforms/" in path})
"""


def run(platform: str, *steps: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "\n".join((*steps, WINDOW))],
        env=os.environ | {"QT_QPA_PLATFORM": platform} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """The name of an X server's screen, where one can be started and Qt finds what it needs for it."""
    if shutil.which("Xvfb") is None or system_packages.missing_packages(window=True):
        pytest.skip("needs Xvfb and the packages of a window under X11")
    with subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        assert server.stdout is not None
        yield f":{int(server.stdout.readline())}"
        server.terminate()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere opencv-python carries no Qt")
@pytest.mark.parametrize("steps", [(CV2, QT, APPLICATION), (QT, APPLICATION, CV2)])
def test_without_a_screen_only_our_qt_draws(steps: tuple[str, ...]) -> None:
    done = run("offscreen", *steps)
    assert (done.returncode, done.stdout, done.stderr) == (0, "offscreen PySide6\n", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere opencv-python carries no Qt")
@pytest.mark.parametrize("steps", [(CV2, QT, APPLICATION), (QT, APPLICATION, CV2)])
def test_under_x11_only_our_qt_draws(screen: str, steps: tuple[str, ...]) -> None:
    done = run("xcb", *steps, DISPLAY=screen)
    assert (done.returncode, done.stdout, done.stderr) == (0, "xcb PySide6\n", "")
