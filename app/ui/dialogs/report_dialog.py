"""What would be sent of a fault, to read and to save."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QWidget

from app.ui.dialogs.question import Question

SIZE_PX = (720, 520)


class ReportDialog(Question):
    """The report as it would be saved, which a person can add to and take from, and whether labels go with it."""

    def __init__(self, parent: QWidget | None, text: str, *, has_labels: bool) -> None:
        super().__init__(
            parent,
            "report_dialog",
            "Report a fault",
            "This is what the program knows of the fault. Nothing is sent: save it, read it, and send it with your own "
            "words to whoever looks after the program here.",
            "Save…",
        )
        self._text = QPlainTextEdit(text, self)
        self._text.setObjectName("report_text")
        self._text.setToolTip("What will be saved; change what you like.")
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._labels = QCheckBox("Add the labels of the open project", self)
        self._labels.setObjectName("report_labels")
        self._labels.setToolTip("Saves an archive with the report and a copy of the project; never pictures.")
        self._labels.setVisible(has_labels)
        self.fill(self._text)
        self.body.addWidget(self._labels)
        self.resize(*SIZE_PX)

    def text(self) -> str:
        """The report as the person left it."""
        return self._text.toPlainText()

    def with_labels(self) -> bool:
        """Whether the project goes with it."""
        return self._labels.isChecked()
