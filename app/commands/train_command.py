"""`python main.py train`: training as a configuration file says."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from app.terminal import Terminal
from core.errors import TrainingError
from core.training.learning.recipe import read_recipe
from core.training.trainer.memory_estimate import memory_sentence
from core.training.trainer.train import TrainingProgress
from core.training.trainer.train import main as train


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Trains, or goes on with a training that was interrupted. Returns the exit status.

    Ctrl+C lets the step end and writes a checkpoint; a second one ends at once.
    """
    if not arguments.config.is_file():
        raise TrainingError(
            f"There is no configuration at {arguments.config}; the starter's is resources/configs/starter.toml."
        )
    if arguments.estimate:
        terminal.say(memory_sentence(read_recipe(arguments.config)))
        return 0
    with terminal.progress("Training") as progress, _told(terminal), _interruptible() as interrupted:

        def on_progress(step: TrainingProgress) -> None:
            progress(step.done, step.total)

        weights_path = train(arguments.config, on_progress, lambda: bool(interrupted))
    terminal.say(f"{weights_path}: weights written.")
    return 0


class _BesideProgress(logging.Handler):
    """Writes to what standard error is at the time: a progress bar puts itself in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a line."""
        sys.stderr.write(self.format(record) + "\n")


@contextmanager
def _told(terminal: Terminal) -> Iterator[None]:
    """Where somebody watches, what the trainer has to say stands above the progress bar."""
    logger = logging.getLogger("core.training")
    handler = _BesideProgress()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    before = logger.level
    if terminal.errors.isatty():
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """A list that is empty until somebody presses Ctrl+C; then Ctrl+C works as ever again."""
    pressed: list[int] = []

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
