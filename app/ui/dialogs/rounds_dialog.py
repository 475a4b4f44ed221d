"""The rounds of fine-tuning: what each did joint by joint, pictures of what it changed, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.dialogs.round_pictures import ChangedPose, RoundPictures
from app.ui.tables import build_table, cell

HEADERS = (
    ("Round", "In the order in which they were run."),
    ("When", "When it ended."),
    ("Frames", "How many it learnt from, and how many were held out to measure."),
    ("Error", "Mean error on held-out frames before and after, in percent of a person's size."),
    ("Verdict", "Better, worse or the same, on held-out frames."),
    ("State", "Whether its weights predict now, lie beside the project, or are gone."),
)
JOINT_HEADERS = (
    ("Joint", "The first row is all of them together."),
    ("Labels", "How many labels were measured."),
    ("Before", "Mean error in percent of a person's size; ± is how far frames let it vary."),
    ("After", "The same with the new weights."),
    ("px before", "Mean error in pixels."),
    ("px after", "The same with the new weights."),
    ("PCK before", "Share of joints nearer than a tenth of a person's size."),
    ("PCK after", "The same with the new weights."),
)


@dataclass(frozen=True)
class JointTable:
    """A table of errors joint by joint.

    Attributes:
        title: of its tab.
        rows: a text for each of `JOINT_HEADERS`.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class RoundRow:
    """One round.

    Attributes:
        number: its number.
        cells: a text for each of `HEADERS`.
        sentence: the verdict in words, with its reason.
        tables: errors joint by joint, on held-out frames and on those that taught.
        changed: the poses that changed most, those that got worse first.
        can_use: its weights are here, and do not predict now.
        can_export: its weights are here.
        can_delete: there is something to delete, and it does not predict now.
    """

    number: int
    cells: tuple[str, ...]
    sentence: str
    tables: tuple[JointTable, ...]
    changed: tuple[ChangedPose, ...]
    can_use: bool
    can_export: bool
    can_delete: bool


