"""`python main.py train`: training as a configuration file says."""

from __future__ import annotations

import argparse

from app.terminal import Terminal
from core.errors import TrainingError
from core.training.train import TrainingProgress
from core.training.train import main as train


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Trains, or goes on with a training that was interrupted. Returns the exit status."""
    if not arguments.config.is_file():
        raise TrainingError(
            f"There is no configuration at {arguments.config}; the starter's is resources/configs/starter.toml."
        )
    with terminal.progress("Training") as progress:

        def on_progress(step: TrainingProgress) -> None:
            progress(step.done, step.total)

        weights_path = train(arguments.config, on_progress)
    terminal.say(f"{weights_path}: weights written.")
    return 0
