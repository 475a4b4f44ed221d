"""What the command line says: results, one-line errors, and a progress bar where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all."""


class Terminal:
    """The two streams of a command.

    Attributes:
        output: where results go.
        errors: where errors, notes and progress go, so that a pipe carries results only.
    """

    def __init__(self, output: IO[str] | None = None, errors: IO[str] | None = None) -> None:
        self.output = sys.stdout if output is None else output
        self.errors = sys.stderr if errors is None else errors

    def say(self, text: str) -> None:
        """Writes a line of the result."""
        self.output.write(text + "\n")

    def note(self, text: str) -> None:
        """Writes a line for whoever watches; nothing in a pipe."""
        if self.errors.isatty():
            self.errors.write(text + "\n")

    def error(self, text: str) -> None:
        """Writes an error as one line, whatever line breaks its text holds."""
        self.errors.write(f"error: {' '.join(text.split())}\n")

    @contextmanager
    def progress(self, what: str) -> Iterator[Progress]:
        """A progress bar with the time left; silent where the errors do not go to a terminal."""
        if not self.errors.isatty():
            yield lambda done, total: None
            return
        from rich.console import Console  # noqa: PLC0415 - only a terminal pays for it
        from rich.progress import Progress as Bar  # noqa: PLC0415

        with Bar(console=Console(file=self.errors), transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
