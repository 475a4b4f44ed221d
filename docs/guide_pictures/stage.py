"""What the pictures have in common: the program on the demo clip with some work done, waiting for what is shown."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.application import Program
from app.ui import theme
from app.ui.canvas.canvas import Canvas
from core.files import places
from core.project import edits

SIZE_WH = (1280, 720)
WRIST = 9
PATIENCE_S = 300.0
"""A busy machine draws, too; what is waited for longer will never come."""
GAP_PX = 12
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT, LEFT = Qt.KeyboardModifier.ShiftModifier, Qt.MouseButton.LeftButton
D = TypeVar("D", bound=QDialog)

_kept = tempfile.TemporaryDirectory()
"""The demo clip as the network predicts it, for all pictures of this run."""


# Waiting --------------------------------------------------------------------------------------------------------------


def wait(condition: Callable[[], object], what: str) -> None:
    """Lets the program go on until the condition holds. Raises RuntimeError if it never does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"waited in vain for {what}")
        loop = QEventLoop()
        QTimer.singleShot(20, loop.quit)
        loop.exec()


def require(shown: object, what: str) -> None:
    """Raises RuntimeError if the picture would not show what it is for."""
    if not shown:
        raise RuntimeError(f"the picture would lack {what}")


def settle(program: Program) -> None:
    """Waits until everything that is worked out beside the window has been drawn."""
    wait(lambda: program.mending.is_idle and not program.tasks.running(), "the running task")
    wait(lambda: program.review.is_up_to_date, "the queue")
    wait(lambda: program.tracks.is_up_to_date, "the rows of the timeline")
    wait(lambda: program.surroundings.is_up_to_date, "what stands around the frame")
    QApplication.processEvents()


def act(program: Program, *names: str) -> None:
    """Triggers actions, by their names without "action_"."""
    for name in names:
        program.window.action(f"action_{name}").trigger()
        QApplication.processEvents()


