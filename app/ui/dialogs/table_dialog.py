"""A table to read and copy, in a dialog of its own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHeaderView, QPushButton, QWidget

from app.ui.dialogs.question import Question, answer_of
from app.ui.tables import build_table, cell


class TableDialog(Question):
    """Texts in rows under headers, numbers to the right, and a button that copies them for a spreadsheet.

    Args:
        parent: the window.
        name: what the dialog and its parts are called for scripts: "<name>_dialog", "<name>_table", "<name>_copy".
        title: of the dialog.
        sentence: above the table.
        headers: title and tooltip of each column.
        rows: a text for each column.
        row_px: how high a row is.
        total_first: whether the first row is of all the others together.
        with_sentence: whether the sentence is copied, too.
    """

    def __init__(
        self,
        parent: QWidget | None,
        name: str,
        title: str,
        sentence: str,
        *,
        headers: tuple[tuple[str, str], ...],
        rows: Sequence[Sequence[str]],
        row_px: int,
        total_first: bool = False,
        with_sentence: bool = False,
    ) -> None:
        super().__init__(parent, f"{name}_dialog", title, sentence, "Close")
        self.cancel.hide()  # there is nothing to decide
        self._copied = [[sentence]] if with_sentence else []
        self._copied += [[header for header, _ in headers], *(list(row) for row in rows)]
        table = build_table(self, f"{name}_table", title, headers, row_px)
        table.setRowCount(len(rows))
        for place, texts in enumerate(rows):
            for column, text in enumerate(texts):
                item = cell(table, place, column)
                item.setText(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if total_first and not place:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        copy = QPushButton("Copy", self)
        copy.setObjectName(f"{name}_copy")
        copy.setToolTip("Copy the table as text, for a spreadsheet.")
        copy.setAutoDefault(False)
        copy.clicked.connect(self.copy_all)
        self.fill(table)
        self.body.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)

    def copy_all(self) -> None:
        """Puts the table on the clipboard, with tabs between the columns."""
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in self._copied))

    def show_until_closed(self) -> None:
        """Shows the table until a person closes it."""
        answer_of(self)
