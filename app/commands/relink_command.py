"""`python main.py relink`: where a project's clip is now, or that its labels belong to the pictures that are there."""

from __future__ import annotations

import argparse

from app.commands.clips import open_checked
from app.terminal import Terminal
from core.errors import ProjectError
from core.project import Project
from core.work.trusting import point_to, trust_pictures


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Answers a mismatch of a project and its clip. Returns the exit status."""
    if arguments.source is None and not arguments.trust_pictures:
        raise ProjectError("Say where the clip is (--source), or that the labels belong to it (--trust-pictures).")
    with Project.open(arguments.project) as project:
        path = project.source.path if arguments.source is None else arguments.source
        with open_checked(path, terminal) as source:
            if arguments.source is not None:
                point_to(project, source)
                terminal.say(f"{arguments.project.name} labels {source.path}.")
            if arguments.trust_pictures:
                with terminal.progress("Comparing pictures") as progress:
                    trusted = trust_pictures(project, source, on_progress=progress)
                terminal.say(
                    "The labels belong to the pictures that the clip shows now."
                    if trusted
                    else "The labels were made on these very pictures; nothing was changed."
                )
    return 0
