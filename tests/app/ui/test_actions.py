"""The table of actions and the key maps."""

import re

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QKeySequenceEdit, QPushButton, QTableWidget, QWidget

from app.keymaps import load_keymap, presets
from app.ui.actions import (
    ACTIONS,
    MENUS,
    SPECS,
    TOOLBAR,
    apply_keymap,
    build_actions,
    default_keymap,
    key_conflicts,
    normalised,
)
from app.ui.dialogs.keys_dialog import KeysDialog
from core.files import checkout

PUBLIC = (
    *("action_open", "action_predict", "action_cancel", "action_undo", "action_redo", "action_accept"),
    *("action_next_suggestion", "action_export", "action_finetune", "action_rollback"),
)
SLEAP = {
    "action_next_frame": "Right",
    "action_previous_frame": "Left",
    "action_step_forward": "Ctrl+Right",
    "action_leap_back": "Ctrl+Shift+Left",
    "action_first_frame": "Home",
    "action_last_frame": "End",
    "action_next_suggestion": "Space",
    "action_previous_suggestion": "Shift+Space",
    "action_next_labelled": "Alt+Right",
    "action_person_9": "9",
    "action_next_person": "`",
    "action_go_to_frame": "Ctrl+J",
    "action_swap_tracks": "Ctrl+T",
    "action_toggle_hide": "H",
    "action_fit": "Ctrl+=",
    "action_deselect": "Esc",
}
CVAT = {
    "action_previous_frame": "D",
    "action_next_frame": "F",
    "action_step_back": "C",
    "action_step_forward": "V",
    "action_play": "Space",
    "action_mark_occluded": "Q",
    "action_mark_not_labelled": "O",
    "action_toggle_hide": "H",
    "action_lock": "L",
    "action_track_person": "Ctrl+B",
}
LABELME = {
    "action_previous_frame": "A",
    "action_next_frame": "D",
    "action_fit": "Ctrl+F",
    "action_nudge_up": "Up",
    "action_next_joint": "S",
}


def test_the_public_names_are_there():
    assert set(PUBLIC) <= set(SPECS)


def test_each_row_is_whole():
    assert len(SPECS) == len(ACTIONS)
    for spec in ACTIONS:
        assert re.fullmatch(r"action_[a-z0-9_]+", spec.object_name)
        assert spec.menu.split("/")[0] in MENUS
        assert spec.tooltip.endswith("."), spec.object_name
        assert len(spec.tooltip) < 90, spec.object_name
        if spec.icon is not None:
            assert (checkout.RESOURCES / "icons" / f"{spec.icon}.svg").is_file()
    assert {name for name in TOOLBAR if name} <= set(SPECS)


@pytest.mark.parametrize("name", ["sleap", "cvat", "labelme"])
def test_in_each_preset_every_action_has_a_key_of_its_own(name):
    keymap = load_keymap(name)
    assert set(keymap) == set(SPECS)
    assert all(keys and all(normalised(key) for key in keys) for keys in keymap.values())
    assert key_conflicts(keymap) == {}


@pytest.mark.parametrize(("name", "expected"), [("sleap", SLEAP), ("cvat", CVAT), ("labelme", LABELME)])
def test_hands_find_their_keys(name, expected):
    keymap = load_keymap(name)
    assert {action: key for action, key in expected.items() if key not in keymap[action]} == {}


def test_a_conflict_is_found_however_the_key_is_spelt():
    keymap = default_keymap() | {"action_accept": ("ctrl+o",)}
    assert key_conflicts(keymap) == {"Ctrl+O": ("action_open", "action_accept")}


def test_actions_get_the_keys_and_say_them(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    built = build_actions(parent)
    assert set(built) == set(SPECS)
    assert QKeySequence("Space") in built["action_next_suggestion"].shortcuts()
    assert "(Space)" in built["action_next_suggestion"].toolTip()
    apply_keymap(built, load_keymap("cvat"))
    assert built["action_play"].shortcut() == QKeySequence("Space")
    assert "(Right)" in built["action_next_suggestion"].toolTip()


@pytest.fixture
def keys_dialog(qtbot):
    dialog = KeysDialog(default_keymap(), presets())
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def row_of(name: str) -> int:
    return [spec.object_name for spec in ACTIONS].index(name)


def test_a_typed_key_is_taken_and_a_conflict_stops_the_button(keys_dialog):
    table, edit = (
        keys_dialog.findChild(QTableWidget, "keys_table"),
        keys_dialog.findChild(QKeySequenceEdit, "keys_edit"),
    )
    use, said = keys_dialog.findChild(QPushButton, "keys_use"), keys_dialog.findChild(QWidget, "keys_conflicts")
    table.setCurrentCell(row_of("action_lock"), 0)
    QTest.keyClick(edit, "h")
    assert keys_dialog.keymap()["action_lock"] == ("H",)
    assert not use.isEnabled()
    assert "“Hide person” and “Lock person”" in said.text()
    keys_dialog.findChild(QPushButton, "keys_reset").click()
    assert keys_dialog.keymap() == default_keymap()
    assert use.isEnabled()


def test_a_preset_replaces_all_keys(keys_dialog):
    preset = keys_dialog.findChild(QComboBox, "keys_preset")
    preset.setCurrentIndex(preset.findData("cvat"))
    preset.activated.emit(preset.currentIndex())
    assert keys_dialog.keymap() == load_keymap("cvat")
    assert keys_dialog.findChild(QPushButton, "keys_use").isEnabled()


def test_searching_hides_the_rest(keys_dialog):
    table = keys_dialog.findChild(QTableWidget, "keys_table")
    keys_dialog.findChild(QWidget, "keys_filter").setText("nudge l")
    assert [spec.object_name for row, spec in enumerate(ACTIONS) if not table.isRowHidden(row)] == ["action_nudge_left"]
