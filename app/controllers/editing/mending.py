"""The frames around a correction follow it: computed beside the window, written as a run that goes with its edit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.controllers.editing.poses import EditingController
from app.controllers.session import Session
from app.controllers.viewing.playback import ShownFrame
from app.threads.latest import LatestWorker
from core.errors import Cancelled, FamiError
from core.files import places
from core.keypoints import POSETRACK
from core.people.flow import RgbFrame
from core.people.repair import REACH
from core.project import Project, Touched
from core.video import Source, open_source
from core.work.mending import FramesAround, Mended, mend_after

ON_SETTING, REACH_SETTING = "mending", "mending_reach"
FARTHEST_REACH = 25
NOTHING_MENDED = "Nothing that a correction mended is left to undo."


class _Question(NamedTuple):
    """What is to be mended after.

    Attributes:
        project: the labels.
        entry_id: the journal's entry of the edit.
        path: of the clip.
        kept: gives frames that are decoded already.
        timestamps_s: of all frames.
        reach: frames on either side.
        locked_joints: (track id, keypoint) of joints that stay.
    """

    project: Project
    entry_id: int
    path: Path
    kept: Callable[[int], ShownFrame | None]
    timestamps_s: NDArray[np.float64]
    reach: int
    locked_joints: frozenset[tuple[int, int]]


class MendingController(QObject):
    """Mends the frames around each correction, one correction after the other, while the hand goes on.

    Attributes:
        on: whether corrections are followed.
        reach: how many frames on either side at most.
        last: what was mended last and still stands, None if nothing.

    Signals:
        changed: `last`, and what is left of it: a Mended or None, and the rising frames that are still as it left them.
        switched(bool): whether corrections are followed from now on.
    """

    changed = Signal(object, object)
    switched = Signal(bool)

    def __init__(self, session: Session, editing: EditingController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        settings = places.read_settings()
        self.on = settings.get(ON_SETTING) is not False
        kept = settings.get(REACH_SETTING)
        self.reach = kept if isinstance(kept, int) and 1 <= kept <= FARTHEST_REACH else REACH
        self.last: Mended | None = None
        self._waiting: deque[_Question] = deque()
        self._asked: _Question | None = None
        self._source: Source | None = None
        self._worker = LatestWorker("mending", self._mend, self, at_end=self._close_source)
        self._worker.answered.connect(self._on_answered)
        self._worker.failed.connect(self._on_failed)
        editing.edited.connect(self._on_edited)
        session.closing.connect(self._forget)
        session.poses_changed.connect(self._on_poses_changed)

    @property
    def is_idle(self) -> bool:
        """False while frames are still to be mended."""
        return self._asked is None and not self._waiting

    def stop(self) -> None:
        """Ends the thread."""
        self._forget()
        self._worker.stop()

    def switch(self, on: bool) -> None:
        """Follows corrections from now on, or no longer; also after a restart."""
        self.on = on
        places.write_setting(ON_SETTING, on)
        if not on:
            self._waiting.clear()
        self.switched.emit(on)
        words = "The frames around a correction follow it." if on else "Corrections change their own frame alone."
        self._session.message.emit(words)

    def set_reach(self, reach: int) -> None:
        """Mends so many frames on either side at most, also after a restart."""
        self.reach = min(max(reach, 1), FARTHEST_REACH)
        places.write_setting(REACH_SETTING, self.reach)
        frames = "1 frame" if self.reach == 1 else f"{self.reach} frames"
        self._session.message.emit(f"A correction mends at most {frames} on either side.")

    def take_back(self) -> None:
        """Undoes what was mended last, and leaves the correction."""
        last, session = self.last, self._session
        if last is None:
            session.message.emit(NOTHING_MENDED)
            return
        try:
            touched = session.writable().remove_run(last.run_id)
        except FamiError as error:
            session.error.emit(str(error))
            return
        session.touch(touched)
        session.message.emit(f"Undid the mending of the {POSETRACK.label(last.keypoint)}; your correction stays.")

    # Asking -----------------------------------------------------------------------------------------------------------

    def _on_edited(self, touched: Touched) -> None:
        session = self._session
        if not self.on or not touched or session.project is None or session.source_path is None:
            return
        self._waiting.append(
            _Question(
                session.project,
                touched.entry_id,
                session.source_path,
                session.playback.kept_frames(),
                session.timestamps_s,
                self.reach,
                session.locked_joints,
            )
        )
        self._ask_next()

    def _ask_next(self) -> None:
        if self._asked is None and self._waiting:
            self._asked = self._waiting.popleft()
            self._worker.ask(self._asked)

    def _forget(self) -> None:
        """The clip is about to close: what waits is dropped, and what is computed ends at its next frame."""
        self._waiting.clear()
        self._asked = None
        self._worker.forget()
        self.last = None
        self._tell()

    # In the thread ----------------------------------------------------------------------------------------------------

    def _mend(self, question: _Question) -> Mended | None:
        def kept(frame_index: int) -> tuple[RgbFrame, str] | None:
            shown = question.kept(frame_index)
            return None if shown is None else (shown.rgb, shown.proof)

        def go_on() -> None:
            if self._asked is not question:
                raise Cancelled

        frames = FramesAround(lambda: self._source_of(question.path), kept, question.timestamps_s, go_on)
        return mend_after(
            question.project, question.entry_id, frames, reach=question.reach, locked_joints=question.locked_joints
        )

    def _source_of(self, path: Path) -> Source:
        if self._source is None or self._source.path != path:
            self._close_source()
            self._source = open_source(path)
        return self._source

    def _close_source(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    # Answers ----------------------------------------------------------------------------------------------------------

    def _on_answered(self, question: _Question, mended: Mended | None) -> None:
        if question is not self._asked:
            return
        self._asked = None
        if mended is not None:
            self.last = mended
            self._session.touch(mended.touched)
            self._session.message.emit(in_words(mended))
        self._ask_next()

    def _on_failed(self, question: _Question, sentence: str) -> None:
        if question is not self._asked:
            return
        self._asked = None
        self._session.error.emit(f"The frames around your correction stay as they were. {sentence}")
        self._ask_next()

    def _on_poses_changed(self, touched: Touched) -> None:
        if self.last is not None and not set(self.last.frame_indices).isdisjoint(touched.frame_indices):
            self._tell()

    def _tell(self) -> None:
        """Says what of the last mending still stands: a person may have undone it, or spoken since."""
        last = self.last
        left: tuple[int, ...] = () if last is None else self._session.read(last.left, ())
        if not left:
            self.last = None
        self.changed.emit(self.last, left)


def in_words(mended: Mended) -> str:
    """What happened, for the foot of the window."""
    count = len(mended.frame_indices)
    return (
        f"Mended the {POSETRACK.label(mended.keypoint)} in {count} frame{'s' * (count != 1)} around it; "
        "Ctrl+Z takes it back with your drag."
    )
