"""`python main.py bench`: runs the scripts in benchmarks/."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from app.arguments import BENCHMARKS
from app.outputs import check_can_write, write_json
from app.terminal import Terminal
from core.errors import FamiError


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Runs each benchmark in a process of its own; each takes `--json FILE` and prints what it found."""
    check_can_write(arguments.json)
    scripts = {path.stem: path for path in sorted(BENCHMARKS.glob("[!_]*.py"))}
    if not scripts:
        raise FamiError("There are no benchmarks in this version yet.")
    results = {name: run_script(scripts[name], terminal) for name in arguments.names or scripts}
    if arguments.json is not None:
        write_json(arguments.json, results)
    return 0


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
