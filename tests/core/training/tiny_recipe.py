"""A recipe that trains a network of a tiny backbone in a moment; what a test is about, it says itself."""

import json
from pathlib import Path

_LINES = {
    "name": "tiny",
    "description": "A test's.",
    "seed": 3,
    "backbone": "w12",
    "supporting_offsets": [-1, 1],
    "gtm_width": 8,
    "lcm_width": 8,
    "input_size_wh": [96, 128],
    "sigma": 1.0,
    "held_out_part": 0.1,
    "calibration_part": 0.1,
    "average_decay": 0.9,
    "checkpoint_every": 1000,
}


def write_recipe(folder: Path, tables: str, **lines: object) -> Path:
    """Writes the recipe with `tables` (its stages, and what else is a table) and with lines added or replaced."""
    own = {"output": f"{folder.as_posix()}/tiny.pth", "work_folder": f"{folder.as_posix()}/work"}
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in {**_LINES, **own, **lines}.items())
    path = folder / "recipe.toml"
    path.write_text(text + tables)
    return path


def replace_once(path: Path, old: str, new: str) -> None:
    """Changes a line of a recipe that has it."""
    text = path.read_text()
    assert text.count(old) == 1, f"{old} is {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new))
