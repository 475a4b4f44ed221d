"""What an import will touch, and what to take from the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QLabel, QRadioButton, QWidget

from app.ui.dialogs.question import Question
from app.ui.dialogs.remarks import RemarksList

WIDTH_PX, HEIGHT_PX = 620, 470


@dataclass(frozen=True)
class ImportOutlook:
    """What an import would do, in words.

    Attributes:
        summary: how many frames and people it touches, and what is left out.
        decision: by what the file's images were matched to frames.
        remarks: everything else that is to be said.
        same_people: the project's people whom people without a number overlap.
        first_number: what the first frame is called in the file's numbers; None where none were compared.
    """

    summary: str
    decision: str
    remarks: tuple[str, ...]
    same_people: tuple[int, ...]
    first_number: int | None


@dataclass(frozen=True)
class ImportChoice:
    """How to import: joints and boxes or boxes alone, whose people, and what the first frame is called."""

    keypoints: bool
    same_people: bool
    first_number: int | None


class ImportDialog(Question):
    """Shows what an import will touch before it writes, and asks what to take."""

    def __init__(self, parent: QWidget | None, file: str, outlooks: Sequence[ImportOutlook]) -> None:
        """`file` says its name and format; of several outlooks the person chooses one, the first is the likelier."""
        super().__init__(parent, "import_dialog", "Import labels", file, "Import")
        self._outlooks = tuple(outlooks)
        self._summary = QLabel(self)
        self._summary.setObjectName("import_summary")
        self._summary.setWordWrap(True)
        self._summary.setStyleSheet("font-weight: 600;")
        self._decision = self.muted("")
        self._decision.setObjectName("import_decision")
        self.body.addWidget(self._summary)
        self.body.addWidget(self._decision)
        self._first = QButtonGroup(self)
        if len(self._outlooks) > 1:
            self.body.addLayout(self._first_numbers())
        self._everything = QRadioButton("People, boxes and joints", self)
        self._everything.setObjectName("import_keypoints")
        self._everything.setToolTip("For labels that you want to go on with.")
        self._everything.setChecked(True)
        self._boxes = QRadioButton("People and boxes only", self)
        self._boxes.setObjectName("import_boxes_only")
        self._boxes.setToolTip("For finding the joints anew with the network.")
        what = QButtonGroup(self)
        what.addButton(self._everything)
        what.addButton(self._boxes)
        self.body.addWidget(self._everything)
        self.body.addWidget(self._boxes)
        self._same = QCheckBox(self)
        self._same.setObjectName("import_same_people")
        self._same.setToolTip("The file has no numbers for people who lie where the project has some.")
        self._same.setChecked(True)
        self.body.addWidget(self._same)
        self.body.addWidget(self.muted("What you have set yourself stays as it is."))
        self._remarks = RemarksList(self)
        self.resize(WIDTH_PX, HEIGHT_PX)
        if any(outlook.remarks for outlook in self._outlooks):
            self.fill(self._remarks)
        else:
            self._remarks.hide()
            self.resize(WIDTH_PX, 0)
        self._show()

    def _first_numbers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(QLabel("The file's first frame is number", self))
        for place, outlook in enumerate(self._outlooks):
            button = QRadioButton(str(outlook.first_number), self)
            button.setObjectName(f"import_first_{outlook.first_number}")
            button.setToolTip("Choose by what the program that wrote the file counts from.")
            button.setChecked(place == 0)
            self._first.addButton(button, place)
            row.addWidget(button)
        row.addStretch(1)
        self._first.idToggled.connect(lambda _place, is_on: self._show() if is_on else None)
        return row

    @property
    def _outlook(self) -> ImportOutlook:
        return self._outlooks[max(self._first.checkedId(), 0)]

    def _show(self) -> None:
        outlook = self._outlook
        self._summary.setText(outlook.summary)
        self._decision.setText(outlook.decision)
        numbers = ", ".join(f"#{track_id}" for track_id in outlook.same_people)
        self._same.setText(f"The same people as in the project ({numbers})")
        self._same.setVisible(bool(outlook.same_people))
        self._remarks.show_sentences(outlook.remarks)

    def choice(self) -> ImportChoice:
        """The answer."""
        chosen = self._outlook.first_number if len(self._outlooks) > 1 else None
        return ImportChoice(self._everything.isChecked(), self._same.isChecked(), chosen)


def ask_how_to_import(parent: QWidget | None, file: str, outlooks: Sequence[ImportOutlook]) -> ImportChoice | None:
    """What to take from a file of labels, once it is seen what that touches."""
    dialog = ImportDialog(parent, file, outlooks)
    choice = dialog.choice() if dialog.agreed() else None
    dialog.deleteLater()
    return choice
