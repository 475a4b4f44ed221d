"""Ignore regions: where a label file says that nothing is to be evaluated. They belong to the run that brought them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import numpy as np

from core.poses import FloatArray
from core.project.storage.store import Store


def write(store: Store, run_id: int, regions_by_frame: Mapping[int, Iterable[FloatArray]]) -> None:
    """Keeps a run's polygons (N, 2) in pixels, inside a transaction; a frame's earlier ones of the run are replaced."""
    rows = (
        (frame_index, run_id, json.dumps([np.asarray(polygon, dtype=np.float64).tolist() for polygon in polygons]))
        for frame_index, polygons in regions_by_frame.items()
    )
    store.execute_many("INSERT OR REPLACE INTO ignore_regions (frame_index, run_id, polygons) VALUES (?, ?, ?)", rows)


def remove(store: Store, run_id: int) -> None:
    """Takes a run's regions away, inside a transaction."""
    store.execute("DELETE FROM ignore_regions WHERE run_id = ?", (run_id,))


def read(store: Store) -> dict[int, tuple[FloatArray, ...]]:
    """The polygons of every frame that has some, each once however often it was imported."""
    if store.one("SELECT 1 FROM sqlite_master WHERE name = 'ignore_regions'") is None:
        return {}  # a project of version 1, open to read
    found: dict[int, dict[str, FloatArray]] = {}
    for frame_index, text in store.rows(
        "SELECT frame_index, polygons FROM ignore_regions ORDER BY frame_index, run_id"
    ):
        for polygon in json.loads(text):
            found.setdefault(frame_index, {})[json.dumps(polygon)] = np.array(polygon, dtype=np.float64)
    return {frame_index: tuple(polygons.values()) for frame_index, polygons in found.items()}
