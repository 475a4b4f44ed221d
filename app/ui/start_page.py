"""The start page: a new clip, a project of before, or a tour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme

WIDTH_PX, ROW_PX = 460, 44
_PATH = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class RecentProject:
    """A project as the page and the menu list it.

    Attributes:
        path: of its file.
        name: its file's name.
        folder: where it lies.
    """

    path: str
    name: str
    folder: str


class StartPage(QWidget):
    """Stands in the picture's place while no clip is open, and whenever it is asked for.

    Args:
        actions: what can be begun from here, a button each.
        parent: the window.

    Signals:
        recent_chosen(str): open this project.
    """

    recent_chosen = Signal(str)

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("start_page")
        self._buttons: list[QPushButton] = []
        inner = QWidget(self)
        inner.setMaximumWidth(WIDTH_PX)
        inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(inner)
        column.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING)
        title = QLabel("Review poses in a clip", inner)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        title.setFont(font)
        column.addWidget(title)
        hint = QLabel("Drop a video, a folder of images or a project on the window, or choose:", inner)
        hint.setWordWrap(True)
        hint.setProperty("muted", True)
        column.addWidget(hint)
        for action in actions:
            column.addWidget(self._button(action, inner))
        self._recent_title = QLabel("Recent", inner)
        self._recent_title.setProperty("muted", True)
        column.addSpacing(theme.SPACING)
        column.addWidget(self._recent_title)
        self._recent = QListWidget(inner)
        self._recent.setObjectName("start_recent")
        self._recent.setAccessibleName("Recent projects")
        self._recent.setToolTip("A click or Enter opens the project where you left it.")
        self._recent.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._recent.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._recent.itemClicked.connect(self._choose)
        self._recent.itemActivated.connect(self._choose)
        column.addWidget(self._recent, 1)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(inner, 6, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(1)
        inner.setMinimumWidth(min(WIDTH_PX, 300))
        self.show_recent(())

    def show_recent(self, projects: Sequence[RecentProject]) -> None:
        """Lists these, the newest first."""
        self._recent.clear()
        for project in projects:
            item = QListWidgetItem(f"{project.name}\n{project.folder}", self._recent)
            item.setSizeHint(QSize(0, ROW_PX))
            item.setToolTip(project.path)
            item.setData(_PATH, project.path)
        for widget in (self._recent, self._recent_title):
            widget.setVisible(bool(projects))

    def take_focus(self) -> None:
        """Puts the focus where the keyboard goes on: the newest project, else the first button."""
        if self._recent.count():
            self._recent.setCurrentRow(0)
            self._recent.setFocus()
        elif self._buttons:
            self._buttons[0].setFocus()

    def _button(self, action: QAction, parent: QWidget) -> QPushButton:
        key = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
        button = QPushButton(action.icon(), f"{action.text()}  ({key})" if key else action.text(), parent)
        button.setObjectName(action.objectName().replace("action", "start"))
        button.setToolTip(action.toolTip())
        button.clicked.connect(action.trigger)
        self._buttons.append(button)
        return button

    def _choose(self, item: QListWidgetItem) -> None:
        self.recent_chosen.emit(item.data(_PATH))
