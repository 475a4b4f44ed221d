"""Brings older projects up to date, in which a joint whose visibility alone a hand had changed was a corrected place.

Before version 7 such a joint was CORRECTED with a score of 1. The journal knows who had set the place: what the edits
`set_visibility` wrote is written anew in the frames that they concern, in the journal and in what it adds up to, so
that undo and redo go on as before.
"""

from __future__ import annotations

import json
import sqlite3

import numpy as np
from numpy.typing import NDArray

from core.poses import Pose, Provenance
from core.project.storage.codec import decode, encode, joint_bytes
from core.project.storage.frame_state import HeldFrame
from core.project.storage.summary import rows_of

_Known = dict[tuple[int, bytes], tuple[int, float]]
"""A joint of one frame and all its bytes -> who set its place, and the score of that."""


def tell_places_from_visibility(connection: sqlite3.Connection) -> None:
    """Gives those joints their places' provenance and scores back; to be called inside a transaction."""
    known = _written_by_hand(connection)
    if not known:
        return
    frames = json.dumps(sorted(known))
    changes = connection.execute(
        "SELECT frame_index, before, after, entry_id, position FROM changes"
        " WHERE what = 'pose' AND frame_index IN (SELECT value FROM json_each(?))",
        (frames,),
    ).fetchall()
    connection.executemany(
        "UPDATE changes SET before = ?, after = ? WHERE entry_id = ? AND position = ?",
        [(_anew(before, known[index]), _anew(after, known[index]), *place) for index, before, after, *place in changes],
    )
    for frame_index, of_frame in known.items():
        _write_frame(connection, frame_index, of_frame)


def _written_by_hand(connection: sqlite3.Connection) -> dict[int, _Known]:
    """What was written for a visibility alone, by frame."""
    known: dict[int, _Known] = {}
    for frame_index, before_blob, after_blob in connection.execute(
        "SELECT c.frame_index, c.before, c.after FROM changes c JOIN entries e USING (entry_id)"
        " WHERE e.action LIKE 'set_visibility%' AND e.kind = 'edit' AND c.what = 'pose' ORDER BY c.entry_id"
    ):
        if before_blob is None or after_blob is None:
            continue
        of_frame = known.setdefault(frame_index, {})
        before, after = _translated(decode(before_blob), of_frame), decode(after_blob)
        changed = np.any(joint_bytes(before) != joint_bytes(after), axis=1)
        at_place = _same_place(before, after) & ~before.human & (after.provenance == Provenance.CORRECTED)
        for keypoint in np.flatnonzero(changed & at_place).tolist():
            said = int(before.provenance[keypoint]), float(before.scores[keypoint])
            of_frame[keypoint, joint_bytes(after)[keypoint].tobytes()] = said
    return {frame_index: of_frame for frame_index, of_frame in known.items() if of_frame}


def _same_place(first: Pose, second: Pose) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = ((first.keypoints == second.keypoints) | np.isnan(first.keypoints)).all(axis=1)
    return same


def _translated(pose: Pose, known: _Known) -> Pose:
    """The pose with the places of those joints as they were set."""
    raw = joint_bytes(pose)
    provenance, scores, by_hand = pose.provenance.copy(), pose.scores.copy(), pose.visibility_by_hand.copy()
    for keypoint in range(len(provenance)):
        said = known.get((keypoint, raw[keypoint].tobytes()))
        if said is not None:
            provenance[keypoint], scores[keypoint] = said
            by_hand[keypoint] = True
    return pose.replaced(provenance=provenance, scores=scores, visibility_by_hand=by_hand)


def _anew(blob: bytes | None, known: _Known) -> bytes | None:
    return None if blob is None else encode(_translated(decode(blob), known))


def _write_frame(connection: sqlite3.Connection, frame_index: int, known: _Known) -> None:
    """Writes what the journal adds up to in a frame, and its counts."""
    rows = connection.execute("SELECT track_id, pose FROM poses WHERE frame_index = ?", (frame_index,)).fetchall()
    poses = {track_id: _translated(decode(blob), known) for track_id, blob in rows}
    connection.executemany(
        "UPDATE poses SET pose = ? WHERE frame_index = ? AND track_id = ?",
        [(encode(pose), frame_index, track_id) for track_id, pose in poses.items()],
    )
    (row,) = rows_of({frame_index: HeldFrame(poses)})
    connection.execute(
        "UPDATE frames SET num_predicted = ?, num_accepted = ?, num_corrected = ?, num_imported = ?, min_score = ?,"
        " mean_score = ? WHERE frame_index = ?",
        (*row[2:8], frame_index),
    )
