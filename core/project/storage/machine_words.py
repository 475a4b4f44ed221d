"""What a machine had said of a place before a person moved it, read back from the journal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.geometry import BoolArray
from core.poses import FloatArray, FramePoses, Pose, Provenance
from core.project.storage.codec import opened
from core.project.storage.store import Store

CHANGES_LOOKED_AT = 500
"""Of a frame, the newest: more than a person makes there, and few enough to read while somebody waits."""


def machine_places(store: Store, frame: FramePoses) -> dict[int, FloatArray]:
    """Where a prediction had the joints that a person has corrected, and those that were mended or carried since.

    Args:
        store: the project's.
        frame: its people as they are now; nothing is read where nobody has a joint of these kinds.

    Returns:
        (K, 2) by track id, NaN where no person moved the joint or no machine had placed it; only people with one.
    """
    wanted = [pose for pose in frame.poses if _moved(pose).any()]
    if not wanted:
        return {}
    rows = store.rows(
        "SELECT before, after FROM changes WHERE frame_index = ? AND what = 'pose' AND before IS NOT NULL"
        " AND after IS NOT NULL ORDER BY entry_id DESC, position DESC LIMIT ?",
        (frame.frame_index, CHANGES_LOOKED_AT),
    )
    changes = [(opened(before, frame.frame_index), opened(after, frame.frame_index)) for before, after in rows]
    found = {pose.track_id: _places(pose, changes) for pose in wanted}
    return {track_id: places for track_id, places in found.items() if np.isfinite(places).any()}


def _places(pose: Pose, changes: Sequence[tuple[Pose, Pose]]) -> FloatArray:
    """Walks back through the changes of one person, whatever number the person had."""
    missing = _moved(pose)
    mended = pose.provenance == Provenance.PROPAGATED
    places = np.full((len(pose.keypoints), 2), np.nan)
    number = pose.track_id
    for before, after in changes:
        if after.track_id != number:
            continue
        number = before.track_id
        known = missing & before.by_machine & before.placed & ~(mended & (before.provenance != Provenance.PREDICTED))
        places[known] = before.keypoints[known]
        missing &= ~known
        if not missing.any():
            break
    return places


def _moved(pose: Pose) -> BoolArray:
    """(K,) joints that are no longer where a prediction had them, if it had."""
    moved: BoolArray = pose.labelled & np.isin(pose.provenance, (Provenance.CORRECTED, Provenance.PROPAGATED))
    return moved
