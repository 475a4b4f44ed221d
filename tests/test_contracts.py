"""The contracts of the layers (import-linter, in pyproject.toml) notice an import that breaks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]

BAD_IMPORTS = [
    ("core/poses.py", "PySide6"),
    ("core/geometry.py", "torch"),
    ("core/project/storage/store.py", "core.model.network.hrnet"),
    ("core/model/network/hrnet.py", "core.project.storage.store"),
    ("core/model/prediction/predictor.py", "core.training.trainer.trainer"),
    ("app/ui/canvas/canvas.py", "app.application"),
    ("app/ui/timeline/timeline.py", "core.project.storage.store"),
    ("app/ui/panels/joints_panel.py", "app.controllers.editing.poses"),
    ("app/controllers/editing/poses.py", "app.ui.theme"),
    ("core/training/samples/person.py", "core.training.trainer.trainer"),
]
"""(file, what it must not import): Qt and torch among the values, circles of layers, widgets that do more than draw."""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the program with all of these imports in it."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copy(REPOSITORY / "pyproject.toml", copy)
    for package in ("core", "app"):
        shutil.copytree(REPOSITORY / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "core" / "homeless.py").write_text('"""A room without a place in the contracts."""\n')
    for file, imported in BAD_IMPORTS:
        with (copy / file).open("a", encoding="utf-8") as module:
            module.write(f"\nimport {imported}\n")
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"],
        cwd=copy,
        env=os.environ | {"COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("file", "imported"), BAD_IMPORTS)
def test_an_import_that_breaks_a_contract_is_named(complaints: str, file: str, imported: str) -> None:
    importer = file.removesuffix(".py").replace("/", ".")
    assert f"{importer} -> {imported} " in complaints, complaints


def test_a_room_without_a_place_is_named(complaints: str) -> None:
    assert "core.homeless" in complaints