def press(widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    """Presses a key."""
    QTest.keyClick(widget, key, modifier)
    QApplication.processEvents()


# The clip and the work on it ------------------------------------------------------------------------------------------


def open_clip(program: Program, path: Path) -> None:
    """Opens a clip or a project and waits for its frame."""
    program.opening.open(path)
    session = program.session
    wait(
        lambda: session.project is not None and path in (session.source_path, session.project.path) and session.shown,
        f"{path.name} to be open",
    )
    settle(program)


def go_to(program: Program, frame_index: int) -> None:
    """Shows a frame."""
    program.session.playback.go_to(frame_index)
    wait(lambda: program.session.frame_index == frame_index, f"frame {frame_index}")


def predict(program: Program) -> None:
    """Has the network predict the clip, and the queue worked out; the demo clip only once in a run of the script."""
    session, kept = program.session, Path(_kept.name) / "walkers.fami"
    is_demo = session.source_path == places.DEMO_CLIP
    wait(lambda: program.network.weights_path is not None and not program.tasks.running(), "the weights")
    if is_demo and kept.exists():
        open_clip(program, Path(shutil.copy(kept, session.project.path.with_name("walkers.fami"))))
    else:
        act(program, "predict")
        wait(lambda: any(run.kind == "predict" for run in session.project.runs()), "the prediction")
        settle(program)
        if is_demo:
            session.project.copy_to(kept)
    wait(lambda: program.review.is_up_to_date and program.review.shown, "the queue")


def wait_for_joints(program: Program, frame_index: int) -> None:
    """Waits until a running prediction has come to a frame."""

    def is_there() -> bool:
        return any(pose.labelled.any() for pose in program.session.project.frame(frame_index).poses)

    wait(is_there, f"the joints of frame {frame_index}")


def label_a_little(program: Program) -> None:
    """What the network and a person may have done to the demo clip after some minutes."""
    predict(program)
    session, project = program.session, program.session.project
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
    settle(program)


def reach_for_wrist(program: Program) -> tuple[Canvas, tuple[float, float]]:
    """The canvas, larger around the first person of frame 40, and the place of their left wrist, which is selected."""
    predict(program)
    go_to(program, 40)
    pose = program.session.shown_poses().poses[0]
    program.session.select(pose.track_id, WRIST)
    canvas = program.window.canvas
    canvas.zoom_by(1.6)
    settle(program)
    return canvas, (float(pose.keypoints[WRIST, 0]), float(pose.keypoints[WRIST, 1]))


def move_a_wrist(program: Program) -> None:
    """A machine's wrist is put elsewhere in frame 40, with the picture near enough to see it."""
    label_a_little(program)
    go_to(program, 40)
    canvas, track_id = program.window.canvas, program.session.project.track_ids()[0]
    x, y = program.session.project.frame(40).pose(track_id).keypoints[WRIST].tolist()
    program.editing.move_keypoint(track_id, WRIST, x + 25.0, y - 30.0)
    program.session.select(track_id, WRIST)
    canvas.zoom_by(2.0)
    canvas.reveal(x, y)
    settle(program)


# Pictures -------------------------------------------------------------------------------------------------------------


def whole_window(program: Program) -> QPixmap:
    """The window, once all is drawn."""
    settle(program)
    return program.window.grab()


def strip(program: Program) -> QPixmap:
    """The timeline and the row above it."""
    settle(program)
    return program.window.findChild(QWidget, "timeline_strip").grab()


def dialog(
    kind: type[D],
    open_it: Callable[[], object],
    ready: Callable[[D], bool] = lambda _: True,
    close: Callable[[D], object] = QDialog.reject,
) -> QPixmap:
    """A picture of the dialog that opens, as soon as it is ready; it is given up after.

    Args:
        kind: of the dialog.
        open_it: opens it, and returns once it is closed.
        ready: asked again and again; may act on the dialog, too.
        close: what is done with it after.

    Raises:
        RuntimeError: no such dialog opened, or it was never ready.
    """
    drawn: list[QPixmap] = []
    end = time.monotonic() + PATIENCE_S

    def look() -> None:
        found = QApplication.activeModalWidget()
        if isinstance(found, kind) and ready(found):
            drawn.append(found.grab())
            close(found)
        elif time.monotonic() < end:
            QTimer.singleShot(50, look)
        elif isinstance(found, QDialog):
            found.reject()

    QTimer.singleShot(0, look)
    open_it()
    wait(lambda: drawn, f"a {kind.__name__}")
    return drawn[0]


def beside(*pictures: QPixmap, below: bool = False) -> QPixmap:
    """Several pictures side by side, or one below the other."""
    ratio = pictures[0].devicePixelRatio()
    sizes = [picture.deviceIndependentSize() for picture in pictures]
    gaps = GAP_PX * (len(sizes) - 1)
    wide, high = [size.width() for size in sizes], [size.height() for size in sizes]
    width, height = (max(wide), sum(high) + gaps) if below else (sum(wide) + gaps, max(high))
    whole = QPixmap(round(width * ratio), round(height * ratio))
    whole.setDevicePixelRatio(ratio)
    whole.fill(theme.CANVAS_BACKGROUND)
    painter = QPainter(whole)
    place = 0.0
    for picture, size in zip(pictures, sizes, strict=True):
        painter.drawPixmap(QPoint(0, round(place)) if below else QPoint(round(place), 0), picture)
        place += (size.height() if below else size.width()) + GAP_PX
    painter.end()
    return whole


def over(ground: QPixmap, picture: QPixmap, at: QPoint | None = None) -> QPixmap:
    """A dialog or menu over the window, which is drawn without it: where it opened, else in the middle."""
    whole = QPixmap(ground)
    outer, inner = ground.deviceIndependentSize(), picture.deviceIndependentSize()
    middle = QPoint(round((outer.width() - inner.width()) / 2), round((outer.height() - inner.height()) / 2))
    painter = QPainter(whole)
    painter.setPen(theme.BORDER_STRONG)
    place = middle if at is None else at
    painter.drawPixmap(place, picture)
    painter.drawRect(place.x() - 1, place.y() - 1, round(inner.width()) + 1, round(inner.height()) + 1)
    painter.end()
    return whole
