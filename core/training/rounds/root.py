"""The weights before a project's first round, to which all its rounds are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import WeightsError
from core.files.checkout import RESOURCES
from core.files.hashing import file_sha256
from core.model.weights.files import LoadedModel, load_model
from core.model.weights.reskeleton import in_posetrack


@dataclass(frozen=True)
class Root:
    """The weights before the first round.

    Attributes:
        loaded: the network.
        path: its file.
    """

    loaded: LoadedModel
    path: Path


def root_of(loaded: LoadedModel, path: Path, reports: Sequence[Mapping[str, Any]]) -> Root:
    """Where the weights that a round starts from came from, round before round.

    Args:
        loaded: what the round starts from.
        path: its file.
        reports: of the rounds so far.

    Returns:
        The weights before the round that made `loaded` and all those before it. `loaded` itself where no round made
        it, or where that file is no longer there.
    """
    for report in reversed(reports):
        sha256 = str(report.get("root_sha256", ""))
        if report.get("weights_sha256") != loaded.sha256 or not sha256:
            continue
        for candidate in (Path(str(report["root_weights"])), *sorted((RESOURCES / "weights").glob("*.pth"))):
            if candidate.is_file() and file_sha256(candidate) == sha256:
                try:
                    return Root(in_posetrack(load_model(candidate, str(_device_of(loaded)))), candidate)
                except WeightsError:
                    continue  # it can no longer be read: as if it were not there
    return Root(loaded, path)


def _device_of(loaded: LoadedModel) -> object:
    return next(loaded.model.parameters()).device
