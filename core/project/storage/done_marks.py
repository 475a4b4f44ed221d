"""What a person looked at and let be: doubts about a pose that are done until the pose is another one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.project.storage.store import Store

Place = tuple[str, int, int]
"""What is doubted, the frame, and a number for the pose there (from 0, below 2 to the power of 32)."""


def write(store: Store, places: Iterable[Place]) -> None:
    """Marks places as done, inside a transaction."""
    store.execute_many("INSERT OR IGNORE INTO done_marks (what, frame_index, print) VALUES (?, ?, ?)", places)


def remove(store: Store, places: Iterable[Place]) -> None:
    """Takes marks back, inside a transaction."""
    store.execute_many("DELETE FROM done_marks WHERE what = ? AND frame_index = ? AND print = ?", places)


def read(store: Store) -> dict[str, NDArray[np.int64]]:
    """All marks: frame index * 2 ** 32 + the pose's number, rising, by what is doubted."""
    if store.one("SELECT 1 FROM sqlite_master WHERE name = 'done_marks'") is None:
        return {}  # a project of an earlier version, open to read
    found: dict[str, list[int]] = {}
    for what, frame_index, number in store.rows("SELECT what, frame_index, print FROM done_marks ORDER BY 1, 2, 3"):
        found.setdefault(what, []).append((frame_index << 32) | number)
    return {what: np.array(codes, np.int64) for what, codes in found.items()}
