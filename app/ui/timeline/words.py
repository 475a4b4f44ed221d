"""What stands in a frame of the timeline, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from app.ui.timeline.columns import STATE_NAMES, FrameState, TimelineColumns


def frame_in_words(frame_index: int, seconds: float | None, dense: TimelineColumns, gaps: Mapping[int, int]) -> str:
    """A frame in words: "frame 120, 4.00 s: 2 people, predicted, lowest score 0.31".

    Args:
        frame_index: the frame.
        seconds: its time, None where it is not known.
        dense: the columns of all frames.
        gaps: how many frames are missing in front of a frame, by its index.
    """
    time = "" if seconds is None else f", {seconds:.2f} s"
    people = int(dense.num_people[frame_index])
    parts = ["nobody" if people == 0 else "1 person" if people == 1 else f"{people} people"]
    state = FrameState(int(dense.state[frame_index]))
    if state != FrameState.NOTHING:
        parts.append(STATE_NAMES[state])
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
