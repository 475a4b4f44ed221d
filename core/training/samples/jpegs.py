"""Many JPEGs in one array, one after another, as files of training pictures store them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import TrainingError
from core.geometry import ByteArray


@dataclass(frozen=True, eq=False)
class Jpegs:
    """Pictures that are decoded one at a time.

    Attributes:
        content: all bytes.
        end: (N,) where each picture ends.
        name: of the file, for errors.
    """

    content: ByteArray
    end: NDArray[np.int64]
    name: str

    def __post_init__(self) -> None:
        """Raises ValueError where the ends are none of pictures in these bytes."""
        starts_and_ends = np.concatenate([[0], np.asarray(self.end, dtype=np.int64).ravel(), [len(self.content)]])
        if self.end.ndim != 1 or self.content.ndim != 1 or (np.diff(starts_and_ends) < 0).any():
            raise ValueError("it does not say where its pictures end")

    def __len__(self) -> int:
        return len(self.end)

    def rgb(self, index: int) -> ByteArray:
        """(H, W, 3) one picture. Raises TrainingError if it is damaged."""
        start = int(self.end[index - 1]) if index else 0
        content = self.content[start : int(self.end[index])]
        try:
            bgr = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
        except cv2.error:  # of a picture that says that it is too large
            bgr = None
        if bgr is None:
            raise TrainingError(f"Picture {index} of {self.name} is damaged: copy the file again.")
        return np.ascontiguousarray(bgr[:, :, ::-1], dtype=np.uint8)
