"""Boxes of people that are known beforehand, in place of a detector's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.people.tracking import PersonBox


@dataclass(frozen=True)
class KnownBoxes:
    """Boxes that are known beforehand, by frame index; a `PersonBoxSource`."""

    by_frame: Mapping[int, Sequence[PersonBox]]
    method: str = "known boxes"

    def boxes(self, frames: Iterable[tuple[int, np.ndarray]]) -> Iterator[tuple[int, list[PersonBox]]]:
        """The known boxes of each frame; the pictures are not looked at."""
        for frame_index, _ in frames:
            yield frame_index, list(self.by_frame.get(frame_index, ()))
