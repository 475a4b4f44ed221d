"""Draws the pictures of docs/guide from the real window on the demo clip, one function a picture.

Run from the root of the repository:  python docs/make_guide_pictures.py [NAME ...]
Without names all are drawn. Each public function of guide_pictures gets the open program and returns the picture
docs/guide/pictures/NAME.png, named after it. A picture that does not show what it is for fails.
"""

from __future__ import annotations

import inspect
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "guide" / "pictures"
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from guide_pictures import (  # noqa: E402
    clips,
    deciding,
    finding,
    learning,
    mending,
    moving,
    placing,
    repeating,
    seeing,
    tracks,
    trusting,
)
from guide_pictures.stage import SIZE_WH, open_clip  # noqa: E402
from PySide6.QtGui import QPixmap  # noqa: E402 - the path and the platform come first
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.application import Program  # noqa: E402
from app.ui import theme  # noqa: E402
from core.files import places  # noqa: E402

MODULES = (finding, moving, seeing, deciding, placing, repeating, mending, tracks, clips, trusting, learning)
Draw = Callable[[Program], QPixmap]


def pictures() -> Iterator[tuple[str, Draw]]:
    """Every picture's name and what draws it."""
    for module in MODULES:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield name, function


def draw(name: str, function: Draw) -> None:
    """Opens the demo clip in a program with folders of its own, and saves one picture."""
    with tempfile.TemporaryDirectory() as folder:
        for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = str(Path(folder) / variable.lower())
        os.environ["HOME"] = tempfile.gettempdir()  # a path that is seen is nobody's
        program = Program(device="cpu")
        program.window.resize(*SIZE_WH)
        program.window.show()
        try:
            open_clip(program, places.DEMO_CLIP)
            program.window.show_panel("joints")
            picture = function(program)
        finally:
            program.window.close()
        PICTURES.mkdir(parents=True, exist_ok=True)
        picture.save(str(PICTURES / f"{name}.png"))


def main(names: list[str]) -> int:
    """Draws the pictures that are named, or all."""
    known = dict(pictures())
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.stderr.write(f"There is no picture {unknown[0]}; choose among {', '.join(known)}.\n")
        return 2
    application = QApplication.instance() or QApplication([])
    if isinstance(application, QApplication):
        theme.apply(application)
    for name in names or known:
        draw(name, known[name])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
