"""Which pictures labels were made on: the proofs that each entry of the journal brought."""

from __future__ import annotations

from collections.abc import Mapping

from core.project.records import FrameProof
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
