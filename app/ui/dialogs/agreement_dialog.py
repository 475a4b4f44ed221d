"""How well two annotators agree, joint by joint, as a table that can be copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHeaderView, QPushButton, QWidget

from app.ui.dialogs.question import Question
from app.ui.tables import build_table, cell

WIDTH_PX, HEIGHT_PX, ROW_PX = 760, 600, 24
HEADERS = (
    ("Joint", "All joints together come first."),
    ("Pairs", "How many times both place the joint."),
    ("Mean px", "The mean distance between the two places, in pixels of the frame."),
    ("Median px", "The median distance likewise."),
    ("Mean", "The mean distance as a part of the person's size."),
    ("Within 10 %", "The share of distances of at most a tenth of the person's size."),
    ("OKS", "Object keypoint similarity, from 0 to 1; of all joints, the mean over people as COCO counts."),
    ("Only mine", "How many times only you label the joint, on people whom both have."),
    ("Only theirs", "How many times only they do."),
)


class AgreementDialog(Question):
    """A row for all joints and one for each."""

    def __init__(self, parent: QWidget | None, sentence: str, rows: Sequence[Sequence[str]]) -> None:
        super().__init__(parent, "agreement_dialog", "Two annotators", sentence, "Close")
        self.cancel.hide()  # there is nothing to decide
        self._sentence = sentence
        self._rows = [list(row) for row in rows]
        table = build_table(self, "agreement_table", "Agreement by joint", HEADERS, ROW_PX)
        table.setRowCount(len(self._rows))
        for place, texts in enumerate(self._rows):
            for column, text in enumerate(texts):
                item = cell(table, place, column)
                item.setText(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if not place:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        copy = QPushButton("Copy", self)
        copy.setObjectName("agreement_copy")
        copy.setToolTip("Copy the table as text, for a spreadsheet.")
        copy.setAutoDefault(False)
        copy.clicked.connect(self.copy_all)
        self.fill(table)
        self.body.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)
        self.resize(WIDTH_PX, HEIGHT_PX)

    def copy_all(self) -> None:
        """Puts sentence and table on the clipboard, with tabs between the columns."""
        lines = [[self._sentence], [title for title, _ in HEADERS], *self._rows]
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))


def show_agreement(parent: QWidget | None, sentence: str, rows: Sequence[Sequence[str]]) -> None:
    """Shows the table until it is closed."""
    dialog = AgreementDialog(parent, sentence, rows)
    dialog.exec()
    dialog.deleteLater()
