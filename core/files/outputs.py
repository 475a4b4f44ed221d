"""Files that commands write: checked before the work begins, and replaced only once they are whole."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from pathlib import Path

from core.errors import FamiError
from core.files.paths import is_same_file, overwritten
from core.files.replacing import replacing


def check_can_write(*paths: Path | None, inputs: Iterable[Path | None] = ()) -> None:
    """Raises FamiError where a file could not be written or would replace another, before hours of work end in it.

    Args:
        paths: what is to be written; None where nothing is.
        inputs: the files that the command reads, none of which may be replaced.
    """
    outputs = [path for path in paths if path is not None]
    read = [path for path in inputs if path is not None]
    for place, path in enumerate(outputs):
        if any(is_same_file(path, other) for other in outputs[:place]):
            raise FamiError(f"{path} is named for two different results; give each its own file.")
        destroyed = overwritten(path, read)
        if destroyed is not None:
            raise FamiError(
                f"Writing {path} would destroy {destroyed}, which this command reads or keeps; choose another name."
            )
        if path.is_dir():
            raise FamiError(f"{path} is a folder; give the name of a file to write.")
        if not path.absolute().parent.is_dir():
            raise FamiError(f"There is no folder {path.absolute().parent}; make it first, or write elsewhere.")
        if not os.access(path.absolute().parent, os.W_OK):
            raise FamiError(f"Nothing can be written in {path.absolute().parent}; choose another folder.")


def write_json(path: Path, value: object) -> None:
    """Writes JSON; what is not a number (NaN) becomes null, as JSON has none. Raises FamiError if it cannot."""
    with replacing(path) as partial:
        partial.write_text(json.dumps(_plain(value), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
