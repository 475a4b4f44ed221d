"""Pictures of docs/guide/collections.md and annotators.md: several clips, and several people at one of them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QProgressBar

from app.application import Program
from app.ui.dialogs.table_dialog import TableDialog
from core.files import places
from core.formats import import_labels, read_labels
from core.project import PoseChange, Project, edits
from core.work.annotators import Kind
from guide_pictures.stage import (
    act,
    dialog,
    go_to,
    label_a_little,
    open_clip,
    predict,
    settle,
    wait,
    whole_window,
)

NAMES = ("corridor", "entrance", "stairs")


def annotators_window(program: Program) -> QPixmap:
    """The window at a disagreement with another annotator, whose poses are drawn broken."""
    with tempfile.TemporaryDirectory() as folder:
        _compare_with_anna(program, Path(folder))
        annotators = program.annotators
        disagreements = annotators.state.disagreements
        found = [i for i in annotators.state.shown if disagreements[i].kind == Kind.PLACE]
        for index in found[:2]:
            annotators.go_to(index)
            annotators.take()
            settle(program)
        annotators.go_to(found[2])
        wait(lambda: program.session.frame_index == disagreements[found[2]].worst_frame, "the worst frame")
        picture = whole_window(program)
        annotators.end()
    return picture


def annotators_totals(program: Program) -> QPixmap:
    """How well two annotators agree, joint by joint."""
    with tempfile.TemporaryDirectory() as folder:
        _compare_with_anna(program, Path(folder))
        picture = dialog(TableDialog, program.window.action("action_annotator_totals").trigger)
        program.annotators.end()
    return picture


def collections_window(program: Program) -> QPixmap:
    """The window with a collection of three clips, the first of which is done."""
    session = program.session
    with tempfile.TemporaryDirectory() as folder:
        clips = _clips(Path(folder))
        for clip, num_reviewed in zip(clips, (125, 41, 0), strict=True):
            open_clip(program, clip)
            import_labels(session.project, read_labels(places.DEMO_LABELS), None, keypoints=False)
            predict(program)
            for frame_index in range(num_reviewed):
                session.touch(edits.mark_reviewed(session.project, frame_index, True))
        open_clip(program, places.DEMO_CLIP)  # none of the list is open, so the first that is not done will be
        program.collecting.collect(clips[0].parent)
        wait(lambda: session.source_path == clips[1] and session.shown, "the first clip that is not done")
        settle(program)
        wait(lambda: program.review.shown, "the queue")
        go_to(program, 41)
        return whole_window(program)


def collections_run(program: Program) -> QPixmap:
    """One run over the list at work: the second clip is predicted while the first is open."""
    session, collecting = program.session, program.collecting
    with tempfile.TemporaryDirectory() as folder:
        clips = _clips(Path(folder))
        for clip in clips:
            open_clip(program, clip)
            import_labels(session.project, read_labels(places.DEMO_LABELS), None, keypoints=False)
        open_clip(program, clips[0])
        collecting.collect(clips[0].parent)
        settle(program)
        go_to(program, 24)
        act(program, "predict_clips")
        program.window.show_panel("collection")
        progress = program.window.findChild(QProgressBar, "task_progress")
        wait(lambda: collecting.state.at_work == clips[2] and progress.maximum() > 0, "the run to be at the third clip")
        picture = program.window.grab()
        act(program, "cancel")
        settle(program)
    return picture


def _clips(folder: Path) -> list[Path]:
    clips = [folder / "friday" / f"{name}.mp4" for name in NAMES]
    clips[0].parent.mkdir()
    return [Path(shutil.copy(places.DEMO_CLIP, clip)) for clip in clips]


def _compare_with_anna(program: Program, folder: Path) -> None:
    """Compares what the network and a person did with a project that holds the demo clip's own labels."""
    label_a_little(program)
    session = program.session
    with Project.create(folder / "anna.fami", session.project.source) as theirs:
        changes = [
            PoseChange(image.frame_index, None, pose.replaced(track_id=pose.track_id + 4))
            for image in read_labels(places.DEMO_LABELS).images
            for pose in image.poses.poses
            if image.frame_index is not None
        ]
        theirs.commit("Label", changes)
    program.annotators.compare_with(folder / "anna.fami")
    wait(lambda: program.annotators.state.name, "the comparison")
    program.window.show_panel("annotators")
