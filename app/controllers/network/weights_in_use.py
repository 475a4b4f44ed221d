"""The weights in use, kept in step with the project: chosen at once, found, checked and loaded in a worker thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.tasks import TaskKind, TaskRunner
from app.weights.available import ProjectWeights, available_weights
from app.weights.choice import default_weights
from app.weights.in_use import Network, NetworkState
from core.errors import FamiError

FINE_TUNED = "fine-tuned on this project"


@dataclass(frozen=True, eq=False)
class _Wish:
    """Which weights are wanted: a file and why; else those of the project; else the best available.

    What `path` leaves open a worker finds out: it takes hashes of whole files, or the speed of this machine.
    """

    path: Path | None
    why: str
    sha256: str | None = None
    of_project: ProjectWeights | None = None


@dataclass(frozen=True)
class _Loaded:
    """How loading ended: what was wished, the file that was tried, the network or a sentence, and other sentences."""

    wish: _Wish
    path: Path | None
    outcome: NetworkState | str
    unusable: tuple[str, ...] = ()


class WeightsInUse(QObject):
    """Chooses the weights that predict: those of the project, else a person's choice, else the best available.

    Signals:
        network_changed: a NetworkState once weights are loaded; None where there are none.
    """

    network_changed = Signal(object)

    def __init__(self, session: Session, network: Network, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._network = network
        self._tasks = tasks
        self._wish: _Wish | None = None
        self._loading: _Wish | None = None
        self._usable: Path | None = None
        self._state: NetworkState | None = None
        session.opened.connect(self.choose_for_project)

    def choose_for_project(self) -> None:
        """Takes the weights that the project goes on with, else the best at hand."""
        project = self._session.project
        own = None if project is None else ProjectWeights.of(project)
        if own is not None:
            self._usable = None  # what another clip was predicted with is not what this one asks for
            self._network.choose(own.likely(), own.sha256)  # loaded only if it is the very file; a worker looks further
            self._load_wish(_Wish(None, FINE_TUNED, of_project=own))
            return
        try:
            first = next(iter(available_weights()), None)
        except FamiError as error:
            self.choose(None)
            self._session.error.emit(str(error))
            return
        if first is None:
            self.choose(None)
        else:
            if not self._is_automatic or self._network.weights_path is None:
                self._network.choose(first.path)  # until a worker has found out which are best here
            self._load_wish(_Wish(None, ""))

    def choose_again(self) -> None:
        """Looks for the best at hand anew where that is what is in use, or where there were none."""
        if self._wish is None or self._is_automatic:
            self.choose_for_project()

    @property
    def _is_automatic(self) -> bool:
        return self._wish is not None and self._wish.path is None and self._wish.of_project is None

    def choose(self, path: Path | None, why: str = "chosen by you", sha256: str | None = None) -> None:
        """Takes other weights and loads them in the background; those that cannot be loaded leave all as it was.

        Args:
            path: the file, None for no weights.
            why: in a few words.
            sha256: what the file has to be, so that nobody predicts with something else in its place.
        """
        self._network.choose(path, sha256)
        if path is None:
            self._wish = None
            self.network_changed.emit(None)
        else:
            self._load_wish(_Wish(path, why, sha256))

    def _load_wish(self, wish: _Wish) -> None:
        self._wish = wish
        first = self._network.weights_path
        if self._tasks.run(
            TaskKind.LOAD_NETWORK,
            "Loading the network",
            lambda _: self._load(wish, first),
            succeeded=self._on_loaded,
            ended=self._after_loading,
        ):
            self._loading = wish

    def _load(self, wish: _Wish, first: Path | None) -> _Loaded:
        path, why = wish.path, wish.why
        unusable: tuple[str, ...] = ()
        try:
            if wish.of_project is not None:
                path = wish.of_project.find()
                self._network.exchange(first, path)
            elif path is None:
                choice = default_weights(self._network.device)
                if choice is None or first is None:
                    return _Loaded(wish, first, "The weights file is gone; choose others (menu Network, Weights).")
                path, why, unusable = choice.weights.path, choice.why, choice.unusable
                self._network.exchange(first, path)
            return _Loaded(wish, path, replace(self._network.state(), why=why), unusable)
        except FamiError as error:
            return _Loaded(wish, path, str(error), unusable)

    def _on_loaded(self, loaded: _Loaded) -> None:
        if loaded.wish is not self._wish:
            return
        for sentence in loaded.unusable:
            self._session.error.emit(sentence)
        if isinstance(loaded.outcome, NetworkState):
            self._usable, self._state = loaded.path, loaded.outcome
            self.network_changed.emit(loaded.outcome)
            return
        self._session.error.emit(loaded.outcome)
        self._usable = None if self._usable == loaded.path else self._usable
        self._network.choose(self._usable)
        # Also where the weights from before stay: who asked about the others meanwhile asks again.
        self.network_changed.emit(None if self._usable is None else self._state)

    def _after_loading(self) -> None:
        """Loads what was chosen while other weights were loading."""
        if self._wish is not None and self._wish is not self._loading:
            self._load_wish(self._wish)
