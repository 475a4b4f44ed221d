"""Backbone features of the crops that were seen last, so that the same crop is computed once."""

import hashlib
import threading
from collections.abc import Callable

import numpy as np
import torch
from cachetools import LRUCache
from numpy.typing import NDArray
from torch import Tensor


class RecentFeatures:
    """Features by what the crop shows: its pixels. Safe to use from several threads.

    The same crop comes again where a frame beyond the clip is replaced by the nearest, where a box stands still from
    frame to frame, and when somebody asks why after a prediction.

    Args:
        capacity: how many crops' features are kept.
    """

    def __init__(self, capacity: int) -> None:
        self._kept: LRUCache[bytes, Tensor] = LRUCache(capacity)
        self._lock = threading.Lock()

    def __call__(self, crops: NDArray[np.uint8], compute: Callable[[NDArray[np.uint8]], Tensor]) -> Tensor:
        """(n, C, h, w) features of crops (n, H, W, 3), kept or computed, channels last in memory.

        Args:
            crops: uint8.
            compute: features of crops, of a network that is the same at every call.
        """
        keys = [hashlib.blake2b(crop.tobytes(), digest_size=16).digest() for crop in crops]
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
        new = {key: index for index, key in enumerate(keys) if key not in found}
        if new:
            computed = compute(crops[list(new.values())])
            # Each on its own, so that one that is kept does not hold the memory of all.
            found |= {key: features.clone() for key, features in zip(new, computed, strict=True)}
        with self._lock:
            for key in keys:
                self._kept[key] = found[key]
        return torch.stack([found[key] for key in keys]).contiguous(memory_format=torch.channels_last)
