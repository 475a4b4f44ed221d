"""How fast the selected joint moves through the clip, worked out off the window's thread."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.latest import LatestWorker
from app.threads.timers import single_shot
from core.keypoints import POSETRACK
from core.project import JointPath, Project, Touched

QUIET_MS = 120


class SpeedQuestion(NamedTuple):
    """Whose speed is wanted."""

    project: Project
    track_id: int
    keypoint: int
    timestamps_s: NDArray[np.float64]


class JointSpeed(QObject):
    """The speed of the selected joint, while somebody wants to see it.

    Attributes:
        shown: whether it is wanted.

    Signals:
        changed(object, str): (N,) the speed in each frame in the person's sizes a second, NaN where it is not known,
            and whose it is; None where it is not wanted.
    """

    changed = Signal(object, str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.shown = False
        self._wanted: SpeedQuestion | None = None
        self._worker = LatestWorker("speeds", self._answer, self)
        self._worker.answered.connect(self._on_answer)
        self._worker.failed.connect(self._on_failed)
        self._timer = single_shot(self, QUIET_MS, self._ask)
        session.opened.connect(self._ask)
        session.selection_changed.connect(lambda *_: self._ask())
        session.poses_changed.connect(self._on_poses_changed)

    @property
    def is_up_to_date(self) -> bool:
        """False while something is still to be worked out: for scripts that wait for the graph."""
        return not self._timer.isActive() and self._worker.is_idle

    def set_shown(self, shown: bool) -> None:
        """Works the speed out from now on, or no longer."""
        self.shown = shown
        if shown and (self._session.track_id is None or self._session.keypoint is None):
            self._session.message.emit("Select a joint to see its speed on the timeline.")
        self._ask()

    def stop(self) -> None:
        """Ends the thread."""
        self._timer.stop()
        self._worker.stop()

    def _on_poses_changed(self, touched: Touched) -> None:
        if self.shown and self._session.track_id in touched.track_ids and not self._timer.isActive():
            self._timer.start()

    def _ask(self) -> None:
        session = self._session
        self._wanted = None
        if not self.shown or session.project is None:
            self._worker.forget()
            self.changed.emit(None, "")
        elif session.track_id is None or session.keypoint is None:
            self._worker.forget()
            self.changed.emit(np.full(len(session.timestamps_s), np.nan), "selected joint")
        else:
            self._wanted = SpeedQuestion(session.project, session.track_id, session.keypoint, session.timestamps_s)
            self._worker.ask(self._wanted)

    def _answer(self, question: SpeedQuestion) -> NDArray[np.float64]:
        return speeds(question.project.joint_path(question.track_id, question.keypoint), question.timestamps_s)

    def _on_answer(self, question: SpeedQuestion, found: NDArray[np.float64]) -> None:
        if question is self._wanted:
            self.changed.emit(found, f"{POSETRACK.label(question.keypoint)} of #{question.track_id}")

    def _on_failed(self, question: SpeedQuestion, sentence: str) -> None:
        if question.project is self._session.project:
            self._session.message.emit(sentence)


def speeds(path: JointPath, timestamps_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) how fast a joint comes to where it is from the frame before, in the person's sizes a second.

    NaN where it is not placed in both frames, or the person has no size.

    Args:
        path: where the joint is.
        timestamps_s: (N,) the time of each frame.
    """
    result = np.full(len(timestamps_s), np.nan)
    inside = path.frame_index < len(timestamps_s)
    frames, xy, size_px = path.frame_index[inside], path.xy[inside], path.size_px[inside]
    after = np.flatnonzero((np.diff(frames) == 1) & (size_px[1:] > 0)) + 1
    moved_px = np.linalg.norm(xy[after] - xy[after - 1], axis=1)
    gap_s = np.maximum(timestamps_s[frames[after]] - timestamps_s[frames[after] - 1], 1e-3)
    result[frames[after]] = moved_px / size_px[after] / gap_s
    return result
