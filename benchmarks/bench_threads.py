"""How many threads an operation of the network should use, and what folding batch norms gives, side by side.

    python benchmarks/bench_threads.py [--json FILE]

For each backbone at its usual crop: seconds for a key frame with four neighbours, by turns with one thread for each
operation and with all; then with batch norms as they are and folded. A ratio above 1 speaks for one thread, and for
folding. Ratios of runs by turns stay comparable on a machine that does other work; seconds don't.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

CROPS_HW = {"w16": (128, 96), "w32": (256, 192), "w48": (384, 288)}
PASSES = {"w16": 12, "w32": 3, "w48": 2}


def ratio(first: Callable[[], None], second: Callable[[], None], passes: int) -> dict[str, float]:
    """Median seconds of both, run by turns after one that does not count, and the median of first / second."""
    pairs = [(_seconds(first), _seconds(second)) for _ in range(passes + 1)][1:]
    return {
        "first_s": median(a for a, _ in pairs),
        "second_s": median(b for _, b in pairs),
        "ratio": median(a / b for a, b in pairs),
    }


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(backbone: str) -> dict[str, dict[str, float]]:
    """The two comparisons of one backbone."""
    import torch

    import core  # noqa: F401 - sets how OpenMP waits, before torch
    from core.model import FamiPose, FamiPoseConfig
    from core.model.device import ALL_THREADS, intra_op_threads
    from core.model.network.folding import fold_batch_norms

    plain = FamiPose(FamiPoseConfig(backbone)).eval().to(memory_format=torch.channels_last)
    folded = deepcopy(plain)
    fold_batch_norms(folded)
    folded.to(memory_format=torch.channels_last)
    key, supporting = torch.randn(1, 3, *CROPS_HW[backbone]), torch.randn(1, 4, 3, *CROPS_HW[backbone])

    def run(model: FamiPose, threads: int) -> Callable[[], None]:
        def work() -> None:
            with torch.inference_mode(), intra_op_threads(threads):
                model(key, supporting)

        return work

    small = backbone == "w16"
    threads = 1 if small else ALL_THREADS
    return {
        "all threads / one thread": ratio(run(folded, ALL_THREADS), run(folded, 1), PASSES[backbone]),
        "batch norms / folded": ratio(run(plain, threads), run(folded, threads), PASSES[backbone]),
    }


def main() -> None:
    """Prints the comparisons, and writes them to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--backbones", nargs="+", choices=CROPS_HW, default=list(CROPS_HW))
    arguments = parser.parse_args()
    results = {}
    for backbone in arguments.backbones:
        results[backbone] = measure(backbone)
        for name, numbers in results[backbone].items():
            print(
                f"{backbone}  {name:26s} {numbers['first_s']:7.3f} s / {numbers['second_s']:7.3f} s"
                f" = {numbers['ratio']:.2f}"
            )
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
