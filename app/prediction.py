"""Predicting in a worker thread: this frame, from here, or the whole clip."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.network import Network, NetworkState
from app.pipeline import requests_for, run_prediction
from app.session import Session
from app.tasks import Task, TaskRunner
from app.weights import default_weights, project_weights
from core.errors import FamiError
from core.video import open_source


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
        self._loading: Path | None = None
        self._usable: Path | None = None
        session.opened.connect(self.choose_for_project)

    def choose_for_project(self) -> None:
        """Takes the weights that the project goes on with, else the best at hand."""
        project = self._session.project
        try:
            path = (project_weights(project) if project is not None else None) or default_weights()
        except FamiError as error:
            path = None
            self._session.error.emit(str(error))
        self.choose(path)

    def choose(self, path: Path | None) -> None:
        """Takes other weights and loads them in the background; those that cannot be loaded leave all as it was."""
        self._network.choose(path)
        if path is None:
            self.network_changed.emit(None)
        elif self._tasks.run(
            "load network", "Loading the network", self._load, succeeded=self._on_loaded, ended=self._after_loading
        ):
            self._loading = path

    def _load(self, _: Task) -> tuple[Path | None, NetworkState | str]:
        path = self._network.weights_path
        try:
            return path, self._network.state()
        except FamiError as error:
            return path, str(error)

    def _on_loaded(self, result: tuple[Path | None, NetworkState | str]) -> None:
        path, outcome = result
        if path != self._network.weights_path:
            return
        if isinstance(outcome, NetworkState):
            self._usable = path
            self.network_changed.emit(outcome)
            return
        self._session.error.emit(outcome)
        self._usable = None if self._usable == path else self._usable
        self._network.choose(self._usable)
        if self._usable is None:
            self.network_changed.emit(None)

    def _after_loading(self) -> None:
        """Loads what was chosen while other weights were loading."""
        path = self._network.weights_path
        if path is not None and path != self._loading:
            self.choose(path)

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
        session, network, path = self._session, self._network, self._session.source_path
        try:
            project = session.writable()
        except FamiError as error:
            session.error.emit(str(error))
            return
        if path is None:
            return
        if self._tasks.running("follow"):
            session.message.emit("A person is still being followed: predict once that is done, or cancel it.")
            return

        def work(task: Task) -> int:
            requests = requests_for(project, start, stop)
            predictor = network.predictor()
            with open_source(path, cancelled=task.is_cancelled) as source:
                return run_prediction(
                    project, source, predictor, requests, on_progress=task.report, on_part=task.deliver
                )

        if not self._tasks.run("predict", "Predicting", work, delivered=session.touch, succeeded=self._on_predicted):
            session.message.emit("The network is already predicting: wait for it, or cancel it.")

    def _on_predicted(self, poses: int) -> None:
        self._session.message.emit(f"Predicted {poses} pose{'' if poses == 1 else 's'}.")
        self.predicted.emit(poses)
