"""`python main.py bench`: runs the scripts in benchmarks/, the motion bench, or the loop's."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from app.arguments import BENCHMARKS, LOOP_BENCH, MOTION_BENCH
from app.terminal import Terminal
from core.errors import FamiError
from core.files.outputs import check_can_write, write_json
from core.files.replacing import replacing

ALONE = (LOOP_BENCH, "hand")
"""Benches whose JSON holds their figures themselves where they are run alone; others stand under their names."""


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Runs each benchmark in a process of its own; each takes `--json FILE` and prints what it found."""
    check_can_write(arguments.json)
    scripts = {path.stem: path for path in sorted(BENCHMARKS.glob("[!_]*.py"))}
    if not scripts:
        raise FamiError("There are no benchmarks in this version yet.")
    names = arguments.names or list(scripts)
    results = {name: _run_one(name, scripts.get(name), arguments, terminal) for name in names}
    if arguments.json is not None:
        write_json(arguments.json, results[names[0]] if len(names) == 1 and names[0] in ALONE else results)
    return 0


def _run_one(name: str, script: Path | None, arguments: argparse.Namespace, terminal: Terminal) -> object:
    if script is not None:
        return run_script(script, terminal)
    if name == MOTION_BENCH:
        return run_motion(arguments, terminal)
    from app.commands.bench_loop import run_loop  # noqa: PLC0415 - torch, likewise

    return run_loop(arguments, terminal)


def run_motion(arguments: argparse.Namespace, terminal: Terminal) -> object:
    """Trains and compares the lines of the paper's Tables 6 and 7; what is finished is kept for the next start.

    Returns:
        The result as plain values; it also goes to a CSV beside the JSON, or to the bench's own folder.
    """
    from core.training.bench import motion as bench  # noqa: PLC0415 - torch, which other benchmarks don't need here
    from core.training.bench import motion_tables as tables  # noqa: PLC0415

    config = bench.read_bench_config()
    with terminal.progress("Motion bench") as progress:

        def on_progress(step: bench.BenchProgress) -> None:
            progress(step.done, step.total)
            if step.finished is not None:
                terminal.say(tables.run_text(step.finished, step.seconds_left))
                terminal.output.flush()

        motion = bench.MotionBench(config, arguments.size, on_progress)
        terminal.say(f"motion, {arguments.size}: {len(bench.LINES)} lines, {len(config.seeds)} seeds; {motion.folder}")
        terminal.output.flush()
        runs = motion.run()
    summary = tables.summary(runs, config)
    terminal.say("\n" + tables.as_text(summary) + "\n\n" + tables.motion_text(runs))
    result = {
        "size": arguments.size, "weights_sha256": motion.weights.sha256, "config": motion.described,
        "summary": summary, "runs": [run.to_dict() for run in runs],
    }  # fmt: skip
    path = arguments.json or motion.folder / "result.json"
    write_json(motion.folder / "result.json", result)
    with replacing(path.with_suffix(".csv")) as partial:
        partial.write_text(tables.as_csv(summary), encoding="utf-8")
    terminal.say(f"{path} and {path.with_suffix('.csv').name}: written.")
    return result


def run_script(path: Path, terminal: Terminal) -> object:
    """Runs one benchmark; returns what it wrote as JSON. Raises FamiError if it fails."""
    terminal.say(f"{path.stem}:")
    terminal.output.flush()
    with tempfile.TemporaryDirectory() as folder:
        result_path = Path(folder) / "result.json"
        command = [sys.executable, str(path), "--json", str(result_path)]
        done = subprocess.run(command, cwd=BENCHMARKS.parent, stdin=subprocess.DEVNULL, check=False)  # noqa: S603 - our own script
        if done.returncode != 0 or not result_path.is_file():
            raise FamiError(
                f"The benchmark {path.stem} failed (status {done.returncode}); its own lines above say why."
            )
        result: object = json.loads(result_path.read_text(encoding="utf-8"))
        return result
