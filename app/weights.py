"""Which weights files are at hand, and which one is taken where nobody chose. Looks at files only: no torch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app import places
from core.errors import WeightsError

if TYPE_CHECKING:
    from core.project import Project

SUFFIX = ".pth"
BUNDLED_FOLDER = places.RESOURCES / "weights"
HOW_TO_GET_SOME = (
    "train the starter with 'python main.py train --config resources/configs/starter.toml', "
    "or bring a file in with 'python main.py weights import PATH'"
)


@dataclass(frozen=True)
class WeightsFile:
    """A weights file at hand.

    Attributes:
        path: where it lies.
        origin: "yours" for what a person imported, "bundled" for what came with the program.
    """

    path: Path
    origin: str

    @property
    def name(self) -> str:
        """What a person calls it: the file's name without its ending."""
        return self.path.stem

    @cached_property
    def sha256(self) -> str:
        """The hash that projects and predictions remember."""
        return file_sha256(self.path)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits. Raises WeightsError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"The weights {path} cannot be read ({error.strerror}); choose another file.") from error


def available_weights() -> list[WeightsFile]:
    """The weights at hand, the one to take by default first: a person's own, newest first, then the bundled ones."""
    own = sorted(places.weights_folder().glob("*" + SUFFIX), key=lambda path: path.stat().st_mtime, reverse=True)
    bundled = sorted(BUNDLED_FOLDER.glob("*" + SUFFIX))
    return [WeightsFile(path, "yours") for path in own] + [WeightsFile(path, "bundled") for path in bundled]


def default_weights() -> Path | None:
    """The weights that are taken where nobody chose any; None if there are none at hand."""
    at_hand = available_weights()
    return at_hand[0].path if at_hand else None


def project_weights(project: Project) -> Path | None:
    """The weights that a project goes on with after an accepted round, None if it has none of its own.

    Raises:
        WeightsError: the project names weights that no longer lie beside it, or that have changed since.
    """
    sha256 = project.active_weights
    if sha256 is None:
        return None
    for path in sorted(project.weights_folder.glob(f"*{sha256[:12]}*{SUFFIX}")):
        if file_sha256(path) == sha256:
            return path
    for known in available_weights():
        if known.sha256 == sha256:
            return known.path
    raise WeightsError(
        f"The project's weights {sha256[:12]} are not in {project.weights_folder}; "
        "put the file back there, or take the round back and go on with other weights."
    )


def find_weights(name_or_path: str | None) -> Path:
    """The weights that a person named: a path, or a name as `weights list` shows it; None takes the default.

    Raises:
        WeightsError: there are none of that name, or none at all.
    """
    if name_or_path is None:
        path = default_weights()
        if path is None:
            raise WeightsError(f"There are no weights to predict with; {HOW_TO_GET_SOME}.")
        return path
    if Path(name_or_path).is_file():
        return Path(name_or_path)
    at_hand = available_weights()
    for weights in at_hand:
        if name_or_path in (weights.name, weights.path.name):
            return weights.path
    names = ", ".join(weights.name for weights in at_hand)
    choice = f"at hand are: {names}" if names else HOW_TO_GET_SOME
    raise WeightsError(f"There are no weights at '{name_or_path}', nor of that name; {choice}.")
