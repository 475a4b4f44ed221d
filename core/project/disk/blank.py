"""Whether a file is what is left of a project whose making was broken off."""

from __future__ import annotations

from pathlib import Path

from core.project.disk.locking import is_held_here
from core.project.disk.pages import MAGIC, Pages
from core.project.disk.place import log_of, memory_of

_MOST_BYTES = 2**20
_HOLD_LABELS = ("entries", "changes", "poses", "frames", "runs")


def is_blank(path: Path) -> bool:
    """True if a file holds nothing of a project, and nothing else: it counts as absent.

    Raises:
        OSError: it cannot be read.
    """
    if not path.is_file() or path.stat().st_size > _MOST_BYTES or is_held_here(path):
        return False
    pages = Pages.read(path, log_of(path))
    if not pages.pages:
        return path.stat().st_size == 0
    if not pages.pages.get(1, b"").startswith(MAGIC) or pages.num_short:
        return False
    roots = pages.roots()
    if not roots:
        return len(pages.pages) == 1
    if "meta" not in roots or any(row.values[:1] == ("source",) for row in pages.rows(roots["meta"])):
        return False
    return all(name in roots and _is_empty_leaf(pages.pages.get(roots[name], b"")) for name in _HOLD_LABELS)


def remove(path: Path) -> None:
    """Removes a blank file and what SQLite left beside it. Raises OSError."""
    for file in (log_of(path), memory_of(path), path):
        file.unlink(missing_ok=True)


def _is_empty_leaf(page: bytes) -> bool:
    return page[:1] in (b"\x0d", b"\x0a") and page[3:5] == b"\0\0"
