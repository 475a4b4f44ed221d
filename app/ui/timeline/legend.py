"""What the timeline's forms and colours mean, in a row."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import theme
from app.ui.timeline.lanes import REVIEWED_COLOUR, STATE_MEANINGS


class Legend(QWidget):
    """The timeline's forms and colours with their words."""

    ENTRIES: tuple[tuple[theme.Meaning | None, float], ...] = (
        *((meaning, 1.0) for meaning in STATE_MEANINGS.values()),
        (None, 0.2),
        (theme.Meaning.DOUBTFUL, -0.45),
        (theme.Meaning.LOST, 0.0),
    )
    """Meaning (None: reviewed), and how much of the height is filled: from the foot, from the top where it is negative,
    or a broken line where it is nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline_legend")
        self.setToolTip(
            "The parts of a bar show how much of a frame is corrected, accepted and only predicted.\n"
            "A bright base: reviewed. A tick above: needs a look.\n"
            "In a person's row: the joints, the higher the more of them are your word, and a line for the box.\n"
            "A broken line in a row: lost. Hatching: deleted.\n"
            "Triangles in a row: mended after the correction at the diamond.\n"
            "A broken line over all rows: frames of a damaged clip are missing there.\n"
            "Wheel: zoom; with Shift along the clip, with Ctrl down the rows. Double-click: the whole clip.\n"
            "Shift and drag: select a range."
        )
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def _widths(self) -> list[int]:
        words = [meaning or "reviewed" for meaning, _ in self.ENTRIES]
        return [self.fontMetrics().horizontalAdvance(word) + 12 + 5 + 12 for word in words]

    def sizeHint(self) -> QSize:
        """Room for all words."""
        return QSize(sum(self._widths()), 20)

    def minimumSizeHint(self) -> QSize:
        """A narrow window has other needs."""
        return QSize(0, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the entries in a row, as many as have room; the tooltip has all."""
        painter = QPainter(self)
        x = 0
        for (meaning, fill), width in zip(self.ENTRIES, self._widths(), strict=True):
            word = meaning or "reviewed"
            colour = REVIEWED_COLOUR if meaning is None else theme.colour_of(meaning)
            if x + width - 12 > self.width():
                painter.setPen(theme.TEXT_MUTED)
                painter.drawText(QRectF(x, 0, 16, self.height()), Qt.AlignmentFlag.AlignVCenter, "…")
                break
            box = QRectF(x, self.height() / 2 - 6, 12, 12)
            painter.fillRect(box, theme.CANVAS_BACKGROUND)
            height = box.height() * abs(fill)
            top = box.top() if fill < 0 else box.bottom() - height
            if meaning is None:
                top -= 2  # a white base would be lost on a light ground
            painter.fillRect(QRectF(box.left(), top, box.width(), height), colour)
            if not fill:
                for left in (0.5, 7.0):
                    painter.fillRect(QRectF(box.left() + left, box.center().y() - 1, 4.5, 2), colour)
            painter.setPen(theme.TEXT_MUTED)
            painter.drawText(QRectF(x + 17, 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
            x += width
        painter.end()