class RoundsDialog(QDialog):
    """The list of rounds, and what can be seen of one and done with it. Stays open beside the window.

    Signals:
        use_requested(number), export_requested(number), delete_requested(number).
        picture_wanted(frame_index): the pixels of a frame are wanted, for `show_picture`.
        frame_chosen(frame_index): go there.
    """

    use_requested = Signal(int)
    export_requested = Signal(int)
    delete_requested = Signal(int)
    picture_wanted = Signal(int)
    frame_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rounds_dialog")
        self.setWindowTitle("Rounds of fine-tuning")
        self.resize(920, 600)
        self._rows: tuple[RoundRow, ...] = ()
        self._shown: RoundRow | None = None
        self._was_shown = False
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING_LARGE, theme.SPACING_LARGE, theme.SPACING_LARGE, theme.SPACING_LARGE)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._build_table())
        self._sentence = QLabel(self)
        self._sentence.setObjectName("rounds_sentence")
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self._sentence)
        self._tabs = QTabWidget(self)
        self._tabs.setObjectName("rounds_tabs")
        self._tabs.setDocumentMode(True)
        self._pictures = self._build_pictures()
        column.addWidget(self._tabs, 1)
        column.addLayout(self._build_buttons())
        self.set_rounds(())

    def _build_table(self) -> QTableWidget:
        self._table = build_table(self, "rounds_table", "Rounds", HEADERS, theme.ROW_PX)
        self._table.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._table.setFixedHeight(5 * theme.ROW_PX + 30)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self._table.currentCellChanged.connect(lambda *_: self._show_current())
        return self._table

    def _build_pictures(self) -> QWidget:
        """The list of changed poses beside the two pictures."""
        page = QWidget(self)
        page.setObjectName("rounds_changed_page")
        row = QHBoxLayout(page)
        row.setContentsMargins(0, theme.SPACING, 0, 0)
        self._changed = QListWidget(page)
        self._changed.setObjectName("rounds_changed")
        self._changed.setAccessibleName("Poses that changed most; those that got worse come first")
        self._changed.setToolTip("The poses that changed most, those that got worse first; a double click goes there.")
        self._changed.setFixedWidth(330)
        self._changed.currentRowChanged.connect(lambda _: self._show_pose())
        self._changed.itemDoubleClicked.connect(lambda _: self._go())
        side = QVBoxLayout()
        self._view = RoundPictures(page)
        legend = QLabel("Filled and solid: a person's joints. Open and dashed: the network's.", page)
        legend.setObjectName("rounds_legend")
        legend.setProperty("muted", True)
        side.addWidget(self._view, 1)
        side.addWidget(legend)
        row.addWidget(self._changed)
        row.addLayout(side, 1)
        return page

    def _build_buttons(self) -> QHBoxLayout:
        self._use = self._button("rounds_use", "Make current", "Predict with this round's weights from now on.")
        self._export = self._button("rounds_export", "Export…", "Write its weights to a file, with their card.")
        self._delete = self._button(
            "rounds_delete", "Delete", "Delete its weights; what it held out stays held out in later rounds."
        )
        self._use.clicked.connect(lambda: self._ask(self.use_requested))
        self._export.clicked.connect(lambda: self._ask(self.export_requested))
        self._delete.clicked.connect(lambda: self._ask(self.delete_requested))
        close = self._button("rounds_close", "Close", "Close this dialog.  (Esc)")
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        for button in (self._use, self._export, self._delete):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        return row

    def _button(self, object_name: str, text: str, tooltip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(object_name)
        button.setToolTip(tooltip)
        button.setAutoDefault(False)
        return button

    # What to show ---------------------------------------------------------------------------------------------------

    def set_rounds(self, rows: Sequence[RoundRow]) -> None:
        """Shows the rounds, the newest first; what is selected stays so."""
        number = None if self._shown is None else self._shown.number
        self._rows, self._shown = tuple(rows), None
        self._table.blockSignals(True)
        self._table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate(row.cells):
                cell(self._table, place, column).setText(text)
        place = next((place for place, row in enumerate(rows) if row.number == number), 0)
        self._table.setCurrentCell(place if rows else -1, 0)
        self._table.blockSignals(False)
        self._show_current()

    def look_at_changes(self) -> None:
        """Shows the newest round's pictures."""
        self._table.setCurrentCell(0, 0)
        self._tabs.setCurrentWidget(self._pictures)

    def show_picture(self, frame_index: int, rgb: NDArray[np.uint8]) -> None:
        """The pixels of a frame that were wanted."""
        pose = self._current_pose()
        if pose is not None and pose.frame_index == frame_index:
            self._view.show_pose(pose, rgb)

    def _show_current(self) -> None:
        place = self._table.currentRow()
        row = self._rows[place] if 0 <= place < len(self._rows) else None
        self._use.setEnabled(row is not None and row.can_use)
        self._export.setEnabled(row is not None and row.can_export)
        self._delete.setEnabled(row is not None and row.can_delete)
        if row is not None and row == self._shown:
            return
        on_pictures = self._was_shown and self._tabs.currentWidget() is self._pictures
        self._shown, self._was_shown = row, row is not None
        self._sentence.setText("" if row is None else row.sentence)
        self._fill_tabs(row, on_pictures=on_pictures)

    def _fill_tabs(self, row: RoundRow | None, *, on_pictures: bool) -> None:
        while self._tabs.count():
            widget = self._tabs.widget(0)
            self._tabs.removeTab(0)
            if widget is not None and widget is not self._pictures:
                widget.deleteLater()
        for index, table in enumerate(() if row is None else row.tables):
            self._tabs.addTab(self._joint_table(index, table), table.title)
        self._tabs.addTab(self._pictures, "Before and after")
        self._changed.blockSignals(True)
        self._changed.clear()
        for pose in () if row is None else row.changed:
            self._changed.addItem(_item(pose))
        self._changed.blockSignals(False)
        self._changed.setCurrentRow(0 if self._changed.count() else -1)
        self._show_pose()
        if on_pictures:
            self._tabs.setCurrentWidget(self._pictures)

    def _joint_table(self, index: int, table: JointTable) -> QTableWidget:
        widget = build_table(self, f"rounds_joints_{index}", table.title, JOINT_HEADERS, 20)
        widget.setRowCount(len(table.rows))
        for place, texts in enumerate(table.rows):
            for column, text in enumerate(texts):
                item = cell(widget, place, column)
                item.setText(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        widget.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        widget.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return widget

    def _current_pose(self) -> ChangedPose | None:
        place = self._changed.currentRow()
        return self._shown.changed[place] if self._shown is not None and 0 <= place < len(self._shown.changed) else None

    def _show_pose(self) -> None:
        pose = self._current_pose()
        self._view.show_pose(pose, None)
        if pose is not None:
            self.picture_wanted.emit(pose.frame_index)

    def _go(self) -> None:
        pose = self._current_pose()
        if pose is not None:
            self.frame_chosen.emit(pose.frame_index)

    def _ask(self, signal: SignalInstance) -> None:
        if self._shown is not None:
            signal.emit(self._shown.number)


def _item(pose: ChangedPose) -> QListWidgetItem:
    arrow = "▲ worse" if pose.is_worse else "▼ better"
    where = "held out" if pose.held_out else "taught"
    item = QListWidgetItem(
        f"frame {pose.frame_index}, #{pose.track_id}: {100 * pose.before:.1f} → {100 * pose.after:.1f} %, "
        f"{arrow} ({where})"
    )
    item.setForeground(theme.ERROR if pose.is_worse else theme.TEXT)
    return item
