"""A pose before and after a round, side by side over its frame, beside what a person said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import theme
from core.keypoints import POSETRACK
from core.poses import Provenance

Places = Sequence[Sequence[float] | None]
MARGIN = 0.25
"""Around the person's box, as a part of its longer side."""
_CASING = QColor(0, 0, 0, 170)
_CAPTION_PX = 22


@dataclass(frozen=True)
class ChangedPose:
    """A pose that a round changed.

    Attributes:
        frame_index: the frame.
        track_id: the person.
        held_out: whether the frame only measured, so that nothing of it was trained on.
        before, after: mean errors as fractions of the person's size.
        box: left, top, width, height in full-frame pixels.
        label_xy, before_xy, after_xy: 17 places each in full-frame pixels, None where there is none.
    """

    frame_index: int
    track_id: int
    held_out: bool
    before: float
    after: float
    box: Sequence[float]
    label_xy: Places
    before_xy: Places
    after_xy: Places

    @property
    def is_worse(self) -> bool:
        """Whether its error grew."""
        return self.after > self.before


class RoundPictures(QWidget):
    """Two pictures of the same person: the network's joints before the round and after it, and a person's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("round_pictures")
        self.setAccessibleName("The pose before and after the round")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._pose: ChangedPose | None = None
        self._image: QImage | None = None

    def show_pose(self, pose: ChangedPose | None, rgb: NDArray[np.uint8] | None) -> None:
        """Shows a pose over its frame; without pixels yet, over nothing."""
        self._pose = pose
        self._image = None if rgb is None else _as_image(rgb)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for two people."""
        return QSize(460, 300)

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draws both pictures."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.CANVAS_BACKGROUND)
        if self._pose is None:
            return
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        half = (self.width() - theme.SPACING) / 2
        for left, title, error, places in (
            (0.0, "Before", self._pose.before, self._pose.before_xy),
            (half + theme.SPACING, "After", self._pose.after, self._pose.after_xy),
        ):
            self._paint(painter, QRectF(left, 0, half, self.height()), f"{title}: {100 * error:.1f} %", places)

    def _paint(self, painter: QPainter, room: QRectF, caption: str, places: Places) -> None:
        assert self._pose is not None  # noqa: S101 - asked by paintEvent
        painter.setPen(theme.CANVAS_TEXT)
        painter.drawText(
            QRectF(room.left(), room.top(), room.width(), _CAPTION_PX), Qt.AlignmentFlag.AlignCenter, caption
        )
        room = room.adjusted(0, _CAPTION_PX, 0, 0)
        left, top, width, height = self._pose.box
        margin = MARGIN * max(width, height)
        seen = QRectF(left - margin, top - margin, width + 2 * margin, height + 2 * margin)
        scale = min(room.width() / seen.width(), room.height() / seen.height())
        painter.save()
        painter.setClipRect(room)
        painter.translate(room.center())
        painter.scale(scale, scale)
        painter.translate(-seen.center())
        if self._image is not None:
            painter.drawImage(QRectF(-0.5, -0.5, self._image.width(), self._image.height()), self._image)
        said = theme.provenance_colour(Provenance.CORRECTED)
        _paint_skeleton(painter, self._pose.label_xy, said, scale, dashed=False)
        _paint_skeleton(painter, places, theme.provenance_colour(Provenance.PREDICTED), scale, dashed=True)
        painter.restore()


def _paint_skeleton(painter: QPainter, places: Places, colour: QColor, scale: float, *, dashed: bool) -> None:
    points = [None if place is None else QPointF(*place) for place in places]
    lines = [QLineF(a, b) for a, b in ((points[i], points[j]) for i, j in POSETRACK.limbs) if a and b]
    for ink, width in ((_CASING, 3.6), (colour, 1.8)):
        pen = QPen(ink, width)
        pen.setCosmetic(True)
        if dashed and ink is colour:
            pen.setDashPattern([3.0, 2.0])
        painter.setPen(pen)
        painter.drawLines(lines)
        painter.setBrush(Qt.BrushStyle.NoBrush if dashed else colour)
        for point in filter(None, points):
            radius = (3.4 if dashed else 2.4) / scale
            painter.drawEllipse(point, radius, radius)


def _as_image(rgb: NDArray[np.uint8]) -> QImage:
    pixels = np.ascontiguousarray(rgb)
    height, width = pixels.shape[:2]
    # The copy owns its memory: the array may go away.
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
