"""The grid of the temporal panel: pictures in columns of time, scaled to the width that there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui import theme
from app.ui.temporal.alignment_painting import LayerChoice, paint_alignment
from app.ui.temporal.alignment_shapes import Alignment

ROWS = (
    ("Frame", "The crop of each frame that the network sees"),
    ("Features before alignment", "The network's features of each frame, shown as colours"),
    (
        "Features after alignment",
        "The same features, aligned with the key frame: equal colours should be in the same places in all columns",
    ),
)
GAP_PX = 4.0
HEADER_PX = 34.0
CAPTION_PX = 20.0
MAX_COLUMN_PX = 150.0


@dataclass(frozen=True, eq=False)
class GridColumn:
    """One frame of the window.

    Attributes:
        frame_index: its number in the clip.
        offset: where it lies from the key frame, 0 for the key frame itself.
        pictures: one (h, w, 3) uint8 picture for each of `ROWS`.
        tooltip: a sentence about the frame.
        alignment: how it was aligned with the key frame, drawn over its crop.
    """

    frame_index: int
    offset: int
    pictures: tuple[NDArray[np.uint8], ...]
    tooltip: str
    alignment: Alignment

    @property
    def title(self) -> str:
        """The frame's place in the window: t, t-2, t+1."""
        return "t" if self.offset == 0 else f"t{self.offset:+d}".replace("-", "\N{MINUS SIGN}")

    @property
    def crop_wh(self) -> tuple[int, int]:
        """Width and height of the crop in its own pixels."""
        height, width = self.pictures[0].shape[:2]
        return width, height


