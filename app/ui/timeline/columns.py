"""What the timeline shows, as columns, and their reduction to one value a pixel. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray


class FrameState(IntEnum):
    """How far a joint of a frame has come; the place of its count in `TimelineColumns.joints`."""

    PREDICTED = 0
    ACCEPTED = 1
    CORRECTED = 2


STATE_NAMES = {
    FrameState.PREDICTED: "predicted",
    FrameState.ACCEPTED: "accepted or imported",
    FrameState.CORRECTED: "corrected",
}


@dataclass(frozen=True, eq=False)
class TimelineColumns:
    """One row for each frame that holds something; all columns are of equal length N.

    Attributes:
        frame_index: (N,) rising.
        joints: (N, 3) how many joints have come so far, by FrameState.
        doubtful: (N,) whether somebody should look.
        min_score: (N,) the least confident labelled joint, NaN without one.
        mean_score: (N,) the mean over the labelled joints, NaN without one.
        reviewed: (N,) whether a person marked the frame as done.
        num_people: (N,) people in the frame.
    """

    frame_index: NDArray[np.int64]
    joints: NDArray[np.int64]
    doubtful: NDArray[np.bool_]
    min_score: NDArray[np.float64]
    mean_score: NDArray[np.float64]
    reviewed: NDArray[np.bool_]
    num_people: NDArray[np.int64]

    @classmethod
    def empty(cls) -> Self:
        """The columns of a clip without a label."""
        none = np.zeros(0)
        return cls(
            none.astype(np.int64),
            np.zeros((0, len(FrameState)), np.int64),
            none.astype(np.bool_),
            none,
            none,
            none.astype(np.bool_),
            none.astype(np.int64),
        )

    def dense(self, num_frames: int) -> TimelineColumns:
        """The same with a row for every frame of a clip; frames beyond its end are dropped."""
        inside = (self.frame_index >= 0) & (self.frame_index < num_frames)
        rows = self.frame_index[inside]

        def spread(column: NDArray[np.generic], fill: float) -> NDArray[np.generic]:
            full = np.full((num_frames, *column.shape[1:]), fill, dtype=column.dtype)
            full[rows] = column[inside]
            return full

        return TimelineColumns(
            np.arange(num_frames, dtype=np.int64),
            spread(self.joints, 0),  # type: ignore[arg-type]  # spread keeps the dtype
            spread(self.doubtful, False),  # type: ignore[arg-type]
            spread(self.min_score, np.nan),  # type: ignore[arg-type]
            spread(self.mean_score, np.nan),  # type: ignore[arg-type]
            spread(self.reviewed, False),  # type: ignore[arg-type]
            spread(self.num_people, 0),  # type: ignore[arg-type]
        )

    def put(self, columns: TimelineColumns) -> None:
        """Replaces rows of dense columns; frames beyond the clip's end are dropped."""
        inside = (columns.frame_index >= 0) & (columns.frame_index < len(self.frame_index))
        for column in fields(self):
            getattr(self, column.name)[columns.frame_index[inside]] = getattr(columns, column.name)[inside]

    def binned(self, start: float, stop: float, num_pixels: int) -> TimelineColumns:
        """Dense columns of frames [start, stop) reduced to one row a pixel.

        A pixel that covers many frames shows all their joints, whether any is doubtful or reviewed, the least
        score and the mean of means: nothing that needs a look is lost by looking from afar.

        Args:
            start: first frame shown, may lie within a frame.
            stop: end of the frames shown, at most the number of rows.
            num_pixels: pixels to fill, at least 1.

        Returns:
            Columns of length `num_pixels`; `frame_index` is the first frame of each pixel.
        """
        low, end = pixel_edges(start, stop, num_pixels, len(self.frame_index))
        scored = ~np.isnan(self.mean_score[:end])
        num_scored = np.add.reduceat(scored.astype(np.float64), low)
        total = np.add.reduceat(np.where(scored, self.mean_score[:end], 0.0), low)
        least = np.minimum.reduceat(np.where(np.isnan(self.min_score[:end]), np.inf, self.min_score[:end]), low)
        mean = np.full(num_pixels, np.nan)
        np.divide(total, num_scored, out=mean, where=num_scored > 0)
        return TimelineColumns(
            low,
            np.add.reduceat(self.joints[:end], low, axis=0),
            np.logical_or.reduceat(self.doubtful[:end], low),
            np.where(np.isinf(least), np.nan, least),
            mean,
            np.logical_or.reduceat(self.reviewed[:end], low),
            np.maximum.reduceat(self.num_people[:end], low),
        )


def pixel_edges(start: float, stop: float, num_pixels: int, num_frames: int) -> tuple[NDArray[np.int64], int]:
    """The first frame of each pixel, and the end of the last pixel's frames.

    Args:
        start: first frame shown, may lie within a frame.
        stop: end of the frames shown.
        num_pixels: pixels to fill, at least 1.
        num_frames: of the clip, at least 1.
    """
    edges = start + np.arange(num_pixels + 1) * ((stop - start) / num_pixels)
    low = np.clip(np.floor(edges[:-1] + 1e-9).astype(np.int64), 0, num_frames - 1)
    return low, int(np.clip(max(np.floor(edges[-1] + 1e-9), low[-1] + 1), 1, num_frames))
