"""The part of the timeline with a row for each person: which rows are seen, what lies where, and its picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.ui import theme
from app.ui.timeline.pixels import draw
from app.ui.timeline.row_painting import ROW_PX, rows_image
from app.ui.timeline.shown_frames import ShownFrames
from app.ui.timeline.track_rows import RowCells, RowEnds, TrackRows


class RowsArea:
    """Rows that scroll up and down; the selected person's is kept in sight.

    Attributes:
        rows: what stands in them.
        top: where the first row in sight begins, in the widget's pixels.
        height: of what is in sight.
        offset: how far the rows are scrolled down, in pixels.
        selected: the selected person.
    """

    def __init__(self, top: int) -> None:
        self.rows = TrackRows()
        self.top = top
        self.height = 0
        self.offset = 0
        self.selected: int | None = None

    @property
    def content_px(self) -> int:
        """The height of all rows."""
        return len(self.rows.track_ids) * ROW_PX

    def begin(self, num_frames: int) -> None:
        """Another clip, with nobody in it yet."""
        self.rows = TrackRows(num_frames)
        self.offset = 0

    def put(self, frame_indices: NDArray[np.int64], cells: RowCells, ends: RowEnds | None) -> bool:
        """Replaces what is known of some frames; True if there are other rows than before."""
        before = self.rows.track_ids
        self.rows.put(frame_indices, cells, ends)
        if before != self.rows.track_ids:
            self.reveal_selected()
            return True
        return False

    def scroll_to(self, offset: int) -> None:
        """Scrolls as far as there are rows."""
        self.offset = min(max(offset, 0), max(self.content_px - self.height, 0))

    def reveal_selected(self) -> None:
        """Scrolls until the selected person's row is whole."""
        if self.selected in self.rows.track_ids and self.height >= ROW_PX:
            row_top = self.rows.track_ids.index(self.selected) * ROW_PX
            self.offset = min(max(self.offset, row_top + ROW_PX - self.height), row_top)
        self.scroll_to(self.offset)

    def track_at(self, y: float) -> int | None:
        """Whose row lies at this height, None where there is none."""
        if not self.top <= y < self.top + self.height:
            return None
        number = int(y - self.top + self.offset) // ROW_PX
        return self.rows.track_ids[number] if number < len(self.rows.track_ids) else None

    def y_of(self, track_id: int) -> float:
        """The middle of a person's row, in the widget's pixels. Raises ValueError where they have none."""
        return self.top - self.offset + (self.rows.track_ids.index(track_id) + 0.5) * ROW_PX

    def paint(self, painter: QPainter, shown: ShownFrames, ratio: float) -> None:
        """Draws the rows in sight and who they are."""
        first = self.offset // ROW_PX
        last = min(-(-(self.offset + self.height) // ROW_PX), len(self.rows.track_ids))
        in_sight = self.rows.track_ids[first:last]
        if not in_sight or not shown.num_frames:
            return
        top = self.top - self.offset + first * ROW_PX
        painter.save()
        painter.setClipRect(QRectF(0, self.top, shown.left + shown.width, self.height))
        rows = [row for row in map(self.rows.row, in_sight) if row is not None]
        draw(painter, QPointF(shown.left, top), rows_image(rows, shown, ratio), ratio)
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        for number, track_id in enumerate(in_sight):
            self._paint_name(painter, track_id, QRectF(0, top + number * ROW_PX, shown.left, ROW_PX - 2), shown)
        painter.restore()

    def _paint_name(self, painter: QPainter, track_id: int, place: QRectF, shown: ShownFrames) -> None:
        if track_id == self.selected:
            painter.fillRect(place.adjusted(4, 0, -2, 0), theme.SELECTION)
            painter.setPen(QPen(theme.CANVAS_ACCENT, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(shown.left - 0.5, place.top() - 0.5, shown.width, place.height() + 0.5))
        painter.fillRect(
            QRectF(place.right() - 12, place.top() + 3, 5, place.height() - 6),
            theme.on_panel(theme.person_colour(track_id)),
        )
        painter.setPen(theme.TEXT if track_id == self.selected else theme.TEXT_MUTED)
        beside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place.adjusted(0, 0, -17, 0), beside, f"#{track_id}")
