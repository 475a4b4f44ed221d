"""`python main.py repair`: what can be saved of a damaged project."""

from __future__ import annotations

import argparse

from app.terminal import Terminal
from core.project.rescue.repairing import repair


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Repairs a project that is damaged, and says what was saved and what is missing. Returns the exit status."""
    with terminal.progress(f"Repairing {arguments.project.name}") as progress:
        report = repair(arguments.project, progress)
    for sentence in report.sentences():
        terminal.say(sentence)
    return 0
