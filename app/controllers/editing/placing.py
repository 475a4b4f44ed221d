"""Joint by joint: each click places the next joint of a person, and every step can be taken back."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject

from app.controllers.editing.poses import EditingController, next_unset
from app.controllers.session import Session
from app.tools import Tool
from core.keypoints import POSETRACK
from core.poses import Visibility
from core.project import Touched

HOW = "Click where the joint is. Q: occluded there. O: not there. Z: skip. Backspace: one back. Esc: stop."


class _Step(NamedTuple):
    """A joint that was dealt with.

    Attributes:
        keypoint: which.
        entry_id: the last edit of the project once it was: the step's own where `is_edit`, else the one before it.
        is_edit: False where the joint was skipped.
    """

    keypoint: int
    entry_id: int
    is_edit: bool


class PlacingController(QObject):
    """Walks a hand that holds `Tool.PLACE` through the joints of the selected person in the frame on screen.

    It begins at the selected joint, else at the first that nobody has set, and goes on, around the end, to those that
    nobody has set. What happened is said when it ends.

    Attributes:
        after_a_box: whether a newly drawn person's joints are placed next.
    """

    def __init__(self, session: Session, editing: EditingController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._editing = editing
        self._steps: list[_Step] = []
        self._person: tuple[int | None, int | None] = (None, None)  # frame index and track id that the steps are about
        self.after_a_box = False
        session.poses_changed.connect(self._on_poses_changed)

    @property
    def is_active(self) -> bool:
        """True while the hand places joints."""
        return self._session.tool == Tool.PLACE

    def toggle(self) -> None:
        """Takes the tool in hand, or puts it away."""
        if self.is_active:
            self.stop()
        else:
            self.start()

    def start(self) -> None:
        """Takes the tool in hand, at the selected joint; says so where there is nobody or nothing to place."""
        session = self._session
        pose = session.selected_pose()
        if pose is None:
            session.put_tool_down()
            session.message.emit("Select a person first.")
            return
        keypoint = next_unset(pose, -1) if session.keypoint is None else session.keypoint
        if keypoint is None:
            session.put_tool_down()
            session.message.emit("All joints of this person are set: drag them, or select one to begin at.")
            return
        self._begin()
        session.select(pose.track_id, keypoint)
        session.take_tool(Tool.PLACE)
        session.message.emit(HOW)

    def stop(self) -> None:
        """Puts the tool away and says how far it went."""
        self._session.put_tool_down()
        pose = self._session.selected_pose()
        if pose is None:
            self._session.message.emit("Placing joints has ended.")
            return
        count = int(pose.labelled.sum())
        words = f"{count} of {len(POSETRACK)} joints of person {pose.track_id} are labelled."
        self._session.message.emit(f"Placing joints has ended: {words}")

    def person_added(self, track_id: int) -> None:
        """Somebody new was drawn: their joints are next, if that is wanted."""
        if self.after_a_box:
            self._session.select(track_id, None)
            self.start()

    def place(self, track_id: int, keypoint: int, x: float, y: float) -> None:
        """A click placed a joint."""
        if self._editing.move_keypoint(track_id, keypoint, x, y):
            self._go_on(keypoint, is_edit=True)

    def mark_occluded(self, place: tuple[float, float] | None) -> None:
        """The joint is under the pointer, but something hides it; without a pointer, where it already is."""
        pose, keypoint = self._session.selected_pose(), self._session.keypoint
        if pose is None or keypoint is None:
            return
        if place is None and not pose.placed[keypoint]:
            self._session.message.emit("Put the pointer where the joint is, then press the key.")
            return
        x, y = pose.keypoints[keypoint] if place is None else place
        if self._editing.move_keypoint(pose.track_id, keypoint, float(x), float(y), Visibility.OCCLUDED):
            self._go_on(keypoint, is_edit=True)

    def mark_absent(self) -> None:
        """The joint cannot be told from the picture: a person's word that it is not labelled."""
        pose, keypoint = self._session.selected_pose(), self._session.keypoint
        if pose is not None and keypoint is not None:
            before = self._last_edit()
            if self._editing.set_visibility(pose.track_id, keypoint, Visibility.NOT_LABELLED):
                self._go_on(keypoint, is_edit=self._last_edit() != before)

    def skip(self) -> None:
        """Goes on and leaves the joint as it is."""
        if self._session.selected_pose() is not None and self._session.keypoint is not None:
            self._go_on(self._session.keypoint, is_edit=False)

    def back(self) -> None:
        """Returns to the joint before; what the last step set is undone."""
        self._forget_other_steps()
        session = self._session
        if not self._steps:
            session.message.emit("This is where placing began: nothing to step back to.")
            return
        step = self._steps[-1]
        if step.is_edit and step.entry_id == self._last_edit():
            self._editing.undo()  # and the step goes with it
        else:
            self._steps.pop()
            session.select(session.track_id, step.keypoint)

    def _begin(self) -> None:
        self._steps.clear()
        self._person = self._session.frame_index, self._session.track_id

    def _forget_other_steps(self) -> None:
        if self._person != (self._session.frame_index, self._session.track_id):
            self._begin()

    def _last_edit(self) -> int:
        return self._session.read(lambda project: project.undo_entry, 0)

    def _go_on(self, keypoint: int, is_edit: bool) -> None:
        self._forget_other_steps()
        self._steps.append(_Step(keypoint, self._last_edit(), is_edit))
        session = self._session
        pose = session.selected_pose()
        skipped = {step.keypoint for step in self._steps}
        following = None if pose is None else next_unset(pose, keypoint, skipped)
        if following is None:
            self.stop()
        else:
            session.select(session.track_id, following)

    def _on_poses_changed(self, _touched: Touched) -> None:
        """Where an edit was undone, its joint is the next to place again."""
        if not (self.is_active and self._steps):
            return
        last, gone = self._last_edit(), None
        while self._steps and self._steps[-1].entry_id > last:
            gone = self._steps.pop()
        if gone is not None and self._person == (self._session.frame_index, self._session.track_id):
            self._session.select(self._session.track_id, gone.keypoint)
