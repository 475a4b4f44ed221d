"""Predicting in a worker thread: this frame, from here, or the whole clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.network import Network, NetworkState
from app.pipeline import requests_for, run_prediction
from app.session import Session
from app.tasks import Task, TaskRunner
from app.weights import available_weights, default_weights, project_weights
from core.errors import FamiError
from core.review import is_mostly_guessed
from core.video import open_source

if TYPE_CHECKING:
    from core.model import Prediction


@dataclass(frozen=True, eq=False)
class _Wish:
    """Which weights are wanted: a file and why, or the best at hand, which a worker finds out, where `path` is None."""

    path: Path | None
    why: str


@dataclass(frozen=True)
class _Loaded:
    """How loading ended: what was wished, the file that was tried, the network or a sentence, and other sentences."""

    wish: _Wish
    path: Path | None
    outcome: NetworkState | str
    unusable: tuple[str, ...] = ()


class PredictionController(QObject):
    """Runs the network over people with boxes, and keeps the weights in use in step with the project.

    Signals:
        network_changed: a NetworkState once weights are loaded.
        predicted: frames and joints were written; the number of poses.
    """

    network_changed = Signal(object)
    predicted = Signal(int)

    def __init__(self, session: Session, network: Network, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._network = network
        self._tasks = tasks
        self._wish: _Wish | None = None
        self._loading: _Wish | None = None
        self._usable: Path | None = None
        session.opened.connect(self.choose_for_project)

    def choose_for_project(self) -> None:
        """Takes the weights that the project goes on with, else the best at hand."""
        project = self._session.project
        try:
            own = project_weights(project) if project is not None else None
            first = next(iter(available_weights()), None)
        except FamiError as error:
            self.choose(None)
            self._session.error.emit(str(error))
            return
        if own is not None:
            self.choose(own, "fine-tuned on this project")
        elif first is None:
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
        return self._wish is not None and self._wish.path is None

    def choose(self, path: Path | None, why: str = "chosen by you") -> None:
        """Takes other weights and loads them in the background; those that cannot be loaded leave all as it was."""
        self._network.choose(path)
        if path is None:
            self._wish = None
            self.network_changed.emit(None)
        else:
            self._load_wish(_Wish(path, why))

    def _load_wish(self, wish: _Wish) -> None:
        self._wish = wish
        first = self._network.weights_path
        if self._tasks.run(
            "load network",
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
            if path is None:
                choice = default_weights(self._network.device)
                if choice is None or first is None:
                    return _Loaded(wish, first, "The weights are gone; choose others (menu Model, Weights).")
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
            self._usable = loaded.path
            self.network_changed.emit(loaded.outcome)
            return
        self._session.error.emit(loaded.outcome)
        self._usable = None if self._usable == loaded.path else self._usable
        self._network.choose(self._usable)
        if self._usable is None:
            self.network_changed.emit(None)

    def _after_loading(self) -> None:
        """Loads what was chosen while other weights were loading."""
        if self._wish is not None and self._wish is not self._loading:
            self._load_wish(self._wish)

    def predict_frame(self) -> None:
        """Predicts the people of the frame on screen."""
        frame_index = self._session.frame_index
        if frame_index is not None:
            self._predict(frame_index, frame_index + 1)

    def predict_from_here(self) -> None:
        """Predicts from the frame on screen to the end."""
        frame_index = self._session.frame_index
        if frame_index is not None:
            self._predict(frame_index, self._session.playback.num_frames)

    def predict_all(self) -> None:
        """Predicts every frame that holds people."""
        self._predict(0, self._session.playback.num_frames)

    def _predict(self, start: int, stop: int) -> None:
        session, network = self._session, self._network
        clip = session.writable_clip()
        if clip is None:
            return
        project, path = clip
        if self._tasks.running("follow") or self._tasks.running("find"):
            session.message.emit("People are still being found or followed: predict once that is done, or cancel it.")
            return

        def work(task: Task) -> tuple[int, int]:
            guessed = 0

            def count(predictions: Sequence[Prediction]) -> None:
                nonlocal guessed
                guessed += sum(p.calibrated and is_mostly_guessed(p.scores) for p in predictions)

            requests = requests_for(project, start, stop)
            predictor = network.predictor()
            with open_source(path, cancelled=task.is_cancelled) as source:
                poses = run_prediction(
                    project,
                    source,
                    predictor,
                    requests,
                    on_progress=task.report,
                    on_part=task.deliver,
                    on_predictions=count,
                )
            return poses, guessed

        if not self._tasks.run("predict", "Predicting", work, delivered=session.touch, succeeded=self._on_predicted):
            session.message.emit("The network is already predicting: wait for it, or cancel it.")

    def _on_predicted(self, outcome: tuple[int, int]) -> None:
        poses, guessed = outcome
        said = f"Predicted {poses} pose{'' if poses == 1 else 's'}."
        if guessed:
            said += f" In {guessed} of them most joints are guesses: check these first."
        self._session.message.emit(said)
        self.predicted.emit(poses)
