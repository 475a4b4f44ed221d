"""What the timeline's forms and colours mean, in a row."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import theme
from app.ui.timeline.columns import FrameState
from app.ui.timeline.lanes import REVIEWED_COLOUR, STATE_COLOURS, STATE_FILL


class Legend(QWidget):
    """The timeline's forms and colours with their words."""

    ENTRIES: tuple[tuple[str, QColor, float], ...] = (
        ("predicted", STATE_COLOURS[FrameState.PREDICTED], STATE_FILL[FrameState.PREDICTED]),
        ("accepted", STATE_COLOURS[FrameState.ACCEPTED], STATE_FILL[FrameState.ACCEPTED]),
        ("corrected", STATE_COLOURS[FrameState.CORRECTED], STATE_FILL[FrameState.CORRECTED]),
        ("reviewed", REVIEWED_COLOUR, 0.2),
        ("doubtful", theme.DOUBTFUL, -0.45),
    )
    """Word, colour, and how much of the height is filled: from the foot, or from the top where it is negative."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline_legend")
        self.setToolTip(
            "The colour and height of a bar show how much of a frame is done.\n"
            "A bright base: reviewed. An orange tick: needs a look.\n"
            "A dashed red line: frames of a damaged clip are missing there.\n"
            "Wheel: zoom. Double-click: the whole clip."
        )
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def _widths(self) -> list[int]:
        return [self.fontMetrics().horizontalAdvance(word) + 12 + 5 + 12 for word, _, _ in self.ENTRIES]

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
        for (word, colour, fill), width in zip(self.ENTRIES, self._widths(), strict=True):
            if x + width - 12 > self.width():
                break
            box = QRectF(x, self.height() / 2 - 6, 12, 12)
            painter.fillRect(box, theme.CANVAS_BACKGROUND)
            height = box.height() * abs(fill)
            top = box.top() if fill < 0 else box.bottom() - height
            painter.fillRect(QRectF(box.left(), top, box.width(), height), colour)
            painter.setPen(theme.TEXT_MUTED)
            painter.drawText(QRectF(x + 17, 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
            x += width
        painter.end()
