"""The selected person's joints: side, name, whether seen, who set it, how sure."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import (
    QHeaderView,
    QMenu,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.tables import build_table, cell, fit_column, keep_room, show_icon
from core.judging.review import DOUBTFUL_BELOW, sure_joints
from core.keypoints import POSETRACK, Skeleton
from core.poses import Pose, Provenance, Visibility

JOINT, SEEN, WHO, SCORE = range(4)
HEADERS = (
    ("Joint", "The joint; the bar's colour shows the side, the mark who set it."),
    ("Seen", "Visible, occluded or not labelled; click to change."),
    ("Set by", "Who set the joint."),
    ("Score", "How likely the joint is right, from 0 to 1."),
)
ROW_PX, ICON_PX = 22, 14


class JointsPanel(QWidget):
    """The joints of one pose.

    Signals:
        keypoint_selected(int): a row was clicked.
        visibility_set(int, object): the keypoint and its new Visibility.
    """

    keypoint_selected = Signal(int)
    visibility_set = Signal(int, object)

    def __init__(self, skeleton: Skeleton = POSETRACK, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("joints_panel")
        self._skeleton = skeleton
        self._pose: Pose | None = None
        self._made_by = ""
        self._sure: NDArray[np.bool_] | None = None
        self._hidden: frozenset[int] = frozenset()
        self._locked: frozenset[int] = frozenset()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        column.addWidget(self._build_table())
        self.set_pose(None)

    def _build_table(self) -> QTableWidget:
        table = build_table(self, "joints_table", "Joints of the selected person", HEADERS, ROW_PX)
        table.setRowCount(len(self._skeleton))
        table.setIconSize(QSize(ICON_PX, ICON_PX))
        for keypoint in range(len(self._skeleton)):
            cell(table, keypoint, JOINT).setText(self._skeleton.label(keypoint))
        header_view = table.horizontalHeader()
        fit_column(table, SEEN, *(visibility.words for visibility in Visibility))
        fit_column(table, WHO, *(style.name for style in theme.PROVENANCE_STYLES.values()))
        fit_column(table, SCORE, "! 0.00", "✓ 0.00")
        header_view.setSectionResizeMode(JOINT, QHeaderView.ResizeMode.Stretch)
        names = (self._skeleton.label(keypoint) for keypoint in range(len(self._skeleton)))
        keep_room(table, JOINT, *names, icon_px=ICON_PX)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._open_menu)
        table.cellClicked.connect(self._click)
        self._table = table
        return table

    # What to show ---------------------------------------------------------------------------------------------------

    def set_pose(self, pose: Pose | None, calibrated_runs: frozenset[int] = frozenset(), made_by: str = "") -> None:
        """Shows a person's joints.

        Args:
            pose: None where nobody is selected.
            calibrated_runs: the runs whose joints may be shown as sure.
            made_by: which run, and which weights, a machine's joints come from; a sentence.
        """
        self._pose, self._made_by = pose, made_by
        self._sure = None if pose is None else sure_joints(pose, calibrated_runs)
        for keypoint in range(len(self._skeleton)):
            self._fill(keypoint)
        if pose is None:
            self.set_selected(None)
        self._table.setToolTip("" if pose is not None else "Select a person to see their joints.")

    def set_marks(self, hidden: frozenset[int], locked: frozenset[int]) -> None:
        """Which of the person's joints are hidden on the picture (struck out) and which locked (in italics)."""
        if (hidden, locked) == (self._hidden, self._locked):
            return
        self._hidden, self._locked = hidden, locked
        for keypoint in range(len(self._skeleton)):
            self._fill(keypoint)

    def _fill(self, keypoint: int) -> None:
        visibility, who, score = Visibility.NOT_LABELLED, Provenance.NONE, math.nan
        if self._pose is not None:
            visibility = Visibility(int(self._pose.visibility[keypoint]))
            who = Provenance(int(self._pose.provenance[keypoint]))
            score = float(self._pose.told_scores[keypoint])
        labelled = visibility != Visibility.NOT_LABELLED
        colour = theme.TEXT if labelled else theme.TEXT_DISABLED
        by_machine = self._pose is not None and bool(self._pose.by_machine[keypoint])
        low, sure = by_machine and score < DOUBTFUL_BELOW, self._sure is not None and bool(self._sure[keypoint])
        mark = "! " if low else "✓ " if sure else ""
        nobody = self._pose is None
        texts = {
            SEEN: "" if nobody else visibility.words,
            WHO: "" if nobody else theme.PROVENANCE_STYLES[who].name,
            SCORE: "" if nobody or not labelled or math.isnan(score) else f"{mark}{score:.2f}",
        }
        for column in range(len(HEADERS)):
            item = cell(self._table, keypoint, column)
            if column in texts:
                item.setText(texts[column])
            item.setForeground(colour)
            item.setToolTip(HEADERS[column][1])
        side = self._skeleton.side(keypoint)
        show_icon(
            cell(self._table, keypoint, JOINT), joint_mark(theme.on_panel(theme.side_colour(side)), who, labelled)
        )
        hidden, locked = keypoint in self._hidden, keypoint in self._locked
        words = (", hidden" if hidden else "") + (", locked" if locked else "")
        cell(self._table, keypoint, JOINT).setToolTip(f"{self._skeleton.label(keypoint)} ({side}){words}")
        font = cell(self._table, keypoint, JOINT).font()
        font.setStrikeOut(hidden)
        font.setItalic(locked)
        cell(self._table, keypoint, JOINT).setFont(font)
        if self._pose is not None:
            cell(self._table, keypoint, SCORE).setToolTip(score_in_words(self._pose, keypoint))
            cell(self._table, keypoint, SEEN).setToolTip(seen_in_words(self._pose, keypoint))
        if by_machine and self._made_by:
            cell(self._table, keypoint, WHO).setToolTip(self._made_by)
        if low:
            cell(self._table, keypoint, SCORE).setForeground(theme.on_panel(theme.colour_of(theme.Meaning.DOUBTFUL)))
            cell(self._table, keypoint, SCORE).setToolTip("The score is low: look at this joint.")
        if sure:
            cell(self._table, keypoint, SCORE).setToolTip("The network is sure: of ten such joints nine are right.")

    def changeEvent(self, event: QEvent) -> None:
        """Draws the marks in the colours that are in use now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            for keypoint in range(len(self._skeleton)):
                self._fill(keypoint)

    def set_selected(self, keypoint: int | None) -> None:
        """Marks a joint's row, or none."""
        if keypoint is None:
            self._table.clearSelection()
            self._table.setCurrentCell(-1, -1)
        else:
            self._table.setCurrentCell(keypoint, JOINT)
            self._table.selectRow(keypoint)

    def selected(self) -> int | None:
        """The joint whose row is marked."""
        row = self._table.currentRow()
        return row if row >= 0 else None

    # The hand -------------------------------------------------------------------------------------------------------

    def _click(self, keypoint: int, column: int) -> None:
        if self._pose is None:
            self.set_selected(None)
            return
        self.keypoint_selected.emit(keypoint)
        if column == SEEN:
            self.visibility_set.emit(keypoint, Visibility(int(self._pose.visibility[keypoint])).following)

    def _open_menu(self, position: QPoint) -> None:
        keypoint = self._table.rowAt(position.y())
        if keypoint >= 0 and self._pose is not None:
            menu = self.context_menu(keypoint)
            menu.exec(self._table.viewport().mapToGlobal(position))
            menu.deleteLater()

    def context_menu(self, keypoint: int) -> QMenu:
        """The three visibilities, the present one ticked."""
        menu = QMenu(self)
        menu.setObjectName("joints_menu")
        for visibility in reversed(Visibility):
            entry = menu.addAction(visibility.words.capitalize())
            entry.setCheckable(True)
            entry.setChecked(self._pose is not None and int(self._pose.visibility[keypoint]) == visibility)
            entry.triggered.connect(
                lambda _checked, visibility=visibility: self.visibility_set.emit(keypoint, visibility)
            )
        return menu