class TemporalGrid(QWidget):
    """Draws the columns, the key frame marked, and says what was clicked.

    Signals:
        column_chosen(int): the frame of the column whose header was clicked.
        picture_chosen(column, row): a picture was clicked, to be seen large.
    """

    column_chosen = Signal(int)
    picture_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("temporal_grid")
        self.setMouseTracking(True)
        self._columns: list[GridColumn] = []
        self._images: list[list[QImage]] = []
        self._choice = LayerChoice()
        self._is_faint = False
        self._hovered: int | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_columns(self, columns: list[GridColumn]) -> None:
        """Shows these frames, from left to right."""
        self._columns = columns
        self._images = [[rgb_image(picture) for picture in column.pictures] for column in columns]
        self._hovered = None
        self.updateGeometry()
        self.update()

    def set_layers(self, choice: LayerChoice) -> None:
        """Draws these layers of the alignment over the crops."""
        self._choice = choice
        self.update()

    def set_faint(self, faint: bool) -> None:
        """Draws the grid faintly: it is of something else than what is shown elsewhere."""
        self._is_faint = faint
        self.update()

    def column_rect(self, column: int) -> QRectF:
        """Where a column lies, header included."""
        width = self._column_width(self.width())
        left = column * (width + GAP_PX)
        return QRectF(left, 0, width, self.heightForWidth(self.width()))

    def picture_rect(self, column: int, row: int) -> QRectF:
        """Where a picture lies."""
        width = self._column_width(self.width())
        height = width * self._aspect()
        top = HEADER_PX + row * (CAPTION_PX + height + GAP_PX) + CAPTION_PX
        return QRectF(column * (width + GAP_PX), top, width, height)

    def hasHeightForWidth(self) -> bool:
        """Pictures keep their aspect, so the width makes the height."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height that three rows of pictures take."""
        if not self._columns:
            return 0
        return round(HEADER_PX + len(ROWS) * (CAPTION_PX + self._column_width(width) * self._aspect() + GAP_PX))

    def sizeHint(self) -> QSize:
        """A grid of middling width."""
        return QSize(320, self.heightForWidth(320))

    def minimumSizeHint(self) -> QSize:
        """As high as the present width needs."""
        return QSize(160, self.heightForWidth(max(self.width(), 160)))

    def _column_width(self, width: float) -> float:
        count = max(len(self._columns), 1)
        return min(max((width - GAP_PX * (count - 1)) / count, 8.0), MAX_COLUMN_PX)

    def _aspect(self) -> float:
        height, width = self._columns[0].pictures[0].shape[:2] if self._columns else (4, 3)
        return float(height / width)

    def _column_at(self, at: QPointF) -> int | None:
        return next((i for i in range(len(self._columns)) if self.column_rect(i).contains(at)), None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws headers, captions and pictures."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(0.35 if self._is_faint else 1.0)
        for index, column in enumerate(self._columns):
            self._paint_column(painter, index, column)
        if self._columns:
            painter.setFont(_font(self.font(), 11, bold=False))
            painter.setPen(theme.TEXT_MUTED)
            for row, (caption, _) in enumerate(ROWS):
                top = self.picture_rect(0, row).top() - CAPTION_PX
                place = QRectF(0, top, self.width(), CAPTION_PX - 2)
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, caption)

    def _paint_column(self, painter: QPainter, index: int, column: GridColumn) -> None:
        is_key = column.offset == 0
        header = self.column_rect(index)
        header.setHeight(HEADER_PX - 2)
        if is_key:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.SELECTION)
            painter.drawRoundedRect(header, theme.RADIUS, theme.RADIUS)
        painter.setPen(theme.TEXT)
        painter.setFont(_font(self.font(), 12, bold=True))
        top_half, low_half = QRectF(header), QRectF(header)
        top_half.setHeight(header.height() / 2 + 1)
        low_half.setTop(header.top() + header.height() / 2 - 1)
        painter.drawText(top_half, Qt.AlignmentFlag.AlignCenter, column.title)
        painter.setFont(_font(self.font(), 11, bold=False))
        painter.setPen(theme.TEXT if is_key else theme.TEXT_MUTED)
        painter.drawText(low_half, Qt.AlignmentFlag.AlignCenter, str(column.frame_index))
        for row, image in enumerate(self._images[index]):
            place = self.picture_rect(index, row)
            painter.drawImage(place, image)
            if row == 0:
                paint_alignment(painter, place, column.crop_wh, column.alignment, self._choice)
            colour = theme.ACCENT if is_key else theme.TEXT_MUTED if index == self._hovered else theme.BORDER
            painter.setPen(QPen(QColor(colour), 2.0 if is_key else 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks the column that a click would choose."""
        hovered = self._column_at(event.position())
        if hovered != self._hovered:
            self._hovered = hovered
            self.setCursor(Qt.CursorShape.ArrowCursor if hovered is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """No column is under the pointer any more."""
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keeps the press, which would else go on to whatever lies behind."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the picture under the pointer, or the frame of the header."""
        column = self._column_at(event.position())
        if column is None or event.button() != Qt.MouseButton.LeftButton:
            return
        for row in range(len(ROWS)):
            if self.picture_rect(column, row).contains(event.position()):
                self.picture_chosen.emit(column, row)
                return
        if event.position().y() <= HEADER_PX:
            self.column_chosen.emit(self._columns[column].frame_index)

    def tooltip_at(self, at: QPointF) -> str:
        """The words for a place: of the column, and of the row where a picture is meant."""
        column = self._column_at(at)
        if column is None:
            return ""
        words = self._columns[column].tooltip
        for row, (_, meaning) in enumerate(ROWS):
            if self.picture_rect(column, row).contains(at):
                return f"{words}\n{meaning}.\nClick to enlarge."
        return f"{words}\nClick to go there." if at.y() <= HEADER_PX else words

    def event(self, event: QEvent) -> bool:
        """Shows the tooltip of the place under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tooltip_at(QPointF(event.pos())), self)
            return True
        return bool(super().event(event))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The height follows the width."""
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))


def rgb_image(picture: NDArray[np.uint8]) -> QImage:
    """An (h, w, 3) RGB array as a picture of its own."""
    pixels = np.ascontiguousarray(picture)
    height, width = pixels.shape[:2]
    # The copy owns its memory: the array may go away.
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _font(base: QFont, pixel_size: int, bold: bool) -> QFont:
    font = QFont(base)
    font.setPixelSize(pixel_size)
    font.setBold(bold)
    return font
