"""`python main.py doctor`: what this machine has and lacks."""

from __future__ import annotations

import argparse

from app.doctor import findings
from app.terminal import Terminal


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Prints the report. Returns 0, or 1 if something will not work."""
    del arguments
    wrong = 0
    for finding in findings():
        wrong += not finding.fine
        terminal.say(f"{'ok     ' if finding.fine else 'PROBLEM'}  {finding.name}: {finding.text}")
    return int(wrong > 0)
