"""Which shared libraries of the system Qt and OpenCV would miss here, and the Debian packages that bring them.

setup.sh runs this file as a script before anything is installed: it needs the standard library only.
"""

import ctypes
import os
import sys
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parents[1] / "resources" / "setup" / "system-packages.txt"
FONT_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".fonts",
    Path.home() / ".local/share/fonts",
)
FONT_PACKAGE = "fonts-dejavu-core"


class SystemLibrary(NamedTuple):
    """A shared library, the Debian package that holds it, and whether only a window on a screen needs it."""

    soname: str
    package: str
    window_only: bool


def system_libraries() -> list[SystemLibrary]:
    """The libraries that Qt and OpenCV load from the system, as resources/setup/system-packages.txt lists them."""
    rows = (
        line.split() for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    )
    return [SystemLibrary(soname, package, needed == "window") for soname, package, needed in rows]


def loads(soname: str) -> bool:
    """True if the system's loader finds the shared library."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def has_a_font() -> bool:
    """True if a folder of fonts holds one: without any, Qt draws no text."""
    return any(True for folder in FONT_FOLDERS if folder.is_dir() for _ in folder.rglob("*.[ot]tf"))


def missing_packages(window: bool) -> list[str]:
    """Debian packages that bring what is missing, each once.

    Args:
        window: whether a window on a screen is wanted, which needs more than drawing without a screen.
    """
    if not sys.platform.startswith("linux"):
        return []
    wanted = [library for library in system_libraries() if window or not library.window_only]
    packages = [library.package for library in wanted if not loads(library.soname)]
    if not has_a_font():
        packages.append(FONT_PACKAGE)
    return list(dict.fromkeys(packages))


def install_command(packages: list[str]) -> str:
    """The one line that installs them on Debian or Ubuntu."""
    sudo = "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {' '.join(packages)}"


if __name__ == "__main__":
    sys.stdout.write(" ".join(missing_packages(window="--window" in sys.argv[1:])) + "\n")