def score_in_words(pose: Pose, keypoint: int) -> str:
    """What a joint's score says, and what a machine had said of an accepted one."""
    if not (pose.human[keypoint] and pose.labelled[keypoint]):
        return HEADERS[SCORE][1]
    by_whom = theme.PROVENANCE_STYLES[Provenance(int(pose.provenance[keypoint]))].name
    said = float(pose.scores[keypoint])
    before = f"; the network had said {said:.2f}" if math.isfinite(said) and said < 1 else ""
    return f"A person's word ({by_whom}), exported as 1.00{before}."


def seen_in_words(pose: Pose, keypoint: int) -> str:
    """Who said whether a joint is visible."""
    by_hand = "Set by hand; its place stays who it was from. " if pose.visibility_by_hand[keypoint] else ""
    return by_hand + "Click to change."


def joint_mark(side_colour: QColor, who: Provenance, labelled: bool) -> QIcon:
    """A bar in the side's colour, and the joint's mark as the picture shows it: the colour and form of who set it."""
    style, colour = theme.PROVENANCE_STYLES[who], theme.on_panel(theme.provenance_colour(who))
    return _joint_mark(side_colour.name(), colour.name(), style.marker, style.filled and labelled, labelled)


@cache
def _joint_mark(side_colour: str, colour: str, marker: str, filled: bool, labelled: bool) -> QIcon:
    picture = QPixmap(56, 56)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(1.0 if labelled else 0.35)
    painter.fillRect(QRectF(0, 4, 7, 48), QColor(side_colour))
    painter.setPen(QPen(QColor(colour), 7))
    painter.setBrush(QColor(colour) if filled else Qt.BrushStyle.NoBrush)
    box = QRectF(16, 10, 36, 36)
    middle = box.center()
    if marker == "circle":
        painter.drawEllipse(box)
    elif marker == "square":
        painter.drawRect(box.adjusted(2, 2, -2, -2))
    elif marker == "diamond":
        corners = (
            (box.left(), middle.y()),
            (middle.x(), box.top()),
            (box.right(), middle.y()),
            (middle.x(), box.bottom()),
        )
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
    else:
        corners3 = (box.left(), box.bottom()), (middle.x(), box.top()), (box.right(), box.bottom())
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners3]))
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # else Qt tints it
    return icon
