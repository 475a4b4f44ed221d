"""Work that repeats itself: shown as a proposal first, kept as one edit when the hand says so."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.latest import LatestWorker
from app.threads.tasks import Task, TaskKind, TaskRunner
from core.errors import FamiError
from core.frame_range import FrameRange
from core.poses import Pose
from core.project import Project, Touched
from core.video import Source, open_source
from core.work.repeating import carrying, interpolating, over_frames, pasting
from core.work.repeating.proposal import Proposal, keep

AT_ONCE_CHANGES = 60
"""A proposal of more changes is written in a thread."""
NOTHING = "Nothing would change: it is so already."

Propose = Callable[[Project], Proposal]
ProposeOfFrames = Callable[[Project, Source, Callable[[int, int], None]], Proposal]


class _Count(NamedTuple):
    """What a dialog wants to know: what an edit would change."""

    project: Project
    propose: Propose


class RepeatingController(QObject):
    """Computes what an edit of many frames would change, and makes it once it is kept.

    A proposal goes away when the labels that it is about change, and when another one comes. Asking for the same
    thing again keeps it, so that a quick hand presses one key twice.

    Attributes:
        proposal: what is shown and not yet kept, None if nothing is.

    Signals:
        proposed: the Proposal that is now shown, or None.
        counted: for a dialog, the Proposal that was counted (also as `proposed`, if it changes anything), or a
            sentence why there is none.
    """

    proposed = Signal(object)
    counted = Signal(object)

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self.proposal: Proposal | None = None
        self._asked_for = ""
        self._copied: Pose | None = None
        self._wanted: _Count | None = None
        self._counter = LatestWorker("count of what would change", lambda question: question.propose(question.project))
        self._counter.answered.connect(self._on_counted)
        self._counter.failed.connect(self._on_not_counted)
        session.opened.connect(self._on_opened)
        session.closing.connect(self.discard)
        session.poses_changed.connect(self._on_poses_changed)

    def stop(self) -> None:
        """Ends the thread."""
        self._counter.stop()

    # Keeping ----------------------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Makes the edit that is shown."""
        proposal = self.proposal
        if proposal is None:
            return
        session = self._session
        clip = session.writable_clip()
        if clip is None:
            return
        project, _ = clip
        proofs = session.proofs()
        self._show(None)
        if len(proposal.changes) <= AT_ONCE_CHANGES:
            try:
                self._on_kept(keep(project, proposal, proofs))
            except FamiError as error:
                session.error.emit(str(error))
            return

        def work(_: Task) -> Touched:
            return keep(project, proposal, proofs)

        self._tasks.run(
            TaskKind.REPEAT,
            proposal.label,
            work,
            on_project=True,
            busy="The last one is still being kept: wait for it, then try again.",
            succeeded=self._on_kept,
        )

    def is_shown(self, asked_for: str) -> bool:
        """True if what is shown came of this wish, so that asking for it again keeps it."""
        return self.proposal is not None and self._asked_for == asked_for

    def discard(self) -> bool:
        """Puts the proposal away. True if there was one."""
        self._wanted = None
        if self.proposal is None:
            return False
        self._show(None)
        return True

    def _on_kept(self, touched: Touched) -> None:
        self._session.touch(touched)
        if touched:
            self._session.message.emit(touched.label)

    def _on_opened(self) -> None:
        self._copied = None
        self.discard()

    def _on_poses_changed(self, touched: Touched) -> None:
        if self.proposal is not None and not self.proposal.pose_changes.keys().isdisjoint(touched.frame_indices):
            self.discard()
            self._session.message.emit("The labels changed meanwhile: ask for it again.")

    # Copying ----------------------------------------------------------------------------------------------------------

    def copy(self) -> None:
        """Copies the selected person's pose, to be pasted in another frame or onto somebody else."""
        pose = self._session.selected_pose()
        if pose is None:
            self._session.message.emit("Select a person in this frame first.")
        elif not pose.placed.any():
            self._session.message.emit(f"Person {pose.track_id} has no joints in this frame: there is nothing to copy.")
        else:
            self._copied = pose
            count = int(pose.placed.sum())
            self._session.message.emit(f"Copied {count} joint{'s' * (count != 1)} of person {pose.track_id}.")

    def paste(self) -> None:
        """Shows the copied pose on the selected person, with nobody selected on the one it was copied from."""
        source, frame_index = self._copied, self._session.frame_index
        if source is None or frame_index is None:
            self._session.message.emit("Nothing is copied: select a person and press Ctrl+C first.")
            return
        who = source.track_id if self._session.track_id is None else self._session.track_id
        label = f"Paste onto person {who}"
        self._propose_here(
            "paste", who, lambda project: pasting.paste(project, frame_index, who, source, in_place=False, label=label)
        )

    def copy_from(self, step: int) -> None:
        """Shows the selected person's pose of a neighbouring frame in this one."""
        who, frame_index = self._session.track_id, self._session.frame_index
        if who is None or frame_index is None:
            self._session.message.emit("Select a person first.")
            return
        name = "previous" if step < 0 else "next"
        source = self._session.read(lambda project: project.frame(frame_index + step).pose(who), None)
        if source is None:
            self._session.message.emit(f"Person {who} is not in the {name} frame.")
            return
        label = f"Copy person {who} from frame {frame_index + step}"
        self._propose_here(
            f"copy {step}",
            who,
            lambda project: pasting.paste(project, frame_index, who, source, in_place=True, label=label),
        )

    # Sides ------------------------------------------------------------------------------------------------------------

    def swap_sides(self) -> None:
        """Shows the selected person with left and right swapped, with nobody selected everybody in the frame."""
        self._swap("swap", None)

    def swap_limb(self) -> None:
        """Likewise the arms, or the legs, that the selected joint is of."""
        keypoint = self._session.keypoint
        limb = None if keypoint is None else over_frames.limb_of(keypoint)
        if limb is None:
            self._session.message.emit("Select a joint of the arms, the legs or the ears first.")
        else:
            self._swap(f"swap {limb[0]}", limb[1])

    def _swap(self, asked_for: str, keypoints: frozenset[int] | None) -> None:
        session = self._session
        if session.frame_index is None:
            session.message.emit("Open a clip first.")
            return
        whom = None if session.selected_pose() is None or session.track_id is None else frozenset({session.track_id})
        scope = over_frames.Scope(
            FrameRange(session.frame_index, session.frame_index + 1), whom, keypoints, self.spared(whom)
        )
        who = None if whom is None else session.track_id
        self._propose_here(asked_for, who, lambda project: over_frames.swap_sides(project, scope))

    # Many frames ------------------------------------------------------------------------------------------------------

    def spared(self, track_ids: Collection[int] | None) -> frozenset[int]:
        """Whom an edit of these people leaves out: who is locked, and of everybody also who is hidden."""
        return self._session.locked | (self._session.hidden if track_ids is None else frozenset())

    def count(self, propose: Propose) -> None:
        """Finds out, in a thread, what an edit would change; `counted` tells it."""
        project = self._session.project
        self.discard()
        if project is not None:
            self._wanted = _Count(project, propose)
            self._counter.ask(self._wanted)

    def _on_counted(self, question: _Count, proposal: Proposal) -> None:
        if question is self._wanted:
            self._show(proposal if proposal else None)
            self.counted.emit(proposal)

    def _on_not_counted(self, question: _Count, sentence: str) -> None:
        if question is self._wanted:
            self.counted.emit(sentence)

    # Flow -------------------------------------------------------------------------------------------------------------

    def interpolate(self) -> None:
        """Shows the joints between corrected frames: in the selected range, else around the frame on screen."""
        session = self._session
        here, frames = session.frame_index, session.selected_range
        if here is None:
            session.message.emit("Open a clip first.")
            return
        if session.track_id is not None:
            whom = {session.track_id}
        elif frames is not None:
            whom = set(session.read(Project.track_ids, ())) - session.hidden
        else:
            session.message.emit("Select a person first, or a range of frames.")
            return
        whom -= session.locked
        if not whom:
            session.message.emit("Everybody here is locked or hidden: unlock somebody first (L).")
            return

        def propose(project: Project, source: Source, on_progress: Callable[[int, int], None]) -> Proposal:
            return interpolating.interpolate(
                project,
                source,
                at=here if frames is None else None,
                frames=frames,
                track_ids=whom,
                on_progress=on_progress,
            )

        self._propose_of_frames("interpolate", "Interpolating", propose)

    def carry(self, last_frame: int, keypoints: Collection[int]) -> None:
        """Shows joints of the selected person carried from the frame on screen to another one."""
        session = self._session
        who, here = session.track_id, session.frame_index
        if who is None or here is None:
            session.message.emit("Select a person first.")
            return
        if self._is_locked(who):
            return

        def propose(project: Project, source: Source, on_progress: Callable[[int, int], None]) -> Proposal:
            return carrying.carry(
                project, source, here, last_frame, track_id=who, keypoints=keypoints, on_progress=on_progress
            )

        self._propose_of_frames("carry", f"Carrying joints of person {who}", propose)

    # Showing ----------------------------------------------------------------------------------------------------------

    def _propose_here(self, asked_for: str, track_id: int | None, propose: Propose) -> None:
        """Shows what is computed in no time; keeps it where it is shown already."""
        if self.proposal is not None and self.is_shown(asked_for):
            is_here = self._session.frame_index in self.proposal.pose_changes
            if is_here and (track_id is None or track_id in self.proposal.track_ids):
                self.keep()
                return
        if track_id is not None and self._is_locked(track_id):
            return
        try:
            proposal = propose(self._session.writable())
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self._take(asked_for, proposal)

    def _propose_of_frames(self, asked_for: str, name: str, propose: ProposeOfFrames) -> None:
        """Computes a proposal from the clip's pictures, in a thread; keeps it where it is shown already."""
        if self.is_shown(asked_for):
            self.keep()
            return
        clip = self._session.writable_clip()
        if clip is None:
            return
        project, path = clip

        def work(task: Task) -> Proposal:
            with open_source(path, cancelled=task.is_cancelled) as source:
                return propose(project, source, task.report)

        self._tasks.run(
            TaskKind.REPEAT,
            name,
            work,
            on_project=True,
            busy="Something like it is still running: wait for it, or cancel it.",
            succeeded=lambda proposal: self._take(asked_for, proposal) if self._session.project is project else None,
        )

    def _take(self, asked_for: str, proposal: Proposal) -> None:
        if not proposal:
            self._session.message.emit(NOTHING)
            self.discard()
            return
        self._show(proposal)
        self._asked_for = asked_for

    def _is_locked(self, track_id: int) -> bool:
        locked = track_id in self._session.locked
        if locked:
            self._session.message.emit(f"Person {track_id} is locked: unlock them first (L).")
        return locked

    def _show(self, proposal: Proposal | None) -> None:
        self._asked_for = ""
        self.proposal = proposal
        self.proposed.emit(proposal)
