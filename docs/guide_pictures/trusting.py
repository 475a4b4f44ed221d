"""Pictures of docs/guide/trusting.md and predicting.md."""

from __future__ import annotations

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel

from app.application import Program
from app.ui.dialogs.dialogs import ExportDialog
from app.ui.dialogs.effort_dialog import EffortDialog
from core.project import edits
from guide_pictures.stage import WRIST, act, beside, dialog, label_a_little, reach_for_wrist, settle, wait, whole_window


def trusting_checks(program: Program) -> QPixmap:
    """The window at a joint that lies outside the picture, in the list of what would be questioned."""
    label_a_little(program)
    project = program.session.project
    edits.move_keypoint(project, 20, project.track_ids()[0], WRIST, (-14.0, 210.0))
    act(program, "check")
    wait(lambda: program.checks.state.pictures_checked and not program.checks.state.running, "the check")
    outside = next(one for one in program.checks.state.objections or () if one.keypoint == WRIST)
    program.checks.go_to(outside)
    wait(lambda: program.session.frame_index == outside.first_frame, "the frame of the joint")
    return whole_window(program)


def trusting_export(program: Program) -> QPixmap:
    """The export, which says how much would be questioned; and what the labels cost, before and after a round."""
    label_a_little(program)
    session, project = program.session, program.session.project
    first = project.track_ids()[0]

    def checked(asked: ExportDialog) -> bool:
        said = asked.findChild(QLabel, "export_checked").text()
        return "would be questioned" in said and "Comparing" not in said

    exported = dialog(ExportDialog, program.window.action("action_export").trigger, checked)
    project.record_round({}, "b" * 64, None)
    for frame_index in (60, 64):
        x, y = project.frame(frame_index).pose(first).keypoints[WRIST].tolist()
        session.touch(edits.move_keypoint(project, frame_index, first, WRIST, (x + 3.0, y)))
    effort = dialog(EffortDialog, program.window.action("action_effort").trigger)
    return beside(exported, effort)


def predicting_window(program: Program) -> QPixmap:
    """Where the network sees a wrist, over the picture, and the neighbouring frames that fed it."""
    _, _ = reach_for_wrist(program)
    program.window.show_panel("temporal")
    act(program, "show_heatmap")
    wait(lambda: program.canvas_binding.candidates is not None, "the heatmap")
    settle(program)
    return whole_window(program)
