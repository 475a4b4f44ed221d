"""How well two annotators agree, joint by joint, as a table that can be copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from app.ui.dialogs.table_dialog import TableDialog

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


class AgreementDialog(TableDialog):
    """A row for all joints and one for each."""

    def __init__(self, parent: QWidget | None, sentence: str, rows: Sequence[Sequence[str]]) -> None:
        super().__init__(
            parent,
            "agreement",
            "Two annotators",
            sentence,
            headers=HEADERS,
            rows=rows,
            row_px=ROW_PX,
            total_first=True,
            with_sentence=True,
        )
        self.resize(WIDTH_PX, HEIGHT_PX)


def show_agreement(parent: QWidget | None, sentence: str, rows: Sequence[Sequence[str]]) -> None:
    """Shows the table until it is closed."""
    AgreementDialog(parent, sentence, rows).show_until_closed()
