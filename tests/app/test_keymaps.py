"""Key maps as files."""

import pytest

from app.keymaps import DEFAULT_KEYMAP, KeymapError, load_keymap, presets, read_keymap, save_keymap
from app.ui.actions import default_keymap


def test_the_presets_are_whole_and_the_default_comes_first():
    found = presets()
    assert [preset.name for preset in found] == [DEFAULT_KEYMAP, "cvat", "labelme"]
    assert all(preset.title and preset.keymap == load_keymap(preset.name) for preset in found)


def test_own_keys_survive_the_file(tmp_path):
    keymap = default_keymap() | {"action_accept": ("\\",), "action_lock": ('"',), "action_fit": ()}
    path = tmp_path / "new" / "keys.toml"
    save_keymap(keymap, path)
    assert read_keymap(path) == keymap
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[keys]\naction_fly = ["F"]\n', "action_fly"),
        ("[keys]\naction_open = 3\n", "action_open"),
        ('[keys]\naction_open = ["Ctrl+Nonsense"]\n', "action_open"),
        ('keys = "many"\n', "table of keys"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_bad_file_gets_a_sentence(tmp_path, text, said):
    path = tmp_path / "keys.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KeymapError, match=said):
        read_keymap(path)


def test_a_missing_file_or_preset_gets_a_sentence(tmp_path):
    with pytest.raises(KeymapError, match="cannot be read"):
        read_keymap(tmp_path / "none.toml")
    with pytest.raises(KeymapError, match="sleap"):
        load_keymap("vim")


def test_keys_that_cannot_be_saved_get_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KeymapError, match="cannot be written"):
        save_keymap(default_keymap(), tmp_path / "file" / "keys.toml")
