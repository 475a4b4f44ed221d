"""What weights are: their network, accuracy, licence and speed here, for the list in the terminal and in the window.

Reads files and loads torch: not for the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from app.weights.available import WeightsFile, available_weights, catalogue
from app.weights.speeds import Architecture, Speed, Speeds
from core.errors import WeightsError
from core.files import places
from core.files.catalogue import CatalogueEntry
from core.model import WeightsMetadata
from core.model.weights.checkpoints import backbone_of, published_state_dict, read_checkpoint
from core.model.weights.files import FORMAT, metadata_of, public_input_size_wh

OWN_LICENCE = {"bundled": "the program's own", "yours": "as its author says"}


@dataclass(frozen=True)
class WeightsFacts:
    """One line of the list.

    Attributes:
        name: what a person calls them.
        origin: "yours", "fetched", "bundled", or "" where they are not at hand.
        path: where they lie, or where a fetched file will.
        megabytes: size of the file, about that where it is not at hand.
        architecture: what its speed depends on; None where the file cannot be read.
        speed: here; None where the file cannot be read.
        summary: accuracy in a few words.
        description: accuracy in full, on what, and what they are.
        licence: its short name.
        terms: licence and terms in full.
        url: where they can be fetched, "" if nowhere.
        trouble: why the file cannot be used, "" if it can.
    """

    name: str
    origin: str
    path: Path
    megabytes: float
    architecture: Architecture | None
    speed: Speed | None
    summary: str
    description: str
    licence: str
    terms: str
    url: str = ""
    trouble: str = ""

    @property
    def at_hand(self) -> bool:
        """Whether the file is here."""
        return bool(self.origin)


def all_facts(device: str = "auto") -> list[WeightsFacts]:
    """The weights at hand, the ones to prefer first, then those of the catalogue that can be fetched.

    Raises:
        WeightsError: the catalogue cannot be read.
        PredictionError: there is no such device.
    """
    speeds = Speeds(device)
    at_hand = available_weights()
    here = {weights.entry for weights in at_hand}
    rows = [_facts_of_file(weights, speeds) for weights in at_hand]
    return rows + [_facts_of_entry(entry, "", speeds) for entry in catalogue() if entry not in here]


def seconds_on(device: str) -> Callable[[WeightsFile], float]:
    """Tells the seconds of weights for one person in one frame. The function raises WeightsError for a bad file."""
    speeds = Speeds(device)
    return lambda weights: speeds.speed(architecture_of(weights)).seconds


def architecture_of(weights: WeightsFile) -> Architecture:
    """What the speed of weights depends on. Raises WeightsError where the file cannot be read."""
    if weights.entry is not None:
        return _architecture_of_entry(weights.entry)
    return _read(weights.path)[0]


def _architecture_of_entry(entry: CatalogueEntry) -> Architecture:
    return Architecture(entry.backbone, entry.input_size_wh, 1)  # published weights know single frames only


def _read(path: Path) -> tuple[Architecture, WeightsMetadata | None]:
    """A file's architecture, and what it says of itself where it is one of ours."""
    content = read_checkpoint(path)
    if content.get("format") != FORMAT:
        backbone = backbone_of(published_state_dict(content, path), path)
        return Architecture(backbone, public_input_size_wh(path, backbone), 1), None
    metadata = metadata_of(content.get("metadata"), path)
    state = content.get("state_dict")
    gain = state.get("gain") if isinstance(state, Mapping) else None
    looks_around = not isinstance(gain, Tensor) or bool(gain.any())  # neighbours with a gain of zero are not computed
    num_frames = 1 + len(metadata.config.supporting_offsets) if looks_around else 1
    return Architecture(metadata.config.backbone, metadata.input_size_wh, num_frames), metadata


def _facts_of_file(weights: WeightsFile, speeds: Speeds) -> WeightsFacts:
    if weights.entry is not None:
        return _facts_of_entry(weights.entry, weights.origin, speeds)
    megabytes = weights.path.stat().st_size / 1e6
    licence = OWN_LICENCE[weights.origin]
    try:
        architecture, metadata = _read(weights.path)
    except WeightsError as error:
        return WeightsFacts(
            weights.name, weights.origin, weights.path, megabytes, None, None, "cannot be used", str(error),
            licence, licence, trouble=str(error),
        )  # fmt: skip
    # A measure's parts by joint follow it after a comma; a list is for the whole.
    accuracy = metadata.accuracy.items() if metadata is not None else ()
    measured = [f"{name} {value:.2f}" for name, value in accuracy if "," not in name]
    described = metadata.description if metadata is not None else "A published checkpoint of one frame."
    return WeightsFacts(
        weights.name,
        weights.origin,
        weights.path,
        megabytes,
        architecture,
        speeds.speed(architecture),
        measured[0] if measured else "not measured",
        f"{described} {'; '.join(measured)}{'.' if measured else ''}".strip(),
        licence,
        "Came with the program, under its licence." if weights.origin == "bundled" else "You imported this file.",
    )


def _facts_of_entry(entry: CatalogueEntry, origin: str, speeds: Speeds) -> WeightsFacts:
    architecture = _architecture_of_entry(entry)
    return WeightsFacts(
        entry.name,
        origin,
        places.weights_folder() / entry.file_name,
        entry.megabytes,
        architecture,
        speeds.speed(architecture),
        entry.summary,
        entry.accuracy,
        entry.licence,
        entry.terms,
        url=entry.url,
    )
