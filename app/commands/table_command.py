"""`python main.py table`: results of several runs side by side, as the paper's tables have them."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.terminal import Terminal
from core.errors import FamiError
from core.files.outputs import check_can_write
from core.files.replacing import replacing
from core.formats.texts.records import load_json
from core.metrics import tables


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Prints or writes the table. Returns the exit status."""
    check_can_write(arguments.out, inputs=arguments.results)
    names = arguments.names or [_name_of(path, arguments.results) for path in arguments.results]
    if len(names) != len(arguments.results):
        raise FamiError(f"There are {len(arguments.results)} results and {len(names)} names; give a name for each.")
    results = [
        tables.result_of(name, load_json(path), arguments.metric)
        for name, path in zip(names, arguments.results, strict=True)
    ]
    text = tables.FORMATS[arguments.format](tables.KINDS[arguments.kind](results))
    if arguments.out is None:
        terminal.say(text.rstrip("\n"))
        return 0
    with replacing(arguments.out) as partial:
        partial.write_text(text, encoding="utf-8")
    return 0


def _name_of(path: Path, others: list[Path]) -> str:
    """The file's name without its ending, or its folder's where several files have the same name."""
    return path.stem if [other.stem for other in others].count(path.stem) == 1 else path.absolute().parent.name
