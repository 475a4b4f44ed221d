"""Reads MATLAB files as plain Python values."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from core.errors import FormatError

_HEADER_BYTES = 128
_COMPRESSED = 15
_READ = "import sys; from scipy.io import loadmat; loadmat(sys.argv[1], variable_names=[sys.argv[2]])"


def load_mat(path: Path, variable: str) -> NDArray[Any]:
    """One variable of a .mat file.

    Raises:
        FormatError: the file is missing, cannot be read, or holds no such variable.
    """
    try:
        with path.open("rb") as stream:
            if not _has_checksums(stream) and _crashes_reader(path, variable):
                raise FormatError(f"{path.name} is not a complete MATLAB file; download it again.")
            stream.seek(0)
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
        raise FormatError(f"{path.name} is not a complete MATLAB file ({error}); download it again.") from error
    if variable not in content:
        raise FormatError(f"{path.name} holds no variable '{variable}'; it is not the file of labels.")
    return np.asarray(content[variable])


def _has_checksums(stream: BinaryIO) -> bool:
    """Whether all variables of a file are compressed, which MATLAB does by default: zlib then tells a changed byte."""
    header = stream.read(_HEADER_BYTES)
    tag = struct.Struct(">II" if header[126:128] == b"MI" else "<II")
    while len(bytes_read := stream.read(tag.size)) == tag.size:
        kind, num_bytes = tag.unpack(bytes_read)
        if kind != _COMPRESSED:
            return False
        stream.seek(num_bytes, 1)
    return len(header) == _HEADER_BYTES


def _crashes_reader(path: Path, variable: str) -> bool:
    """Whether scipy's compiled reader kills its process on a file; one that is damaged in a tag can do that."""
    command = [sys.executable, "-c", _READ, str(path.absolute()), variable]
    return subprocess.run(command, capture_output=True, check=False).returncode not in (0, 1)  # noqa: S603 - our own words


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
