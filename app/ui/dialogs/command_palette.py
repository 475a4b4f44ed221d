"""The command palette: every action by a few letters of its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme

WIDTH_PX, HEIGHT_PX, ROW_PX = 560, 420, 30
_ACTION = Qt.ItemDataRole.UserRole


def match_cost(words: str, text: str) -> int | None:
    """How badly typed letters fit a text, smaller is better; None where they do not.

    Every typed word has to be found: at the start of a word of the text, else inside one, else letter by letter.
    """
    text = text.lower()
    cost = 0
    for word in words.lower().split():
        at = text.find(word)
        if at == 0 or f" {word}" in text:
            cost += 0 if at == 0 else 1
        elif at > 0:
            cost += 10
        else:
            gaps = _subsequence_cost(word, text)
            if gaps is None:
                return None
            cost += 100 + gaps
    return cost


def _subsequence_cost(letters: str, text: str) -> int | None:
    """The letters that lie between the first and the last of `letters` in `text`; None where they are not in it."""
    start = place = -1
    for letter in letters:
        place = text.find(letter, place + 1)
        if place < 0:
            return None
        start = place if start < 0 else start
    return place - start + 1 - len(letters)


class _RowDelegate(QStyledItemDelegate):
    """Draws what the action does on the left, its menu and key on the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # type: ignore[override]  # the stub wants a union
        return QSize(200, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]  # likewise
        action: QAction = index.data(_ACTION)
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.SELECTION)
        inside = area.adjusted(10, 0, -10, 0)
        keys = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setPen(theme.TEXT_MUTED)
        painter.drawText(inside, right, keys)
        left = inside.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(keys) - 16, 0)
        painter.setPen(theme.TEXT if action.isEnabled() else theme.TEXT_DISABLED)
        text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, left.width())
        painter.drawText(left, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()


class CommandPalette(QDialog):
    """A field and a list that narrows while one types; Enter does the marked action after the palette has closed.

    Args:
        actions: (title, action), in the order of the menus.
        parent: the window.
    """

    def __init__(self, actions: Sequence[tuple[str, QAction]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("command_palette")
        self.setWindowTitle("Commands")
        self.resize(WIDTH_PX, HEIGHT_PX)
        self._actions = tuple(actions)
        self._field = QLineEdit(self)
        self._field.setObjectName("palette_field")
        self._field.setAccessibleName("Command")
        self._field.setPlaceholderText("Type a few letters of what to do")
        self._field.setToolTip("Up and Down choose, Enter does it, Esc closes.")
        self._field.textChanged.connect(self._narrow)
        self._field.installEventFilter(self)
        self._list = QListWidget(self)
        self._list.setObjectName("palette_list")
        self._list.setAccessibleName("Commands")
        self._list.setItemDelegate(_RowDelegate(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(lambda _: self._take())
        self._list.currentItemChanged.connect(lambda *_: self._explain())
        self._about = QLabel(self)
        self._about.setObjectName("palette_about")
        self._about.setProperty("muted", True)
        self._about.setWordWrap(True)
        self._about.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._field)
        column.addWidget(self._list, 1)
        column.addWidget(self._about)
        self._narrow("")
        self._field.setFocus()

    def chosen(self) -> QAction | None:
        """The marked action, None where nothing fits or it cannot be done now."""
        item = self._list.currentItem()
        action: QAction | None = None if item is None else item.data(_ACTION)
        return action if action is not None and action.isEnabled() else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Has the arrow keys walk the list, and Enter take a row, while the field has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10, Qt.Key.Key_PageUp: -10}
            if event.key() in steps:
                row = self._list.currentRow() + steps[Qt.Key(event.key())]
                self._list.setCurrentRow(min(max(row, 0), self._list.count() - 1))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take()
                return True
        return super().eventFilter(watched, event)

    def _take(self) -> None:
        if self.chosen() is not None:
            self.accept()

    def _narrow(self, words: str) -> None:
        costs = [(match_cost(words, f"{title} {action.toolTip()}"), match_cost(words, title)) for title, action in self._actions]
        fitting = [(self._order(costs[place]), place) for place in range(len(costs)) if costs[place][0] is not None]
        self._list.clear()
        for _, place in sorted(fitting):
            title, action = self._actions[place]
            item = QListWidgetItem(title, self._list)
            item.setData(_ACTION, action)
        self._list.setCurrentRow(0)
        self._explain()

    @staticmethod
    def _order(costs: tuple[int | None, int | None]) -> int:
        """A name that fits comes before an explanation that does."""
        anywhere, by_name = costs
        return by_name if by_name is not None else 1000 + (anywhere or 0)

    def _explain(self) -> None:
        item = self._list.currentItem()
        if item is None:
            self._about.setText("Nothing is called so: try other letters.")
            return
        action: QAction = item.data(_ACTION)
        self._about.setText(action.toolTip() if action.isEnabled() else f"{action.toolTip()} Not possible now.")


def ask_for_command(parent: QWidget | None, actions: Iterable[tuple[str, QAction]]) -> QAction | None:
    """Which action to do, None where the palette was closed."""
    palette = CommandPalette(tuple(actions), parent)
    agreed = palette.exec() == QDialog.DialogCode.Accepted
    chosen = palette.chosen() if agreed else None
    palette.deleteLater()
    return chosen
