"""The list of people in the frame: who they are, how sure, who set them; hide, lock, add, follow, delete."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QGridLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.reasons import allow
from app.ui.tables import build_table, cell, fit_column, show_icon
from core.poses import Pose, Provenance

PERSON, EYE, LOCK, JOINTS, LOWEST, WHO = range(6)
HEADERS = (
    ("Person", "The person's number, the same in every frame."),
    ("", "Shown or hidden on the picture; click to change."),
    ("", "Unlocked or locked against changes; click to change."),
    ("Joints", "Labelled joints, out of all."),
    ("Score", "The lowest score of a joint, from 0 to 1."),
    ("Set by", "Who set the joints."),
)


@dataclass(frozen=True)
class PersonRow:
    """A person as the list shows them.

    Attributes:
        track_id: the person's number.
        num_labelled: joints labelled in this frame.
        num_keypoints: joints of the skeleton.
        lowest_score: the least score of a labelled joint, None without one.
        who: who set the joints, in words.
        hidden: not drawn on the picture.
        locked: guarded against moves.
        doubtful: somebody should look.
    """

    track_id: int
    num_labelled: int
    num_keypoints: int
    lowest_score: float | None
    who: str
    hidden: bool = False
    locked: bool = False
    doubtful: bool = False

    @classmethod
    def of(cls, pose: Pose, *, hidden: bool = False, locked: bool = False, doubtful: bool = False) -> Self:
        """The row of a pose."""
        scores = pose.told_scores[pose.labelled & ~np.isnan(pose.told_scores)]
        return cls(
            pose.track_id,
            int(pose.labelled.sum()),
            len(pose.keypoints),
            float(scores.min()) if scores.size else None,
            provenance_summary(pose),
            hidden,
            locked,
            doubtful,
        )


def provenance_summary(pose: Pose) -> str:
    """Who set the labelled joints: "predicted", or "14 predicted, 3 corrected"; "box only" without a joint."""
    counts = Counter(Provenance(int(who)) for who in pose.provenance[pose.labelled])
    if not counts:
        return "box only"
    if len(counts) == 1:
        return theme.PROVENANCE_STYLES[next(iter(counts))].name
    return ", ".join(f"{count} {theme.PROVENANCE_STYLES[who].name}" for who, count in counts.most_common())


def short_summary(who: str) -> str:
    """The summary where there is room for a word: "mixed" for several origins; the tooltip has the whole."""
    return "mixed" if "," in who else who


class PersonsPanel(QWidget):
    """The people of the frame shown.

    Signals:
        person_selected(int): a row was clicked.
        hidden_toggled(int, bool): the person, and whether they are to be hidden.
        locked_toggled(int, bool): the person, and whether they are to be locked.
        delete_requested(int), cut_requested(int): out of this frame; out of this and all later ones.
        follow_requested(int): follow the person's box through the clip.
        track_id_change_requested(int): the person whose number is to change.
        box_requested(): a person is to be added by a box.
        find_requested(): people are to be found in the whole clip.
    """

    person_selected = Signal(int)
    hidden_toggled = Signal(int, bool)
    locked_toggled = Signal(int, bool)
    delete_requested = Signal(int)
    cut_requested = Signal(int)
    follow_requested = Signal(int)
    track_id_change_requested = Signal(int)
    box_requested = Signal()
    find_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("persons_panel")
        self._rows: list[PersonRow] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING_SMALL + 2)
        column.addWidget(self._build_table())
        column.addLayout(self._build_buttons())
        self.set_people([])

    def _build_table(self) -> QTableWidget:
        table = build_table(self, "persons_table", "People in this frame", HEADERS, theme.ROW_PX)
        table.setIconSize(QSize(theme.ICON_PX - 2, theme.ICON_PX - 2))
        header_view = table.horizontalHeader()
        header_view.setSectionResizeMode(PERSON, QHeaderView.ResizeMode.ResizeToContents)
        fit_column(table, JOINTS, "17/17")
        fit_column(table, LOWEST, "! 0.00")
        for index in (EYE, LOCK):
            header_view.setSectionResizeMode(index, QHeaderView.ResizeMode.Fixed)
            table.setColumnWidth(index, 24)
        header_view.setSectionResizeMode(WHO, QHeaderView.ResizeMode.Stretch)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._open_menu)
        table.cellClicked.connect(self._click)
        self._empty = QLabel(
            "There is nobody in this frame.\nUse Find to look for people,\nor Add to draw a box.", table.viewport()
        )
        self._empty.setObjectName("persons_empty")
        self._empty.setProperty("muted", True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(table.viewport()).addWidget(self._empty)
        self._table = table
        return table

    def _build_buttons(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(theme.SPACING_SMALL)
        self._needing_person: list[QPushButton] = []
        self._buttons: dict[str, QPushButton] = {}
        for place, (name, text, icon, tooltip) in enumerate(
            (
                ("button_find_people", "Find", "find_people", "Find people in the whole clip with a detector."),
                ("button_add_person", "Add", "add_person", "Draw a box around a person who has none yet."),
                ("button_follow_person", "Follow", "follow", "Follow the selected person's box through the clip."),
                ("button_delete_person", "Delete", "delete", "Delete the selected person from this frame."),
                ("button_cut_person", "Delete from here on", "cut", "Delete the selected person from this frame on."),
            )
        ):
            button = QPushButton(theme.icon(icon), text, self)
            button.setObjectName(name)
            button.setToolTip(tooltip)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            grid.addWidget(button, place // 3, place % 3, 1, 2 if name == "button_cut_person" else 1)
            self._buttons[name] = button
            if name not in ("button_find_people", "button_add_person"):
                self._needing_person.append(button)
        self._buttons["button_find_people"].clicked.connect(self.find_requested)
        self._buttons["button_add_person"].clicked.connect(self.box_requested)
        for name, signal in (
            ("button_follow_person", self.follow_requested),
            ("button_delete_person", self.delete_requested),
            ("button_cut_person", self.cut_requested),
        ):
            self._buttons[name].clicked.connect(lambda _checked, signal=signal: self._emit_for_selected(signal))
        return grid

    def _emit_for_selected(self, signal: SignalInstance) -> None:
        track_id = self.selected()
        if track_id is not None:
            signal.emit(track_id)

    # What to show ---------------------------------------------------------------------------------------------------

    def set_people(self, rows: list[PersonRow]) -> None:
        """Shows the people of a frame; whoever was selected stays so if they are in it."""
        selected = self.selected()
        self._rows = list(rows)
        self._table.setRowCount(len(rows))
        self._empty.setVisible(not rows)
        for index, row in enumerate(rows):
            self._fill(index, row)
        self.set_selected(selected)

    def _fill(self, index: int, row: PersonRow) -> None:
        lowest = "" if row.lowest_score is None else f"{row.lowest_score:.2f}"
        texts = {
            PERSON: f"#{row.track_id}",
            JOINTS: f"{row.num_labelled}/{row.num_keypoints}",
            LOWEST: f"! {lowest}" if row.doubtful else lowest,
            WHO: short_summary(row.who),
        }
        for column in range(len(HEADERS)):
            item = cell(self._table, index, column)
            item.setText(texts.get(column, ""))
            item.setToolTip(HEADERS[column][1])
            item.setForeground(theme.TEXT_DISABLED if row.hidden else theme.TEXT)
        colour = theme.on_panel(theme.person_colour(row.track_id))
        show_icon(cell(self._table, index, PERSON), _swatch(colour.name()))
        show_icon(cell(self._table, index, EYE), theme.icon("hide" if row.hidden else "show"))
        cell(self._table, index, EYE).setToolTip("Hidden; click to show." if row.hidden else "Shown; click to hide.")
        show_icon(cell(self._table, index, LOCK), theme.icon("lock" if row.locked else "unlock"))
        cell(self._table, index, LOCK).setToolTip(
            "Locked; click to unlock." if row.locked else "Unlocked; click to lock."
        )
        cell(self._table, index, WHO).setToolTip(f"Set by: {row.who}.")
        if row.doubtful:
            cell(self._table, index, LOWEST).setForeground(theme.on_panel(theme.colour_of(theme.Meaning.DOUBTFUL)))
            cell(self._table, index, LOWEST).setToolTip("The joint with the lowest score needs a look.")

    def changeEvent(self, event: QEvent) -> None:
        """Writes in the colours that are in use now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            for index, row in enumerate(self._rows):
                self._fill(index, row)

    def set_selected(self, track_id: int | None) -> None:
        """Marks a person's row, or none."""
        index = next((i for i, row in enumerate(self._rows) if row.track_id == track_id), None)
        if index is None:
            self._table.clearSelection()
            self._table.setCurrentCell(-1, -1)
        else:
            self._table.setCurrentCell(index, PERSON)
            self._table.selectRow(index)
        for button in self._needing_person:
            allow(button, "" if index is not None else "Select a person first.")

    def selected(self) -> int | None:
        """The person whose row is marked."""
        index = self._table.currentRow()
        return self._rows[index].track_id if 0 <= index < len(self._rows) else None

    # The hand -------------------------------------------------------------------------------------------------------

    def _click(self, index: int, column: int) -> None:
        row = self._rows[index]
        if column == EYE:
            self.hidden_toggled.emit(row.track_id, not row.hidden)
        elif column == LOCK:
            self.locked_toggled.emit(row.track_id, not row.locked)
        for button in self._needing_person:
            allow(button, "")
        self.person_selected.emit(row.track_id)

    def _open_menu(self, position: QPoint) -> None:
        index = self._table.rowAt(position.y())
        if index >= 0:
            menu = self.context_menu(self._rows[index])
            menu.exec(self._table.viewport().mapToGlobal(position))
            menu.deleteLater()

    def context_menu(self, row: PersonRow) -> QMenu:
        """What can be done with one person."""
        menu = QMenu(self)
        menu.setObjectName("persons_menu")
        who = row.track_id
        entries = (
            ("follow", "Follow through the clip", lambda: self.follow_requested.emit(who)),
            ("renumber", "Tracks: assign, swap, split, merge…", lambda: self.track_id_change_requested.emit(who)),
            (
                "show" if row.hidden else "hide",
                "Show" if row.hidden else "Hide",
                lambda: self.hidden_toggled.emit(who, not row.hidden),
            ),
            (
                "unlock" if row.locked else "lock",
                "Unlock" if row.locked else "Lock",
                lambda: self.locked_toggled.emit(who, not row.locked),
            ),
            ("delete", "Delete in this frame", lambda: self.delete_requested.emit(who)),
            ("cut", "Delete from here on", lambda: self.cut_requested.emit(who)),
        )
        for icon, text, slot in entries:
            menu.addAction(theme.icon(icon), text).triggered.connect(slot)
        return menu


@cache
def _swatch(colour: str) -> QIcon:
    picture = QPixmap(32, 32)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(5, 5, 22, 22, 5, 5)
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # else Qt tints it
    return icon
