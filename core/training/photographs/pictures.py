"""Photographs of people in sports, gyms and streets with a teacher network's keypoints (pictures.h5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from core.errors import FamiError, TrainingError
from core.files.hdf5 import check_contents
from core.geometry import BoolArray, FloatArray
from core.keypoints import posetrack_places
from core.training.samples.jpegs import Jpegs
from core.training.samples.person import Person

LEAST_TRUST = 0.2
"""A teacher's keypoint below this is left out: it is more often wrong than right."""


class Pictures:
    """The photographs of a `pictures.h5`, decoded one at a time.

    Attributes:
        keypoints: (N, 17, 2) x, y in pixels of the photograph.
        trust: (N, 17) 0 to 1, the teacher's score times the share of its views that agree; 0 where it says nothing.
        labelled: (N, 17) where the trust is enough to learn from.
        boxes: (N, 4) the people's boxes, xywh in pixels of the photograph.
        groups: N names; photographs of one name show the same person.
    """

    def __init__(self, path: Path) -> None:
        with opened(path) as file:
            self._jpegs = jpegs(file, path)
            names = json.loads(file.attrs["joint_names"])
            teachers = array_of(file, "keypoints", (len(self._jpegs), len(names), 4))
            self.keypoints, self.trust = teachers_keypoints(teachers, names)
            self.boxes = array_of(file, "box", (len(self._jpegs), 4))
            origins = [origin[0] for origin in json.loads(file.attrs["origins"])]
            paths = [path.decode() for path in file["path"]]
            self.groups = tuple(
                _group(origins[origin], path) for origin, path in zip(file["origin"], paths, strict=True)
            )
        self.labelled: BoolArray = self.trust >= LEAST_TRUST

    def __len__(self) -> int:
        return len(self._jpegs)

    def person(self, index: int) -> Person:
        """One photograph and what the teacher says of it."""
        labels = self.keypoints[index], self.labelled[index], self.boxes[index], self.trust[index]
        return Person(self._jpegs.rgb(index), *labels)


def _group(origin: str, path: str) -> str:
    """The exercises are pairs of photographs in a folder; all others stand alone."""
    return f"{origin}/{path.rpartition('/')[0] if origin == 'exercise' else path}"


class opened:  # noqa: N801 - used as `with opened(path) as file`, like open
    """An HDF5 file of training pictures, for a `with` statement.

    Raises:
        TrainingError: if it is not there, or what is read within the statement is not in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Any:  # noqa: ANN401 - h5py has no types
        if not self.path.is_file():
            raise TrainingError(
                f"The pictures to train on are not at {self.path}: set FAMI_SHARED to the folder that holds them."
            )
        try:
            self._file = h5py.File(self.path, "r")
        except OSError as error:
            raise TrainingError(f"{self.path} is damaged ({error}): copy it again.") from error
        try:
            check_contents(self._file)
        except Exception as error:
            self._file.close()
            raise TrainingError(f"{self.path} does not hold what its name says ({error}): copy it again.") from error
        return self._file

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._file.close()
        if isinstance(error, Exception) and not isinstance(error, FamiError):  # what HDF5 and numpy say of odd content
            raise TrainingError(f"{self.path} does not hold what its name says ({error}): copy it again.") from error


def array_of(file: Any, name: str, shape: tuple[int, ...]) -> FloatArray:  # noqa: ANN401
    """Numbers of an open file. Raises ValueError where they have another shape."""
    if file[name].shape != shape:
        raise ValueError(f"'{name}' has the shape {file[name].shape}, not {shape}")
    return np.asarray(file[name], dtype=np.float64)


def jpegs(file: Any, path: Path) -> Jpegs:  # noqa: ANN401 - h5py has no types
    """The pictures of an open file."""
    return Jpegs(np.asarray(file["bytes"], dtype=np.uint8), np.asarray(file["end"], dtype=np.int64), path.name)


def teachers_keypoints(keypoints: FloatArray, names: list[str]) -> tuple[FloatArray, FloatArray]:
    """A teacher's keypoints in PoseTrack's skeleton.

    Args:
        keypoints: (N, K, 4) x, y, score and share of views that agree; NaN where the teacher did not run.
        names: of the K joints.

    Returns:
        (N, 17, 2) x, y, and (N, 17) the trust; both 0 where there is nothing.
    """
    places = posetrack_places(names)
    known = (places >= 0) & np.isfinite(keypoints[:, places]).all(axis=2)
    found = np.where(known[:, :, None], keypoints[:, places], 0.0)
    return found[:, :, :2], np.clip(found[:, :, 2] * found[:, :, 3], 0.0, 1.0)
