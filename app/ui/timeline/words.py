"""What stands in a frame of the timeline, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from app.ui import theme
from app.ui.timeline.columns import STATE_NAMES, FrameState, TimelineColumns
from app.ui.timeline.track_rows import TrackRow
from core.poses import Provenance


def frame_in_words(frame_index: int, seconds: float | None, dense: TimelineColumns, gaps: Mapping[int, int]) -> str:
    """A frame in words: "frame 120, 4.00 s: 2 people, 1 of 28 joints corrected, 27 predicted, lowest score 0.31".

    Args:
        frame_index: the frame.
        seconds: its time, None where it is not known.
        dense: the columns of all frames.
        gaps: how many frames are missing in front of a frame, by its index.
    """
    time = "" if seconds is None else f", {seconds:.2f} s"
    people = int(dense.num_people[frame_index])
    parts = ["nobody" if people == 0 else "1 person" if people == 1 else f"{people} people"]
    joints = dense.joints[frame_index]
    come = [state for state in reversed(FrameState) if joints[state]]
    for place, state in enumerate(come):
        of_all = f" of {joints.sum()}" if len(come) > 1 else ""
        parts.append(f"{joints[state]}{f'{of_all} joints' if place == 0 else ''} {STATE_NAMES[state]}")
    if not np.isnan(dense.min_score[frame_index]):
        parts.append(f"lowest score {dense.min_score[frame_index]:.2f}")
    if dense.doubtful[frame_index]:
        parts.append("doubtful")
    if dense.reviewed[frame_index]:
        parts.append("reviewed")
    for at, side in ((frame_index, "before"), (frame_index + 1, "after")):
        if at in gaps:
            count = gaps[at]
            parts.append(f"{'1 frame is' if count == 1 else f'{count} frames are'} missing {side} it")
    return f"frame {frame_index}{time}: {', '.join(parts)}"


def cell_in_words(track_id: int, frame_index: int, row: TrackRow) -> str:
    """A person in a frame in words: "#3, frame 120: 12 joints predicted, 2 corrected; box propagated; doubtful"."""
    where = f"#{track_id}, frame {frame_index}: "
    if not row.present[frame_index]:
        if row.deleted[frame_index]:
            return where + "deleted"
        return where + ("lost, not in this frame" if row.lost[frame_index] else "not in this frame")
    state = row.state(frame_index)
    machine = theme.PROVENANCE_STYLES[Provenance(state.machine)].name
    counts = ((state.num_machine, machine), (state.num_accepted, "accepted or imported"))
    joints = [f"{count} {words}" for count, words in (*counts, (state.num_corrected, "corrected")) if count]
    parts = ["joints: " + ", ".join(joints) if joints else "no joints"]
    parts.append(f"box {theme.PROVENANCE_STYLES[Provenance(state.box)].name}")
    if state.doubtful:
        parts.append("doubtful")
    return where + "; ".join(parts)
