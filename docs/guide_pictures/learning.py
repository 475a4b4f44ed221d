"""Pictures of docs/guide/learning.md."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel

from app.application import Program
from app.ui.dialogs.round_pictures import RoundPictures
from app.ui.dialogs.rounds_dialog import RoundsDialog
from core.files import places
from core.formats import read_labels
from core.poses import Provenance
from core.project import PoseChange, edits
from guide_pictures.stage import act, require, settle, wait

PANEL_WH = (340, 470)
STEPS = 90


def learning_running(program: Program) -> QPixmap:
    """The panel while a round runs: what it costs, its curves, and how to end it."""
    _correct_evenly(program)
    tuning = program.finetuning
    tuning.start(steps=STEPS)
    wait(lambda: tuning.round.step >= 0.7 * STEPS or not tuning.round.running, "the round to be well under way")
    require(tuning.round.running, "a round that runs")
    project = program.session.project
    program.session.touch(edits.accept_pose(project, 3, project.track_ids()[0]))
    panel = program.window.finetune_panel
    wait(lambda: panel.findChild(QLabel, "finetune_waiting").text(), "what was accepted meanwhile")
    panel.setFixedSize(*PANEL_WH)
    picture = panel.grab()
    tuning.cancel()
    wait(lambda: not tuning.round.running, "the round's end")
    return picture


def learning_rounds(program: Program) -> QPixmap:
    """All rounds, with the newest one's errors joint by joint."""
    return _after_a_round(program).grab()


def learning_pictures(program: Program) -> QPixmap:
    """The pose that changed most, before and after."""
    dialog = _after_a_round(program)
    dialog.look_at_changes()
    view = dialog.findChild(RoundPictures)
    wait(lambda: view._image is not None, "the frame's picture")
    return dialog.grab()


def _after_a_round(program: Program) -> RoundsDialog:
    _correct_evenly(program)
    program.finetuning.start(steps=STEPS)
    wait(lambda: not program.finetuning.round.running, "the round's end")
    program.finetuning.accept()
    settle(program)
    act(program, "rounds")
    settle(program)
    require(program.rounds_binding.dialog.isVisible(), "the rounds")
    return program.rounds_binding.dialog


def _correct_evenly(program: Program) -> None:
    """Every third frame as a person corrected it."""
    wait(lambda: program.network.weights_path is not None and not program.tasks.running(), "the weights")
    project = program.session.project
    for image in read_labels(places.DEMO_LABELS).images[::3]:
        held = project.frame(image.frame_index)
        changes = [
            PoseChange(
                image.frame_index,
                held.pose(pose.track_id),
                replace(pose, provenance=np.where(pose.placed, Provenance.CORRECTED, pose.provenance)),
            )
            for pose in image.poses.poses
        ]
        program.session.touch(project.commit("Correct", changes, {}))
