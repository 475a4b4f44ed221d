"""Thumbnails of the people before and after the place where their numbers change."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.ui import theme
from core.track_changes import StripRow, Thumbnail

THUMB_W, THUMB_H = 62, 82
TITLE_W, GAP, LABEL_H, PER_SIDE = 70, 4, 14, 4
MIDDLE = 22
BUSY = "Reading the pictures …"
NO_ROOM_BEFORE, NO_ROOM_AFTER = "not there before", "not there after"


class TrackStrip(QWidget):
    """One row a person, as the clip will show them; a line parts the frames before the change from those after it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("track_strip")
        self.setToolTip("Each row is one person as the clip will show them: left before the change, right after it.")
        self.setFixedSize(self.sizeHint())
        self._rows: tuple[StripRow, ...] | None = None

    @property
    def rows(self) -> tuple[StripRow, ...] | None:
        """What is shown; None while the pictures are read."""
        return self._rows

    def set_rows(self, rows: Sequence[StripRow] | None) -> None:
        """Shows other rows; None while they are on their way."""
        self._rows = None if rows is None else tuple(rows)
        words = "" if rows is None else "; ".join(_in_words(row) for row in rows)
        self.setAccessibleName(words or BUSY)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for two people, so that the dialog keeps its size."""
        return QSize(TITLE_W + 2 * PER_SIDE * (THUMB_W + GAP) + MIDDLE, 2 * (THUMB_H + LABEL_H + GAP) + GAP)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(theme.TEXT_MUTED)
        if self._rows is None:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, BUSY)
        for index, row in enumerate(self._rows or ()):
            self._draw_row(painter, row, GAP + index * (THUMB_H + LABEL_H + GAP))
        middle = TITLE_W + PER_SIDE * (THUMB_W + GAP) + MIDDLE / 2 - GAP / 2
        painter.setPen(QPen(theme.ACCENT, 2, Qt.PenStyle.DashLine))
        if self._rows:
            painter.drawLine(round(middle), GAP, round(middle), self.height() - GAP)
        painter.end()

    def _draw_row(self, painter: QPainter, row: StripRow, top: int) -> None:
        colour = theme.TEXT_MUTED if row.track_id is None else theme.on_panel(theme.person_colour(row.track_id))
        painter.setPen(theme.TEXT)
        painter.fillRect(QRectF(0, top, 4, THUMB_H), colour)
        who = "new" if row.track_id is None else f"#{row.track_id}"
        title = QRectF(10, top, TITLE_W - 14, THUMB_H)
        painter.drawText(title, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), f"{who}\nwill be")
        first_before = TITLE_W + (PER_SIDE - len(row.before)) * (THUMB_W + GAP)
        first_after = TITLE_W + PER_SIDE * (THUMB_W + GAP) + MIDDLE
        for thumbnails, left, missing in (
            (row.before, first_before, NO_ROOM_BEFORE),
            (row.after, first_after, NO_ROOM_AFTER),
        ):
            for place, thumbnail in enumerate(thumbnails):
                self._draw_thumbnail(painter, thumbnail, left + place * (THUMB_W + GAP), top)
            if not thumbnails:
                at = TITLE_W if missing == NO_ROOM_BEFORE else first_after
                painter.setPen(theme.TEXT_MUTED)
                room = QRectF(at, top, PER_SIDE * (THUMB_W + GAP) - GAP, THUMB_H)
                painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), missing)

    def _draw_thumbnail(self, painter: QPainter, thumbnail: Thumbnail, left: float, top: float) -> None:
        height, width = thumbnail.rgb.shape[:2]
        image = QImage(thumbnail.rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        painter.drawImage(QRectF(left, top, THUMB_W, THUMB_H), image)
        painter.setPen(theme.TEXT_MUTED)
        label = QRectF(left, top + THUMB_H, THUMB_W, LABEL_H)
        painter.drawText(label, int(Qt.AlignmentFlag.AlignCenter), str(thumbnail.frame_index))


def _in_words(row: StripRow) -> str:
    who = "somebody new" if row.track_id is None else f"#{row.track_id}"
    before = ", ".join(str(t.frame_index) for t in row.before) or "none"
    after = ", ".join(str(t.frame_index) for t in row.after) or "none"
    return f"{who}: frames {before} before, {after} after"
