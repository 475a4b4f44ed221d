"""What stands around the frame shown, read off the window's thread: trajectories, ghosts, and a machine's places."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.session import Session
from app.threads.latest import LatestWorker
from core.files import places
from core.judging.limbs import UnusualLimb, unusual_limbs, usual_lengths
from core.judging.surroundings import Surroundings, Trajectory, trajectories
from core.keypoints import POSETRACK
from core.poses import FloatArray
from core.project import Project, Touched

SHOWN_SETTING = "shown_around"
FRAMES_AROUND = 12
QUIET_MS = 40
POSES_FOR_USUAL = 300
"""Of one person, from all over the clip: enough for a quartile, and soon read."""


@dataclass(frozen=True)
class ShownAround:
    """What is drawn around the people of the frame shown.

    Attributes:
        trajectories: the ways of the selected joint or person, FRAMES_AROUND frames back and on.
        ghost: the poses of the frame before.
        said_before: where a machine had what a person moved.
        unusual_limbs: limbs that are far from as long as they mostly are, in frames that are not reviewed.
    """

    trajectories: bool = False
    ghost: bool = False
    said_before: bool = True
    unusual_limbs: bool = True


class AroundQuestion(NamedTuple):
    """What stands around a frame, asked of a project."""

    project: Project
    frame_index: int
    track_id: int | None
    keypoint: int | None
    wanted: ShownAround


class SurroundingsController(QObject):
    """Reads what stands around the frame shown. It changes no label.

    Signals:
        shown_changed: the ShownAround.
        changed: the Surroundings of the frame shown, None where nothing is drawn.
    """

    shown_changed = Signal(object)
    changed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.shown = _remembered(places.read_settings().get(SHOWN_SETTING))
        self._worker = LatestWorker("surroundings", SurroundingsReader().read, self)
        self._worker.answered.connect(self._on_answer)
        self._worker.failed.connect(lambda _question, sentence: session.message.emit(sentence))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET_MS)
        self._timer.timeout.connect(self._ask)
        session.opened.connect(self._timer.start)
        session.frame_shown.connect(lambda _frame: self._timer.start())
        session.selection_changed.connect(lambda *_: self._timer.start())
        session.poses_changed.connect(self._on_poses_changed)

    def stop(self) -> None:
        """Ends the thread."""
        self._timer.stop()
        self._worker.stop()

    def show(self, **switches: bool) -> None:
        """Draws something around the people from now on, or no longer; the names are those of `ShownAround`."""
        self.shown = replace(self.shown, **switches)
        places.write_setting(SHOWN_SETTING, asdict(self.shown))
        self.shown_changed.emit(self.shown)
        self._timer.start()

    def _on_poses_changed(self, touched: Touched) -> None:
        here = self._session.frame_index
        if here is not None and any(abs(index - here) <= FRAMES_AROUND for index in touched.frame_indices):
            self._timer.start()

    def _ask(self) -> None:
        session = self._session
        if session.project is None or session.frame_index is None or not any(asdict(self.shown).values()):
            self.changed.emit(None)
            return
        self._worker.ask(
            AroundQuestion(session.project, session.frame_index, session.track_id, session.keypoint, self.shown)
        )

    def _on_answer(self, question: AroundQuestion, around: Surroundings) -> None:
        if question.project is self._session.project and question.wanted == self.shown:
            self.changed.emit(around)


class SurroundingsReader:
    """Reads what stands around frames, in one thread. It remembers the usual limbs of a project as it is."""

    def __init__(self) -> None:
        self._known_of: tuple[Project | None, int] = (None, -1)
        self._usual: dict[int, FloatArray] = {}

    def read(self, question: AroundQuestion) -> Surroundings:
        """What stands around a frame. Raises ProjectError."""
        project, here, wanted = question.project, question.frame_index, question.wanted
        ways: tuple[Trajectory, ...] = ()
        if wanted.trajectories and question.track_id is not None:
            frames = project.frames(max(here - FRAMES_AROUND, 0), here + FRAMES_AROUND + 1)
            ways = trajectories(frames, question.track_id, question.keypoint)
        return Surroundings(
            here,
            ways,
            project.frame(here - 1) if wanted.ghost and here > 0 else None,
            project.machine_places(here) if wanted.said_before else {},
            self._unusual(project, here) if wanted.unusual_limbs else (),
        )

    def _unusual(self, project: Project, frame_index: int) -> tuple[UnusualLimb, ...]:
        frame = project.frame(frame_index)
        if frame.reviewed:
            return ()
        state = project, project.last_entry
        if state != self._known_of:
            self._known_of, self._usual = state, {}
        found: tuple[UnusualLimb, ...] = ()
        for pose in frame.poses:
            if pose.track_id not in self._usual:
                sample = project.track_sample(pose.track_id, POSES_FOR_USUAL)
                self._usual[pose.track_id] = usual_lengths(sample, POSETRACK)
            found += unusual_limbs(pose, self._usual[pose.track_id], POSETRACK)
        return found


def _remembered(value: object) -> ShownAround:
    """What was switched on last."""
    kept = value if isinstance(value, dict) else {}
    return replace(ShownAround(), **{name: bool(kept[name]) for name in asdict(ShownAround()) if name in kept})
