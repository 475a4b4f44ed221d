"""Brightness and contrast of the picture, for the eye alone: no pixel that is computed with changes. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

STRENGTH = 1.6
"""Powers of two from the middle of a slider to its end."""


@dataclass(frozen=True)
class Tones:
    """How a picture is shown; both from -1 to 1, and 0 leaves it as it is.

    Attributes:
        brightness: of the middle tones (a gamma curve), so that nothing dark or bright is cut off.
        contrast: about the middle grey.
    """

    brightness: float = 0.0
    contrast: float = 0.0

    def table(self) -> NDArray[np.uint8]:
        """(256,) what each value becomes."""
        values = (np.arange(256) / 255) ** (2.0 ** (-STRENGTH * self.brightness))
        values = (values - 0.5) * 2.0 ** (STRENGTH * self.contrast) + 0.5
        table: NDArray[np.uint8] = np.clip(np.round(values * 255), 0, 255).astype(np.uint8)
        return table

    def applied(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture (H, W, 3) as it is shown; itself where nothing is adjusted."""
        if self == Tones():
            return rgb
        return np.asarray(cv2.LUT(np.ascontiguousarray(rgb), self.table()), np.uint8)
