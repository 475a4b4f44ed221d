"""Reads a file in a process of its own, where what reads it may crash, hang or fill the memory: of compiled libraries.

The child hands back JSON values, so that nothing it was made to send can run anything here. It takes about a third of
a second to begin, and what its reader imports.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from core.files.checkout import REPOSITORY

MOST_SECONDS = 120.0
MOST_BYTES = 4 * 2**30
_OFTEN_S = 0.05


class ChildError(Exception):
    """The reader raised, crashed, or took too much time or memory; its text is a reason for a sentence in brackets."""


def read_in_child(
    reader: Callable[[str], Any],
    path: str,
    *,
    on_wait: Callable[[], None] = lambda: None,
    seconds: float = MOST_SECONDS,
) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What a function of a module makes of a path, computed in a child.

    Args:
        reader: a function at the top of its module; it returns JSON values.
        path: its argument.
        on_wait: called some times a second; may raise Cancelled, which ends the child.
        seconds: how long the child may take.

    Raises:
        ChildError: it did not return.
    """
    command = [sys.executable, "-P", "-m", __name__, reader.__module__, reader.__qualname__, path]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(  # noqa: S603 - our own words and a path
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        try:
            answer = _answer(child, on_wait, time.monotonic() + seconds)
        finally:
            child.kill()
    return value_of(answer.decode("utf-8"))


def value_of(answer: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What a child answered. Raises ChildError where that is why it failed, or nothing."""
    if not answer:
        raise ChildError("its reader crashed")
    kind, value = json.loads(answer)
    if kind == "failed":
        raise ChildError(value)
    return value


def _answer(child: subprocess.Popen[bytes], on_wait: Callable[[], None], until: float) -> bytes:
    while True:
        try:
            answer, _ = child.communicate(timeout=_OFTEN_S)
            return answer
        except subprocess.TimeoutExpired:
            on_wait()
            if time.monotonic() > until:
                raise ChildError("its reader took too long") from None


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 - not on every system, and there the system's own limit counts
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))


def answer_to(reader: Callable[[str], Any], path: str, answers: TextIO) -> None:
    """Reads, and writes what `value_of` takes."""
    try:
        text = json.dumps(["value", reader(path)])
    except Exception as error:  # noqa: BLE001 - whatever a foreign reader raises of a damaged file
        text = json.dumps(["failed", (str(error) or type(error).__name__)[:500]])
    with answers:
        answers.write(text)


def main(module: str, function: str, path: str) -> None:
    """Answers on standard output; what libraries print goes elsewhere."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _limit_memory()
    answer_to(getattr(importlib.import_module(module), function), path, answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
