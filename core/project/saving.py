"""Saving a project under another name: where its file was deleted, renamed or replaced while it was open."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from core.errors import ProjectError
from core.files.replacing import drafting
from core.project.project import Project
from core.project.storage import ledger, making


class Saved(NamedTuple):
    """A project under its new name, open to write, and the edits that no longer fitted it."""

    project: Project
    left_out: tuple[str, ...]


def save_as(project: Project, path: Path) -> Saved:
    """Writes all that a project holds, and the edits that it refused since its file is gone, under another name.

    Args:
        project: the project, which stays open.
        path: where nothing of worth lies yet.

    Raises:
        ProjectError: something lies there, or it cannot be written, or what the project holds cannot be read.
    """
    path = path.absolute()
    if making.exists(path):
        raise ProjectError(f"{path.name} exists already; choose another name.")
    source = project.source
    with drafting(path, ProjectError) as draft:
        project.copy_to(draft)
        making.rename_source(draft, ledger.text_of_source(source, path.parent))
        making.put_in_place(draft, path)
    saved = Project.open(path)
    left_out = []
    for edit in project.unsaved:
        try:
            saved.commit(edit.label, edit.changes, edit.proofs, edit.action)
        except ProjectError:
            left_out.append(edit.label)
    project.unsaved.clear()
    return Saved(saved, tuple(left_out))


def free_name(path: Path, word: str) -> Path:
    """A name beside a project that nothing has: "clip.WORD.fami", "clip.WORD-2.fami" and so on."""
    number = 1
    while True:
        ending = word if number == 1 else f"{word}-{number}"
        free = path.with_name(f"{path.stem}.{ending}{path.suffix}")
        if not free.exists():
            return free
        number += 1
