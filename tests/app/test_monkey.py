"""A monkey at the real window for some hundred steps: nothing breaks, Qt warns of nothing, no thread is left.

How long turns take and what memory is held depends on the machine: `python -m tests.monkey` measures both.
"""

import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.weights import detectors
from tests.monkey.outing import Outing
from tests.monkey.watch import ErrorsHeard, Faults
from tests.monkey.world import make_world

STEPS = 700


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_a_monkey_breaks_nothing(seed: int, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # given back after the test
    theme.apply(qapp)
    faults = Faults()
    monkeypatch.setattr(detectors, "FOR_PROCESSORS", detectors.FOR_PROCESSORS)  # likewise
    with ErrorsHeard(faults):
        outing = Outing(make_world(tmp_path), seed, faults)
        outing.monkey.run(lambda: outing.monkey.steps >= STEPS)
        outing.rest()
        outing.quit()
    assert len(outing.monkey.actions) > 50
    assert not faults.lines()
