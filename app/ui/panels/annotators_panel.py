"""Where another annotator's project differs: a list like the queue, with what to choose below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.lists import WalkedList

EMPTY_SENTENCE = "Compare with another annotator's project of this clip, and its differences appear here."
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class AnnotatorsRow:
    """One disagreement.

    Attributes:
        place: what the row is known by.
        text: where, who and what, in a short line.
        sentence: the same in full.
        decision: "taken" or "kept", "" while it is open.
    """

    place: int
    text: str
    sentence: str
    decision: str = ""


class _Model(QAbstractListModel):
    """The rows for Qt's list; a list of any length costs the same to show."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[AnnotatorsRow] = []

    def set_rows(self, rows: list[AnnotatorsRow]) -> None:
        if [row.place for row in rows] == [row.place for row in self.rows]:
            self.rows = rows  # the same ones with other decisions: the list stays where it is scrolled to
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.decision.capitalize()} · {row.text}" if row.decision else row.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.sentence}\nA click or Enter goes there."
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.TEXT_MUTED if row.decision else theme.TEXT
        return None


class AnnotatorsPanel(QWidget):
    """The disagreements, most severe first, of one kind or all.

    Signals:
        row_chosen(int): the place of a disagreement to go to.
        kind_chosen(int): the kind in that place of the choices.
    """

    row_chosen = Signal(int)
    kind_chosen = Signal(int)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("annotators_panel")
        self._sentence = QLabel(EMPTY_SENTENCE, self)
        self._sentence.setObjectName("annotators_sentence")
        self._sentence.setWordWrap(True)
        self._sentence.setProperty("muted", True)
        self._kinds = QComboBox(self)
        self._kinds.setObjectName("annotators_kind")
        self._kinds.setAccessibleName("Kind of disagreement")
        self._kinds.setToolTip("Which disagreements are listed and stepped through, and how many are open.")
        self._kinds.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._kinds.activated.connect(self.kind_chosen)
        self._model = _Model(self)
        self._view = WalkedList(self)
        self._view.setObjectName("annotators_list")
        self._view.setAccessibleName("Disagreements")
        self._view.setModel(self._model)
        self._view.setUniformItemSizes(True)
        self._view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._view.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.clicked.connect(self._choose)
        self._view.activated.connect(self._choose)  # Enter
        self._compare = _button(actions["action_compare_annotators"], "Compare…")
        self._with_choice = [_button(actions["action_annotator_totals"], "Totals…")]
        self._with_choice += [
            _button(actions[name], text)
            for name, text in (
                ("action_take_theirs", "Take"),
                ("action_take_their_pose", "Take pose"),
                ("action_keep_mine", "Keep"),
                ("action_take_missing", "All I lack"),
            )
        ]
        totals, *choices = self._with_choice
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self._kinds, 1)
        head.addWidget(totals)
        head.addWidget(self._compare)
        for button in choices:
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            foot.addWidget(button)
        for row in (head, foot):
            row.setSpacing(theme.SPACING_SMALL)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING, theme.SPACING_SMALL + 2, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING_SMALL)
        column.addLayout(head)
        column.addWidget(self._sentence)
        column.addWidget(self._view, 1)
        column.addLayout(foot)
        column.addStretch()
        self.show_disagreements(None, (), ())

    def show_disagreements(
        self, sentence: str | None, kinds: Sequence[str], rows: Sequence[AnnotatorsRow], *, kind: int = 0
    ) -> None:
        """Shows a comparison.

        Args:
            sentence: what else there is to say; None where nothing is compared, "" where nothing else.
            kinds: the choices of what to list, with their counts.
            rows: what is listed.
            kind: which of the choices that is.
        """
        self._sentence.setText(EMPTY_SENTENCE if sentence is None else sentence)
        self._sentence.setVisible(sentence != "")
        self._kinds.clear()
        self._kinds.addItems(list(kinds))
        self._kinds.setCurrentIndex(kind)
        self._model.set_rows(list(rows))
        for widget in (self._kinds, self._view, *self._with_choice):
            widget.setVisible(bool(kinds))

    def set_busy(self, busy: bool) -> None:
        """Whether a comparison goes on, beside which no other one begins."""
        self._compare.setDisabled(busy)

    def set_selected(self, place: int | None) -> None:
        """Marks a disagreement, or none."""
        row = next((i for i, one in enumerate(self._model.rows) if one.place == place), None)
        self._view.setCurrentIndex(QModelIndex() if row is None else self._model.index(row))

    def _choose(self, index: QModelIndex) -> None:
        self.row_chosen.emit(self._model.rows[index.row()].place)


def _button(action: QAction, text: str = "") -> QToolButton:
    """A button of an action; its own text may be shorter."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setObjectName(action.objectName().replace("action", "annotators"))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setProperty("framed", True)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if text:
        button.setText(text)
    return button
