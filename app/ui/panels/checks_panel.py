"""The list of what PoseTrack or a colleague would question in the labels, each a click away."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.reasons import allow
from core.judging.concerns import Objection

ROW_PX = 22
_OBJECTION = Qt.ItemDataRole.UserRole


class ChecksPanel(QWidget):
    """What was found, by kind, under a sentence that says how far the check went.

    Signals:
        check_requested(): look through the labels now.
        objection_chosen(Objection): go there.
    """

    check_requested = Signal()
    objection_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("checks_panel")
        self._sentence = QLabel(self)
        self._sentence.setObjectName("checks_sentence")
        self._sentence.setWordWrap(True)
        self._sentence.setProperty("muted", True)
        self._check = QPushButton("Check", self)
        self._check.setObjectName("checks_check")
        self._check.setToolTip("Look through all labels for what PoseTrack or a colleague would question.")
        self._check.clicked.connect(self.check_requested)
        self._tree = QTreeWidget(self)
        self._tree.setObjectName("checks_list")
        self._tree.setAccessibleName("What would be questioned")
        self._tree.setHeaderHidden(True)
        self._tree.setUniformRowHeights(True)
        self._tree.setIndentation(14)
        self._tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tree.itemClicked.connect(self._choose)
        self._tree.itemActivated.connect(self._choose)
        QShortcut(QKeySequence.StandardKey.Copy, self._tree, self.copy_all, context=Qt.ShortcutContext.WidgetShortcut)
        head = QHBoxLayout()
        head.addWidget(self._sentence, 1)
        head.addWidget(self._check, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING, theme.SPACING_SMALL + 2, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING_SMALL)
        column.addLayout(head)
        column.addWidget(self._tree, 1)
        self.show_sentence("", can_check=False)
        self.show_objections(())

    def show_sentence(self, sentence: str, *, can_check: bool) -> None:
        """Says how far the check went, and whether one can be asked for now."""
        self._sentence.setText(sentence)
        allow(self._check, "" if can_check else (sentence or "Open a clip first."))

    def show_objections(self, objections: Sequence[Objection]) -> None:
        """Shows these, which come kind after kind; kinds that were folded stay so."""
        folded = {kind.data(0, _OBJECTION) for kind in self._kinds() if not kind.isExpanded()}
        self._tree.clear()
        for concern, of_kind in groupby(objections, key=lambda one: one.concern):
            those = list(of_kind)
            kind = QTreeWidgetItem(self._tree, [f"{concern.value} ({len(those):,})"])
            kind.setData(0, _OBJECTION, concern)
            kind.setSizeHint(0, QSize(0, ROW_PX))  # all rows are as high as the first
            font = kind.font(0)
            font.setBold(True)
            kind.setFont(0, font)
            for one in those:
                row = QTreeWidgetItem(kind, [one.in_short])
                row.setToolTip(0, f"{one.sentence}. Click to go there.")
                row.setData(0, _OBJECTION, one)
            kind.setExpanded(concern not in folded)

    def copy_all(self) -> None:
        """Puts the whole list on the clipboard, a line each."""
        lines = []
        for kind in self._kinds():
            lines.append(kind.text(0))
            lines += [f"    {row.text(0)}" for row in _rows(kind)]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _kinds(self) -> list[QTreeWidgetItem]:
        return [item for row in range(self._tree.topLevelItemCount()) if (item := self._tree.topLevelItem(row))]

    def _choose(self, item: QTreeWidgetItem, _column: int = 0) -> None:
        objection = item.data(0, _OBJECTION)
        if isinstance(objection, Objection):
            self.objection_chosen.emit(objection)


def _rows(kind: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [row for place in range(kind.childCount()) if (row := kind.child(place)) is not None]
