"""From frames to the network's input: the same window cut out of a key frame and its neighbours."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
from cachetools import LRUCache
from numpy.typing import NDArray
from torch import Tensor

from core.errors import PredictionError
from core.geometry import FloatArray, center_and_scale, crop_affine
from core.predictions import Request

RgbFrame = NDArray[np.uint8]
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class RecentFrames:
    """The last few decoded frames, so that neighbouring key frames do not decode their common frames again.

    Args:
        frame: gives the RGB frame (H, W, 3) of an index.
        capacity: how many are kept.
    """

    def __init__(self, frame: Callable[[int], RgbFrame], capacity: int) -> None:
        self._frame = frame
        self._kept: LRUCache[int, RgbFrame] = LRUCache(capacity)

    def __call__(self, frame_index: int) -> RgbFrame:
        """The frame, decoded or kept."""
        if frame_index not in self._kept:
            self._kept[frame_index] = self._frame(frame_index)
        return self._kept[frame_index]


def window_indices(frame_index: int, offsets: Sequence[int], num_frames: int) -> list[int]:
    """The key frame's index and its neighbours'; a neighbour beyond the clip is the nearest existing frame."""
    return [frame_index, *(min(max(frame_index + offset, 0), num_frames - 1) for offset in offsets)]


def request_affine(request: Request, crop_size_wh: tuple[int, int], target_size_wh: tuple[int, int]) -> FloatArray:
    """The affine from full-frame pixels to a person's crop or heatmap of `target_size_wh`.

    Raises PredictionError where the box has no area.
    """
    box = np.asarray(request.bbox_xywh, dtype=np.float64)
    if not np.isfinite(box).all() or (box[2:] <= 0).any():
        raise PredictionError(
            f"The box of person {request.track_id} in frame {request.frame_index} has no area; draw it again."
        )
    center, scale = center_and_scale(box, crop_size_wh[0] / crop_size_wh[1])
    return crop_affine(center, scale, 0.0, target_size_wh)


def cut_window(
    request: Request, frame: Callable[[int], RgbFrame], indices: Sequence[int], size_wh: tuple[int, int]
) -> NDArray[np.uint8]:
    """(S+1, H, W, 3) RGB crops of the person's window, the key frame's first; black beyond the frame."""
    affine = request_affine(request, size_wh, size_wh)
    return np.stack([cv2.warpAffine(frame(index), affine, size_wh, flags=cv2.INTER_LINEAR) for index in indices])


def normalised(crops: NDArray[np.uint8], device: torch.device) -> Tensor:
    """(n, H, W, 3) uint8 RGB to (n, 3, H, W) float32 with ImageNet's mean and deviation, channels last in memory."""
    pixels = torch.from_numpy(crops).to(device).permute(0, 3, 1, 2).float()
    mean = torch.tensor(IMAGENET_MEAN, device=device).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET_STD, device=device).view(1, 3, 1, 1)
    return (pixels / 255 - mean) / std
