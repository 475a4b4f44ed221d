"""The hash by which a weights file is known, whatever it is called."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.errors import WeightsError


def file_sha256(path: Path | str) -> str:
    """The SHA-256 of a file's bytes, 64 hex digits. Raises WeightsError where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(
            f"The weights file {path} cannot be read ({error.strerror or error}); choose another file."
        ) from error
