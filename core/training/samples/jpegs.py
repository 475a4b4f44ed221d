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

    def __len__(self) -> int:
        return len(self.end)

    def rgb(self, index: int) -> ByteArray:
        """(H, W, 3) one picture. Raises TrainingError if it is damaged."""
        start = int(self.end[index - 1]) if index else 0
        bgr = cv2.imdecode(self.content[start : int(self.end[index])], cv2.IMREAD_COLOR)
        if bgr is None:
            raise TrainingError(f"Picture {index} of {self.name} is damaged: copy the file again.")
        return np.ascontiguousarray(bgr[:, :, ::-1], dtype=np.uint8)
