"""HDF5 files of strangers: links lead nowhere else, and what says that it is large has to be.

An HDF5 file can name other files, whose content then seems to be its own, and datasets of any size that take no room.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
ALWAYS_READ_BYTES = 64 * 2**20
MOST_UNPACKED = 50
"""Times the size of its file: what a larger dataset holds cannot be in it."""


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as HDF5 does; False for one that cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False


def check_contents(file: Any) -> None:  # noqa: ANN401 - h5py has no types
    """Raises ValueError where an open file leads out of itself, or declares more than it can hold."""
    size = Path(file.filename).stat().st_size
    waiting, seen = [file["/"]], set()
    while waiting:
        group = waiting.pop()
        if group.id.__hash__() in seen:
            continue
        seen.add(group.id.__hash__())
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"'{name}' is a link to somewhere else")
            item = group[name]
            if isinstance(item, h5py.Group):
                waiting.append(item)
            elif isinstance(item, h5py.Dataset):
                _check_dataset(name, item, size)


def _check_dataset(name: str, dataset: Any, file_bytes: int) -> None:  # noqa: ANN401
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"the content of '{name}' is said to lie in another file")
    if dataset.nbytes > max(ALWAYS_READ_BYTES, MOST_UNPACKED * file_bytes):
        raise ValueError(f"'{name}' is said to have {dataset.nbytes:,} bytes, more than the file can hold")
