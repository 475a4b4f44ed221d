"""The session: the open project and its source, what is selected, and word of every change."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.controllers.viewing.playback import Playback, ShownFrame
from app.threads.timers import single_shot
from app.tools import Tool
from core.errors import FamiError, ProjectError
from core.files import places
from core.files.small_files import remembered
from core.frame_range import FrameRange
from core.poses import FramePoses, Pose
from core.project import BEGUN_BY, Project, Touched
from core.video import Source
from core.video.soundness.gaps import Gap
from core.work.opening import Opened

A = TypeVar("A")
B = TypeVar("B")


RESTING_MS = 1500
"""A hand that has stayed on a frame this long will want to come back to it."""


class Session(QObject):
    """What is open, what is shown and what is selected. Controllers change it; views follow its signals.

    Edits belong to the frame that is *shown* (its joints are under the hand), not to the one asked for. What the
    project holds of it is read once when it comes on screen and once after each write that touches it: whoever draws
    takes it from `shown_poses`, and all draw the same.

    Attributes:
        gaps: where frames of the clip are missing.
        is_checked: that the clip's frames are those of a plain decode is sure.
        selected_range: the frames of the timeline that actions on a range apply to, None if none are selected.
        undo_label: what undo would take back, None if there is nothing; read once after each write.
        redo_label: what redo would do again, likewise.

    Signals:
        opened: a project was opened.
        closing: the open project is about to close; what belongs into it can still be written.
        frame_shown: a ShownFrame; `shown_poses` are its people.
        poses_changed: Touched; what to draw again.
        selection_changed: track id or None, keypoint or None.
        range_changed: the FrameRange that is now selected, or None.
        people_display_changed: hidden or locked people or joints changed.
        tool_changed: the Tool that the hand now holds.
        message: one short sentence for the status bar.
        error: one sentence that stays until it is dismissed.
        remarked: what they are on ("Import of labels.json"), and sentences that all stay until they are dismissed.
        settled: the sentence of an error that no longer matters.
        mismatched: one sentence, that the picture on screen is not the one that was labelled.
    """

    opened = Signal()
    closing = Signal()
    frame_shown = Signal(object)
    poses_changed = Signal(object)
    selection_changed = Signal(object, object)
    range_changed = Signal(object)
    people_display_changed = Signal()
    tool_changed = Signal(object)
    message = Signal(str)
    error = Signal(str)
    remarked = Signal(str, object)
    settled = Signal(str)
    mismatched = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.source_path: Path | None = None
        self.pixel_aspect = 1.0
        self.timestamps_s: NDArray[np.float64] = np.zeros(0)
        self.gaps: tuple[Gap, ...] = ()
        self.is_checked = True
        self.playback = Playback(self)
        self.playback.frame_shown.connect(self._on_frame_shown)
        self.playback.failed.connect(self.error)
        self.track_id: int | None = None
        self.keypoint: int | None = None
        self.selected_range: FrameRange | None = None
        self.hidden: frozenset[int] = frozenset()
        self.locked: frozenset[int] = frozenset()
        self.hidden_joints: frozenset[tuple[int, int]] = frozenset()
        self.locked_joints: frozenset[tuple[int, int]] = frozenset()
        self._known: frozenset[int] | None = None
        """Everybody in the clip, while whoever comes to it is hidden with the others."""
        self.tool = Tool.SELECT
        self.undo_label: str | None = None
        self.redo_label: str | None = None
        self._poses = FramePoses(0)
        self._mismatch = ""
        self._resting = single_shot(self, RESTING_MS, self._remember_frame)

    def take(self, opened: Opened) -> None:
        """Shows what was opened, in place of what is open now."""
        self.close()
        self.project = opened.project
        self._know(opened.source)
        self.track_id = self.keypoint = None
        self.hidden = self.locked = frozenset()
        self.hidden_joints = self.locked_joints = frozenset()
        self._known = None
        self.select_range(None)
        last_frame = self.read(lambda project: project.setting("last_frame"), None)
        start = remembered(last_frame, 0)
        if opened.frame_index is not None:
            start = opened.frame_index
        places.remember_project(opened.project.path)
        if not opened.project.read_only and self.read(lambda project: project.setting(BEGUN_BY), None) is not None:
            opened.project.set_setting(BEGUN_BY, None)  # a person's from now on
        self._read_history()
        self.opened.emit()
        self.playback.open(opened.source, start)
        if len(opened.notes) == 1 and not opened.warnings:
            self.message.emit(opened.notes[0])
        else:
            self.remark(f"Opening of {opened.source.path.name}", (*opened.warnings, *opened.notes))

    def remark(self, title: str, sentences: Sequence[str]) -> None:
        """Tells all that is to be said on one thing; nothing where there is nothing."""
        if sentences:
            self.remarked.emit(title, tuple(sentences))

    def settle_mismatch(self) -> None:
        """The picture on screen was said to be the right one, or the clip is another one now."""
        self.settled.emit(self._mismatch)

    def take_source(self, source: Source, *, elsewhere: bool = False) -> None:
        """Goes on with the same project and clip: counted anew, or `elsewhere`; the picture on screen stays there."""
        if self.project is None or (self.source_path != source.path and not elsewhere):
            source.close()
            return
        seen_s = self.playback.timestamp_s(self.playback.wanted) if self.playback.num_frames else 0.0
        self.playback.close()
        self._know(source)
        self.select(None, None)
        self.select_range(None)
        self._read_shown()
        self._read_history()
        self.opened.emit()
        self.playback.open(source, int(np.abs(self.timestamps_s - seen_s).argmin()))
        if source.damaged:
            self.error.emit(source.damaged)

    def _know(self, source: Source) -> None:
        self.source_path = source.path
        self.pixel_aspect = source.pixel_aspect
        self.timestamps_s = np.asarray(source.timestamps, dtype=np.float64)
        self.gaps = source.gaps
        self.is_checked = source.is_checked

    def close(self) -> None:
        """Closes the project; every edit is already on disk."""
        if self.project is None:
            return
        self.closing.emit()
        self.playback.pause()
        self._remember_frame()
        self._resting.stop()
        self.playback.close()
        self.project.close()
        self.project = None
        self._read_shown()
        self._read_history()

    def _remember_frame(self) -> None:
        """For the next opening; also while the hand rests, as nobody is asked before a kill."""
        if self.playback.playing:
            self._resting.start()
        elif self.project is not None and not self.project.read_only and self.frame_index is not None:
            self.remember("last_frame", str(self.frame_index))

    def remember(self, name: str, value: str) -> None:
        """Keeps a small setting in the project; one that cannot be kept is not worth an alarm."""
        try:
            self.writable().set_setting(name, value)
        except FamiError as error:
            self.message.emit(str(error))

    def writable(self) -> Project:
        """The open project. Raises ProjectError if none is open or it is open to read only."""
        if self.project is None:
            raise ProjectError("No clip is open: open one first.")
        if self.project.read_only:
            path = self.project.path
            if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
                why = "because another program has it open: close that one first"
            else:
                why = f"because {path.parent} may not be written: allow it, or copy {path.name} elsewhere"
            raise ProjectError(f"This project is open read-only {why}.")
        return self.project

    def writable_clip(self) -> tuple[Project, Path] | None:
        """The project and the source that a worker may work on; None, and the error told, where there are none."""
        try:
            project = self.writable()
        except FamiError as error:
            self.error.emit(str(error))
            return None
        return None if self.source_path is None else (project, self.source_path)

    def read(self, of: Callable[[Project], A], otherwise: B) -> A | B:
        """What the project says; `otherwise` where none is open or it cannot be read, and the error is told."""
        if self.project is None:
            return otherwise
        try:
            return of(self.project)
        except ProjectError as error:
            self.error.emit(str(error))
            return otherwise

    @property
    def shown(self) -> ShownFrame | None:
        """The frame on screen."""
        return self.playback.shown

    @property
    def frame_index(self) -> int | None:
        """The index of the frame on screen."""
        return None if self.shown is None else self.shown.frame_index

    def shown_poses(self) -> FramePoses:
        """The poses of the frame on screen, as they were last written."""
        return self._poses

    def selected_pose(self) -> Pose | None:
        """The selected person's pose in the frame on screen."""
        return None if self.track_id is None else self.shown_poses().pose(self.track_id)

    @property
    def calibrated_runs(self) -> frozenset[int]:
        """The project's runs whose scores are measured probabilities."""
        return self.read(lambda project: project.calibrated_runs, frozenset())

    def proofs(self) -> dict[int, tuple[float, str]]:
        """The proof (time in seconds, hash of the pixels) of the frame on screen, for a label of it."""
        if self.shown is None:
            return {}
        return {self.shown.frame_index: (self.playback.timestamp_s(self.shown.frame_index), self.shown.proof)}

    def touch(self, touched: Touched | None) -> None:
        """Tells the views what changed; drops a selection that no longer exists."""
        if touched is None:
            return
        if self.frame_index in touched.frame_indices:
            self._read_shown()
        self._read_history()
        if touched.people_changed:
            self._hide_newcomers()
        self.poses_changed.emit(touched)
        may_be_gone = touched.people_changed and self.track_id in touched.track_ids
        if may_be_gone and self.track_id not in self.read(Project.track_ids, ()):
            self.select(None, None)

    def show_again(self) -> None:
        """Draws what is stored again, in place of a gesture that was refused."""
        if self.shown is not None:
            self._read_shown()
            self.frame_shown.emit(self.shown)

    def select(self, track_id: int | None, keypoint: int | None) -> None:
        """Selects a person and one of its keypoints."""
        if (track_id, keypoint) != (self.track_id, self.keypoint):
            self.track_id, self.keypoint = track_id, keypoint
            self.selection_changed.emit(track_id, keypoint)

    def select_range(self, frames: FrameRange | None) -> None:
        """Selects a range of the timeline, as far as the clip goes."""
        if frames is not None:
            frames = frames.within(self.playback.num_frames)
        if frames != self.selected_range:
            self.selected_range = frames
            self.range_changed.emit(frames)

    def take_tool(self, tool: Tool) -> None:
        """Takes a tool in hand; `tool_changed` follows also where it was in hand already, for buttons to show it."""
        self.tool = tool
        self.tool_changed.emit(tool)

    def put_tool_down(self) -> None:
        """Selecting and dragging again."""
        self.take_tool(Tool.SELECT)

    def set_hidden(self, track_ids: frozenset[int]) -> None:
        """Hides people from the canvas."""
        self.hidden = track_ids
        if not track_ids:
            self._known = None
        self.people_display_changed.emit()

    def hide_others(self, track_id: int) -> None:
        """Hides everybody but one, also who comes to the clip later; shows them again where they are hidden."""
        everybody = self._everybody()
        others = everybody - {track_id}
        self._known = everybody
        self.set_hidden(frozenset() if others <= self.hidden else others)

    def _everybody(self) -> frozenset[int]:
        return frozenset(self.read(Project.track_ids, ()))

    def _hide_newcomers(self) -> None:
        """A number that takes the place of another one is no newcomer: it is hidden where that one was."""
        if self._known is None:
            return
        everybody = self._everybody()
        newcomers, gone = everybody - self._known, self._known - everybody
        self._known = everybody
        if newcomers and gone <= self.hidden:
            self.set_hidden(self.hidden | newcomers)

    def set_locked(self, track_ids: frozenset[int]) -> None:
        """Locks people against accidental edits."""
        self.locked = track_ids
        self.people_display_changed.emit()

    def set_hidden_joints(self, joints: frozenset[tuple[int, int]]) -> None:
        """Hides joints, by (track id, keypoint), from the canvas."""
        self.hidden_joints = joints
        self.people_display_changed.emit()

    def set_locked_joints(self, joints: frozenset[tuple[int, int]]) -> None:
        """Locks joints, by (track id, keypoint), against accidental edits."""
        self.locked_joints = joints
        self.people_display_changed.emit()

    def _read_shown(self) -> None:
        """Reads the people of the frame on screen; nobody where they cannot be read."""
        frame_index = self.frame_index
        self._poses = FramePoses(frame_index or 0)
        if frame_index is not None:
            self._poses = self.read(lambda project: project.frame(frame_index), self._poses)

    def _read_history(self) -> None:
        labels = self.read(lambda project: (project.undo_label, project.redo_label), (None, None))
        self.undo_label, self.redo_label = labels

    def _on_frame_shown(self, frame: ShownFrame) -> None:
        self._resting.start()
        self._read_shown()
        self.frame_shown.emit(frame)
        proof = self.proofs()[frame.frame_index]
        if self.read(lambda project: project.mismatched(frame.frame_index, proof), False):
            self._mismatch = (
                f"Frame {frame.frame_index} is not the picture it was labelled on: "
                "the video was replaced or edited. Check its labels, or say which picture is right."
            )
            self.mismatched.emit(self._mismatch)
