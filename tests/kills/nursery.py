"""Has everything loaded, and makes drivers by the dozen: a line of JSON in, the number of a process out."""

import json
import os
import signal
import sys
import traceback
from pathlib import Path

import torch

import core.model
import core.training.rounds.child
from tests.kills.driver import drive

LOADED = (torch, core.model, core.training.rounds.child)


def main() -> None:
    """Serves until its input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for who was killed
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become_a_driver(order)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _become_a_driver(order: dict[str, object]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.environ.update({name: str(value) for name, value in dict(order["environment"]).items()})
    words = os.open(Path(str(order["folder"])) / "words", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(words, 1)
    os.dup2(words, 2)
    try:
        drive(Path(str(order["folder"])), str(order["way"]), int(str(order["seed"])))
    except BaseException:  # noqa: BLE001 - whatever it is, the killer reads it
        traceback.print_exc()
    os._exit(3)


if __name__ == "__main__":
    main()
