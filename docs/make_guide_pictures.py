"""Draws the pictures of docs/guide from the real window on the demo clip, one function a picture.

Run from the root of the repository:  python docs/make_guide_pictures.py [NAME ...]
Without names all are drawn. Each function gets the open program and returns the picture docs/guide/pictures/NAME.png.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "guide" / "pictures"
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np  # noqa: E402 - the path and the platform come first
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QPixmap  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget  # noqa: E402

from app.application import Program  # noqa: E402
from app.ui import theme  # noqa: E402
from app.ui.canvas.canvas import Canvas  # noqa: E402
from app.ui.canvas.hand.transforming import TURN_HANDLE_PX  # noqa: E402
from app.ui.dialogs.command_palette import CommandPalette  # noqa: E402
from app.ui.dialogs.question import Question  # noqa: E402
from app.ui.dialogs.rounds_dialog import RoundsDialog  # noqa: E402
from app.ui.dialogs.tracks_dialog import TracksDialog  # noqa: E402
from core.files import places  # noqa: E402
from core.formats import import_labels, read_labels  # noqa: E402
from core.frame_range import FrameRange  # noqa: E402
from core.judging.entries import Wanted  # noqa: E402
from core.poses import Provenance  # noqa: E402
from core.project import PoseChange, Project, edits  # noqa: E402
from core.track_changes import Verb  # noqa: E402
from core.work.annotators import Kind  # noqa: E402

SIZE_WH = (1280, 720)
PANEL_WH = (340, 470)
WRIST, LEFT_ANKLE, RIGHT_ANKLE = 9, 15, 16
D = TypeVar("D", bound=QDialog)


def moving_timeline(program: Program) -> QPixmap:
    """The timeline with people's rows in all their states and a selected range."""
    _label_a_little(program)
    program.session.select_range(FrameRange(60, 90))
    _go_to(program, 74)
    return _strip(program)


def moving_speed(program: Program) -> QPixmap:
    """The speed of the selected joint in place of the scores, with the frames spread."""
    _label_a_little(program)
    _go_to(program, 40)
    program.session.select(program.session.project.track_ids()[0], WRIST)
    program.window.action("action_speed_graph").trigger()
    program.window.timeline.zoom(2.5)
    _wait(lambda: program.joint_speed.is_up_to_date)
    return _strip(program)


def repeating_interpolate(program: Program) -> QPixmap:
    """A person's joints between two corrected frames, before they are kept."""
    _label_a_little(program)
    session, project = program.session, program.session.project
    first = project.track_ids()[0]
    truth = read_labels(places.DEMO_LABELS).images
    for frame_index in (40, 52):
        pose = truth[frame_index].poses.poses[0]
        for keypoint in np.flatnonzero(pose.placed).tolist():
            session.touch(edits.move_keypoint(project, frame_index, first, keypoint, pose.keypoints[keypoint]))
    _go_to(program, 47)
    program.window.action("action_interpolate").trigger()
    _wait(lambda: program.repeating.proposal is not None)
    _wait_ms(300)
    return program.window.grab()


def mending_window(program: Program) -> QPixmap:
    """Ankles that the network had exchanged were dragged; a frame that followed, and on the timeline all that did."""
    _label_a_little(program)
    session = program.session
    truth = read_labels(places.DEMO_LABELS).images[46].poses.poses[0]
    _go_to(program, 46)
    people = session.shown_poses().poses
    track_id = min(people, key=lambda pose: np.abs(pose.bbox_xywh - truth.bbox_xywh).sum()).track_id
    for ankle in (RIGHT_ANKLE, LEFT_ANKLE):
        session.select(track_id, ankle)
        x, y = truth.keypoints[ankle].tolist()
        program.editing.move_keypoint(track_id, ankle, x, y)
        _wait(lambda: program.mending.is_idle)
    _go_to(program, 44)
    program.window.timeline.zoom(2.5)
    _wait(lambda: program.surroundings.is_up_to_date)
    _wait_ms(300)
    return program.window.grab()


def repeating_accept(program: Program) -> QPixmap:
    """The question before joints are accepted above a score, with what it would change."""
    _label_a_little(program)
    program.session.select_range(FrameRange(60, 90))
    return _dialog(Question, program.window.action("action_accept_above").trigger, lambda it: it.do_it.isEnabled())


def placing_magnifier(program: Program) -> QPixmap:
    """A wrist in the hand, and the picture around it beside the pointer."""
    canvas, (x, y) = _reach_for_wrist(program)
    QTest.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.viewport_position(x, y))
    for step in (4, 8):
        QTest.mouseMove(canvas.viewport(), canvas.viewport_position(x + step, y + step / 2))
    picture = canvas.grab()
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    return picture


