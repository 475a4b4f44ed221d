"""Predicting in a worker thread: this frame, from here, or the whole clip."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from app.weights.in_use import Network
from core.judging.review import is_mostly_guessed
from core.predictions import Prediction
from core.video import open_source
from core.work.predicting import require_boxes, run_prediction

WAITS_FOR = (TaskKind.PREDICT, TaskKind.FOLLOW, TaskKind.FIND)
"""Work that brings boxes, and a prediction that goes on, come first."""


class PredictionController(QObject):
    """Runs the network over people with boxes.

    Signals:
        predicted: frames and joints were written; the number of poses. For scripts that drive the program.
    """

    predicted = Signal(int)

    def __init__(self, session: Session, network: Network, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._network = network
        self._tasks = tasks

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

    def predict_range(self) -> None:
        """Predicts the range that is selected on the timeline."""
        frames = self._session.selected_range
        if frames is None:
            self._session.message.emit("Select a range first: [ begins it, ] ends it, or Shift+drag on the timeline.")
        else:
            self._predict(frames.start, frames.stop)

    def predict_all(self) -> None:
        """Predicts every frame that holds people."""
        self._predict(0, self._session.playback.num_frames)

    def _predict(self, start: int, stop: int) -> None:
        """Predicts once nobody is being found or followed any more, so that their boxes are there."""
        if self._session.writable_clip() is not None:
            self._tasks.when_free(WAITS_FOR, "Predicting", lambda: self._start(start, stop))

    def _start(self, start: int, stop: int) -> None:
        session, network = self._session, self._network
        clip = session.writable_clip()
        if clip is None:
            return
        project, path = clip

        def work(task: Task) -> tuple[int, int]:
            guessed = 0

            def count(predictions: Sequence[Prediction]) -> None:
                nonlocal guessed
                guessed += sum(p.calibrated and is_mostly_guessed(p.scores) for p in predictions)

            require_boxes(project, start, stop)
            predictor = network.predictor()
            with open_source(path, cancelled=task.is_cancelled) as source:
                poses = run_prediction(
                    project,
                    source,
                    predictor,
                    start,
                    stop,
                    on_progress=task.report,
                    on_part=task.deliver,
                    on_predictions=count,
                )
            return poses, guessed

        self._tasks.run(
            TaskKind.PREDICT,
            "Predicting",
            work,
            on_project=True,
            delivered=session.touch,
            succeeded=self._on_predicted,
        )

    def _on_predicted(self, outcome: tuple[int, int]) -> None:
        poses, guessed = outcome
        said = f"Predicted {poses} pose{'' if poses == 1 else 's'}."
        if guessed:
            said += f" In {guessed} of them most joints are guesses: check these first."
        self._session.message.emit(said)
        self.predicted.emit(poses)
