"""Key maps as files: the presets that come with the program, and a person's own keys.

A key map is a TOML file that replaces the keys of some actions: the presets stand in resources/keymaps, a person's own
one beside the settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from app.ui.actions import KeyMap, Preset, default_keymap, normalised
from core.errors import FamiError
from core.files import checkout, places
from core.files.replacing import replacing
from core.files.small_files import toml_table

KEYMAPS_FOLDER = checkout.RESOURCES / "keymaps"
DEFAULT_KEYMAP = "sleap"


class KeymapError(FamiError):
    """A key map file cannot be used."""


def own_keymap_file() -> Path:
    """Where a person's own keys are kept."""
    return places.settings_file().with_name("keys.toml")


def presets() -> tuple[Preset, ...]:
    """The presets, the default first.

    Raises:
        KeymapError: one of them cannot be used.
    """
    found = [
        Preset(path.stem, str(_parsed(path)["title"]), read_keymap(path))
        for path in sorted(KEYMAPS_FOLDER.glob("*.toml"))
    ]
    return tuple(sorted(found, key=lambda preset: preset.name != DEFAULT_KEYMAP))


def load_keymap(name: str) -> KeyMap:
    """The preset `name`, complete: the default keys with the preset's own in their place.

    Raises:
        KeymapError: there is no such preset.
    """
    path = KEYMAPS_FOLDER / f"{name}.toml"
    known = sorted(file.stem for file in KEYMAPS_FOLDER.glob("*.toml"))
    if name not in known:
        raise KeymapError(f"There is no key map called {name}; choose one of {', '.join(known)}.")
    return read_keymap(path)


def read_keymap(path: Path) -> KeyMap:
    """The key map of a file, complete.

    Raises:
        KeymapError: the file cannot be read, or names an action or key that does not exist.
    """
    keymap = default_keymap()
    keys_by_action = _parsed(path).get("keys", {})
    if not isinstance(keys_by_action, dict):
        raise KeymapError(f"{path.name} has no table of keys; write one under [keys].")
    for object_name, keys in keys_by_action.items():
        if object_name not in keymap:
            raise KeymapError(f"{path.name} gives keys to {object_name}, which is not an action; delete that line.")
        if not isinstance(keys, list) or any(not normalised(str(key)) for key in keys):
            raise KeymapError(f'{path.name} has no usable keys for {object_name}; write them as ["Ctrl+O"].')
        keymap[object_name] = tuple(str(key) for key in keys)
    return keymap


def save_keymap(keymap: Mapping[str, Iterable[str]], path: Path) -> None:
    """Writes the keys that differ from the default ones, replacing the file whole.

    Raises:
        KeymapError: the file cannot be written.
    """
    defaults = default_keymap()
    lines = ['title = "My keys"', "", "[keys]"]
    for object_name, keys in keymap.items():
        if tuple(keys) != defaults[object_name]:
            quoted = ", ".join('"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in keys)
            lines.append(f"{object_name} = [{quoted}]")
    with replacing(path, KeymapError, make_folder=True) as draft:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _parsed(path: Path) -> dict[str, object]:
    try:
        return toml_table(path)
    except (OSError, ValueError) as error:
        raise KeymapError(f"The key map {path} cannot be read ({error}); correct or delete the file.") from error