def placing_peaks(program: Program) -> QPixmap:
    """The places where the network sees a wrist, with a ring each."""
    canvas, _ = _reach_for_wrist(program)
    program.canvas_binding.want_candidates()
    _wait(lambda: program.canvas_binding.candidates is not None)
    program.window.action("action_next_peak").trigger()
    _wait_ms(200)
    return canvas.grab()


def placing_handles(program: Program) -> QPixmap:
    """A person half turned by the handle above the box; one joint is locked."""
    canvas, _ = _reach_for_wrist(program)
    track_id = program.session.track_id
    program.session.select(track_id, None)
    canvas.fit()
    x, y, w, h = (float(value) for value in program.session.selected_pose().bbox_xywh)
    middle = canvas.viewport_position(x + w / 2, y + h / 2)
    grip = QPoint(middle.x(), canvas.viewport_position(x, y).y() - round(TURN_HANDLE_PX))
    QTest.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=grip)
    for part in (0.5, 1.0):
        QTest.mouseMove(canvas.viewport(), grip + QPoint(round(part * 60), 8))
    QTest.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=grip + QPoint(60, 8))
    program.session.set_locked_joints(frozenset({(track_id, WRIST)}))
    _wait_ms(200)
    return canvas.grab()


def placing_regions(program: Program) -> QPixmap:
    """A head box, and two ignore regions that are being edited."""
    canvas, _ = _reach_for_wrist(program)
    canvas.fit()
    pose = program.session.selected_pose()
    x, y = pose.keypoints[0].tolist()
    program.editing.set_head_box(pose.track_id, (x - 18, y - 26, 36, 42))
    window_panes = [[60, 60], [190, 40], [210, 180], [70, 190]], [[520, 330], [660, 330], [660, 430], [520, 430]]
    program.editing.set_ignore_regions([np.array(corners, dtype=np.float64) for corners in window_panes])
    program.window.action("action_ignore_regions").trigger()
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.viewport_position(130, 120))
    _wait_ms(200)
    return canvas.grab()


def deciding_queue(program: Program) -> QPixmap:
    """The window at an entry of the queue, some of which are done."""
    _predict(program)
    review = program.review
    for entry in review.shown[3:6]:
        review.mark_done(entry)
    review.set_wanted(Wanted(with_done=True))
    _wait(lambda: review.is_up_to_date and review.num_done == 3)
    review.go_to_entry(review.shown[1])
    _wait(lambda: program.session.frame_index == review.shown[1].frame_index)
    _wait_ms(200)
    return program.window.grab()


def tracks_dialog(program: Program) -> QPixmap:
    """The dialog that changes who is who, with the people before and after the place."""
    session = program.session
    _go_to(program, 40)
    first = session.project.track_ids()[0]
    session.select(first, None)
    return _dialog(
        TracksDialog,
        lambda: program.track_changes_binding.open(first, Verb.ASSIGN),
        lambda it: it.strip.rows is not None and it.do_it.isEnabled(),
    )


def annotators_window(program: Program) -> QPixmap:
    """The window at a disagreement with another annotator, whose poses are drawn broken."""
    with tempfile.TemporaryDirectory() as folder:
        _compare_with_anna(program, Path(folder))
        annotators = program.annotators
        places = [i for i in annotators.state.shown if annotators.state.disagreements[i].kind == Kind.PLACE]
        for place in places[:2]:
            annotators.go_to(place)
            annotators.take()
        annotators.go_to(places[2])
        _wait(lambda: program.session.frame_index == annotators.state.disagreements[places[2]].worst_frame)
        _wait_ms(300)
        picture = program.window.grab()
        annotators.end()
    return picture


def annotators_totals(program: Program) -> QPixmap:
    """How well two annotators agree, joint by joint."""
    with tempfile.TemporaryDirectory() as folder:
        _compare_with_anna(program, Path(folder))
        picture = _dialog(Question, program.window.action("action_annotator_totals").trigger)
        program.annotators.end()
    return picture


def seeing_around(program: Program) -> QPixmap:
    """A corrected wrist with all that stands around it, and the legend."""
    _move_a_wrist(program)
    for name in ("trajectories", "ghost", "legend"):
        program.window.action(f"action_{name}").trigger()
    _wait_ms(500)
    return program.window.grab()


def seeing_tones(program: Program) -> QPixmap:
    """The picture brighter, with larger markers."""
    _move_a_wrist(program)
    for name in ("brighter", "brighter", "brighter", "larger_markers", "larger_markers", "larger_markers"):
        program.window.action(f"action_{name}").trigger()
    _wait_ms(300)
    return program.window.canvas.grab()


