"""`python main.py formats`: every format, what it reads, writes, keeps and cannot keep."""

from __future__ import annotations

import argparse

from app.terminal import Terminal
from core.formats.known import KNOWN_FORMATS


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Prints a paragraph a format. Returns the exit status."""
    del arguments
    for one in KNOWN_FORMATS:
        does = " and ".join(word for word, yes in (("read", one.is_read), ("written", one.is_written)) if yes)
        needs = f" Needs the package {one.needs}." if one.needs else ""
        terminal.say(f"{one.name} ({one.suffix}): {one.of}. {does.capitalize()}.{needs}")
        terminal.say(f"    keeps {one.keeps}" + (f"; cannot keep {one.cannot_keep}" if one.cannot_keep else ""))
    return 0
