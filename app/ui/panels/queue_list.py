"""The list of the queue's entries: where and why in words, a tick for what is done, one click to go there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui import theme
from app.ui.lists import WalkedList
from core.judging.entries import Entry

LEFT_PX, TICK_PX, PADDING_PX = 11, 30, 4
BAR_PX = 3

_Index = QModelIndex | QPersistentModelIndex


class QueueModel(QAbstractListModel):
    """The entries for Qt's list."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Shows other entries."""
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """One row an entry."""
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The entry in words, or itself for whoever draws it."""
        entry = self.entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text_of(entry)
        if role == Qt.ItemDataRole.ToolTipRole:
            worst = f"The worst is frame {entry.frame_index}. " if entry.first_frame != entry.last_frame else ""
            gain = f"A look there may mend about {entry.gain:.0f} joints around. " if entry.gain >= 1 else ""
            return f"{text_of(entry)}\n{worst}{gain}A click or Enter goes there; the circle marks it as done."
        return entry if role == Qt.ItemDataRole.UserRole else None


def text_of(entry: Entry) -> str:
    """An entry in one line: "Frames 24 to 31 · #1 · left wrist jumps up to 84 px"."""
    return f"{entry.where} · {entry.sentence}{' · done' if entry.is_done else ''}"


class QueueDelegate(QStyledItemDelegate):
    """Draws an entry: where it is, and below that why, in as many lines as that takes."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """As high as the words need at the list's width."""
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        view = option.widget
        width = view.viewport().width() if isinstance(view, QListView) else 240
        metrics = QFontMetrics(option.font)
        room = QRect(0, 0, max(width - LEFT_PX - TICK_PX, 60), 1000)
        words = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), entry.sentence)
        return QSize(120, metrics.height() + words.height() + 2 * PADDING_PX + 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draws one row."""
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.SELECTION)
        elif hovered:
            painter.fillRect(area, theme.RAISED)
        bar = QRect(area.left(), area.top() + PADDING_PX, BAR_PX, area.height() - 2 * PADDING_PX)
        painter.fillRect(
            bar, theme.BORDER_STRONG if entry.is_done else theme.on_panel(theme.colour_of(theme.Meaning.DOUBTFUL))
        )
        text = area.adjusted(LEFT_PX, PADDING_PX, -TICK_PX, -PADDING_PX)
        font = QFont(option.font)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(theme.TEXT_MUTED if entry.is_done else theme.TEXT)
        where = painter.fontMetrics().elidedText(entry.where, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, int(Qt.AlignmentFlag.AlignTop), where)
        height = painter.fontMetrics().height()
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(theme.TEXT_MUTED)
        painter.drawText(text.adjusted(0, height + 1, 0, 0), int(Qt.TextFlag.TextWordWrap), entry.sentence)
        if entry.is_done or hovered or state & QStyle.StateFlag.State_Selected:
            _draw_tick(painter, tick_area(area), entry.is_done)
        painter.restore()


def tick_area(row: QRect) -> QRect:
    """Where a row's tick is drawn and clicked."""
    side = 16
    return QRect(row.right() - side - 7, row.center().y() - side // 2, side, side)


def _draw_tick(painter: QPainter, area: QRect, is_done: bool) -> None:
    """An empty circle to click, or a tick in it where the entry is done."""
    painter.setPen(QPen(theme.TEXT if is_done else theme.TEXT_MUTED, 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(area)
    if is_done:
        painter.setPen(QPen(theme.TEXT, 2))
        x, y, s = area.left(), area.top(), area.width()
        painter.drawPolyline(
            [
                QPoint(x + s // 4, y + s // 2),
                QPoint(x + s * 4 // 9, y + s * 7 // 10),
                QPoint(x + s * 3 // 4, y + s // 3),
            ]
        )


class QueueView(WalkedList):
    """The list; it keeps the arrow keys and Enter for itself while it has the focus.

    Signals:
        entry_chosen(object): an Entry was clicked, or Enter pressed on it.
        done_toggled(object, bool): an Entry's circle was clicked; whether it is done from now on.
    """

    entry_chosen = Signal(object)
    done_toggled = Signal(object, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = QueueModel(self)
        self._current: Entry | None = None
        self.setObjectName("queue_list")
        self.setAccessibleName("What needs a look")
        self.setModel(self._model)
        self.setItemDelegate(QueueDelegate(self))
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Shows the entries; where the hand is, and how far it has scrolled, stays."""
        scrolled = self.verticalScrollBar().value()
        self._model.set_entries(entries)
        self.verticalScrollBar().setValue(scrolled)
        self._mark(scroll=False)

    def set_current(self, entry: Entry | None) -> None:
        """Marks the entry that the hand is at, or none."""
        scroll = not (entry is not None and entry.is_same_place(self._current))
        self._current = entry
        self._mark(scroll)

    def _mark(self, scroll: bool) -> None:
        current = self._current
        row = next((i for i, entry in enumerate(self._model.entries) if entry.is_same_place(current)), None)
        if row is None:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
            return
        at = self.verticalScrollBar().value()
        self.setCurrentIndex(self._model.index(row))
        if scroll:
            self.scrollTo(self._model.index(row))
        else:
            self.verticalScrollBar().setValue(at)

    def entry_at(self, position: QPoint) -> Entry | None:
        """The entry at a place of the viewport."""
        index = self.indexAt(position)
        return self._model.entries[index.row()] if index.isValid() else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click goes to the entry, or, on its circle, marks it as done."""
        super().mouseReleaseEvent(event)
        entry = self.entry_at(event.position().toPoint())
        if entry is None or event.button() != Qt.MouseButton.LeftButton:
            return
        row = self.visualRect(self.indexAt(event.position().toPoint()))
        if tick_area(row).adjusted(-7, -7, 7, 7).contains(event.position().toPoint()):
            self.done_toggled.emit(entry, not entry.is_done)
        else:
            self.entry_chosen.emit(entry)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the entry that is marked."""
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.entry_chosen.emit(self._model.entries[index.row()])
        else:
            super().keyPressEvent(event)
