"""Lets a monkey at the window for some time, and says what broke.

    python -m tests.monkey --seconds 3600 --seed 1 [--steps N] [--rest-every S] [--log FILE]

Without a screen, in a folder of its own, on the demo clip and two others (from the folder of shared data where there is
one, else made here). Exit status 1 with a line per fault and a count on the last line. A seed makes the same choices at
the same step; what they meet may differ by how fast the machine is.
"""

import argparse
import faulthandler
import gc
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from PySide6.QtWidgets import QApplication

from app.ui import theme
from tests.guards import LeftBehind, QtWords, Timers
from tests.monkey.outing import Outing
from tests.monkey.watch import ErrorsHeard, Faults, Memory, TurnWatch, open_files
from tests.monkey.world import World, make_world

SHARED = Path(os.environ.get("FAMI_SHARED", Path(__file__).parents[2].parent / "shared")).resolve()
GROWTH_MB = 50.0
"""By how much memory may rise after the warm-up."""
CALM_S = 4.0
"""Of a rest before memory is looked at: what is free is given back once nobody has asked for anything for a while."""


def main() -> int:
    """Runs it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.monkey", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="how long (default 120)")
    parser.add_argument("--seed", type=int, default=1, help="what is chosen (default 1)")
    parser.add_argument("--steps", type=int, default=10**12, help="end after so many steps")
    parser.add_argument("--rest-every", type=float, default=30.0, help="seconds between looks at the memory")
    parser.add_argument("--log", type=Path, help="write each step here")
    options = parser.parse_args()
    faulthandler.enable()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    theme.apply(application)
    given = tuple(SHARED / "data" / "video" / name for name in ("dance.mp4", "juggle.mp4"))
    with tempfile.TemporaryDirectory(prefix="monkey-") as folder:
        world = make_world(Path(folder), given if all(map(Path.is_file, given)) else ())
        faults, memory, notes = let_loose(world, options)
    growth_mb = memory.growth_mb()
    if growth_mb > GROWTH_MB:
        faults.add("memory", f"grew by {growth_mb:.0f} MB after the warm-up")
    for line in (*notes, f"memory after the warm-up: {growth_mb:+.0f} MB", *faults.lines()):
        print(line)
    print(f"{faults.total} faults with seed {options.seed}")
    return 1 if faults.total else 0


def let_loose(world: World, options: argparse.Namespace) -> tuple[Faults, Memory, list[str]]:
    """Runs the monkey, and gives what it found, the memory at each rest, and what else is worth knowing."""
    faults, memory, words, timers = Faults(), Memory(), QtWords(), Timers()
    words.listen()
    timers.watch()
    left_behind = LeftBehind(timers)
    with ErrorsHeard(faults), TurnWatch(faults) as watch:
        done = _walk(Outing(world, options.seed, faults, watch, calm_s=CALM_S), options, memory, words, watch)
        gc.collect()
    for line in left_behind.found():
        faults.add("left behind", line)
    for warning in words.take():
        faults.add("Qt warned", warning)
    timers.rest()
    words.rest()
    notes = [f"stood and waited {times} times: {where}" for where, times in watch.waits.most_common(8)]
    notes.append(f"longest turn {watch.longest_s * 1000:.0f} ms; {done} different actions done")
    return faults, memory, notes


def _walk(outing: Outing, options: argparse.Namespace, memory: Memory, words: QtWords, watch: TurnWatch) -> int:
    """From the opened window to the closed one; returns how many different actions were done."""
    began_s, monkey, faults = time.monotonic(), outing.monkey, outing.faults
    with ExitStack() as stack:
        if options.log is not None:
            log = stack.enter_context(options.log.open("w", encoding="utf-8", buffering=1))
            monkey.log = lambda line: print(line, file=log)

        def over() -> bool:
            return time.monotonic() - began_s > options.seconds or monkey.steps >= options.steps

        while not over():
            until_s = time.monotonic() + options.rest_every
            monkey.run(lambda until_s=until_s: over() or time.monotonic() > until_s)
            outing.rest()
            mb = memory.look()
            for warning in words.take():
                faults.add("Qt warned", warning)
            print(
                f"{time.monotonic() - began_s:6.0f} s {monkey.steps:8} steps {mb:6.0f} MB {open_files():4} files, "
                f"longest turn {watch.longest_s * 1000:.0f} ms, {faults.total} faults",
                *faults.fresh(),
                sep="\n    ",
                flush=True,
            )
        outing.quit()
        return len(monkey.actions)


if __name__ == "__main__":
    sys.exit(main())
