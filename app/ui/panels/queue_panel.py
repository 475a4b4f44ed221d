"""The queue: which frame next, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLabel,
    QListView,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme

ROW_HEIGHT_PX = 40
EMPTY_SENTENCE = "Nothing needs a look.\nPredict the clip, and the frames that the network is unsure of appear here."


@dataclass(frozen=True)
class QueueRow:
    """One entry of the queue.

    Attributes:
        frame_index: the frame to look at.
        track_id: the person to look at, None for the whole frame.
        reason: why, in words: "left wrist is unsure (0.21)".
    """

    frame_index: int
    track_id: int | None
    reason: str

    @property
    def place(self) -> str:
        """Where: "Frame 12 · #1"."""
        return f"Frame {self.frame_index}" + ("" if self.track_id is None else f" · #{self.track_id}")

    @property
    def text(self) -> str:
        """Where and why, in a line."""
        return f"{self.place} · {self.reason}"


_Index = QModelIndex | QPersistentModelIndex


class _QueueModel(QAbstractListModel):
    """The entries for Qt's list; a list of any length costs the same to show."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[QueueRow] = []

    def set_rows(self, rows: list[QueueRow]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.text}\nA click or Enter goes there."
        return row if role == Qt.ItemDataRole.UserRole else None


class _QueueDelegate(QStyledItemDelegate):
    """Draws an entry in two lines: where, and below it why."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, ROW_HEIGHT_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row = index.data(Qt.ItemDataRole.UserRole)
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.SELECTION)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme.RAISED)
        painter.fillRect(
            QRect(area.left(), area.top() + 4, 3, area.height() - 8), theme.colour_of(theme.Meaning.DOUBTFUL)
        )
        text = area.adjusted(11, 3, -6, -3)
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(theme.TEXT)
        painter.drawText(text, Qt.AlignmentFlag.AlignTop, row.place)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(theme.TEXT_MUTED)
        reason = painter.fontMetrics().elidedText(row.reason, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignBottom, reason)
        painter.restore()


class _QueueView(QListView):
    """A list that keeps the arrow keys and Enter for itself while it has the focus."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if event.key() in keys and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
                event.accept()
                return True
        return super().event(event)


class QueuePanel(QWidget):
    """The frames that need a look, the most useful first.

    Signals:
        row_chosen(int, object): the frame and the person (or None) of an entry.
    """

    row_chosen = Signal(int, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queue_panel")
        self._model = _QueueModel(self)
        self._count = QLabel(self)
        self._count.setObjectName("queue_count")
        self._count.setProperty("muted", True)
        self._count.setToolTip("Places that nobody has looked at yet, the most useful first.")
        self._view = _QueueView(self)
        self._view.setObjectName("queue_list")
        self._view.setAccessibleName("Frames that need a look")
        self._view.setModel(self._model)
        self._view.setItemDelegate(_QueueDelegate(self._view))
        self._view.setUniformItemSizes(True)
        self._view.setMouseTracking(True)
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.clicked.connect(self._choose)
        self._view.activated.connect(self._choose)  # Enter
        self._empty = QLabel(EMPTY_SENTENCE, self)
        self._empty.setObjectName("queue_empty")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("muted", True)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._view)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING, theme.SPACING_SMALL + 2, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING_SMALL)
        column.addWidget(self._count)
        column.addLayout(self._pages, 1)
        self.set_suggestions([])

    def set_suggestions(self, rows: list[QueueRow]) -> None:
        """Shows the queue; an entry that is still in it stays marked."""
        selected = self.selected()
        self._model.set_rows(list(rows))
        self._pages.setCurrentIndex(1 if rows else 0)
        self._count.setVisible(bool(rows))
        self._count.setText("1 place needs a look" if len(rows) == 1 else f"{len(rows):,} places need a look")
        if selected is not None:
            self.set_selected(selected.frame_index, selected.track_id)

    def set_selected(self, frame_index: int, track_id: int | None) -> None:
        """Marks the entry of a frame and person, or none."""
        rows = self._model.rows
        place = next((i for i, r in enumerate(rows) if (r.frame_index, r.track_id) == (frame_index, track_id)), None)
        if place is None:
            self._view.clearSelection()
            self._view.setCurrentIndex(QModelIndex())
        else:
            self._view.setCurrentIndex(self._model.index(place))

    def selected(self) -> QueueRow | None:
        """The entry that is marked."""
        index = self._view.currentIndex()
        return self._model.rows[index.row()] if index.isValid() else None

    def _choose(self, index: QModelIndex) -> None:
        row = self._model.rows[index.row()]
        self.row_chosen.emit(row.frame_index, row.track_id)
