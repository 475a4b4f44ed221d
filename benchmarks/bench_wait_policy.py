"""Predicting beside another busy process: OpenMP threads that spin, against threads that wait passively.

    python benchmarks/bench_wait_policy.py [--json FILE]

Each run is a process of its own that passes the same crops through the small backbone, while one more process does
the same without end. The ratio is spinning / passive, run by run in turn.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
WORK = """
import sys, time, torch
from core.model import HRNet
torch.manual_seed(0)
network, crops = HRNet("w16").eval(), torch.rand(10, 3, 128, 96)
with torch.inference_mode():
    network(crops)
    started = time.perf_counter()
    passes = 0
    while sys.argv[1] == "forever" or passes < 12:
        network(crops)
        passes += 1
print(time.perf_counter() - started)
"""


def command(how_long: str) -> list[str]:
    """The work as a process."""
    return [sys.executable, "-c", WORK, how_long]


def seconds(policy: str) -> float:
    """How long the work takes with a wait policy."""
    environment = os.environ | {"OMP_WAIT_POLICY": policy, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command("once"), env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout)


def main() -> None:
    """Prints the pairs and the median ratio, and writes them to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    busy = subprocess.Popen(command("forever"), env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        pairs = [(seconds("ACTIVE"), seconds("PASSIVE")) for _ in range(3)]
    finally:
        busy.kill()
        busy.wait()
    ratio = median(spinning / passive for spinning, passive in pairs)
    for spinning, passive in pairs:
        print(f"spinning {spinning:6.2f} s   passive {passive:6.2f} s   ratio {spinning / passive:.2f}")
    print(f"median ratio {ratio:.2f}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"pairs_s": pairs, "median_ratio": ratio}), encoding="utf-8")


if __name__ == "__main__":
    main()
