"""Where the program keeps what is not in the project file: settings, new projects, fetched weights."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from core.errors import FamiError
from core.files.checkout import RESOURCES
from core.files.replacing import replacing
from core.files.small_files import json_value

APP_NAME = "fami-pose-review"
DEMO_CLIP = RESOURCES / "demo" / "walkers.mp4"
MOST_RECENT = 10
"""How many projects are remembered."""
DEMO_LABELS = RESOURCES / "demo" / "walkers.json"


def projects_folder() -> Path:
    """The folder of projects whose clip lies where nothing can be written (or belongs to the program)."""
    return Path(platformdirs.user_data_dir(APP_NAME)) / "projects"


def weights_folder() -> Path:
    """The folder of weights that a person fetched or imported; the environment's FAMI_WEIGHTS names another."""
    named = os.environ.get("FAMI_WEIGHTS")
    return Path(named).absolute() if named else Path(platformdirs.user_data_dir(APP_NAME)) / "weights"


def detectors_folder() -> Path:
    """The folder of person detectors that were fetched."""
    return Path(platformdirs.user_data_dir(APP_NAME)) / "detectors"


def cache_folder() -> Path:
    """The folder of what can be computed again."""
    return Path(platformdirs.user_cache_dir(APP_NAME))


def log_folder() -> Path:
    """The folder of logs and of what is known of crashes, where this system keeps such."""
    return Path(platformdirs.user_log_dir(APP_NAME))


def settings_file() -> Path:
    """The file of a person's settings: last project, key map, layout."""
    return Path(platformdirs.user_config_dir(APP_NAME)) / "settings.json"


def project_path_for(source_path: Path) -> Path:
    """Where the project of a clip or a folder of images lies: beside it, else in `projects_folder()`."""
    source_path = source_path.resolve()
    folder = source_path.parent
    beside = folder / f"{source_path.stem if source_path.is_file() else source_path.name}.fami"
    if beside.exists():
        return beside
    if _invites_writing(folder) and not folder.is_relative_to(RESOURCES):
        return beside
    digest = hashlib.sha256(str(source_path).encode()).hexdigest()[:8]
    return projects_folder() / f"{beside.stem}-{digest}.fami"


def export_folder_for(project_path: Path) -> Path:
    """Where a person looks for what is exported: beside the project, unless that lies in `projects_folder()`."""
    folder = project_path.parent
    return Path.home() if folder.is_relative_to(projects_folder()) else folder


def _invites_writing(folder: Path) -> bool:
    """Whether a project may be laid there: root can write everywhere, but a folder marked read-only says no."""
    return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & 0o222)


def read_settings() -> dict[str, Any]:
    """The settings, empty where there are none or the file is damaged (nothing of worth is in it)."""
    try:
        settings = json_value(settings_file())
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}


def write_setting(name: str, value: object) -> None:
    """Keeps one setting; a folder that cannot be written costs only the setting."""
    write_settings({name: value})


def write_settings(changed: Mapping[str, object]) -> None:
    """Keeps several settings in one file written once, likewise."""
    settings = read_settings() | dict(changed)
    path = settings_file()
    try:
        with replacing(path, make_folder=True, forced=False) as draft:
            draft.write_text(json.dumps(settings, indent=1), encoding="utf-8")
    except FamiError:
        return


def remember_project(path: Path) -> None:
    """Keeps which project was opened last, and those before it."""
    recent = [str(path), *(str(other) for other in recent_projects() if other != path)]
    write_settings({"last_project": str(path), "recent_projects": recent[:MOST_RECENT]})


def remember_collection(path: Path) -> None:
    """Keeps which collection was opened last."""
    write_settings({"last_collection": str(path)})


def recent_projects() -> list[Path]:
    """The projects that were opened last and are still there, the newest first."""
    recent = read_settings().get("recent_projects")
    paths = [Path(one) for one in recent if isinstance(one, str)] if isinstance(recent, list) else []
    return [path for path in paths if path.is_file()]
