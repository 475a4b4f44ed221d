"""Fields of label files that a project has no place for, kept as JSON. They belong to the run that brought them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from core.project.storage.in_words import reading
from core.project.storage.store import Store

NOBODY = -(2**62)
"""In place of a track id: the fields are the image's. In place of the frame, too: they are the file's."""


class KeptRow(NamedTuple):
    """What one run kept of a person in a frame, of an image (`track_id` is NOBODY) or of the file (both are)."""

    frame_index: int
    track_id: int
    began_after: int
    fields: dict[str, Any]


def write(store: Store, run_id: int, fields: Mapping[tuple[int, int], Mapping[str, Any]]) -> None:
    """Keeps a run's fields by (frame index, track id), inside a transaction."""
    rows = ((*place, run_id, json.dumps(of_place, allow_nan=False)) for place, of_place in fields.items())
    store.execute_many(
        "INSERT OR REPLACE INTO kept_fields (frame_index, track_id, run_id, fields) VALUES (?, ?, ?, ?)", rows
    )


def remove(store: Store, run_id: int) -> None:
    """Takes a run's fields away, inside a transaction."""
    store.execute("DELETE FROM kept_fields WHERE run_id = ?", (run_id,))


def read(store: Store) -> Iterator[KeptRow]:
    """What all runs kept, the oldest run first."""
    if store.one("SELECT 1 FROM sqlite_master WHERE name = 'kept_fields'") is None:
        return  # a project of an older version, open to read
    for frame_index, track_id, began_after, text in store.rows(
        "SELECT k.frame_index, k.track_id, r.began_after, k.fields FROM kept_fields k JOIN runs r USING (run_id)"
        " ORDER BY run_id"
    ):
        with reading(f"what a label file said of frame {frame_index}", store.path):
            fields = json.loads(text)
        yield KeptRow(frame_index, track_id, began_after, fields)
