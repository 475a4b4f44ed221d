"""`python main.py [PATH]`: the window."""

from __future__ import annotations

import argparse
import os
import sys

from app.system_packages import install_command, missing_packages
from app.terminal import Terminal
from core.errors import FamiError, SourceError
from core.files.outputs import check_can_write
from core.files.paths import files_of, project_files


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Opens the window, or draws it once into a file. Returns the exit status."""
    del terminal
    if arguments.path is not None and not arguments.path.exists():
        raise SourceError(f"There is nothing at {arguments.path}; give a video, a folder of images or a .fami project.")
    if arguments.screenshot is not None:
        opened = [] if arguments.path is None else [*project_files(arguments.path), *files_of(arguments.path)]
        check_can_write(arguments.screenshot, inputs=opened)
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    check_screen()
    from app.application import main as open_window  # noqa: PLC0415 - Qt loads only once it can work

    return int(open_window(arguments.path, arguments.screenshot))


def check_screen() -> None:
    """Raises FamiError where Qt would end the program because it has no screen or lacks a system library."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if not wayland and not x11:
        raise FamiError("There is no screen to open the window on; log in to a desktop, or use --screenshot FILE.png.")
    packages = missing_packages(window=not wayland)
    if packages:
        raise FamiError(f"System packages are missing; install them with: {install_command(packages)}")
