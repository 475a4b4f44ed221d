"""`python main.py finetune`: one round of training on a project's corrections."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from core.training.finetune import FinetuneSettings, RoundReport, finetune

from app.outputs import check_can_write, write_json
from app.terminal import Terminal
from app.weights import find_weights, project_weights
from core.project import Project


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Trains one round and says what it did to the error. Returns the exit status."""
    check_can_write(arguments.json)
    with Project.open(arguments.project, read_only=True) as project:
        own = project_weights(project) if arguments.weights is None else None
        out_folder = project.weights_folder
    weights_path = own or find_weights(arguments.weights)
    with terminal.progress("Training") as progress:

        def on_progress(event: Any) -> None:
            progress(event.step, event.steps)

        report = finetune(
            arguments.project,
            weights_path,
            out_folder,
            FinetuneSettings(device=arguments.device),
            on_progress,
            lambda: False,
        )
    _say(report, terminal)
    if arguments.json is not None:
        write_json(arguments.json, asdict(report))
    return 0


def _say(report: RoundReport, terminal: Terminal) -> None:
    before, after = report.before["mean"], report.after["mean"]
    frames = len(report.held_out_frames)
    terminal.say(
        f"Mean error on {frames} held-out frames: {before:.4f} before, {after:.4f} after (of the person's size)."
    )
    terminal.say(
        f"Weights: {report.weights} ({'accepted' if report.accepted else 'not accepted: they are not better'})."
    )
