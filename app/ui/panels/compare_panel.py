"""A second opinion beside the poses on screen: whose, where the two differ, and what to take from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.reasons import allow
from app.ui.tables import build_table, cell, fit_column
from app.ui.words import shortened
from core.judging.opinions import DIFFERS_ABOVE, JointDifference
from core.keypoints import POSETRACK

JOINT, DISTANCE, SHARE, SCORE, SECOND = range(5)
HEADERS = (
    ("Joint", "A joint that the two put in different places; click to select it."),
    ("px", "The distance between the two places, in pixels of the frame."),
    ("size", "The distance as a fraction of the person's size."),
    ("Score", "The score of the joint on screen, from 0 to 1."),
    ("2nd", "The score of the second opinion, from 0 to 1."),
)
OTHER_FILE = "Another file…"
ROW_PX = 24
LONGEST_NAME = 28


@dataclass(frozen=True)
class CompareState:
    """What the panel shows.

    Attributes:
        is_on: whether a second opinion is wanted.
        choices: names of the second opinions to choose from.
        chosen: which of them.
        words: one sentence on how the two compare, or on what is missing.
        is_trouble: whether the sentence is of something that went wrong.
        rows: the joints that differ, the most different first.
        can_take: whether there is a second opinion on the selected person.
    """

    is_on: bool = False
    choices: tuple[str, ...] = ()
    chosen: int = 0
    words: str = ""
    is_trouble: bool = False
    rows: tuple[JointDifference, ...] = ()
    can_take: bool = False


class ComparePanel(QWidget):
    """Switches the second opinion and lists the joints where it differs.

    Signals:
        choice_made(int): the second opinion of that row of the choices is wanted.
        other_wanted(): a file that is not among the choices is wanted.
        keypoint_selected(int): a row was clicked.
    """

    choice_made = Signal(int)
    other_wanted = Signal()
    keypoint_selected = Signal(int)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_panel")
        self._state = CompareState()
        self._switch_action = actions["action_compare"]
        self._shown = QCheckBox("Show a second opinion")
        self._shown.setObjectName("compare_shown")
        self._shown.toggled.connect(self._on_shown)
        self._switch_action.toggled.connect(self._shown.setChecked)
        self._switch_action.changed.connect(lambda: self._shown.setToolTip(self._switch_action.toolTip()))
        self._shown.setToolTip(self._switch_action.toolTip())
        self._choice = QComboBox()
        self._choice.setObjectName("compare_choice")
        self._choice.setToolTip("Whose opinion: the network without its neighbouring frames, or other weights")
        self._choice.setAccessibleName("Second opinion")
        self._choice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._choice.activated.connect(self._on_choice)
        self._words = QLabel()
        self._words.setObjectName("compare_words")
        self._words.setWordWrap(True)
        self._table = self._build_table()
        self._take = QHBoxLayout()
        for name in ("action_take_joint", "action_take_pose"):
            button = QToolButton()
            button.setDefaultAction(actions[name])
            button.setObjectName(name.replace("action", "compare"))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setProperty("framed", True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._take.addWidget(button)
        self._take_actions = [actions["action_take_joint"], actions["action_take_pose"]]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(theme.SPACING)
        for widget in (self._shown, self._choice, self._words):
            layout.addWidget(widget)
        layout.addWidget(self._table, 100)
        layout.addLayout(self._take)
        layout.addStretch(1)
        self.set_state(CompareState())

    def _build_table(self) -> QTableWidget:
        table = build_table(self, "compare_table", "Joints that differ", HEADERS, ROW_PX)
        table.horizontalHeader().setSectionResizeMode(JOINT, QHeaderView.ResizeMode.Stretch)
        fit_column(table, DISTANCE, "0000")
        fit_column(table, SHARE, "100 %")
        fit_column(table, SCORE, "0.00")
        fit_column(table, SECOND, "0.00")
        table.cellClicked.connect(lambda row, _column: self.keypoint_selected.emit(self._state.rows[row].keypoint))
        return table

    def sizeHint(self) -> QSize:
        """Room for a dozen joints."""
        return QSize(320, 420)

    def set_state(self, state: CompareState) -> None:
        """Shows how things stand."""
        self._state = state
        self._switch_action.setChecked(state.is_on)
        names = [*state.choices, OTHER_FILE]
        if names != [self._choice.itemText(index) for index in range(self._choice.count())]:
            self._choice.clear()
            self._choice.addItems(names)
        self._choice.setCurrentIndex(state.chosen)
        self._words.setText(state.words)
        theme.set_tone(self._words, "error" if state.is_trouble else "muted")
        self._table.setVisible(bool(state.rows))
        self._table.setRowCount(len(state.rows))
        for row, joint in enumerate(state.rows):
            self._fill(row, joint)
        header, frame = self._table.horizontalHeader().sizeHint().height(), 2 * self._table.frameWidth()
        self._table.setMaximumHeight(header + len(state.rows) * ROW_PX + frame + 2)
        for action in self._take_actions:
            allow(action, "" if state.can_take else "There is no second opinion on the selected person.")

    def set_selected(self, keypoint: int | None) -> None:
        """Marks the row of a joint, or none."""
        rows = [row for row, joint in enumerate(self._state.rows) if joint.keypoint == keypoint]
        if rows:
            self._table.selectRow(rows[0])
        else:
            self._table.clearSelection()
            self._table.setCurrentCell(-1, -1)

    def _fill(self, row: int, joint: JointDifference) -> None:
        is_one_sided = math.isnan(joint.distance_px)
        only = "screen" if math.isnan(joint.second_score) else "2nd"
        texts = {
            JOINT: POSETRACK.label(joint.keypoint),
            DISTANCE: f"only {only}" if is_one_sided else f"{joint.distance_px:.0f}",
            SHARE: "" if is_one_sided else f"{joint.fraction:.0%}".replace("%", " %"),
            SCORE: "" if math.isnan(joint.score) else f"{joint.score:.2f}",
            SECOND: "" if math.isnan(joint.second_score) else f"{joint.second_score:.2f}",
        }
        for column, text in texts.items():
            item = cell(self._table, row, column)
            item.setText(text)
            item.setToolTip(HEADERS[column][1])
        if is_one_sided:
            self._table.setSpan(row, DISTANCE, 1, 2)
        elif self._table.columnSpan(row, DISTANCE) > 1:
            self._table.setSpan(row, DISTANCE, 1, 1)

    def _on_shown(self, shown: bool) -> None:
        if shown != self._switch_action.isChecked():
            self._switch_action.trigger()

    def _on_choice(self, index: int) -> None:
        if index == len(self._state.choices):
            self._choice.setCurrentIndex(self._state.chosen)  # until a file is chosen
            self.other_wanted.emit()
        else:
            self.choice_made.emit(index)


def in_words(name: str, num_differ: int, num_agree: int) -> str:
    """How the pose on screen and a second opinion compare; a name of one long word would not fit the panel."""
    name = shortened(name, LONGEST_NAME)
    within = f"{DIFFERS_ABOVE:.0%}".replace("%", " %")
    agree = f"{num_agree} joint{'' if num_agree == 1 else 's'} within {within} of the person's size"
    if not num_differ:
        return f"{name} agrees: {agree}."
    return f"{name} differs in {num_differ} joint{'' if num_differ == 1 else 's'}; {agree}."
