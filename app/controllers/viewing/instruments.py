"""The instruments that show why: the heatmap of a joint, and the neighbours before and after alignment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.frame_asker import FrameAsker
from app.weights.in_use import Network
from core.predictions import Explanation, Prediction, Request
from core.video import Source

KEPT_BYTES = 48 * 2**20
"""Of answers given, so that going back to a frame shows them at once; large networks have large answers."""


@dataclass(frozen=True)
class InstrumentQuestion:
    """What the instruments want to know: one person in one frame, in full or only its heatmaps."""

    path: Path
    weights_path: Path
    frame_index: int
    track_id: int
    bbox_xywh: tuple[float, float, float, float]
    explain: bool


@dataclass(frozen=True, eq=False)
class Answer:
    """Heatmaps of a person in a frame, and the explanation where it was asked for."""

    question: InstrumentQuestion
    prediction: Prediction
    explanation: Explanation | None

    @property
    def num_bytes(self) -> int:
        """What it takes in memory."""
        return self.prediction.heatmaps.nbytes + (self.explanation.num_bytes if self.explanation is not None else 0)


class Instruments(QObject):
    """Says how the network sees the selected person in the frame on screen.

    Signals:
        answered: an Answer. Whoever draws it checks that its frame is the one on screen.
        failed: the InstrumentQuestion, one sentence.
    """

    answered = Signal(object)
    failed = Signal(object, str)

    def __init__(self, session: Session, network: Network, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._network = network
        self._asker: FrameAsker[InstrumentQuestion, Answer] = FrameAsker(
            "instruments", self._answer, room=KEPT_BYTES, size_of=lambda answer: answer.num_bytes, parent=self
        )
        self._asker.answered.connect(lambda _, answer: self.answered.emit(answer))
        self._asker.failed.connect(self.failed)
        # A file of the same name may be another clip, or its frames are counted anew.
        session.opened.connect(self._asker.clear)

    def ask(self, explain: bool) -> InstrumentQuestion | None:
        """Asks about the selected person in the frame on screen; None if there is nothing to ask about."""
        session, weights_path = self._session, self._network.weights_path
        pose, frame_index = session.selected_pose(), session.frame_index
        if pose is None or frame_index is None or session.source_path is None or weights_path is None:
            self._asker.forget()
            return None
        x, y, width, height = (float(value) for value in pose.bbox_xywh)
        question = InstrumentQuestion(
            session.source_path, weights_path, frame_index, pose.track_id, (x, y, width, height), explain
        )
        self._asker.ask(question)
        return question

    def is_current(self, question: InstrumentQuestion) -> bool:
        """True while the question is about the person, the frame, the clip and the weights that are shown."""
        session = self._session
        here = (session.source_path, self._network.weights_path, session.frame_index, session.track_id)
        return here == (question.path, question.weights_path, question.frame_index, question.track_id)

    def stop(self) -> None:
        """Ends the thread."""
        self._asker.stop()

    def _answer(self, question: InstrumentQuestion, source: Source) -> Answer:
        """In the asker's thread."""
        from core.model import explain  # noqa: PLC0415 - torch is loaded here, in a worker thread

        predictor = self._network.predictor(question.weights_path)
        request = Request(question.frame_index, question.track_id, np.array(question.bbox_xywh))
        prediction = predictor.predict([request], source.frame, len(source))[0]
        explanation = explain(predictor, request, source.frame, len(source)) if question.explain else None
        return Answer(question, prediction, explanation)