def _move_a_wrist(program: Program) -> None:
    """A machine's wrist is put elsewhere in frame 40, with the picture near enough to see it."""
    _label_a_little(program)
    _go_to(program, 40)
    canvas, track_id = program.window.canvas, program.session.project.track_ids()[0]
    x, y = program.session.project.frame(40).pose(track_id).keypoints[WRIST].tolist()
    program.editing.move_keypoint(track_id, WRIST, x + 25.0, y - 30.0)
    program.session.select(track_id, WRIST)
    canvas.zoom_by(2.0)
    canvas.reveal(x, y)


def _compare_with_anna(program: Program, folder: Path) -> None:
    """Compares what the network and a person did with a project that holds the demo clip's own labels."""
    _label_a_little(program)
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
    _wait(lambda: program.annotators.state.name)
    program.window.show_panel("annotators")


def collections_window(program: Program) -> QPixmap:
    """The window with a collection of three clips, the first of which is done."""
    session = program.session
    with tempfile.TemporaryDirectory() as folder:
        clips = [Path(folder) / "friday" / f"{name}.mp4" for name in ("corridor", "entrance", "stairs")]
        clips[0].parent.mkdir()
        for clip, num_reviewed in zip(clips, (125, 41, 0), strict=True):
            _open(program, Path(shutil.copy(places.DEMO_CLIP, clip)))
            import_labels(session.project, read_labels(places.DEMO_LABELS), None, keypoints=False)
            _predict(program)
            for frame_index in range(num_reviewed):
                session.touch(edits.mark_reviewed(session.project, frame_index, True))
        _open(program, places.DEMO_CLIP)  # none of the list is open, so the first that is not done will be
        program.collecting.collect(clips[0].parent)
        _wait(lambda: session.source_path == clips[1] and not program.tasks.running())
        _wait(lambda: program.review.is_up_to_date and program.review.shown)
        _go_to(program, 41)
        return program.window.grab()


def trusting_checks(program: Program) -> QPixmap:
    """The window at a joint that lies outside the picture, in the list of what would be questioned."""
    _label_a_little(program)
    project = program.session.project
    edits.move_keypoint(project, 20, project.track_ids()[0], WRIST, (-14.0, 210.0))
    program.window.action("action_check").trigger()
    _wait(lambda: program.checks.state.pictures_checked and not program.checks.state.running)
    outside = next(one for one in program.checks.state.objections or () if one.keypoint == WRIST)
    program.checks.go_to(outside)
    _wait(lambda: program.session.frame_index == outside.first_frame)
    _wait_ms(300)
    return program.window.grab()


def finding_commands(program: Program) -> QPixmap:
    """The commands that a word leaves, with their keys."""

    def typed(palette: CommandPalette) -> bool:
        palette.findChild(QLineEdit, "palette_field").setText("swap")
        return True

    return _dialog(CommandPalette, program.window.action("action_commands").trigger, typed)


def learning_running(program: Program) -> QPixmap:
    """The panel while a round runs: what it costs, its curves, and how to end it."""
    _correct_evenly(program)
    tuning = program.finetuning
    tuning.start(steps=60)
    _wait(lambda: tuning.round.step >= 42 or not tuning.round.running)
    project = program.session.project
    program.session.touch(edits.accept_pose(project, 3, project.track_ids()[0]))
    _wait_ms(300)
    program.window.finetune_panel.setFixedSize(PANEL_WH[0], PANEL_WH[1])
    picture = program.window.finetune_panel.grab()
    tuning.cancel()
    _wait(lambda: not tuning.round.running)
    return picture


def learning_rounds(program: Program) -> QPixmap:
    """All rounds, with the newest one's errors joint by joint."""
    dialog = _after_a_round(program)
    return dialog.grab()


def learning_pictures(program: Program) -> QPixmap:
    """The pose that changed most, before and after."""
    dialog = _after_a_round(program)
    dialog.look_at_changes()
    _wait_ms(1500)
    return dialog.grab()


def _after_a_round(program: Program) -> RoundsDialog:
    _correct_evenly(program)
    program.finetuning.start(steps=60)
    _wait(lambda: not program.finetuning.round.running)
    program.finetuning.accept()
    _wait(lambda: not program.tasks.running())
    program.window.action("action_rounds").trigger()
    _wait_ms(300)
    return program.rounds_binding.dialog


def _correct_evenly(program: Program) -> None:
    """Every sixth frame as a person corrected it."""
    _wait(lambda: program.network.weights_path is not None and not program.tasks.running())
    project = program.session.project
    for image in read_labels(places.DEMO_LABELS).images[::6]:
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


