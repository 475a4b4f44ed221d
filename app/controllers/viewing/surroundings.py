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
from core.poses import FloatArray, FramePoses
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
    """What stands around a frame, asked of a project.

    Attributes:
        project: what is asked.
        frame: the frame shown, as the project holds it.
        track_id: the selected person.
        keypoint: the selected joint.
        wanted: what is drawn.
        revision: another one than before where many frames have changed, and limbs may have another usual length.
        number: tells the newest question from those before it.
    """

    project: Project
    frame: FramePoses
    track_id: int | None
    keypoint: int | None
    wanted: ShownAround
    revision: int
    number: int


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
        self._worker.failed.connect(self._on_failed)
        self._revision = self._asked = self._answered = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET_MS)
        self._timer.timeout.connect(self._ask)
        session.opened.connect(self._on_opened)
        session.frame_shown.connect(lambda _frame: self._timer.start())
        session.selection_changed.connect(self._on_selection)
        session.poses_changed.connect(self._on_poses_changed)

    @property
    def is_up_to_date(self) -> bool:
        """False while something is still to be read: for scripts that wait for it."""
        return not self._timer.isActive() and self._answered == self._asked

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

    def _on_opened(self) -> None:
        self._revision += 1
        self._timer.start()

    def _on_selection(self, _track_id: int | None, _keypoint: int | None) -> None:
        if self.shown.trajectories:  # all else is of the frame, whoever is selected
            self._timer.start()

    def _on_poses_changed(self, touched: Touched) -> None:
        if len(touched.frame_indices) > FRAMES_AROUND or touched.people_changed:
            self._revision += 1
        here = self._session.frame_index
        if here is not None and any(abs(index - here) <= FRAMES_AROUND for index in touched.frame_indices):
            self._timer.start()

    def _ask(self) -> None:
        session = self._session
        if session.project is None or session.frame_index is None or not any(asdict(self.shown).values()):
            self.changed.emit(None)
            return
        self._asked += 1
        self._worker.ask(
            AroundQuestion(
                session.project,
                session.shown_poses(),
                session.track_id,
                session.keypoint,
                self.shown,
                self._revision,
                self._asked,
            )
        )

    def _on_failed(self, question: AroundQuestion, sentence: str) -> None:
        self._answered = question.number
        if question.project is self._session.project:  # one that was closed meanwhile is nobody's concern
            self._session.message.emit(sentence)

    def _on_answer(self, question: AroundQuestion, around: Surroundings) -> None:
        self._answered = question.number
        if question.project is self._session.project and question.wanted == self.shown:
            self.changed.emit(around)


class SurroundingsReader:
    """Reads what stands around frames, in one thread. It remembers how long people's limbs mostly are."""

    def __init__(self) -> None:
        self._known_of: tuple[Project | None, int] = (None, -1)
        self._usual: dict[int, FloatArray] = {}

    def read(self, question: AroundQuestion) -> Surroundings:
        """What stands around a frame. Raises ProjectError."""
        project, here, wanted = question.project, question.frame.frame_index, question.wanted
        ways: tuple[Trajectory, ...] = ()
        if wanted.trajectories and question.track_id is not None:
            frames = project.frames(max(here - FRAMES_AROUND, 0), here + FRAMES_AROUND + 1)
            ways = trajectories(frames, question.track_id, question.keypoint)
        return Surroundings(
            here,
            ways,
            project.frame(here - 1) if wanted.ghost and here > 0 else None,
            project.machine_places(question.frame) if wanted.said_before else {},
            self._unusual(question) if wanted.unusual_limbs else (),
        )

    def _unusual(self, question: AroundQuestion) -> tuple[UnusualLimb, ...]:
        project, frame = question.project, question.frame
        if frame.reviewed:
            return ()
        state = project, question.revision
        if state != self._known_of:
            self._known_of, self._usual = state, {}
        found: tuple[UnusualLimb, ...] = ()
        for pose in frame.poses:
            if not pose.placed.any():
                continue
            if pose.track_id not in self._usual:
                sample = project.track_sample(pose.track_id, POSES_FOR_USUAL)
                self._usual[pose.track_id] = usual_lengths(sample, POSETRACK)
            found += unusual_limbs(pose, self._usual[pose.track_id], POSETRACK)
        return found


def _remembered(value: object) -> ShownAround:
    """What was switched on last."""
    kept = value if isinstance(value, dict) else {}
    return replace(ShownAround(), **{name: bool(kept[name]) for name in asdict(ShownAround()) if name in kept})
