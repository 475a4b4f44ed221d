"""People cut out of frames, small, for strips that show who is who."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

AROUND = 1.15
"""So much more than the person's box is shown."""


def person_thumbnail(rgb: NDArray[np.uint8], bbox_xywh: ArrayLike, size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """A person's box and a little around it, undistorted, in a picture of a given size; black beyond the frame.

    Args:
        rgb: the frame (H, W, 3).
        bbox_xywh: (4,) the box in full-frame pixels.
        size_wh: of the thumbnail in pixels.
    """
    left, top, width, height = np.asarray(bbox_xywh, dtype=np.float64).tolist()
    scale = min(size_wh[0] / max(width, 1.0), size_wh[1] / max(height, 1.0)) / AROUND
    seen_w, seen_h = size_wh[0] / scale, size_wh[1] / scale
    x0, y0 = round(left + width / 2 - seen_w / 2), round(top + height / 2 - seen_h / 2)
    x1, y1 = x0 + max(round(seen_w), 1), y0 + max(round(seen_h), 1)
    frame_h, frame_w = rgb.shape[:2]
    inside = rgb[max(y0, 0) : max(min(y1, frame_h), 0), max(x0, 0) : max(min(x1, frame_w), 0)]
    seen = np.zeros((y1 - y0, x1 - x0, 3), np.uint8)
    if inside.size:
        at_y, at_x = max(y0, 0) - y0, max(x0, 0) - x0
        seen[at_y : at_y + inside.shape[0], at_x : at_x + inside.shape[1]] = inside
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(seen, size_wh, interpolation=how), dtype=np.uint8)
