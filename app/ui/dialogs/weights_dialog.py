"""The weights: what is at hand, what can be fetched, how good, how fast here, under which terms, and which predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.reasons import allow
from app.ui.tables import build_table, cell, fit_column
from app.ui.words import time_left

HEADERS = (
    ("", "A dot marks the weights in use."),
    ("Weights", "Their name, also on the command line."),
    ("State", "Whether the file is here; if not, it can be fetched."),
    ("Accuracy", "Measured on the data named beside it; numbers on different data cannot be compared."),
    ("Speed here", "Seconds for one person in one frame on this machine; ~ is an estimate until it is measured."),
    ("Size", "Of the file."),
    ("Licence", "Of the weights; the full terms are below."),
)
NUM_ROWS_SHOWN = 8


@dataclass(frozen=True)
class WeightsRow:
    """One line of the list.

    Attributes:
        name, state, accuracy, speed, size, licence: as shown.
        details: lines for whoever selects the row.
        in_use: whether they predict now.
        can_use: whether they are at hand and can be read.
        can_fetch: whether they can be fetched.
    """

    name: str
    state: str
    accuracy: str
    speed: str
    size: str
    licence: str
    details: tuple[str, ...]
    in_use: bool
    can_use: bool
    can_fetch: bool


class WeightsDialog(QDialog):
    """The list, and what can be done with it. Stays open beside the window while files are fetched.

    Signals:
        fetch_requested(name), use_requested(name).
        best_requested(): use the best at hand again.
        import_requested(): bring a file in.
        measure_requested(): measure the speeds.
        cancel_requested(): stop what is running.
    """

    fetch_requested = Signal(str)
    use_requested = Signal(str)
    best_requested = Signal()
    import_requested = Signal()
    measure_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("weights_dialog")
        self.setWindowTitle("Weights")
        self.resize(860, 500)
        self._rows: tuple[WeightsRow, ...] = ()
        self._busy = False
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING_LARGE, theme.SPACING_LARGE, theme.SPACING_LARGE, theme.SPACING_LARGE)
        column.setSpacing(theme.SPACING)
        column.addLayout(self._build_top())
        column.addWidget(self._build_table(), 1)
        self._details = self._sentence("weights_details")
        self._details.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details.setMinimumHeight(7 * self._details.fontMetrics().lineSpacing())
        column.addWidget(self._details)
        self._message = self._sentence("weights_message")
        self._message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._message.hide()
        column.addWidget(self._message)
        column.addWidget(self._build_progress())
        column.addLayout(self._build_buttons())
        self._refresh()

    def _sentence(self, object_name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(object_name)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _button(self, object_name: str, text: str, tooltip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(object_name)
        button.setToolTip(tooltip)
        button.setAutoDefault(False)
        return button

    def _build_top(self) -> QHBoxLayout:
        self._in_use = self._sentence("weights_in_use")
        self._best = self._button(
            "button_best_weights",
            "Use the best available",
            "Let the program choose: the most accurate that is fast enough.",
        )
        self._best.clicked.connect(self.best_requested)
        row = QHBoxLayout()
        row.addWidget(self._in_use, 1)
        row.addWidget(self._best)
        return row

    def _build_table(self) -> QWidget:
        self._table = build_table(self, "weights_table", "Weights", HEADERS, theme.ROW_PX)
        self._table.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._table.setMinimumHeight(NUM_ROWS_SHOWN * theme.ROW_PX)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        fit_column(self._table, 0, "●")
        self._table.currentCellChanged.connect(lambda *_: self._refresh())
        self._table.cellDoubleClicked.connect(lambda *_: self._use_current())
        return self._table

    def _build_progress(self) -> QWidget:
        holder = QWidget(self)
        holder.setObjectName("weights_progress_row")
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        self._progress = QProgressBar(holder)
        self._progress.setObjectName("weights_progress")
        self._progress.setToolTip("What is running, its progress, and the time left.")
        self._cancel = self._button("button_cancel_weights", "Cancel", "Stop; what was fetched so far is kept.")
        self._cancel.clicked.connect(self.cancel_requested)
        row.addWidget(self._progress, 1)
        row.addWidget(self._cancel)
        holder.hide()
        self._progress_row = holder
        return holder

    def _build_buttons(self) -> QHBoxLayout:
        importing = self._button(
            "button_import_weights", "Import…", "Import a weights file: one of this program, or a published HRNet."
        )
        importing.clicked.connect(self.import_requested)
        self._import = importing
        self._measure = self._button(
            "button_measure_weights",
            "Measure speeds",
            "Time each kind of network on this machine; takes a minute or two.",
        )
        self._measure.clicked.connect(self.measure_requested)
        self._fetch = self._button(
            "button_fetch_weights", "Fetch", "Fetch the selected weights; resumes where it stopped."
        )
        self._fetch.clicked.connect(lambda: self.fetch_requested.emit(self._current_name()))
        self._use = self._button("button_use_weights", "Use", "Use the selected weights from now on.")
        self._use.setProperty("primary", True)
        self._use.clicked.connect(self._use_current)
        close = self._button("button_close_weights", "Close", "Close the list; what is running continues.  (Esc)")
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(importing)
        row.addWidget(self._measure)
        row.addStretch(1)
        for button in (self._fetch, self._use, close):
            row.addWidget(button)
        return row

    # What to show -----------------------------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[WeightsRow]) -> None:
        """Shows the list; the row of the same name stays selected."""
        name = self._current_name() or next((row.name for row in rows if row.in_use), "")
        self._rows = tuple(rows)
        self._table.setRowCount(len(self._rows))
        for index, row in enumerate(self._rows):
            texts = ("●" if row.in_use else "", row.name, row.state, row.accuracy, row.speed, row.size, row.licence)
            for column, text in enumerate(texts):
                item = cell(self._table, index, column)
                item.setText(text)
                item.setToolTip(text if column == 3 else "\n".join(row.details) if column == 1 else "")
                item.setForeground(theme.ACCENT if column == 0 else theme.TEXT if row.can_use else theme.TEXT_MUTED)
                if column in (4, 5):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        selected = next((index for index, row in enumerate(self._rows) if row.name == name), 0)
        self._table.setCurrentCell(selected, 1)
        self._refresh()

    def set_in_use(self, name: str, why: str, can_return: bool) -> None:
        """Says which weights predict and why; `can_return` where the best at hand could be taken instead."""
        self._in_use.setText(f"In use: {name}{f' – {why}' if why else ''}" if name else "No weights in use.")
        self._best.setVisible(can_return)

    def set_progress(
        self, what: str, done: float = 0, total: float = 0, seconds_left: float | None = None, unit: str = ""
    ) -> None:
        """Shows what is running ("Fetching x"), done and total in `unit`; "" where nothing runs, 0 where unknown."""
        self._busy = bool(what)
        self._progress_row.setVisible(self._busy)
        if self._busy:
            self._progress.setRange(0, 1000 if total else 0)
            self._progress.setValue(round(1000 * done / total) if total else 0)
            left = f", {time_left(seconds_left)}" if seconds_left is not None else ""
            self._progress.setFormat(f"{what}: {done:.0f} of {total:.0f} {unit}{left}" if total else f"{what} …")
        self._refresh()

    def show_message(self, sentence: str, *, is_error: bool = False) -> None:
        """Says how something ended, until something else happens."""
        self._message.setText(sentence)
        theme.set_tone(self._message, "error" if is_error else "plain")
        self._message.setVisible(bool(sentence))

    @property
    def message(self) -> str:
        """The sentence that stands now, "" if none."""
        return self._message.text() if not self._message.isHidden() else ""

    def select(self, name: str) -> None:
        """Selects the row of that name."""
        for index, row in enumerate(self._rows):
            if row.name == name:
                self._table.setCurrentCell(index, 1)

    def _current(self) -> WeightsRow | None:
        index = self._table.currentRow()
        return self._rows[index] if 0 <= index < len(self._rows) else None

    def _current_name(self) -> str:
        row = self._current()
        return row.name if row is not None else ""

    def _use_current(self) -> None:
        row = self._current()
        if row is not None and row.can_use and not row.in_use:
            self.use_requested.emit(row.name)

    def _refresh(self) -> None:
        row = self._current()
        self._details.setText("\n".join(row.details) if row is not None else "")
        busy = "Wait until this has ended." if self._busy else ""
        nothing = "" if row is not None else "Select weights first."
        allow(self._fetch, nothing or busy or ("" if row and row.can_fetch else "These weights are not for fetching."))
        in_use = "These weights are in use." if row and row.in_use else ""
        not_here = "" if row and row.can_use else "These weights are not here: fetch them first."
        allow(self._use, nothing or in_use or not_here)
        allow(self._import, busy)
        allow(self._measure, busy or ("" if self._rows else "There are no weights to measure."))
