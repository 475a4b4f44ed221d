"""The network at hand: which weights are in use, loaded once, off the window's thread, without Qt."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Cancelled, WeightsError

if TYPE_CHECKING:  # torch takes seconds to import: only the threads that use it do so
    from core.model import Predictor


@dataclass(frozen=True)
class NetworkState:
    """What the status bar shows of the network.

    Attributes:
        weights_name: what the weights are called.
        device: where they compute.
        why: why these weights, in a few words.
    """

    weights_name: str
    device: str
    why: str = ""


class Network:
    """Holds the chosen weights and the predictor made from them. Thread-safe."""

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._path: Path | None = None
        self._sha256: str | None = None
        self._predictor: Predictor | None = None

    @property
    def device(self) -> str:
        """Where it is to compute: "auto", "cpu", "cuda" or "cuda:N"."""
        return self._device

    @property
    def weights_path(self) -> Path | None:
        """The chosen weights, None if there are none."""
        return self._path

    def choose(self, path: Path | None, sha256: str | None = None) -> None:
        """Takes other weights, at once; they are loaded when they are first needed, and only if they have that hash."""
        with self._lock:
            self._sha256 = sha256
            if path != self._path:
                self._path, self._predictor = path, None

    def exchange(self, path: Path | None, other: Path) -> None:
        """Takes `other` in the place of `path`, unless something else was chosen meanwhile."""
        with self._lock:
            if self._path == path != other:
                self._path, self._predictor = other, None

    def predictor(self, of: Path | None = None) -> Predictor:
        """The predictor of the chosen weights; loads them (and torch) the first time.

        Args:
            of: the weights that are asked for; None takes those that are chosen now, whichever they are.

        Raises:
            Cancelled: others than `of` are chosen by now.
            WeightsError: no weights are chosen, or they cannot be loaded.
        """
        with self._loading:
            with self._lock:
                path, sha256, predictor = self._path, self._sha256, self._predictor
            if of is not None and path != of:
                raise Cancelled
            if predictor is None:
                predictor = self._load(path, sha256)  # not under the lock: choosing others meanwhile must not wait
                with self._lock:
                    if path == self._path:
                        self._predictor = predictor
            return predictor

    def state(self) -> NetworkState:
        """Loads the network if need be, and says what it is."""
        predictor = self.predictor()
        return NetworkState(predictor.loaded.metadata.name, str(predictor.device))

    def _load(self, path: Path | None, sha256: str | None) -> Predictor:
        if path is None:
            raise WeightsError(
                "There are no usable weights: fetch some or import a file (menu Network, Weights), or train the "
                "starter with 'python main.py train --config resources/configs/starter.toml'."
            )
        from core.model import load_predictor  # noqa: PLC0415 - torch is loaded here, in a worker thread

        predictor = load_predictor(path, self._device)
        if sha256 is not None and predictor.loaded.sha256 != sha256:
            raise WeightsError(f"{path.name} is not the file that the project uses; choose other weights.")
        return predictor
