"""Heatmaps that were computed before, in a file of bounded size that may be lost at any time."""

import hashlib
import logging
import threading
from pathlib import Path

import h5py
import numpy as np
import platformdirs
from numpy.typing import NDArray

from core.model.predictor import Prediction

_LOG = logging.getLogger(__name__)
_FORMAT = 1
_KEY_BYTES = 16


class FeatureCache:
    """The latest heatmaps in an HDF5 file, oldest overwritten first. Safe to use from several threads.

    The file holds maps of one shape; weights with another shape start it anew, and so does a damaged file. A second
    program that finds the file in use keeps its heatmaps in memory only, as does one that may not write there.

    Args:
        max_bytes: the most that the heatmaps take.
        path: the file; by default in the system's cache folder.
    """

    def __init__(self, max_bytes: int, path: Path | None = None) -> None:
        self._max_bytes = max_bytes
        self._path = path or Path(platformdirs.user_cache_dir("fami-pose-review")) / "heatmaps.h5"
        self._lock = threading.Lock()
        self._slots: dict[bytes, int] = {}
        self._file = self._open()
        self._read_keys()

    def get(self, source: str, weights_sha256: str, frame_index: int, track_id: int) -> NDArray[np.float16] | None:
        """(K, h, w) heatmaps of a person in a frame, None where they are not kept. See `put` for the arguments."""
        with self._lock:
            slot = self._slots.get(_key(source, weights_sha256, frame_index, track_id))
            if slot is None:
                return None
            heatmaps: NDArray[np.float16] = self._file["heatmaps"][slot]
            return heatmaps

    def affine(self, source: str, weights_sha256: str, frame_index: int, track_id: int) -> NDArray[np.float64] | None:
        """(2, 3) from heatmap to full-frame pixels, of what `get` gives."""
        with self._lock:
            slot = self._slots.get(_key(source, weights_sha256, frame_index, track_id))
            return None if slot is None else self._file["affines"][slot]

    def put(self, source: str, weights_sha256: str, prediction: Prediction) -> None:
        """Keeps a prediction's heatmaps, in place of older ones of the same person, frame and weights.

        Args:
            source: what tells the clip from others, such as the project's hash of its time stamps.
            weights_sha256: the weights.
            prediction: of them.
        """
        key = _key(source, weights_sha256, prediction.request.frame_index, prediction.request.track_id)
        with self._lock:
            count = self._prepare(prediction.heatmaps.shape)
            if not count:
                return
            slot = self._slots.get(key)
            if slot is None:
                slot = int(self._file.attrs["next"])
                self._file.attrs["next"] = (slot + 1) % count
                self._slots.pop(self._file["keys"][slot].tobytes(), None)
            self._file["heatmaps"][slot] = prediction.heatmaps
            self._file["affines"][slot] = prediction.image_from_heatmap
            self._file["keys"][slot] = np.frombuffer(key, np.uint8)
            self._slots[key] = slot

    def close(self) -> None:
        """Writes what is pending and closes the file."""
        with self._lock:
            self._file.close()

    def _open(self) -> h5py.File:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            _LOG.warning("heatmaps are cached in memory only, there is no folder for %s: %s", self._path, error)
            return h5py.File.in_memory()
        try:
            file = h5py.File(self._path, "a")
        except (BlockingIOError, PermissionError) as error:
            _LOG.warning("heatmaps are cached in memory only, %s cannot be used: %s", self._path, error)
            return h5py.File.in_memory()
        except OSError as error:
            _LOG.warning("the heatmap cache %s is damaged and starts anew: %s", self._path, error)
            self._path.unlink()
            return h5py.File(self._path, "w")
        if file.attrs.get("format", _FORMAT) != _FORMAT:
            file.close()
            return h5py.File(self._path, "w")
        return file

    def _read_keys(self) -> None:
        if {"heatmaps", "affines", "keys"} <= set(self._file) and "next" in self._file.attrs:
            keys = self._file["keys"][:]
            self._slots = {row.tobytes(): slot for slot, row in enumerate(keys) if row.any()}

    def _prepare(self, shape: tuple[int, ...]) -> int:
        """The number of slots of the file, made for maps of this shape; 0 if the bound holds not even one."""
        if "heatmaps" in self._file and "next" in self._file.attrs and self._file["heatmaps"].shape[1:] == shape:
            return int(self._file["heatmaps"].shape[0])
        count = self._max_bytes // (2 * int(np.prod(shape)))
        self._slots = {}
        self._file.clear()
        if count:
            self._file.create_dataset("heatmaps", (count, *shape), np.float16, chunks=(1, *shape))
            self._file.create_dataset("affines", (count, 2, 3), np.float64)
            self._file.create_dataset("keys", (count, _KEY_BYTES), np.uint8)
            self._file.attrs.update({"format": _FORMAT, "next": 0})
        return count


def _key(source: str, weights_sha256: str, frame_index: int, track_id: int) -> bytes:
    text = f"{source}/{weights_sha256}/{frame_index}/{track_id}"
    return hashlib.blake2b(text.encode(), digest_size=_KEY_BYTES).digest()
