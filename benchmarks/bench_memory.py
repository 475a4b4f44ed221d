"""Memory of predicting with HRNet-W48 at 384x288 and a window of five on the processor, and of loading it.

    python benchmarks/bench_memory.py [--json FILE]

Peaks are of processes of their own (VmHWM, resident memory), above what importing Qt, torch and torchvision takes.
Loading into a network that is there already maps the file: those pages are the system's cache of the file, which it
takes back when it needs them, so there the memory that is not backed by a file is counted (RssAnon, sampled).
Linux only. Ends with an error where a limit is passed; other work on the machine moves the numbers.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._results import tell

ROOT = Path(__file__).resolve().parents[1]
LIMIT_MB = 700
"""What predicting may take."""
LOADING_LIMIT = 1.6
"""How often the file's size loading may take: our own modules and one layer at a time are in it too."""
INTO_EXISTING_LIMIT = 0.25
"""Likewise of loading into a network that is there already, beside what the network itself takes."""
_PREPARE = """
import sys, threading, time
import core  # sets how OpenMP waits, before torch
import PySide6.QtWidgets, torch, torchvision
from torchvision.ops import deform_conv2d
from pathlib import Path
def memory(which):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which)) / 1024
imported = memory("VmHWM:")
from core.model import FamiPose, FamiPoseConfig, HRNet, Predictor, Request, load_model, load_weights
path = sys.argv[1]
"""
_SAVE = _PREPARE + "torch.save(HRNet('w48').state_dict(), path)"
_PREDICT = (
    _PREPARE
    + """
import numpy as np
loaded = load_model(path, keypoints="posetrack", folded=True)
after_loading = memory("VmHWM:") - imported
torch.nn.init.constant_(loaded.model.gain, 0.1)  # else the neighbours would be left out
torch.nn.init.zeros_(loaded.model.head_after.weight)  # random weights of 300 layers overflow
predictor = Predictor(loaded, "cpu")
request = Request(5, 0, (100.0, 100.0, 120.0, 200.0))
started = time.perf_counter()
prediction = predictor.predict([request], lambda i: np.full((480, 640, 3), 20 * i, np.uint8), 11)[0]
assert prediction.heatmaps.shape == (17, 96, 72) and predictor.offsets == (-2, -1, 1, 2)
print(after_loading, memory("VmHWM:") - imported, time.perf_counter() - started)
"""
)
_LOAD = (
    _PREPARE
    + """
model = FamiPose(FamiPoseConfig("w48"))
before, peak, loading = memory("RssAnon:"), [0.0], True
def sample():
    while loading:
        peak[0] = max(peak[0], memory("RssAnon:") - before)
        time.sleep(0.002)
sampler = threading.Thread(target=sample)
sampler.start()
load_weights(model, path, keypoints="posetrack")
loading = False
sampler.join()
print(peak[0])
"""
)


def measure() -> dict[str, float]:
    """Megabytes (2^20 bytes) by what they are of, and the seconds of one prediction."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w48_384x288.pth"
        _child(_SAVE, path)
        loading, predicting, seconds = _child(_PREDICT, path)
        (into_existing,) = _child(_LOAD, path)
        file_mb = path.stat().st_size / 2**20
    return {
        "file_mb": file_mb,
        "load_model_mb": loading,
        "load_weights_into_a_network_mb": into_existing,
        "predict_mb": predicting,
        "limit_mb": LIMIT_MB,
        "seconds": seconds,
    }


def beyond(result: Mapping[str, Any]) -> list[str]:
    """Which of the numbers are beyond their limits."""
    limits = {
        "predict_mb": LIMIT_MB,
        "load_model_mb": LOADING_LIMIT * result["file_mb"],
        "load_weights_into_a_network_mb": INTO_EXISTING_LIMIT * result["file_mb"],
    }
    return [f"{name} is beyond {limit:.0f}" for name, limit in limits.items() if result[name] > limit]


def _child(program: str, path: Path) -> list[float]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return [float(number) for number in done.stdout.split()]


def main() -> None:
    """Prints the numbers, and writes them to a file where one is named."""
    if found := beyond(tell(__doc__, measure)):
        sys.exit("error: " + ", ".join(found))


if __name__ == "__main__":
    main()
