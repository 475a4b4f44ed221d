"""Which weights files are at hand, and which one is taken where nobody chose.

Looks at files only; torch is loaded where speeds have to be compared, which is never done on the window's thread.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app import places
from core.catalogue import CatalogueEntry, read_catalogue
from core.errors import WeightsError

if TYPE_CHECKING:
    from core.project import Project

SUFFIX = ".pth"
BUNDLED_FOLDER = places.RESOURCES / "weights"
CATALOGUE = BUNDLED_FOLDER / "catalogue.toml"
BUDGET_S = 0.5
"""Seconds for one person in one frame that the weights taken by default may need: five minutes for two people in
300 frames. Whoever wants to wait longer for better poses chooses the weights."""

CHOSEN_SETTING = "weights"
HOW_TO_GET_SOME = (
    "fetch some with 'python main.py weights fetch NAME' ('weights list' has the names), "
    "or bring a file in with 'python main.py weights import PATH'"
)


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


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits. Raises WeightsError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"The weights {path} cannot be read ({error.strerror}); choose another file.") from error


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
class Choice:
    """The weights that are taken where a project has none of its own.

    Attributes:
        weights: the file.
        why: a few words.
        unusable: a sentence for each file that would have come first, but cannot be read.
    """

    weights: WeightsFile
    why: str
    unusable: tuple[str, ...] = ()


def chosen_weights(at_hand: Sequence[WeightsFile]) -> WeightsFile | None:
    """The weights that the person chose for everything, None if nobody chose or they are gone."""
    name = places.read_settings().get(CHOSEN_SETTING)
    return next((weights for weights in at_hand if weights.name == name), None)


def default_weights(device: str = "auto") -> Choice | None:
    """The weights to take where a project has none of its own; None if there are none at hand.

    A person's choice, else the best at hand: the first of `available_weights` that predicts one person in one frame
    within `BUDGET_S` on the device. May load torch: not for the window's thread.

    Raises:
        WeightsError: the catalogue cannot be read.
        PredictionError: there is no such device.
    """
    at_hand = available_weights()
    chosen = chosen_weights(at_hand)
    if chosen is not None:
        return Choice(chosen, "chosen by you")
    if len(at_hand) < 2:
        return Choice(at_hand[0], "the only weights at hand") if at_hand else None
    from app.weights_facts import seconds_on  # noqa: PLC0415 - loads torch

    return best_of(at_hand, seconds_on(device))


def best_of(at_hand: Sequence[WeightsFile], seconds: Callable[[WeightsFile], float]) -> Choice:
    """The first that is fast enough, else the fastest; weights that cannot be read are passed over.

    Args:
        at_hand: at least one, the ones to prefer first.
        seconds: for one person in one frame; asked for no more weights than the choice needs. Raises WeightsError
            for a file that cannot be read.
    """
    unusable: list[str] = []
    slow: list[tuple[float, WeightsFile]] = []
    for weights in at_hand:
        try:
            needed = seconds(weights)
        except WeightsError as error:
            unusable.append(str(error))
            continue
        if needed <= BUDGET_S:
            why = "the best at hand that is fast enough here" if slow else "the best at hand"
            return Choice(weights, why, tuple(unusable))
        slow.append((needed, weights))
    if not slow:
        return Choice(at_hand[0], "the first at hand")
    return Choice(min(slow, key=lambda pair: pair[0])[1], "the fastest at hand", tuple(unusable))


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
            "put the file back there, or take the round back and go on with other weights."
        )

    def _named(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{self.sha256[:12]}*{SUFFIX}"))


def find_weights(name_or_path: str | None, device: str = "auto") -> Path:
    """The weights that a person named: a path, or a name as `weights list` shows it; None takes the default.

    Raises:
        WeightsError: there are none of that name, or none at all.
        PredictionError: there is no such device.
    """
    if name_or_path is None:
        choice = default_weights(device)
        if choice is None:
            raise WeightsError(f"There are no weights to predict with; {HOW_TO_GET_SOME}.")
        return choice.weights.path
    if Path(name_or_path).is_file():
        return Path(name_or_path)
    at_hand = available_weights()
    for weights in at_hand:
        if name_or_path in (weights.name, weights.path.name, weights.path.stem):
            return weights.path
    if any(entry.name == name_or_path for entry in catalogue()):
        raise WeightsError(
            f"{name_or_path} is not at hand yet; fetch it with 'python main.py weights fetch {name_or_path}'."
        )
    names = ", ".join(weights.name for weights in at_hand)
    choice_of = f"at hand are: {names}" if names else HOW_TO_GET_SOME
    raise WeightsError(f"There are no weights at '{name_or_path}', nor of that name; {choice_of}.")


def catalogue_entry(name: str) -> CatalogueEntry:
    """The entry of that name. Raises WeightsError where there is none."""
    entries = catalogue()
    for entry in entries:
        if name in (entry.name, entry.file_name):
            return entry
    names = ", ".join(entry.name for entry in entries)
    raise WeightsError(f"There are no weights named '{name}' to fetch; choose among {names}.")
