"""Where a joint is between two frames in which its place is known: along the flow where it is sure, else straight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray

AGREE_WITHIN = 0.08
"""Flow from both ends that lies further apart than this fraction of the person's size is of two things: it is not
sure."""


@dataclass(frozen=True, eq=False)
class Path:
    """A joint's way from one known frame to another.

    Attributes:
        xy: (N, 2) its places in the frames between, in full-frame pixels.
        by_flow: (N,) True where the place is the flow's, from either end or from both.
    """

    xy: FloatArray
    by_flow: NDArray[np.bool_]


def path_between(
    first: tuple[int, FloatArray],
    last: tuple[int, FloatArray],
    forward: Mapping[int, FloatArray],
    backward: Mapping[int, FloatArray],
    size_px: float,
) -> Path:
    """A joint's places in the frames between two that are known.

    Flow that was followed from one end is taken as far as it goes; what is left between both is a straight line. Where
    both ends' flow meets, each counts the more the nearer its end is. If they do not meet within `AGREE_WITHIN`, one
    of them follows something else, nobody knows which, and the whole way is straight.

    Args:
        first: the frame where the joint is known first, and its place (2,).
        last: likewise where it is known next; a later frame.
        forward: where flow from `first` follows it, by frame index; without gaps as far as it goes.
        backward: where flow from `last` follows it, likewise.
        size_px: the person's size.
    """
    (start, start_xy), (end, end_xy) = first, last
    frames = np.arange(start, end + 1)
    straight = start_xy + (end_xy - start_xy) * ((frames - start) / (end - start))[:, None]
    ahead, back = _filled(frames, {start: start_xy, **forward}), _filled(frames, {end: end_xy, **backward})
    known_ahead, known_back = np.isfinite(ahead[:, 0]), np.isfinite(back[:, 0])
    both = known_ahead & known_back
    if both.any():
        apart = np.linalg.norm(ahead[both] - back[both], axis=1)
        if apart.min() > AGREE_WITHIN * size_px:
            return Path(straight[1:-1], np.zeros(len(frames) - 2, dtype=np.bool_))
        xy = _blended(ahead, back, known_ahead, known_back)
    else:
        xy = _joined(ahead, back, known_ahead, known_back)
    return Path(xy[1:-1], (known_ahead | known_back)[1:-1])


def _filled(frames: NDArray[np.int64], places: Mapping[int, FloatArray]) -> FloatArray:
    """(N, 2) the places by frame, NaN where there is none."""
    xy = np.full((len(frames), 2), np.nan)
    for row, frame_index in enumerate(frames.tolist()):
        if frame_index in places:
            xy[row] = places[frame_index]
    return xy


def _blended(
    ahead: FloatArray, back: FloatArray, known_ahead: NDArray[np.bool_], known_back: NDArray[np.bool_]
) -> FloatArray:
    """Flow from both ends, passing from one to the other over the frames that both reach."""
    shared = np.flatnonzero(known_ahead & known_back)
    weight = np.interp(np.arange(len(ahead)), [shared[0] - 0.5, shared[-1] + 0.5], [0.0, 1.0])[:, None]
    weight = np.where(known_ahead, np.where(known_back, weight[:, 0], 0.0), 1.0)[:, None]
    return np.where(weight < 1, np.nan_to_num(ahead), 0.0) * (1 - weight) + np.nan_to_num(back) * weight


def _joined(
    ahead: FloatArray, back: FloatArray, known_ahead: NDArray[np.bool_], known_back: NDArray[np.bool_]
) -> FloatArray:
    """Flow from both ends as far as it goes, and a straight line from where one ended to where the other did."""
    known = known_ahead | known_back
    places = np.where(known_ahead[:, None], ahead, back)
    rows = np.arange(len(known))
    return np.column_stack([np.interp(rows, rows[known], places[known, axis]) for axis in (0, 1)])
