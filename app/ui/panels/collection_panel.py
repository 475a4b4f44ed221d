"""The list of a collection's clips, with how far each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.reasons import allow
from app.ui.tables import build_table, cell, fit_column

EMPTY_SENTENCE = "No collection is open.\nMake one of a folder of clips to label them one after the other."
HEADERS = (
    ("Clip", "A click opens it."),
    ("Reviewed", "The share of its frames that are marked as reviewed."),
    ("Doubtful", "How many of its frames hold a doubtful pose."),
)
_KEY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class ClipRow:
    """One clip.

    Attributes:
        key: what the row is known by.
        name: as the list shows it.
        reviewed: "40 %", "" where nothing is known.
        doubtful: "12", "" where nothing is known.
        note: what the tooltip says.
        is_current: whether it is open now.
        is_in_trouble: whether it cannot be opened.
    """

    key: str
    name: str
    reviewed: str = ""
    doubtful: str = ""
    note: str = ""
    is_current: bool = False
    is_in_trouble: bool = False


class CollectionPanel(QWidget):
    """The clips, and buttons to add, remove and predict them.

    Signals:
        clip_chosen(str): open this one.
        remove_requested(str): take it off the list.
        collect_requested(), add_requested(), predict_requested(): the buttons.
    """

    clip_chosen = Signal(str)
    remove_requested = Signal(str)
    collect_requested = Signal()
    add_requested = Signal()
    predict_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("collection_panel")
        self._current: str | None = None
        self._sentence = QLabel(self)
        self._sentence.setObjectName("collection_sentence")
        self._sentence.setWordWrap(True)
        self._sentence.setProperty("muted", True)
        self._table = build_table(self, "collection_list", "Clips of the collection", HEADERS, theme.ROW_PX)
        self._table.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._table.horizontalHeader().setSectionResizeMode(0, self._table.horizontalHeader().ResizeMode.Stretch)
        fit_column(self._table, 1, "100 %")
        fit_column(self._table, 2, "100,000")
        self._table.cellClicked.connect(lambda row, _: self._choose(row))
        self._table.cellActivated.connect(lambda row, _: self._choose(row))
        self._on_collection: list[QPushButton] = []
        buttons = QHBoxLayout()
        for name, text, tooltip, signal in (
            ("new", "Folder…", "Make a collection of a folder's clips, or open the one there.", self.collect_requested),
            ("add", "Add…", "Put more clips at the end of the list.", self.add_requested),
            ("predict", "Predict all", "Predict all clips but the open one, in turn.", self.predict_requested),
        ):
            button = QPushButton(text, self)
            button.setObjectName(f"collection_{name}")
            button.setToolTip(tooltip)
            button.clicked.connect(signal)
            buttons.addWidget(button)
            if name != "new":
                self._on_collection.append(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING, theme.SPACING_SMALL + 2, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING_SMALL)
        column.addWidget(self._sentence)
        column.addWidget(self._table, 1)
        column.addLayout(buttons)
        self.show_clips(None, ())

    def show_clips(self, sentence: str | None, rows: Sequence[ClipRow]) -> None:
        """Shows a collection under a sentence on the whole of it; None where none is open."""
        self._sentence.setText(EMPTY_SENTENCE if sentence is None else sentence)
        current = next((row.key for row in rows if row.is_current), None)
        selected = current if current != self._current else self._selected()
        self._current = current
        self._table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate((row.name, row.reviewed, row.doubtful)):
                item = cell(self._table, place, column)
                item.setText(text)
                item.setToolTip(row.note)
                item.setData(_KEY, row.key)
                font = item.font()
                font.setBold(row.is_current)
                item.setFont(font)
                item.setForeground(theme.ERROR if row.is_in_trouble else theme.TEXT)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if row.key == selected:
                self._table.setCurrentCell(place, 0)
        for button in self._on_collection:
            allow(button, "" if sentence is not None else "Open or make a collection first.")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the marked clip off the list."""
        selected = self._selected()
        if event.key() == Qt.Key.Key_Delete and selected is not None:
            self.remove_requested.emit(selected)
        else:
            super().keyPressEvent(event)

    def _selected(self) -> str | None:
        row = self._table.currentRow()
        return None if row < 0 else cell(self._table, row, 0).data(_KEY)

    def _choose(self, row: int) -> None:
        self.clip_chosen.emit(cell(self._table, row, 0).data(_KEY))
