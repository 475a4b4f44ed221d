"""`python main.py evaluate`: PoseTrack AP and MOTA."""

from __future__ import annotations

import argparse

from app.outputs import check_can_write, write_json
from app.terminal import Terminal
from core.metrics import posetrack_evaluation
from core.paths import files_of

GROUPS = ("Head", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "Mean")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Evaluates a folder of predictions and prints a table. Returns the exit status."""
    check_can_write(arguments.json, inputs=[*files_of(arguments.gt), *files_of(arguments.pred)])
    result = posetrack_evaluation(arguments.gt, arguments.pred)
    terminal.say("      " + "".join(f"{group:>10}" for group in GROUPS))
    for name, key in (("AP", "groups"), ("MOTA", "mota_groups")):
        terminal.say(f"{name:<6}" + "".join(f"{result[key][group]:>10.2f}" for group in GROUPS))
    if arguments.json is not None:
        write_json(arguments.json, result)
    return 0
