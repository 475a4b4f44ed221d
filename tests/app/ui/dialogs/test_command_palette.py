"""The command palette: a few letters find an action, and Enter does it; the sheet of keys shows them all."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget

from app.ui.actions import default_keymap, shown
from app.ui.dialogs.command_palette import CommandPalette, match_cost
from app.ui.dialogs.key_sheet import ROWS_OF_PEOPLE, KeySheet, groups_of


@pytest.fixture
def palette(qtbot):
    def action(text, tooltip, enabled=True):
        made = QAction(text)
        made.setToolTip(tooltip)
        made.setEnabled(enabled)
        return text, made

    actions = [
        action("Edit: Undo", "Undo the last edit.", enabled=False),
        action("Network: Predict all frames", "Let the network predict."),
        action("Network: Predict this frame", "Let the network predict here."),
        action("File: Export", "Write labels for other programs to read."),
    ]
    palette = CommandPalette(actions)
    qtbot.addWidget(palette)
    palette.show()
    return palette


def listed(palette):
    found = palette.findChild(QListWidget, "palette_list")
    return [found.item(row).text() for row in range(found.count())]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", ["Edit: Undo", "Network: Predict all frames", "Network: Predict this frame", "File: Export"]),
        ("pred", ["Network: Predict all frames", "Network: Predict this frame"]),
        ("frame this", ["Network: Predict this frame"]),
        ("ptf", ["Network: Predict this frame", "Network: Predict all frames"]),
        ("programs", ["File: Export"]),
        ("qqq", []),
    ],
)
def test_letters_narrow_the_list(palette, words, expected):
    palette.findChild(QLineEdit, "palette_field").setText(words)
    assert listed(palette) == expected
    if not expected:
        assert "try other letters" in palette.findChild(QLabel, "palette_about").text()


def test_whole_words_come_before_scattered_letters():
    assert match_cost("go", "Go: Next frame") < match_cost("go", "Tango: Next") < match_cost("go", "Find big dot")
    assert match_cost("xyz", "Go: Next frame") is None


def test_keys_choose_and_what_cannot_be_done_is_not_done(palette):
    field = palette.findChild(QLineEdit, "palette_field")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert palette.isVisible(), "there is nothing to undo"
    assert palette.findChild(QLabel, "palette_about").text().endswith("Not possible now.")
    QTest.keyClicks(field, "predict")
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not palette.isVisible() and palette.chosen().text() == "Network: Predict this frame"


def test_every_key_is_on_the_sheet(qtbot):
    keymap = default_keymap()
    on_sheet = {keys for _, rows in groups_of(keymap) for keys, _ in rows}
    keys = {name: ", ".join(map(shown, of_action)) for name, of_action in keymap.items() if of_action}
    rows = {keys.pop(name) for name in ROWS_OF_PEOPLE}
    assert set(keys.values()) <= on_sheet
    assert rows == set("123456789") and "1 to 9" in on_sheet
    sheet = KeySheet(keymap)
    qtbot.addWidget(sheet)
    sheet.show()
    words = {label.text() for label in sheet.findChildren(QLabel)}
    assert on_sheet <= words
    QTest.keyClick(sheet, Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    assert not sheet.isVisible()
