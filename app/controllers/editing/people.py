"""People in the clip: drawn by a box, followed through it, renumbered."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from app.tools import Tool
from app.weights.in_use import Network
from core.errors import FamiError
from core.project import edits
from core.video import open_source
from core.work.following import Followed, follow_person, locator


class _Chosen(NamedTuple):
    """Whom to follow from where: the number is the person's as of an entry of the journal, whatever comes later."""

    track_id: int
    frame_index: int
    as_of: int


class PeopleController(QObject):
    """Adds people by a box and follows them in a worker thread.

    Signals:
        added: the number of whom a box was drawn for.
        followed: a Followed, when a person was followed to the end or lost; for scripts that drive the program.
    """

    added = Signal(int)
    followed = Signal(object)

    def __init__(
        self,
        session: Session,
        tasks: TaskRunner,
        network: Network,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._network = network
        self._waiting: list[_Chosen] = []
        self._is_cancelled: Callable[[], bool] = lambda: False
        session.opened.connect(self._waiting.clear)

    def draw_box(self) -> None:
        """Lets the hand draw a box: of the selected person where it is not in this frame, else of somebody new."""
        if self._session.frame_index is None:
            self._session.message.emit("Open a clip first.")
            self._session.put_tool_down()
            return
        try:
            self._session.writable()
        except FamiError as error:
            self._session.error.emit(str(error))
            self._session.put_tool_down()
            return
        self._session.take_tool(Tool.BOX)
        lost = self._lost_person()
        whom = "the new person" if lost is None else f"person {lost}, who is not in this frame"
        self._session.message.emit(f"Drag a box around {whom}. Esc stops drawing.")

    def _lost_person(self) -> int | None:
        """The selected person, if it is not in the frame on screen."""
        return self._session.track_id if self._session.selected_pose() is None else None

    def add_person(self, x: float, y: float, width: float, height: float) -> None:
        """A box was drawn: adds the person to this frame and follows it."""
        session = self._session
        lost = self._lost_person()
        session.put_tool_down()
        if session.frame_index is None:
            return
        try:
            project = session.writable()
            touched = edits.add_person(
                project, session.frame_index, (x, y, width, height), lost, proofs=session.proofs()
            )
        except FamiError as error:
            session.error.emit(str(error))
            return
        session.touch(touched)
        track_id = touched.track_ids[0]
        session.select(track_id, None)
        self.follow(track_id)
        self.added.emit(track_id)

    def follow_selected(self) -> None:
        """Follows the selected person from the shown frame on."""
        if self._session.track_id is None:
            self._session.message.emit("Select a person first.")
        elif self._session.frame_index == self._session.playback.num_frames - 1:
            self._session.message.emit("This is the last frame: there is nothing to follow.")
        else:
            self.follow(self._session.track_id)

    def follow(self, track_id: int) -> None:
        """Follows a person's box from the shown frame to the clip's end, in a worker thread, one after the other."""
        session = self._session
        frame_index = session.frame_index
        if frame_index is None or frame_index >= session.playback.num_frames - 1:
            return
        if session.writable_clip() is None:
            return
        as_of = session.read(lambda project: project.last_entry, None)
        if as_of is None:
            return
        chosen = _Chosen(track_id, frame_index, as_of)
        if not self._tasks.running(TaskKind.FOLLOW):
            self._follow(chosen)
            return
        if (frame_index, track_id) not in {(waits.frame_index, self._number_now(waits)) for waits in self._waiting}:
            self._waiting.append(chosen)
        session.message.emit(f"Person {track_id} waits its turn to be followed.")

    def _follow(self, chosen: _Chosen) -> None:
        session = self._session
        stop = session.playback.num_frames
        clip = session.writable_clip()
        if clip is None:
            return
        project, path = clip
        number = self._number_now(chosen)

        def work(task: Task) -> Followed:
            self._is_cancelled = task.is_cancelled
            try:
                locate = locator(self._network.predictor())
            except FamiError:  # no usable weights, as the window has said: the flow alone will do
                locate = None
            with open_source(path, cancelled=task.is_cancelled) as source:
                return follow_person(
                    project,
                    source,
                    chosen.track_id,
                    chosen.frame_index,
                    stop,
                    on_progress=task.report,
                    on_part=task.deliver,
                    locate=locate,
                    as_of=chosen.as_of,
                )

        self._tasks.run(
            TaskKind.FOLLOW,
            f"Following person {chosen.track_id if number is None else number}",
            work,
            on_project=True,
            delivered=session.touch,
            succeeded=self._on_followed,
            ended=self._follow_next,
        )

    def _number_now(self, chosen: _Chosen) -> int | None:
        """The number that whoever was chosen has by now, None if they were deleted."""
        return self._session.read(
            lambda project: project.person_now(chosen.frame_index, chosen.track_id, chosen.as_of), None
        )

    def _follow_next(self) -> None:
        """Goes on with whoever waits; a cancel is meant for all of them."""
        if self._is_cancelled():
            self._waiting.clear()
        elif self._waiting:
            self._follow(self._waiting.pop(0))

    def _on_followed(self, result: Followed) -> None:
        if not result.lost:
            self._session.message.emit(f"Person {result.track_id} was followed to frame {result.last_frame}.")
        else:
            self._session.message.emit(
                f"Person {result.track_id} was lost after frame {result.last_frame}: "
                "redraw the box there and follow again, or delete the person from there on."
            )
        self.followed.emit(result)
