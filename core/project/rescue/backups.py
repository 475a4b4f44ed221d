"""Copies of a project beside it, made while it was whole: a few, and not too large."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from datetime import datetime
from pathlib import Path

from core.errors import ProjectError
from core.files.replacing import drafting, put_in_place
from core.project.disk.place import log_of
from core.project.project import Project
from core.project.saving import free_name

MOST = 5
"""So many are kept."""
MOST_BYTES = 512 * 2**20
"""So large they may be together; of a project that is larger alone there is none."""
APART_S = 600.0
"""So long after the newest one another is made."""


def folder_of(project_path: Path) -> Path:
    """Where the backups of a project lie."""
    return project_path.with_name(f"{project_path.stem}.backups")


def of(project_path: Path) -> list[Path]:
    """The backups of a project, the newest first."""
    try:
        found = list(folder_of(project_path).glob(f"*{project_path.suffix}"))
        return sorted(found, key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)
    except OSError:
        return []


def is_due(project_path: Path, now_s: float | None = None) -> bool:
    """True if the newest backup is older than `APART_S` and than the last change."""
    newest = next(iter(of(project_path)), None)
    if newest is None:
        return True
    try:
        made_s = newest.stat().st_mtime
        changed_s = max(file.stat().st_mtime for file in (project_path, log_of(project_path)) if file.exists())
    except (OSError, ValueError):
        return False
    now_s = time.time() if now_s is None else now_s
    return changed_s > made_s and not 0 <= now_s - made_s < APART_S


def make(project_path: Path) -> Path | None:
    """Copies a project, which may be open and be written meanwhile, and removes what is too much.

    Returns:
        The backup; None where the project is too large for one.

    Raises:
        ProjectError: it cannot be read, is damaged, or the copy cannot be written; no earlier backup is lost then.
    """
    folder = folder_of(project_path)
    name = datetime.now().astimezone().strftime(f"%Y-%m-%d %H.%M.%S{project_path.suffix}")  # no colons: Windows
    with (
        Project.open(project_path, read_only=True) as project,
        drafting(folder / name, ProjectError, make_folder=True) as draft,
    ):
        project.copy_to(draft)
        with Project.open(draft, read_only=True) as copy:
            copy.require_whole()
        if draft.stat().st_size > MOST_BYTES:
            return None
        put_in_place(draft, folder / name)
    _remove_too_many(project_path)
    return folder / name


def _remove_too_many(project_path: Path) -> None:
    total = 0
    for number, file in enumerate(of(project_path)):
        with contextlib.suppress(OSError):  # what cannot be removed now is tried again the next time
            total += file.stat().st_size
            if number >= MOST or total > MOST_BYTES:
                file.unlink()


def restore(project_path: Path, backup: Path) -> Path | None:
    """Puts a backup in the place of a project that cannot be opened, which is kept beside.

    Returns:
        Where the damaged file lies now, None where there was none.

    Raises:
        ProjectError: the backup is damaged, too, or cannot be copied.
    """
    with Project.open(backup, read_only=True) as project, drafting(project_path, ProjectError) as draft:
        project.require_whole()
        project.copy_to(draft)
        damaged = keep_beside(project_path)
        put_in_place(draft, project_path)
    log_of(project_path).unlink(missing_ok=True)
    return damaged


def keep_beside(path: Path) -> Path | None:
    """Gives a damaged project and its log a second name, before another file takes the first one.

    Returns:
        The name; None where there is no such file. Raises OSError.
    """
    if not path.exists():
        return None
    damaged = free_name(path, "damaged")
    for file, kept in ((path, damaged), (log_of(path), log_of(damaged))):
        if file.exists():
            try:
                os.link(file, kept)
            except OSError:  # a file system that knows no second name for a file
                shutil.copy2(file, kept)
    return damaged
