"""What every test shares: the folder of real data, a screenless Qt, and few threads."""

import gc
import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for small networks a second thread costs more than it gives

import pytest

# Automatic collection runs in whatever thread allocates; in a worker it frees Qt objects under the window's hands.
# The program collects on the window's thread (app/collector.py); tests that use its parts alone don't collect.
gc.disable()

SHARED = Path(os.environ.get("FAMI_SHARED", Path(__file__).parents[1].parent / "shared")).resolve()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips, labels and oracles; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the folder of shared data is not at {SHARED}; set FAMI_SHARED to where it is")
    return SHARED
