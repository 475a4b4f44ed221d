"""`python main.py weights`: the weights at hand, those that can be fetched, and bringing them in."""

from __future__ import annotations

import argparse

from app.terminal import Terminal
from app.weights.available import catalogue_entry
from app.weights.choice import default_weights
from app.weights.facts import WeightsFacts, all_facts
from app.weights.importing import import_weights
from app.weights.speeds import Speeds
from core.errors import KeypointsUnknownError
from core.files import places
from core.files.fetch import fetch, megabytes

HEADERS = ("", "name", "is", "accuracy", "size", "s/person", "licence")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Lists, fetches or imports. Returns the exit status."""
    if arguments.verb == "list":
        list_weights(terminal, arguments.device, measure=arguments.measure)
    elif arguments.verb == "fetch":
        fetch_weights(arguments.name, terminal)
    else:
        try:
            target = import_weights(arguments.weights_path, arguments.keypoints)
        except KeypointsUnknownError as error:
            raise type(error)(
                f"{arguments.weights_path} does not say whose keypoints it locates; add --keypoints posetrack, or "
                "--keypoints coco, as its source says."
            ) from error
        terminal.say(f"{target.path}: imported; `predict --weights {target.name}` uses it.")
    return 0


def list_weights(terminal: Terminal, device: str, *, measure: bool) -> None:
    """A table of the weights at hand and those that can be fetched; a file that is damaged says so."""
    if measure:
        measure_speeds(terminal, device)
    facts = all_facts(device)
    choice = default_weights(device)
    default = choice.weights.path if choice is not None else None
    rows = [HEADERS, *(_row(entry, is_default=entry.path == default) for entry in facts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADERS))]
    for row in rows:
        terminal.say("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    for entry in facts:
        if entry.trouble:
            terminal.say(f"! {entry.trouble}")
    if choice is not None:
        terminal.say(f"* is used by default: {choice.why}.")
    if any(entry.speed is not None and not entry.speed.is_measured for entry in facts):
        terminal.say("~ is estimated from the number of operations; --measure measures it.")
    terminal.say(f"Your weights are in {places.weights_folder()}.")


def _row(facts: WeightsFacts, *, is_default: bool) -> tuple[str, ...]:
    seconds = "" if facts.speed is None else f"{'' if facts.speed.is_measured else '~'}{facts.speed.seconds:.2f}"
    is_ = facts.origin if facts.at_hand else "to fetch"
    size = f"{facts.megabytes:.0f} MB"
    return ("*" if is_default else "", facts.name, is_, facts.summary, size, seconds, facts.licence)


def measure_speeds(terminal: Terminal, device: str) -> None:
    """Measures every architecture of the list on the device, one after the other."""
    speeds = Speeds(device)
    architectures = list(dict.fromkeys(facts.architecture for facts in all_facts(device) if facts.architecture))
    with terminal.progress("Measuring") as progress:
        for done, architecture in enumerate(architectures):
            progress(done, len(architectures))
            speeds.measure(architecture)


def fetch_weights(name: str, terminal: Terminal) -> None:
    """Brings weights of the catalogue here; an interrupted fetch goes on where it stopped."""
    entry = catalogue_entry(name)
    target = places.weights_folder() / entry.file_name
    with terminal.progress(f"Fetching {entry.name}, {megabytes(entry.megabytes * 1_000_000)}") as progress:
        fetch(entry.url, target, entry.sha256, lambda done, total, _: progress(done, total))
    terminal.say(f"{target}: fetched; `predict --weights {entry.name}` uses it.")
    terminal.say(entry.terms)
