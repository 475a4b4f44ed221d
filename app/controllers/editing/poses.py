"""What the hand does to poses: each gesture becomes one durable edit of the project."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from core.errors import FamiError
from core.keypoints import POSETRACK
from core.poses import FloatArray, Pose, Visibility
from core.project import PoseChange, Project, ReviewChange, Touched, edits

Change = Callable[[Project, int, Mapping[int, tuple[float, str]]], Touched]
"""Makes one edit of a project, given the frame on screen and the proof of its picture."""


class EditingController(QObject):
    """Turns gestures on the frame that is shown into edits, and walks undo and redo.

    Signals:
        edited: the Touched of an edit that was made, or done again.
    """

    edited = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._refusal = ""

    def _edit(self, change: Change, track_id: int | None = None, keypoint: int | None = None) -> bool:
        """Runs one edit on the shown frame; a refusal is told in one sentence and changes nothing.

        With a `track_id`, the edit is one that this person's lock guards against, with a `keypoint` that joint's, too.
        """
        session = self._session
        if session.shown is None:
            session.message.emit("Open a clip first.")
            return False
        if track_id is not None and track_id in session.locked:
            session.message.emit(f"Person {track_id} is locked: unlock them first (L).")
            session.show_again()
            return False
        if track_id is not None and keypoint is not None and (track_id, keypoint) in session.locked_joints:
            session.message.emit(f"The {POSETRACK.label(keypoint)} is locked: unlock it first (Shift+L).")
            session.show_again()
            return False
        try:
            touched = change(session.writable(), session.shown.frame_index, session.proofs())
        except FamiError as error:
            self._refusal = str(error)
            session.error.emit(self._refusal)
            session.show_again()
            return False
        session.touch(touched)
        if touched:
            session.message.emit(touched.label)
            self.edited.emit(touched)
        if self._refusal:  # the next edit went well: the sentence about the last one has done its work
            session.settled.emit(self._refusal)
            self._refusal = ""
        return True

    def move_keypoint(
        self, track_id: int, keypoint: int, x: float, y: float, visibility: Visibility | None = None
    ) -> bool:
        """A joint was dragged or placed. True if it is where the hand put it."""
        return self._edit(
            lambda project, frame, proofs: edits.move_keypoint(
                project, frame, track_id, keypoint, (x, y), visibility=visibility, proofs=proofs
            ),
            track_id,
            keypoint,
        )

    def place_keypoint(self, track_id: int, keypoint: int, x: float, y: float) -> None:
        """A joint was placed by its key; the next row that nobody has set is selected, else the selection stays."""
        if self.move_keypoint(track_id, keypoint, x, y):
            pose = self._session.shown_poses().pose(track_id)
            following = None if pose is None else next_unset(pose, keypoint)
            if following is not None and following > keypoint:
                self._session.select(track_id, following)

    def cycle_visibility(self, track_id: int, keypoint: int) -> None:
        """Visible, occluded, not labelled, and visible again."""
        pose = self._session.shown_poses().pose(track_id)
        if pose is None:
            return
        visibility = Visibility(int(pose.visibility[keypoint])).following
        if self.set_visibility(track_id, keypoint, visibility):
            joint, next_one = POSETRACK.label(keypoint).capitalize(), visibility.following.words
            self._session.message.emit(f"{joint}: {visibility.words}, its place stays. Once more: {next_one}.")

    def set_visibility(self, track_id: int, keypoint: int, visibility: Visibility) -> bool:
        """Marks a joint as visible, occluded or not labelled. True if it is so now."""
        return self._edit(
            lambda project, frame, proofs: edits.set_visibility(
                project, frame, track_id, keypoint, visibility, proofs=proofs
            ),
            track_id,
            keypoint,
        )

    def cycle_selected_visibility(self) -> None:
        """Walks the visibility of the selected joint."""
        if self._session.track_id is not None and self._session.keypoint is not None:
            self.cycle_visibility(self._session.track_id, self._session.keypoint)

    def nudge_selected(self, dx: float, dy: float) -> None:
        """Moves the selected joint by a few pixels."""
        pose, keypoint = self._session.selected_pose(), self._session.keypoint
        if pose is not None and keypoint is not None and pose.labelled[keypoint]:
            x, y = pose.keypoints[keypoint]
            self.move_keypoint(pose.track_id, keypoint, float(x + dx), float(y + dy))

    def take_joints(self, second: Pose, keypoints: Sequence[int], opinion: str) -> bool:
        """Joints of a second opinion are right: they become the person's word, but for locked ones. True if taken."""
        free = [keypoint for keypoint in keypoints if (second.track_id, keypoint) not in self._session.locked_joints]
        if not free:
            self._session.message.emit("Locked joints stay as they are: unlock them first (Shift+L).")
            return False
        return self._edit(
            lambda project, frame, proofs: edits.take_keypoints(project, frame, second, free, opinion, proofs=proofs),
            second.track_id,
        )

    def transform_pose(self, track_id: int, verb: str, affine: FloatArray) -> None:
        """A whole person was moved, scaled or turned; locked joints stay."""
        still = [keypoint for whose, keypoint in self._session.locked_joints if whose == track_id]
        self._edit(
            lambda project, frame, proofs: edits.transform_pose(
                project, frame, track_id, affine, verb=verb, still=still, proofs=proofs
            ),
            track_id,
        )

    def set_head_box(self, track_id: int, bbox_xywh: tuple[float, float, float, float] | None) -> None:
        """The box of a person's head was drawn, anew or not; None takes it away."""
        self._edit(
            lambda project, frame, proofs: edits.set_head_box(project, frame, track_id, bbox_xywh, proofs=proofs),
            track_id,
        )

    def set_box(self, track_id: int, x: float, y: float, width: float, height: float) -> None:
        """A person's box was drawn anew."""
        bbox_xywh = (x, y, width, height)
        self._edit(
            lambda project, frame, proofs: edits.set_box(project, frame, track_id, bbox_xywh, proofs=proofs), track_id
        )

    def set_ignore_regions(self, polygons: Sequence[FloatArray]) -> None:
        """The frame's ignore regions were drawn, changed or deleted: these are left."""
        self._edit(lambda project, frame, proofs: edits.set_ignore_regions(project, frame, polygons, proofs=proofs))

    def accept_selected(self) -> None:
        """Accepts the selected person's pose; with nobody selected, the frame."""
        track_id = self._session.track_id
        if track_id is None or self._session.selected_pose() is None:
            self.accept_frame()
            return
        self._edit(lambda project, frame, proofs: edits.accept_pose(project, frame, track_id, proofs=proofs))

    def accept_frame(self) -> None:
        """Accepts everything in the frame and marks it as reviewed."""
        self._edit(lambda project, frame, proofs: edits.accept_frame(project, frame, proofs=proofs))

    def toggle_reviewed(self) -> None:
        """Marks the frame as reviewed, also with nobody in it, or takes the mark back."""
        reviewed = not self._session.shown_poses().reviewed
        self._edit(lambda project, frame, proofs: edits.mark_reviewed(project, frame, reviewed, proofs=proofs))

    def delete_selected(self) -> None:
        """Deletes the selected person from the whole clip."""
        track_id = self._session.track_id
        if track_id is not None:
            self._edit(lambda project, *_: edits.delete_person(project, track_id), track_id)

    def delete_selected_here(self) -> None:
        """Deletes the selected person from the shown frame."""
        track_id = self._session.track_id
        if track_id is not None:
            self._edit(lambda project, frame, _: edits.delete_person(project, track_id, frame), track_id)

    def cut_selected(self) -> None:
        """Deletes the selected person from the shown frame on."""
        track_id = self._session.track_id
        if track_id is not None:
            self._edit(lambda project, frame, _: edits.cut_person_from(project, frame, track_id), track_id)

    def change_track_id(self, old: int, new: int, swap: bool) -> None:
        """Gives a person another number from the shown frame on."""
        if self._edit(lambda project, frame, _: edits.change_track_id_from(project, frame, old, new, swap=swap)):
            self._session.select(new, self._session.keypoint)

    def undo(self) -> None:
        """Takes the last edit back, and goes where it was."""
        self._walk(lambda project: project.undo(), "undo")

    def redo(self) -> None:
        """Does the edit that was taken back again, and goes where it was."""
        self._walk(lambda project: project.redo(), "redo")

    def _walk(self, walk: Callable[[Project], Touched | None], verb: str) -> None:
        try:
            touched = walk(self._session.writable())
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        if touched is None:
            self._session.message.emit(f"Nothing to {verb}.")
            return
        self._session.touch(touched)
        self._session.message.emit(f"{verb.capitalize()}: {touched.label}")
        if len(touched.frame_indices) and self._session.frame_index not in touched.frame_indices:
            self._session.playback.go_to(self._frame_of(touched))
        if verb == "redo":
            self.edited.emit(touched)

    def _frame_of(self, touched: Touched) -> int:
        """Where the edit itself was, of the frames that changed with it."""
        changes = self._session.read(lambda project: project.changes_of(touched.entry_id), [])
        frames = [change.frame_index for change in changes if isinstance(change, PoseChange | ReviewChange)]
        return min(frames or touched.frame_indices)


def next_unset(pose: Pose, after: int, without: Collection[int] = ()) -> int | None:
    """The next keypoint after `after` (around the end) that nobody has set, nor said that it is not there.

    Args:
        pose: whose.
        after: -1 for the first.
        without: keypoints that are passed over.

    Returns:
        None where there is none.
    """
    count = len(POSETRACK)
    unset = ~pose.labelled & ~pose.touched_by_hand
    order = [(after + step) % count for step in range(1, count + 1)]
    return next((keypoint for keypoint in order if unset[keypoint] and keypoint not in without), None)
