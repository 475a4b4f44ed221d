"""All that is to be said on an import, an export or an opening, as one list that can be copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.dialogs.question import Question, answer_of
from app.ui.words import counted

WIDTH_PX, HEIGHT_PX = 620, 340


class RemarksList(QWidget):
    """Sentences below each other under their count, with a button that copies them all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = QLabel(self)
        self._count.setObjectName("remarks_count")
        self._list = QListWidget(self)
        self._list.setObjectName("remarks_list")
        self._list.setAccessibleName("Remarks")
        self._list.setToolTip("Select some and press Ctrl+C to copy them.")
        self._list.setWordWrap(True)
        self._list.setResizeMode(QListView.ResizeMode.Adjust)
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self._list.setAlternatingRowColors(True)
        copy = QPushButton("Copy all", self)
        copy.setObjectName("remarks_copy")
        copy.setToolTip("Copy all remarks as text.")
        copy.setAutoDefault(False)
        copy.clicked.connect(self.copy_all)
        QShortcut(QKeySequence.StandardKey.Copy, self._list, self._copy, context=Qt.ShortcutContext.WidgetShortcut)
        head = QHBoxLayout()
        head.addWidget(self._count, 1)
        head.addWidget(copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING_SMALL)
        column.addLayout(head)
        column.addWidget(self._list, 1)

    def show_sentences(self, sentences: Sequence[str]) -> None:
        """Shows these in place of the last ones."""
        self._count.setText(counted(len(sentences), "remark"))
        self._list.clear()
        for sentence in sentences:
            item = QListWidgetItem(sentence, self._list)
            item.setToolTip(sentence)  # a name without spaces may be longer than the line

    def copy_all(self) -> None:
        """Puts all of them on the clipboard, a line each."""
        _to_clipboard([self._list.item(row).text() for row in range(self._list.count())])

    def _copy(self) -> None:
        """Copies those that are selected, in their order; all where none is."""
        rows = sorted(index.row() for index in self._list.selectedIndexes())
        if rows:
            _to_clipboard([self._list.item(row).text() for row in rows])
        else:
            self.copy_all()


def _to_clipboard(sentences: Sequence[str]) -> None:
    QGuiApplication.clipboard().setText("\n".join(sentences))


class RemarksDialog(Question):
    """The list in a window of its own."""

    def __init__(self, parent: QWidget | None, title: str, sentences: Sequence[str]) -> None:
        super().__init__(parent, "remarks_dialog", title, "", "Close")
        self.sentence.hide()
        self.cancel.hide()  # there is nothing to decide
        remarks = RemarksList(self)
        remarks.show_sentences(sentences)
        self.fill(remarks)
        self.resize(WIDTH_PX, HEIGHT_PX)


def show_remarks(parent: QWidget | None, title: str, sentences: Sequence[str]) -> None:
    """Shows the list until it is closed."""
    dialog = RemarksDialog(parent, title, sentences)
    answer_of(dialog)
