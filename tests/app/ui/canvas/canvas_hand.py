"""A hand at the canvas: a picture with people, and what a mouse does there."""

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.canvas.canvas import Canvas
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
WRIST = POSETRACK.index("left_wrist")
WIDTH, HEIGHT = 320, 240


def picture() -> np.ndarray:
    """A frame in which every pixel has a colour of its own."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([columns % 256, rows, 40 + 100 * (columns // 256)], axis=-1).astype(np.uint8)


def standing(track_id: int, left: float, provenance: Provenance = Provenance.PREDICTED) -> Pose:
    """A person of fifteen joints in a box 60 wide and 160 high; the ears are not labelled."""
    layout = {
        "nose": (30, 15), "head_top": (30, 5), "head_bottom": (30, 30),
        "left_shoulder": (42, 36), "right_shoulder": (18, 36), "left_elbow": (48, 60), "right_elbow": (12, 60),
        "left_wrist": (54, 84), "right_wrist": (6, 84), "left_hip": (38, 84), "right_hip": (22, 84),
        "left_knee": (38, 120), "right_knee": (22, 120), "left_ankle": (38, 155), "right_ankle": (22, 155),
    }  # fmt: skip
    pose = Pose.empty(track_id, (left, 40, 60, 160), Provenance.CORRECTED)
    for name, (x, y) in layout.items():
        pose = pose.with_keypoint(POSETRACK.index(name), (left + x, 40 + y), Visibility.VISIBLE, 0.8, provenance)
    return pose


class Heard:
    """Every signal of the canvas, in order."""

    def __init__(self, canvas: Canvas) -> None:
        self.said: list[tuple] = []
        for name in (
            "keypoint_moved", "keypoint_placed", "visibility_cycled", "pose_transformed", "selection_changed",
            "box_drawn", "box_changed", "head_drawn", "head_changed", "regions_changed", "candidates_wanted",
            "tool_put_down",
        ):  # fmt: skip
            getattr(canvas, name).connect(lambda *values, name=name: self.said.append((name, *values)))

    def of(self, name: str) -> list[tuple]:
        return [said[1:] for said in self.said if said[0] == name]


def press(canvas, x, y, button=LEFT, modifiers=NONE):
    QTest.mousePress(canvas.viewport(), button, modifiers, canvas.viewport_position(x, y))


def move(canvas, x, y):
    QTest.mouseMove(canvas.viewport(), canvas.viewport_position(x, y))


def release(canvas, x, y, button=LEFT, modifiers=NONE):
    QTest.mouseRelease(canvas.viewport(), button, modifiers, canvas.viewport_position(x, y))


def drag(canvas, start, end, button=LEFT, modifiers=NONE):
    press(canvas, *start, button, modifiers)
    for part in (0.3, 0.7, 1.0):
        move(canvas, *(s + (e - s) * part for s, e in zip(start, end, strict=True)))
    release(canvas, *end, button, modifiers)


def click(canvas, x, y, button=LEFT):
    press(canvas, x, y, button)
    release(canvas, x, y, button)


def pixels(canvas) -> np.ndarray:
    """What the viewport shows, (H, W, 3) RGB."""
    image = canvas.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def wheel(canvas, at: QPoint, notches: int) -> None:
    where = QPointF(at)
    event = QWheelEvent(
        where, canvas.viewport().mapToGlobal(where), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), event)


def wrist(canvas, track_id=1) -> tuple[float, float]:
    return tuple(canvas._poses.pose(track_id).keypoints[WRIST])