PICTURE_FUNCTIONS: tuple[Callable[[Program], QPixmap], ...] = (
    moving_timeline,
    moving_speed,
    mending_window,
    repeating_interpolate,
    repeating_accept,
    placing_magnifier,
    placing_peaks,
    placing_handles,
    placing_regions,
    deciding_queue,
    tracks_dialog,
    annotators_window,
    annotators_totals,
    collections_window,
    trusting_checks,
    finding_commands,
    learning_running,
    learning_rounds,
    learning_pictures,
    seeing_around,
    seeing_tones,
)


def _reach_for_wrist(program: Program) -> tuple[Canvas, tuple[float, float]]:
    """The canvas, larger around the first person, and the place of their left wrist, which is selected."""
    _wait(lambda: program.network.weights_path is not None and not program.tasks.running())
    _go_to(program, 40)
    program.window.action("action_predict_frame").trigger()
    _wait(program.tasks.running)
    _wait(lambda: not program.tasks.running())
    pose = program.session.shown_poses().poses[0]
    program.session.select(pose.track_id, WRIST)
    canvas = program.window.canvas
    canvas.zoom_by(1.6)
    _wait_ms(200)
    return canvas, (float(pose.keypoints[WRIST, 0]), float(pose.keypoints[WRIST, 1]))


def _open(program: Program, clip: Path) -> None:
    program.opening.open(clip)
    _wait(lambda: program.session.source_path == clip and program.session.shown and not program.tasks.running())


def _predict(program: Program) -> None:
    """Has the network predict the demo clip, and the queue worked out."""
    _wait(lambda: program.network.weights_path is not None and not program.tasks.running())
    program.window.action("action_predict").trigger()
    _wait(program.tasks.running)
    _wait(lambda: not program.tasks.running())
    _wait(lambda: program.review.is_up_to_date and program.review.shown)


def _label_a_little(program: Program) -> None:
    """What the network and a person may have done to the demo clip after some minutes."""
    session, project = program.session, program.session.project
    _wait(lambda: program.network.weights_path is not None and not program.tasks.running())
    program.window.action("action_predict").trigger()
    _wait(program.tasks.running)
    _wait(lambda: not program.tasks.running())
    first, second = project.track_ids()[:2]
    for frame_index in range(10, 24):
        session.touch(edits.accept_pose(project, frame_index, first))
    for frame_index, count in zip(range(24, 34), (1, 3, 6, 9, 12, 17, 12, 9, 4, 1), strict=True):
        pose = project.frame(frame_index).pose(first)
        for keypoint in np.flatnonzero(pose.placed)[:count].tolist():
            session.touch(edits.move_keypoint(project, frame_index, first, keypoint, pose.keypoints[keypoint] + 1))
    for frame_index in range(44, 50):
        session.touch(edits.delete_person(project, second, frame_index))
    session.touch(edits.cut_person_from(project, 112, second))
    session.select(first, WRIST)


def _dialog(kind: type[D], open_it: Callable[[], object], ready: Callable[[D], bool] = lambda _: True) -> QPixmap:
    """A picture of the dialog that opens, as soon as it is ready; it is given up after."""
    drawn: list[QPixmap] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, kind) or not ready(dialog):
            QTimer.singleShot(50, look)
            return
        drawn.append(dialog.grab())
        dialog.reject()

    QTimer.singleShot(0, look)
    open_it()
    return drawn[0]


def _strip(program: Program) -> QPixmap:
    """The timeline and the row above it."""
    _wait(lambda: program.tracks.is_up_to_date and program.review.is_up_to_date)
    _wait_ms(200)
    return program.window.findChild(QWidget, "timeline_strip").grab()


def _go_to(program: Program, frame_index: int) -> None:
    program.session.playback.go_to(frame_index)
    _wait(lambda: program.session.frame_index == frame_index)


def _wait(condition: Callable[[], object]) -> None:
    while not condition():
        _wait_ms(20)


def _wait_ms(duration_ms: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(duration_ms, loop.quit)
    loop.exec()


def draw(function: Callable[[Program], QPixmap]) -> None:
    """Opens the demo clip in a program with folders of its own, and saves one picture."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = str(Path(folder) / name.lower())
        program = Program(device="cpu")
        program.window.resize(*SIZE_WH)
        program.window.show()
        _open(program, places.DEMO_CLIP)
        picture = function(program)
        PICTURES.mkdir(parents=True, exist_ok=True)
        picture.save(str(PICTURES / f"{function.__name__}.png"))
        program.window.close()


def main(names: list[str]) -> int:
    """Draws the pictures that are named, or all."""
    known = {function.__name__: function for function in PICTURE_FUNCTIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.stderr.write(f"There is no picture {unknown[0]}; choose among {', '.join(known)}.\n")
        return 2
    application = QApplication.instance() or QApplication([])
    if isinstance(application, QApplication):
        theme.apply(application)
    for name in names or known:
        draw(known[name])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
