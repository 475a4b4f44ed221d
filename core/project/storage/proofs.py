"""Which pictures labels were made on: the proofs that each entry of the journal brought."""

from __future__ import annotations

import json
from collections.abc import Mapping

from core.project.records import FrameProof, MoveChange, RowMove
from core.project.storage.store import Store


def write(store: Store, entry_id: int, proofs: Mapping[int, tuple[float, str]]) -> None:
    """Keeps which pictures an entry's labels were made on, by frame index, inside its transaction.

    Args:
        store: the project's file.
        entry_id: the entry.
        proofs: (timestamp in seconds, pixel hash) of each frame.
    """
    store.execute_many(
        "INSERT OR IGNORE INTO proofs (frame_index, pixel_hash, timestamp_s, entry_id) VALUES (?, ?, ?, ?)",
        [(frame_index, pixel_hash, timestamp_s, entry_id) for frame_index, (timestamp_s, pixel_hash) in proofs.items()],
    )


def remove(store: Store, run_id: int) -> None:
    """Forgets what a run's entries brought, inside a transaction."""
    store.execute(
        "DELETE FROM proofs WHERE entry_id IN (SELECT entry_id FROM entries WHERE kind = 'run' AND run_id = ?)",
        (run_id,),
    )


def renewed(store: Store, known: Mapping[int, tuple[float, str]]) -> MoveChange:
    """The change after which every entry that saw a picture of some frames saw these.

    Args:
        store: the project's file.
        known: (timestamp in seconds, pixel hash) by frame index.
    """
    rows = store.rows(
        "SELECT frame_index, pixel_hash, entry_id, timestamp_s FROM proofs"
        " WHERE frame_index IN (SELECT value FROM json_each(?)) ORDER BY frame_index, entry_id",
        (json.dumps(sorted(known)),),
    )
    moves = []
    for row in rows:
        timestamp_s, pixel_hash = known[row[0]]
        if row[1] != pixel_hash:
            moves.append(RowMove("proofs", tuple(row), (row[0], pixel_hash, row[2], timestamp_s)))
    return MoveChange((), tuple(moves))


def frames(store: Store) -> list[int]:
    """The rising indices of the frames that have any."""
    return [index for (index,) in store.rows("SELECT DISTINCT frame_index FROM proofs ORDER BY frame_index")]


def of_frame(store: Store, frame_index: int) -> list[FrameProof]:
    """Each picture once, the oldest first."""
    rows = store.rows(
        "SELECT timestamp_s, pixel_hash, min(entry_id) AS first FROM proofs WHERE frame_index = ?"
        " GROUP BY pixel_hash ORDER BY first",
        (frame_index,),
    )
    return [FrameProof(timestamp_s, pixel_hash) for timestamp_s, pixel_hash, _ in rows]
