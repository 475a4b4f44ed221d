"""Reads MATLAB files as plain Python values."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from core.errors import FormatError


def load_mat(path: Path, variable: str) -> NDArray[Any]:
    """One variable of a .mat file.

    Raises:
        FormatError: the file is missing, cannot be read, or holds no such variable.
    """
    try:
        with path.open("rb") as stream:
            content = loadmat(stream, variable_names=[variable])
    except FileNotFoundError:
        raise FormatError(f"There is no file {path}; check the path.") from None
    except NotImplementedError as error:
        raise FormatError(f"{path.name} is a MATLAB 7.3 file; save it in MATLAB with the option -v7.") from error
    # scipy names no one error for a damaged file: these are what its reader and zlib raise on one.
    except (
        MatReadError,
        OSError,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        MemoryError,
        zlib.error,
    ) as error:
        raise FormatError(f"{path.name} is not a whole MATLAB file ({error}); download it again.") from error
    if variable not in content:
        raise FormatError(f"{path.name} holds no variable '{variable}'; it is not the file of labels.")
    return np.asarray(content[variable])


def plain(value: object) -> list[Any]:
    """A MATLAB value as nested lists: a struct array as a list of dicts, a cell array as a list of such lists."""
    array = np.asarray(value)
    if array.dtype.names:
        return [{name: plain(entry[name]) for name in array.dtype.names} for entry in array.ravel()]
    if array.dtype == object:
        return [plain(item) for item in array.ravel()]
    if array.dtype == bool:
        array = array.astype(np.uint8)  # MATLAB's logical: a number, as the JSON files have it
    items: list[Any] = array.ravel().tolist()
    return items
