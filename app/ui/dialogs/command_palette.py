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
from app.ui.dialogs.question import answer_of

WIDTH_PX, HEIGHT_PX, ROW_PX = 560, 420, 30
_BY_EXPLANATION = 1000
_ACTION = Qt.ItemDataRole.UserRole


def match_cost(words: str, text: str, *, scattered: bool = True) -> int | None:
    """How badly typed letters fit a text, smaller is better; None where they do not.

    Best fits the whole phrase; else every typed word has to be found: at the start of a word of the text, inside one,
    or (`scattered`) as the first letters of several or letter by letter.
    """
    words, text = " ".join(words.lower().split()), text.lower()
    if words in text:
        return 0 if f" {words}" in f" {text}" else 1
    costs = [_word_cost(word, text, scattered) for word in words.split()]
    found = [cost for cost in costs if cost is not None]
    return 2 + sum(found) if len(found) == len(costs) else None


def _word_cost(word: str, text: str, scattered: bool) -> int | None:
    if word in text:
        return 1 if f" {word}" in f" {text}" else 10
    if scattered and _letters_between(word, "".join(other[0] for other in text.split())) is not None:
        return 50
    between = _letters_between(word, text) if scattered else None
    return None if between is None else 100 + between


def _letters_between(letters: str, text: str) -> int | None:
    """How many letters lie between the first and the last of `letters` in `text`; None where they are not in it."""
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
        if self._list.currentRow() < 0:
            return None
        action: QAction = self._list.currentItem().data(_ACTION)
        return action if action.isEnabled() else None

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
        fitting = []
        for place, (title, action) in enumerate(self._actions):
            cost = match_cost(words, title)
            if cost is None:  # a name that fits comes before an explanation that does
                about = match_cost(words, f"{title} {action.toolTip()}", scattered=False)
                cost = None if about is None else _BY_EXPLANATION + about
            if cost is not None:
                fitting.append((cost, place))
        self._list.clear()
        for _, place in sorted(fitting):
            title, action = self._actions[place]
            item = QListWidgetItem(title, self._list)
            item.setData(_ACTION, action)
        self._list.setCurrentRow(0)
        self._explain()

    def _explain(self) -> None:
        if self._list.currentRow() < 0:
            self._about.setText("Nothing is called so: try other letters.")
            return
        action: QAction = self._list.currentItem().data(_ACTION)
        self._about.setText(action.toolTip() if action.isEnabled() else f"{action.toolTip()} Not possible now.")


def ask_for_command(parent: QWidget | None, actions: Iterable[tuple[str, QAction]]) -> QAction | None:
    """Which action to do, None where the palette was closed."""
    palette = CommandPalette(tuple(actions), parent)
    return palette.chosen() if answer_of(palette) == QDialog.DialogCode.Accepted else None
