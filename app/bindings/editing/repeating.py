"""The actions that repeat work over frames, connected to the controllers that do it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from app.bindings.connecting import Slot, connect_actions
from app.controllers.editing.ranges import RangeController
from app.controllers.editing.repeating import NOTHING, RepeatingController
from app.controllers.session import Session
from app.ui.canvas.painting.proposal_painting import Ghosts
from app.ui.dialogs.many_frames_dialog import CarryDialog, Choice, Deed, ManyFramesDialog, Option
from app.ui.main_window import MainWindow
from app.ui.reasons import allow
from app.ui.words import counted
from core.frame_range import FrameRange
from core.keypoints import POSETRACK
from core.project import Project
from core.work.repeating import over_frames
from core.work.repeating.carrying import joints_to_carry
from core.work.repeating.proposal import Proposal

CARRIED_FRAMES = 10
"""How far joints are carried unless the hand says otherwise."""

REPLACING = ("interpolate", "carry")
"""Proposals that put joints of their own in the place of predicted ones: that is said."""


class RepeatingBinding(QObject):
    """Connects the selected range and what is done with many frames; shows what would change until it is kept."""

    def __init__(
        self, window: MainWindow, session: Session, ranges: RangeController, repeating: RepeatingController
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._repeating = repeating
        self._dialog: ManyFramesDialog | None = None
        self._carried_frames = CARRIED_FRAMES
        slots: dict[str, Slot] = {
            "action_range_start": ranges.start_here,
            "action_range_end": ranges.end_here,
            "action_range_clear": ranges.clear,
            "action_copy_pose": repeating.copy,
            "action_paste_pose": repeating.paste,
            "action_copy_previous": lambda: repeating.copy_from(-1),
            "action_copy_next": lambda: repeating.copy_from(1),
            "action_interpolate": repeating.interpolate,
            "action_carry": self._carry,
            "action_swap_sides": repeating.swap_sides,
            "action_swap_limb": repeating.swap_limb,
            "action_accept_range": lambda: self._ask(Deed.ACCEPT),
            "action_accept_above": lambda: self._ask(Deed.ACCEPT_ABOVE),
            "action_visibility_range": lambda: self._ask(Deed.VISIBILITY),
            "action_swap_range": lambda: self._ask(Deed.SWAP),
            "action_delete_range": lambda: self._ask(Deed.DELETE),
            "action_keep_proposal": repeating.keep,
        }
        connect_actions(window, slots)
        window.proposal_bar.discarded.connect(repeating.discard)
        repeating.proposed.connect(self._show)
        repeating.counted.connect(self._show_count)
        session.frame_shown.connect(lambda _: self._draw())
        self._show(None)

    # What would change ------------------------------------------------------------------------------------------------

    def _show(self, proposal: Proposal | None) -> None:
        allow(self._window.action("action_keep_proposal"), "" if proposal is not None else "Nothing is proposed.")
        is_asked = self._dialog is not None
        self._window.proposal_bar.show_sentence("" if proposal is None or is_asked else in_words(proposal))
        self._draw()

    def _draw(self) -> None:
        proposal, frame_index = self._repeating.proposal, self._session.frame_index
        if proposal is None or frame_index is None:
            self._window.canvas.set_ghosts(None)
        else:
            self._window.canvas.set_ghosts(Ghosts(proposal.poses(frame_index), proposal.leaving(frame_index)))

    # Questions --------------------------------------------------------------------------------------------------------

    def _carry(self) -> None:
        session, repeating = self._session, self._repeating
        if repeating.is_shown("carry"):
            repeating.keep()
            return
        pose, here = session.selected_pose(), session.frame_index
        if pose is None or here is None or not pose.placed.any():
            session.message.emit("Select a person with joints in this frame first.")
            return
        before, after = here, session.playback.num_frames - 1 - here
        if not before and not after:
            session.message.emit("The clip has one frame: there is nowhere to carry joints to.")
            return
        own, everything = joints_to_carry(pose), frozenset(np.flatnonzero(pose.placed).tolist())
        joints = [Option(f"all {len(everything)} that are placed", everything)]
        if len(own) < len(everything):
            joints.insert(0, Option(f"the {counted(len(own), 'joint')} set by hand", frozenset(own)))
        keypoint = session.keypoint
        if keypoint is not None and pose.placed[keypoint]:
            joints.append(Option(POSETRACK.label(keypoint), frozenset({keypoint})))
            limb = over_frames.limb_of(keypoint)
            if limb is not None:
                joints.append(Option(limb[0], limb[1]))
        frames = session.selected_range
        proposed = frames.last - here if frames is not None and here in frames else 0
        dialog = CarryDialog(
            self._window, before=before, after=after, proposed=proposed or self._carried_frames, joints=joints
        )
        if dialog.agreed():
            steps, keypoints = dialog.answer()
            if not proposed:
                self._carried_frames = abs(steps)
            repeating.carry(here + steps, keypoints)

    def _ask(self, deed: Deed) -> None:
        """Asks which frames, whose joints and what to do; counts what would change with each choice."""
        session = self._session
        if session.frame_index is None:
            session.message.emit("Open a clip first.")
            return
        dialog = ManyFramesDialog(
            self._window, deed, frames=self._frame_options(), whom=self._people_options(), joints=self._joint_options()
        )
        dialog.changed.connect(lambda: self._count(deed, dialog))
        self._dialog = dialog
        try:
            self._count(deed, dialog)
            agreed = dialog.agreed()
        finally:
            self._dialog = None
        if agreed:
            self._repeating.keep()
        else:
            self._repeating.discard()

    def _frame_options(self) -> list[Option]:
        """The selected range is proposed, else the frame on screen."""
        session = self._session
        here, num_frames = session.frame_index or 0, session.playback.num_frames
        options = [Option(f"this frame ({here})", FrameRange(here, here + 1))]
        if here + 1 < num_frames:
            options.append(Option("from here to the end", FrameRange(here, num_frames)))
        options.append(Option("the whole clip", FrameRange(0, num_frames)))
        if session.selected_range is not None:
            options.insert(0, Option(f"the range: {session.selected_range.words}", session.selected_range))
        return options

    def _people_options(self) -> list[Option]:
        track_id = self._session.track_id
        everybody = Option("everybody", None)
        return [everybody] if track_id is None else [Option(f"#{track_id}", frozenset({track_id})), everybody]

    def _joint_options(self) -> list[Option]:
        keypoint = self._session.keypoint
        options = [Option("all joints", None)]
        if keypoint is not None:
            options.append(Option(POSETRACK.label(keypoint), frozenset({keypoint})))
            limb = over_frames.limb_of(keypoint)
            if limb is not None:
                options.append(Option(limb[0], limb[1]))
        return options

    def _count(self, deed: Deed, dialog: ManyFramesDialog) -> None:
        choice = dialog.choice()
        scope = over_frames.Scope(
            choice.frames, choice.track_ids, choice.keypoints, self._repeating.spared(choice.track_ids)
        )
        self._repeating.count(lambda project: _proposed(deed, choice, scope, project))

    def _show_count(self, result: Proposal | str) -> None:
        if self._dialog is None:
            return
        if isinstance(result, str):
            self._dialog.show_effect(result, can_do=False)
        elif not result:
            self._dialog.show_effect(NOTHING, can_do=False)
        else:
            spared = "" if not self._session.locked | self._session.hidden else " Who is locked or hidden stays."
            self._dialog.show_effect(in_words(result) + spared, can_do=True)


def _proposed(deed: Deed, choice: Choice, scope: over_frames.Scope, project: Project) -> Proposal:
    if deed == Deed.VISIBILITY:
        return over_frames.set_visibility(project, scope, choice.visibility)
    if deed == Deed.SWAP:
        return over_frames.swap_sides(project, scope)
    if deed == Deed.DELETE:
        return over_frames.delete_people(project, scope)
    return over_frames.accept(project, scope, choice.above if deed == Deed.ACCEPT_ABOVE else 0.0)


def in_words(proposal: Proposal) -> str:
    """What would change, counted: "Interpolate person 1: 12 frames, 134 joints of #1; 3 joints set by hand stay."."""
    people = [f"#{track_id}" for track_id in proposal.track_ids]
    whose = people[0] if len(people) == 1 else counted(len(people), "person", "people")
    parts = [counted(len(proposal.frame_indices), "frame")] if proposal.frame_indices else []
    if proposal.num_deleted:
        parts.append(f"{counted(proposal.num_deleted, 'pose')} of {whose} deleted")
    elif proposal.num_joints:
        replaces = proposal.action in REPLACING and proposal.num_predicted > 0
        of_them = f", {proposal.num_predicted:,} of them predicted until now" if replaces else ""
        parts.append(f"{counted(proposal.num_joints, 'joint')} of {whose}{of_them}")
    elif people:
        parts.append(f"the boxes of {whose}")
    if proposal.num_reviewed:
        parts.append(f"{counted(proposal.num_reviewed, 'frame')} marked as reviewed")
    stays = f"; {counted(proposal.kept, 'joint')} set by hand {'stays' if proposal.kept == 1 else 'stay'}"
    return f"{proposal.label}: {', '.join(parts)}{stays if proposal.kept else ''}."
