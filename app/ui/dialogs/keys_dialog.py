"""The keys: see them, change them, choose the set that the hands know; conflicts are said as they arise."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.actions import ACTIONS, SPECS, KeyMap, Preset, key_conflicts, normalised, shown
from app.ui.dialogs.question import put_hand_in_first_field
from app.ui.reasons import allow
from app.ui.tables import build_table, cell

HEADERS = (
    ("Menu", "The menu that the action is in."),
    ("Action", "What the key does."),
    ("Keys", "The keys that do it; the first is shown in menus."),
)
_PORTABLE = QKeySequence.SequenceFormat.PortableText


class KeysDialog(QDialog):
    """Edits a copy of a key map; `keymap()` is the result once it was accepted.

    Args:
        keymap: the keys as they are.
        presets: what a person may choose in their place.
        parent: the window.
    """

    def __init__(self, keymap: KeyMap, presets: Sequence[Preset], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("keys_dialog")
        self.setWindowTitle("Keys")
        self.resize(620, 560)
        self._keymap = dict(keymap)
        self._keymap_of = {preset.name: preset.keymap for preset in presets}
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING_LARGE, theme.SPACING_LARGE, theme.SPACING_LARGE, theme.SPACING_LARGE)
        column.setSpacing(theme.SPACING)
        column.addLayout(self._build_top(presets))
        column.addWidget(self._build_table(), 1)
        column.addLayout(self._build_editor())
        self._conflicts = QLabel(self)
        self._conflicts.setObjectName("keys_conflicts")
        self._conflicts.setWordWrap(True)
        self._conflicts.setMinimumHeight(32)
        column.addWidget(self._conflicts)
        column.addWidget(self._build_buttons())
        self._show()
        self._table.setCurrentCell(0, 0)

    def _build_top(self, presets: Sequence[Preset]) -> QHBoxLayout:
        self._preset = QComboBox(self)
        self._preset.setObjectName("keys_preset")
        self._preset.setToolTip("The keys of a familiar program; replaces all keys below.")
        self._preset.addItem("Choose a set of keys…", "")
        for preset in presets:
            self._preset.addItem(preset.title, preset.name)
        self._preset.activated.connect(self._take_preset)
        self._filter = QLineEdit(self)
        self._filter.setObjectName("keys_filter")
        self._filter.setPlaceholderText("Search for an action or key")
        self._filter.setToolTip("Shows only actions and keys that contain this.")
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(self._apply_filter)
        row = QHBoxLayout()
        row.addWidget(self._preset)
        row.addWidget(self._filter, 1)
        return row

    def _build_table(self) -> QWidget:
        self._table = build_table(self, "keys_table", "Actions and their keys", HEADERS, theme.ROW_PX)
        self._table.setRowCount(len(ACTIONS))
        self._table.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view = self._table.horizontalHeader()
        view.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        view.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        view.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        for row, spec in enumerate(ACTIONS):
            cell(self._table, row, 0).setText(spec.menu.replace("/", " › "))
            cell(self._table, row, 0).setForeground(theme.TEXT_MUTED)
            cell(self._table, row, 1).setText(spec.text.removesuffix("…"))
            for column in range(3):
                cell(self._table, row, column).setToolTip(spec.tooltip)
        self._table.currentCellChanged.connect(lambda *_: self._show_current())
        return self._table

    def _build_editor(self) -> QHBoxLayout:
        self._editing = QLabel(self)
        self._editing.setObjectName("keys_editing")
        self._key = QKeySequenceEdit(self)
        self._key.setObjectName("keys_edit")
        self._key.setMaximumSequenceLength(1)
        self._key.setToolTip("Click here and press the new key; it applies at once.")
        self._key.keySequenceChanged.connect(self._take_key)
        self._key.installEventFilter(self)
        reset = QPushButton("Default", self)
        reset.setObjectName("keys_reset")
        reset.setToolTip("Give this action its default keys back.")
        reset.setAutoDefault(False)
        reset.clicked.connect(self._reset_current)
        row = QHBoxLayout()
        row.addWidget(self._editing, 1)
        row.addWidget(self._key)
        row.addWidget(reset)
        return row

    def _build_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(self)
        self._use = QPushButton("Use these keys", self)
        self._use.setObjectName("keys_use")
        self._use.setProperty("primary", True)
        self._use.setAutoDefault(False)
        self._use.setToolTip("Save the keys; possible once no two actions share one.")
        buttons.addButton(self._use, QDialogButtonBox.ButtonRole.AcceptRole)
        cancel = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setObjectName("keys_cancel")
        cancel.setAutoDefault(False)
        cancel.setToolTip("Leave the keys as they were.")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def keymap(self) -> KeyMap:
        """The keys as they are now in the dialog."""
        return dict(self._keymap)

    def showEvent(self, event: QShowEvent) -> None:
        """Searching comes first."""
        super().showEvent(event)
        put_hand_in_first_field(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tab is a way out of the key field, not a key to take."""
        pressed = watched is self._key and event.type() == QEvent.Type.KeyPress
        if pressed and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab:
            self._use.setFocus()
            return True
        return super().eventFilter(watched, event)

    # Showing --------------------------------------------------------------------------------------------------------

    def _current(self) -> str:
        return ACTIONS[max(self._table.currentRow(), 0)].object_name

    def _show(self) -> None:
        conflicts = key_conflicts(self._keymap)
        clashing = {name for names in conflicts.values() for name in names}
        for row, spec in enumerate(ACTIONS):
            item = cell(self._table, row, 2)
            keys = ",  ".join(shown(key) for key in self._keymap[spec.object_name])
            item.setText(f"! {keys}" if spec.object_name in clashing else keys or "none")
            item.setForeground(theme.ERROR if spec.object_name in clashing else theme.TEXT)
        sentences = [
            f"{shown(key)} is used by {' and '.join(_quoted(name) for name in names)}."
            for key, names in conflicts.items()
        ]
        self._conflicts.setText(" ".join(sentences) if sentences else "No two actions share a key.")
        theme.set_tone(self._conflicts, "error" if sentences else "muted")
        allow(self._use, " ".join(sentences))
        self._show_current()

    def _show_current(self) -> None:
        name = self._current()
        self._editing.setText(f"New key for {_quoted(name)}:")
        keys = self._keymap[name]
        self._key.blockSignals(True)
        self._key.setKeySequence(QKeySequence(keys[0], _PORTABLE) if keys else QKeySequence())
        self._key.blockSignals(False)

    def _apply_filter(self, text: str) -> None:
        wanted = text.casefold()
        for row in range(len(ACTIONS)):
            texts = " ".join(cell(self._table, row, column).text() for column in range(3))
            self._table.setRowHidden(row, wanted not in texts.casefold())

    # Changing -------------------------------------------------------------------------------------------------------

    def _take_preset(self, index: int) -> None:
        name = self._preset.itemData(index)
        if name:
            self._keymap = dict(self._keymap_of[name])
            self._show()

    def _take_key(self, sequence: QKeySequence) -> None:
        key = sequence.toString(_PORTABLE)
        self._keymap[self._current()] = (normalised(key),) if key else ()
        self._show()

    def _reset_current(self) -> None:
        name = self._current()
        self._keymap[name] = SPECS[name].keys
        self._show()


def _quoted(object_name: str) -> str:
    return f"“{SPECS[object_name].text.removesuffix('…')}”"
