"""All keys at a glance, menu by menu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.actions import ACTIONS, KeyMap, shown
from app.ui.dialogs.question import answer_of

COLUMN_PX, MOST_COLUMNS = 300, 6
MOUSE = (
    ("Drag a joint", "move it"),
    ("Right-click a joint", "visible, occluded, not labelled"),
    ("Wheel", "zoom"),
    ("Drag with the middle button", "move the picture"),
)
"""What the mouse does on the picture, which is no action of the table."""
ROWS_OF_PEOPLE = tuple(f"action_person_{number}" for number in range(1, 10))


class KeySheet(QDialog):
    """A page to look at and close again: any key closes it but those that scroll, where it does not fit.

    Args:
        keymap: the keys as they are now.
        parent: the window.
    """

    def __init__(self, keymap: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("key_sheet")
        self.setWindowTitle("Keys at a glance")
        room = parent.size() if parent is not None else QSize(1280, 720)
        page = QWidget(self)
        columns = QHBoxLayout(page)
        columns.setSpacing(2 * theme.SPACING_LARGE)
        for groups in _balanced(groups_of(keymap), min(max(room.width() // COLUMN_PX, 2), MOST_COLUMNS)):
            column = QVBoxLayout()
            column.setSpacing(theme.SPACING)
            for title, rows in groups:
                column.addWidget(self._group(title, rows))
            column.addStretch(1)
            columns.addLayout(column, 1)
        area = QScrollArea(self)
        area.setObjectName("key_sheet_page")
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # meanings wrap instead
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING_LARGE, theme.SPACING, theme.SPACING, theme.SPACING)
        column.addWidget(area)
        self.resize(room.boundedTo(QSize(room.width() * 97 // 100, page.sizeHint().height() + 3 * theme.SPACING)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scrolls with the keys that scroll; any other closes the page."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Shift):
            super().keyPressEvent(event)
        else:
            self.accept()

    def _group(self, title: str, rows: Sequence[tuple[str, str]]) -> QWidget:
        group = QWidget(self)
        grid = QGridLayout(group)
        grid.setContentsMargins(0, 0, 0, theme.SPACING)
        grid.setHorizontalSpacing(theme.SPACING)
        grid.setVerticalSpacing(2)
        head = QLabel(title, group)
        font = head.font()
        font.setBold(True)
        head.setFont(font)
        grid.addWidget(head, 0, 0, 1, 2)
        for place, (keys, what) in enumerate(rows, start=1):
            key = QLabel(keys, group)
            key.setMinimumWidth(110)
            meaning = QLabel(what, group)
            meaning.setProperty("muted", True)
            meaning.setWordWrap(True)
            grid.addWidget(key, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(meaning, place, 1)
        grid.setColumnStretch(1, 1)
        return group


Group = tuple[str, Sequence[tuple[str, str]]]


def groups_of(keymap: Mapping[str, tuple[str, ...]]) -> list[Group]:
    """(menu, ((keys, action), ...)) of every action that has a key, and what the mouse does."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for spec in ACTIONS:
        keys = keymap.get(spec.object_name, ())
        if spec.object_name in ROWS_OF_PEOPLE[1:] and keys:
            continue
        if spec.object_name == ROWS_OF_PEOPLE[0] and keys:
            last = keymap.get(ROWS_OF_PEOPLE[-1], keys)
            row = (f"{shown(keys[0])} to {shown(last[0])}" if last else shown(keys[0]), "Person in that row")
            groups.setdefault(spec.menu.partition("/")[0], []).append(row)
        elif keys:
            row = (", ".join(map(shown, keys)), spec.text.removesuffix("…"))
            groups.setdefault(spec.menu.partition("/")[0], []).append(row)
    return [*groups.items(), ("Mouse on the picture", MOUSE)]


def _balanced(groups: Sequence[Group], count: int) -> list[list[Group]]:
    """The groups in `count` columns of about the same height, in their order."""
    sizes = [len(rows) + 2 for _, rows in groups]
    total, before = sum(sizes), 0
    columns: list[list[Group]] = [[] for _ in range(count)]
    for group, size in zip(groups, sizes, strict=True):
        columns[min(int((before + size / 2) * count / total), count - 1)].append(group)
        before += size
    return columns


def show_key_sheet(parent: QWidget | None, keymap: KeyMap) -> None:
    """Shows the page until it is closed."""
    answer_of(KeySheet(keymap, parent))
