"""One picture of the temporal grid, large: what is too small to read in a cell is read here."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.temporal.alignment_painting import Layer, LayerChoice, paint_alignment, paint_taps, screen_from_crop
from app.ui.temporal.alignment_shapes import taps_at
from app.ui.temporal.grid import ROWS, GridColumn, rgb_image

LEAST_HEIGHT_PX = 240
POINT = "Point at the picture to see the nine places that a feature is made of."


class CloseupPicture(QWidget):
    """The picture, as wide as there is room, with the layers over a crop.

    Signals:
        pointed(x, y): the pointer's place in pixels of the crop.
        left(): the pointer left the picture.
    """

    pointed = Signal(float, float)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("closeup_picture")
        self.setMouseTracking(True)
        self._column: GridColumn | None = None
        self._row = 0
        self._image = QImage()
        self._choice = LayerChoice()
        self._at: tuple[float, float] | None = None
        self._max_height = LEAST_HEIGHT_PX
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_picture(self, column: GridColumn, row: int) -> None:
        """Shows a row of `ROWS` of a frame."""
        self._column, self._row = column, row
        self._image = rgb_image(column.pictures[row])
        self.setMinimumHeight(self.heightForWidth(self.width()))
        self.update()

    def set_layers(self, choice: LayerChoice) -> None:
        """Draws these layers where the picture is a crop."""
        self._choice = choice
        self.update()

    def set_max_height(self, height: int) -> None:
        """The picture is as wide as there is room, but no higher than this."""
        self._max_height = max(height, LEAST_HEIGHT_PX)
        self.setMinimumHeight(self.heightForWidth(self.width()))
        self.updateGeometry()
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture lies: in the middle."""
        if self._column is None:
            return QRectF()
        crop_w, crop_h = self._column.crop_wh
        height = self.heightForWidth(self.width())
        width = height * crop_w / crop_h
        return QRectF((self.width() - width) / 2, 0, width, height)

    def heightForWidth(self, width: int) -> int:
        """By the crop's aspect."""
        if self._column is None:
            return 0
        crop_w, crop_h = self._column.crop_wh
        return min(round(width * crop_h / crop_w), self._max_height)

    def sizeHint(self) -> QSize:
        """As high as its width makes it."""
        return QSize(320, self.heightForWidth(320))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the picture and what lies over it."""
        if self._column is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = self.picture_rect()
        painter.drawImage(place, self._image)
        if self._row == 0:
            paint_alignment(painter, place, self._column.crop_wh, self._column.alignment, self._choice)
            if self._at is not None and Layer.OFFSETS in self._choice.layers:
                paint_taps(painter, place, self._column.crop_wh, self._column.alignment, self._at)
        painter.setPen(QPen(QColor(theme.BORDER), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Says which place of the crop is pointed at."""
        place = self.picture_rect()
        if self._column is None or not place.contains(event.position()):
            self.leaveEvent(event)
            return
        inverse, _ = screen_from_crop(place, self._column.crop_wh).inverted()
        at = inverse.map(QPointF(event.position()))
        self._at = at.x(), at.y()
        self.update()
        self.pointed.emit(*self._at)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        self._at = None
        self.update()
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The height follows the width."""
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))


class TemporalCloseup(QWidget):
    """One frame of the window, large, with what is said of the place under the pointer.

    Signals:
        closed(): back to all frames.
        stepped(int): the neighbour on the left (-1) or right (1) is wanted.
        frame_chosen(int): go to this frame.
    """

    closed = Signal()
    stepped = Signal(int)
    frame_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("temporal_closeup")
        self._column: GridColumn | None = None
        self._row = 0
        self._choice = LayerChoice()
        self._title = QLabel()
        self._title.setObjectName("closeup_title")
        self._title.setStyleSheet("font-weight: 600;")
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._words = QLabel()
        self._words.setObjectName("closeup_words")
        self._words.setWordWrap(True)
        self._words.setProperty("muted", True)
        self._words.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._picture = CloseupPicture()
        self._header = header = QHBoxLayout()
        header.setSpacing(theme.SPACING_SMALL)
        for name, words, tooltip, act in (
            ("closeup_back", "\N{LEFTWARDS ARROW} All", "Back to all frames of the window", self.closed.emit),
            ("closeup_earlier", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", "The frame before", self._earlier),
            ("closeup_later", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", "The frame after", self._later),
            ("closeup_go", "Go there", "Go to this frame", self._go),
        ):
            button = QPushButton(words)
            button.setObjectName(name)
            button.setToolTip(tooltip)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(act)
            header.addWidget(button)
            if name == "closeup_later":
                header.addWidget(self._title, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING_SMALL)
        layout.addLayout(header)
        layout.addWidget(self._picture)
        layout.addWidget(self._words)
        self._picture.pointed.connect(self._describe)
        self._picture.left.connect(self._say_how)

    def show_picture(self, column: GridColumn, row: int) -> None:
        """Shows a row of `ROWS` of a frame."""
        self._column, self._row = column, row
        self._title.setText(f"{column.title} · frame {column.frame_index}")
        self._title.setToolTip(f"{ROWS[row][0]}: {ROWS[row][1]}.")
        self._picture.show_picture(column, row)
        self._say_how()

    def set_layers(self, choice: LayerChoice) -> None:
        """Draws these layers over a crop."""
        self._choice = choice
        self._picture.set_layers(choice)
        self._say_how()

    def fit_height(self, height: int) -> None:
        """Makes the picture so high that it, its header and its words fit into `height`."""
        header = self._header.sizeHint().height()
        self._picture.set_max_height(height - header - self._words.minimumHeight() - 2 * theme.SPACING_SMALL)

    def _earlier(self) -> None:
        self.stepped.emit(-1)

    def _later(self) -> None:
        self.stepped.emit(1)

    def _go(self) -> None:
        if self._column is not None:
            self.frame_chosen.emit(self._column.frame_index)

    def _has_taps(self) -> bool:
        return self._row == 0 and self._column is not None and self._column.alignment.tap_offsets is not None

    def _say_how(self) -> None:
        if self._has_taps() and Layer.OFFSETS in self._choice.layers:
            self._words.setText(POINT)
        else:
            self._words.setText(f"{ROWS[self._row][1]}.")

    def _describe(self, x: float, y: float) -> None:
        """What the network did for the feature that is taken from near the pointer."""
        if self._column is None or not self._has_taps():
            return
        alignment = self._column.alignment
        feature = alignment.feature_at((x, y))
        offsets, modulation = alignment.mean_offsets(), alignment.mean_modulation()
        if feature is None or offsets is None or modulation is None or taps_at(alignment, (x, y)) is None:
            self._words.setText("No feature is taken from here.")
            return
        column, row = feature
        dx, dy = (alignment.affine[:, :2] @ offsets[row, column]).tolist()
        sideways, upright = ("right" if dx >= 0 else "left"), ("down" if dy >= 0 else "up")
        self._words.setText(
            f"The network looks {abs(dx):.1f} px {sideways} and {abs(dy):.1f} px {upright} of where Θ leads, "
            f"and counts it {modulation[row, column]:.2f} times."
        )
