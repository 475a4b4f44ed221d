"""Which weights files are at hand, and which one is taken where nobody chose.

Looks at files only; torch is loaded where speeds have to be compared, which is never done on the window's thread.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.errors import WeightsError
from core.files import checkout, places
from core.files.catalogue import CatalogueEntry, read_catalogue
from core.files.hashing import file_sha256
from core.project import Project

SUFFIX = ".pth"
BUNDLED_FOLDER = checkout.RESOURCES / "weights"
CATALOGUE = BUNDLED_FOLDER / "catalogue.toml"


@dataclass(frozen=True)
class WeightsFile:
    """A weights file at hand.

    Attributes:
        path: where it lies.
        origin: "yours" for what a person imported, "fetched" for what the catalogue knows, "bundled" for what came
            with the program.
        entry: what the catalogue says of it, None where it doesn't know the file.
    """

    path: Path
    origin: str
    entry: CatalogueEntry | None = None

    @property
    def name(self) -> str:
        """What a person calls it: the catalogue's name, else the file's without its ending."""
        return self.entry.name if self.entry is not None else self.path.stem

    @cached_property
    def sha256(self) -> str:
        """The hash that projects and predictions remember."""
        return file_sha256(self.path)


def catalogue() -> tuple[CatalogueEntry, ...]:
    """The weights that can be fetched, best first; the environment's FAMI_CATALOGUE names another file of them.

    Raises:
        WeightsError: the catalogue cannot be read.
    """
    named = os.environ.get("FAMI_CATALOGUE")
    return read_catalogue(Path(named) if named else CATALOGUE)


def available_weights() -> list[WeightsFile]:
    """The weights at hand, the ones to prefer first.

    A person's own, newest first, as they were brought in on purpose; then the catalogue's, in its order of accuracy;
    then the bundled ones.
    """
    entries = catalogue()
    folder = places.weights_folder()
    fetched = [WeightsFile(folder / entry.file_name, "fetched", entry) for entry in entries]
    fetched = [weights for weights in fetched if weights.path.is_file()]
    known = {weights.path for weights in fetched}
    own = sorted(set(folder.glob("*" + SUFFIX)) - known, key=lambda path: path.stat().st_mtime, reverse=True)
    bundled = sorted(BUNDLED_FOLDER.glob("*" + SUFFIX))
    return [WeightsFile(path, "yours") for path in own] + fetched + [WeightsFile(path, "bundled") for path in bundled]


@dataclass(frozen=True)
class ProjectWeights:
    """The weights that a project goes on with after an accepted round.

    Attributes:
        sha256: their hash.
        folder: beside the project, where they should lie.
    """

    sha256: str
    folder: Path

    @classmethod
    def of(cls, project: Project) -> ProjectWeights | None:
        """Those of a project, None if it has none of its own."""
        sha256 = project.active_weights
        return None if sha256 is None else cls(sha256, project.weights_folder)

    def likely(self) -> Path | None:
        """The file of that name, without a look at what is in it: quick."""
        return next(iter(self._named()), None)

    def find(self) -> Path:
        """The file, which it takes whole hashes to know: not for the window's thread.

        Raises:
            WeightsError: it no longer lies beside the project, or has changed since.
        """
        for path in self._named():
            if file_sha256(path) == self.sha256:
                return path
        for known in available_weights():
            if known.sha256 == self.sha256:
                return known.path
        raise WeightsError(
            f"The project's weights {self.sha256[:12]} are not in {self.folder}; "
            "put the file back there, or roll back the round and continue with other weights."
        )

    def _named(self) -> list[Path]:
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):  # a stranger's project may say anything
            return []
        return sorted(self.folder.glob(f"*{self.sha256[:12]}*{SUFFIX}"))


def catalogue_entry(name: str) -> CatalogueEntry:
    """The entry of that name. Raises WeightsError where there is none."""
    entries = catalogue()
    for entry in entries:
        if name in (entry.name, entry.file_name):
            return entry
    names = ", ".join(entry.name for entry in entries)
    raise WeightsError(f"There are no weights named '{name}' to fetch; choose among {names}.")
