"""Predicted heatmaps in an HDF5 file: one row a person and frame, found by `frame_index` and `track_id`.

Datasets: heatmaps (N, K, h, w) float16; frame_index (N,) and track_id (N,) int64; image_from_heatmap (N, 2, 3), the
affine from heatmap pixels to full-frame pixels. Attributes: keypoints, source, weights_sha256.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from core.keypoints import POSETRACK
from core.predictions import Prediction

if TYPE_CHECKING:  # a name of type checkers alone
    from _typeshed import ReadableBuffer


class _ToldOfNoFailure(io.FileIO):
    """A file of which HDF5 hears no failure: after a write that failed, all others are left out.

    HDF5 does not bear a disk that becomes full: closing the file, or ending the program, it writes again what it could
    not write, and crashes the process.

    Attributes:
        failure: of the first write that failed, None while all went well.
    """

    failure: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        """Writes all of it, or remembers why not."""
        view = memoryview(data).cast("B")
        written = 0
        while self.failure is None and written < len(view):
            try:
                written += super().write(view[written:]) or 0
            except OSError as error:
                self.failure = error
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        """Likewise."""
        if self.failure is None:
            try:
                return super().truncate(size)
            except OSError as error:
                self.failure = error
        return size or 0


class HeatmapFile:
    """Appends predictions to a file that is open for writing."""

    def __init__(self, path: Path, source_path: Path, weights_sha256: str) -> None:
        """Makes the file. Raises OSError if it cannot be written."""
        self._disk = _ToldOfNoFailure(path, "w+")
        self._file = h5py.File(self._disk, "w")
        self._file.attrs["keypoints"] = list(POSETRACK.keypoint_names)
        self._file.attrs["source"] = str(source_path)
        self._file.attrs["weights_sha256"] = weights_sha256

    def append(self, predictions: Sequence[Prediction]) -> None:
        """Adds a row for each prediction. Raises OSError if it cannot be written."""
        if not predictions:
            return
        self._extend("heatmaps", np.stack([p.heatmaps for p in predictions]).astype(np.float16))
        self._extend("image_from_heatmap", np.stack([p.image_from_heatmap for p in predictions]).astype(np.float64))
        self._extend("frame_index", np.array([p.request.frame_index for p in predictions], np.int64))
        self._extend("track_id", np.array([p.request.track_id for p in predictions], np.int64))
        self._require_written()

    def close(self) -> None:
        """Ends the file. Raises OSError if some of it cannot be written."""
        self._file.close()
        self._disk.close()
        self._require_written()

    def _require_written(self) -> None:
        if self._disk.failure is not None:
            raise self._disk.failure

    def _extend(self, name: str, rows: np.ndarray) -> None:
        if name not in self._file:
            self._file.create_dataset(
                name,
                data=rows,
                maxshape=(None, *rows.shape[1:]),
                chunks=(1, *rows.shape[1:]) if rows.ndim > 1 else (1024,),
                compression="gzip" if name == "heatmaps" else None,
                compression_opts=1 if name == "heatmaps" else None,
            )
            return
        stored = self._file[name]
        stored.resize(len(stored) + len(rows), axis=0)
        stored[-len(rows) :] = rows
