"""Kills the program at random moments while it works, and checks each time that nothing acknowledged is lost.

    python -m tests.kills --count 500 --seed 1 [--ways edit,predict]

Exit status 1 with a line per fault and a count on the last line.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.kills.driver import WAYS
from tests.kills.killing import Killer


def main() -> int:
    """Runs it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20, help="how many kills (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="when and what (default 1)")
    parser.add_argument("--ways", default=",".join(WAYS), help=f"what is under way, of {', '.join(WAYS)}")
    options = parser.parse_args()
    ways = options.ways.split(",")
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="kills-") as folder, Killer(Path(folder), options.seed) as killer:
        for number in range(options.count):
            found = killer.kill_one(ways[number % len(ways)])
            faults += found
            for fault in found:
                print(fault, flush=True)
            if number % 50 == 49:
                print(f"{number + 1} kills, {killer.entries} entries acknowledged, {len(faults)} faults", flush=True)
        print(", ".join(f"{count} {way}" for way, count in killer.kills.items()))
        told = f"{options.count} kills, {killer.entries} entries acknowledged, {len(faults)} faults"
    print(f"{told} with seed {options.seed}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
