"""Small files of the program's own, in TOML and JSON, that a person or a crash may have damaged."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

A = TypeVar("A")
MOST_BYTES = 16 * 2**20


def toml_table(path: Path) -> dict[str, Any]:
    """The table in a TOML file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no TOML, or too large.
    """
    return _parsed(path, tomllib.loads)


def json_value(path: Path) -> Any:  # noqa: ANN401 - JSON has no one type
    """What a JSON file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no JSON, or too large.
    """
    return _parsed(path, json.loads)


def remembered(text: str | None, otherwise: A) -> A:
    """What a project or a file of settings remembers as JSON text; `otherwise` where that is none, or of another kind.

    A stranger's project may hold anything there, and nothing of worth is lost with it.
    """
    try:
        value = json.loads(text or "")
    except (ValueError, TypeError, RecursionError):
        return otherwise
    return value if type(value) is type(otherwise) else otherwise


def _parsed(path: Path, parse: Callable[[str], A]) -> A:
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES // 2**20} MB")
    try:
        return parse(content.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("its lists lie too deep in lists") from error
