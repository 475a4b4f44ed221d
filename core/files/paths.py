"""Whether writing a file would destroy another one. Looks at files only, and loads nothing heavy."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path


def is_same_file(one: Path, other: Path) -> bool:
    """True if two paths lead to one file, there or not: also by a link, a hard link, or in other letters."""
    try:
        return one.samefile(other)
    except OSError:
        # One of them is not there; then they are the same only if both are to be made in the same place.
        return os.path.realpath(one) == os.path.realpath(other)


def overwritten(output: Path, inputs: Iterable[Path]) -> Path | None:
    """The first of the inputs that writing `output` would replace, None if it replaces none."""
    return next((known for known in inputs if is_same_file(output, known)), None)


def files_of(path: Path, suffixes: Collection[str] | None = None) -> list[Path]:
    """A file itself; of a folder the files directly in it, those with one of the suffixes (small) if they are given."""
    if not path.is_dir():
        return [path]
    return [
        entry for entry in path.iterdir() if entry.is_file() and (suffixes is None or entry.suffix.lower() in suffixes)
    ]


def project_files(path: Path) -> list[Path]:
    """A project and what lies beside it while it is open: SQLite's log and shared memory, and the writer's lock."""
    return [path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm", ".lock"))]
