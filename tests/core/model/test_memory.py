"""W48 predicts within its memory, and no checkpoint is held twice; measured in processes of their own."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "bench_memory.py"


@pytest.mark.slow
@pytest.mark.timeout(900)  # four processes that import torch and Qt, on a machine that may be busy
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks are read from Linux's /proc")
def test_w48_at_384x288_predicts_within_its_memory_and_no_checkpoint_is_held_twice():
    spec = importlib.util.spec_from_file_location("bench_memory", SCRIPT)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    result = bench.measure()
    assert result["predict_mb"] < bench.LIMIT_MB
    assert result["load_model_mb"] < 1.6 * result["file_mb"]  # our own modules and one layer at a time are in it too
    assert result["load_weights_into_a_network_mb"] < 0.25 * result["file_mb"]  # beside the network's own
