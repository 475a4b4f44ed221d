"""A second opinion on the frame shown: HRNet alone, or other weights, beside the poses that the project holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.controllers.editing.poses import EditingController
from app.controllers.session import Session
from app.threads.frame_asker import ASK_AFTER_MS, FrameAsker
from app.threads.timers import single_shot
from app.weights.in_use import Network
from core.poses import FramePoses, Pose
from core.predictions import Request
from core.project import Touched
from core.video import Source
from core.work.predicting import predicted_pose

if TYPE_CHECKING:
    from core.model import Predictor

ALONE_NAME = "HRNet alone"
KEPT_OPINIONS = 64


@dataclass(frozen=True)
class OpinionQuestion:
    """What is asked: everybody with a box in one frame.

    Attributes:
        path: the clip.
        weights_path: the weights that predict.
        second_path: the weights of the second opinion; None is the first ones' network without neighbours.
        frame_index: the frame.
        people: track id and box of each, left, top, width, height.
    """

    path: Path
    weights_path: Path
    second_path: Path | None
    frame_index: int
    people: frozenset[tuple[int, tuple[float, float, float, float]]]


class Comparison(QObject):
    """Asks a second network about the frame shown while it is switched on. It never changes labels by itself.

    Late answers to what is no longer asked are dropped. Switched off, it holds no second network.

    Attributes:
        is_on: whether a second opinion is wanted.
        second_path: whose; None is HRNet alone.
        trouble: the sentence that the last question failed with, "" otherwise.

    Signals:
        changed: what there is to show changed: switched, chosen, asked, answered or failed.
    """

    changed = Signal()

    def __init__(
        self, session: Session, network: Network, editing: EditingController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._network = network
        self._editing = editing
        self._second = Network(network.device)
        self._alone: tuple[Predictor, Predictor] | None = None
        self._asker: FrameAsker[OpinionQuestion, FramePoses] = FrameAsker(
            "comparison", self._answer, room=KEPT_OPINIONS, parent=self
        )
        self._asker.answered.connect(self.changed)
        self._asker.failed.connect(self._fail)
        self.is_on = False
        self.second_path: Path | None = None
        self.trouble = ""
        self._timer = single_shot(self, ASK_AFTER_MS, self._ask)
        session.opened.connect(self.ask_again)
        session.frame_shown.connect(lambda _: self._follow())
        session.poses_changed.connect(self._on_poses_changed)

    # What is wanted

    @property
    def name(self) -> str:
        """Whose opinion it is."""
        return ALONE_NAME if self.second_path is None else self.second_path.stem

    def switch(self, on: bool) -> None:
        """Begins or ends comparing; the end frees the second network."""
        self.is_on = on
        self.ask_again()

    def choose(self, second_path: Path | None) -> None:
        """Asks these weights from now on; None is HRNet alone."""
        self.second_path = second_path
        self.ask_again()

    def ask_again(self) -> None:
        """Forgets all answers, as other weights or another clip are in use, and asks about the frame shown."""
        self._asker.clear()
        self.trouble = ""
        self._alone = None
        self._take_second(self.second_path if self.is_on else None)
        self._follow()

    def _take_second(self, path: Path | None) -> None:
        """Other weights are another network, so that a thread that still works with the last one never mixes them."""
        if path != self._second.weights_path:
            self._second.choose(None)
            self._second = Network(self._network.device)
            self._second.choose(path)

    def _follow(self) -> None:
        """Asks about the frame shown, a little later."""
        self._asker.forget()
        if self.is_on:
            self._timer.start()
        else:
            self._timer.stop()
        self.changed.emit()

    def _on_poses_changed(self, touched: Touched) -> None:
        if self.is_on and self._session.frame_index in touched.frame_indices:
            self._timer.start()  # a box may have changed; another joint of the same people is no new question
            self.changed.emit()

    def _ask(self) -> None:
        session, weights_path = self._session, self._network.weights_path
        if not self.is_on or session.source_path is None or session.frame_index is None or weights_path is None:
            return
        people = frozenset(
            (pose.track_id, tuple(float(value) for value in pose.bbox_xywh))
            for pose in session.shown_poses().poses
            if pose.bbox_xywh[2:].min() > 0
        )
        question = OpinionQuestion(session.source_path, weights_path, self.second_path, session.frame_index, people)  # type: ignore[arg-type]
        if question != self._asker.wanted:
            self.trouble = ""
            self._asker.ask(question)
            self.changed.emit()

    # What is answered

    def opinion(self) -> FramePoses | None:
        """The second opinion on the people of the frame shown, None while there is none."""
        opinion = self._asker.answer() if self.is_on else None
        return opinion if opinion is not None and opinion.frame_index == self._session.frame_index else None

    def selected(self) -> tuple[Pose, Pose] | None:
        """The selected person's pose in the frame shown, and the second opinion on it."""
        pose, opinion = self._session.selected_pose(), self.opinion()
        second = opinion.pose(pose.track_id) if pose is not None and opinion is not None else None
        if pose is None or second is None or not np.array_equal(pose.bbox_xywh, second.bbox_xywh):
            return None  # nobody asked about this box yet: the person was renumbered, or the box drawn anew
        return pose, second

    def _answer(self, question: OpinionQuestion, source: Source) -> FramePoses:
        """In the asker's thread. Raises Cancelled as soon as nobody waits for the answer any more."""
        if not question.people:
            return FramePoses(question.frame_index)
        predictor = self._predictor(question)
        requests = [Request(question.frame_index, track_id, np.array(box)) for track_id, box in sorted(question.people)]
        poses: list[Pose] = []
        for batch in predictor.predict_batches(requests, source.frame, len(source)):
            self._asker.raise_unless_wanted(question)
            poses += [predicted_pose(prediction) for prediction in batch]
        return FramePoses(question.frame_index, tuple(sorted(poses, key=lambda pose: pose.track_id)))

    def _predictor(self, question: OpinionQuestion) -> Predictor:
        """The second network; HRNet alone shares the first one's weights."""
        if question.second_path is not None:
            return self._second.predictor(question.second_path)
        first, held = self._network.predictor(question.weights_path), self._alone
        if held is None or held[0] is not first:
            held = first, first.with_offsets(())
            if self._asker.wanted == question:
                self._alone = held
        return held[1]

    def _fail(self, _question: OpinionQuestion, sentence: str) -> None:
        self.trouble = sentence
        self.changed.emit()

    # What a person takes from it

    def take_joint(self) -> None:
        """The selected joint is right in the second opinion."""
        both, keypoint = self.selected(), self._session.keypoint
        if both is None or keypoint is None:
            self._session.message.emit("Select a joint that the second opinion places.")
        else:
            self._editing.take_joints(both[1], [keypoint], self.name)

    def take_pose(self) -> None:
        """The second opinion is right in all that no person has set."""
        both = self.selected()
        if both is None:
            self._session.message.emit("Select a person with a second opinion.")
            return
        pose, second = both
        kept_by_hand = pose.human | (pose.visibility_by_hand & ~pose.labelled)
        free = np.flatnonzero(second.placed & ~kept_by_hand).tolist()
        kept = int((second.placed & kept_by_hand).sum())
        if not free:
            self._session.message.emit("All joints of this person are set by hand or accepted: take joints one by one.")
        elif self._editing.take_joints(second, free, self.name) and kept:
            self._session.message.emit(f"Took {len(free)} joints; {kept} that you set are unchanged.")

    def stop(self) -> None:
        """Ends the thread."""
        self.is_on = False
        self._timer.stop()
        self._asker.stop()
