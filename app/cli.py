"""The command line: reads the arguments, finds the command, and turns errors into one line and an exit status.

Nothing here loads torch or Qt: each command is a module of app.commands, imported only when it runs.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import traceback
from collections.abc import Callable, Sequence

from app import arguments
from app.terminal import Terminal
from core.errors import Cancelled, FamiError

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

DESCRIPTION = """Review and correct human poses in video, with a multi-frame pose network in the loop.

Opens the window on PATH: a video, a folder of images, a .fami project or a PoseTrack file;
without PATH the last project, or the demo clip. Or runs one of these commands:
"""

Command = Callable[[argparse.Namespace, Terminal], int]


def main(argv: Sequence[str] | None = None, terminal: Terminal | None = None) -> int:
    """Runs the command that `argv` names, else the window.

    Returns:
        The exit status: 0 done, 1 failed, 130 interrupted. Wrong usage leaves by SystemExit(2), as argparse does.
    """
    terminal = Terminal() if terminal is None else terminal
    parsed = parse(sys.argv[1:] if argv is None else list(argv))
    try:
        return load_command(parsed.command)(parsed, terminal)
    except FamiError as error:
        if parsed.debug:
            traceback.print_exc()
        terminal.error(str(error))
        return FAILED
    except (KeyboardInterrupt, Cancelled):
        terminal.error("stopped before the end; what was finished is kept.")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last place that can turn a defect into one line
        if parsed.debug:
            traceback.print_exc()
        terminal.error(f"unexpected {type(error).__name__}: {error} (run it again with --debug to see where).")
        return FAILED


def load_command(name: str) -> Command:
    """The function that runs a command, from its module in app.commands."""
    command: Command = importlib.import_module(f"app.commands.{name.replace('-', '_')}_command").run
    return command


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments, with `command` and `debug` always there. Raises SystemExit on wrong usage and on --help.

    A command is recognised by its name, first or after --debug; a file of that name is opened as ./name.
    """
    words = [word for word in argv if word != "--debug"]
    if words and words[0] in arguments.COMMANDS:
        name, rest = words[0], words[1:]
        parser = command_parser(name)
    else:
        name, rest = "window", words
        parser = window_parser()
    parsed = parser.parse_args(join_negative_values(rest))
    parsed.command = name
    parsed.debug = "--debug" in argv
    return parsed


def window_parser() -> argparse.ArgumentParser:
    """The parser of `python main.py [PATH]`, whose help also lists the commands."""
    width = max(map(len, arguments.COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {about.summary}" for name, about in arguments.COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="main.py",
        usage="main.py [--screenshot FILE.png] [--debug] [PATH]\n       main.py COMMAND ... (each has its own --help)",
        description=DESCRIPTION + listing,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    arguments.add_window(parser)
    _add_debug(parser)
    return parser


def command_parser(name: str) -> argparse.ArgumentParser:
    """The parser of `python main.py NAME`."""
    about = arguments.COMMANDS[name]
    parser = argparse.ArgumentParser(prog=f"main.py {name}", description=about.summary, allow_abbrev=False)
    about.add(parser)
    _add_debug(parser)
    return parser


def join_negative_values(argv: Sequence[str]) -> list[str]:
    """Joins an option and a list of numbers that begins with a minus: `--box -5,3,40,80` as `--box=-5,3,40,80`.

    argparse takes `-5,3,40,80` for an unknown option: it knows single negative numbers only.
    """
    joined: list[str] = []
    for word in argv:
        if re.match(r"-[\d.][\d.]*,", word) and joined and re.fullmatch(r"--[a-z-]+", joined[-1]):
            joined[-1] += "=" + word
        else:
            joined.append(word)
    return joined


def _add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
