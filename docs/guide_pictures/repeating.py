"""Pictures of docs/guide/repeating.md."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QPixmap

from app.application import Program
from app.ui.dialogs.many_frames_dialog import CarryDialog, ManyFramesDialog
from core.files import places
from core.formats import read_labels
from core.frame_range import FrameRange
from core.project import edits
from guide_pictures.stage import (
    WRIST,
    act,
    beside,
    dialog,
    go_to,
    label_a_little,
    predict,
    require,
    settle,
    wait,
    whole_window,
)


def repeating_interpolate(program: Program) -> QPixmap:
    """A person's joints between two corrected frames, before they are kept."""
    label_a_little(program)
    session, project = program.session, program.session.project
    first = project.track_ids()[0]
    truth = read_labels(places.DEMO_LABELS).images
    for frame_index in (40, 52):
        pose = truth[frame_index].poses.poses[0]
        for keypoint in np.flatnonzero(pose.placed).tolist():
            session.touch(edits.move_keypoint(project, frame_index, first, keypoint, pose.keypoints[keypoint]))
    go_to(program, 47)
    act(program, "interpolate")
    wait(lambda: program.repeating.proposal is not None, "the joints between")
    require(program.repeating.proposal.poses(47) and program.window.proposal_bar.isVisible(), "joints between")
    return whole_window(program)


def repeating_carry(program: Program) -> QPixmap:
    """How far to carry joints is asked; then they are drawn over the picture until they are kept."""
    predict(program)
    session, canvas = program.session, program.window.canvas
    first = session.project.track_ids()[0]
    go_to(program, 30)
    pose = session.project.frame(30).pose(first)
    for keypoint in np.flatnonzero(pose.placed).tolist():
        session.touch(edits.move_keypoint(session.project, 30, first, keypoint, pose.keypoints[keypoint]))
    session.select(first, WRIST)
    settle(program)
    carry = program.window.action("action_carry")
    asked = dialog(CarryDialog, carry.trigger, close=lambda it: it.do_it.click())
    wait(lambda: program.repeating.proposal is not None, "the carried joints")
    go_to(program, 36)
    require(program.repeating.proposal.poses(36) and program.window.proposal_bar.isVisible(), "carried joints")
    canvas.zoom_by(1.6)
    settle(program)
    return beside(asked, canvas.grab())


def repeating_accept(program: Program) -> QPixmap:
    """The question before joints are accepted above a score, with what it would change."""
    label_a_little(program)
    program.session.select_range(FrameRange(60, 90))
    return dialog(ManyFramesDialog, program.window.action("action_accept_above").trigger, _is_counted)


def repeating_many_frames(program: Program) -> QPixmap:
    """The questions before visibility is set, sides are swapped and people are deleted over a range."""
    label_a_little(program)
    program.session.select_range(FrameRange(60, 90))
    names = ("visibility_range", "swap_range", "delete_range")
    return beside(
        *(dialog(ManyFramesDialog, program.window.action(f"action_{name}").trigger, _is_counted) for name in names)
    )


def _is_counted(asked: ManyFramesDialog) -> bool:
    return asked.do_it.isEnabled()
