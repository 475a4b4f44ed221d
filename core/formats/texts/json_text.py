"""JSON text into values piece by piece, so that reading a large file can be ended and lets other threads on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
DEPTH = 2
"""Of containers within containers whose items are read one by one: the lists of images and annotations in a file."""


def parse_json(text: str, on_item: Callable[[], None]) -> Any:  # noqa: ANN401 - JSON has no one type
    """What `json.loads` makes of a text, which decodes a whole text at one go and keeps all threads waiting.

    Args:
        text: the whole text.
        on_item: called before each item of the outer containers; may raise Cancelled.

    Raises:
        JSONDecodeError: the text is no JSON.
    """
    value, at = _value(text, _skip(text, 0), DEPTH, on_item)
    if at != len(text):
        raise json.JSONDecodeError("Extra data", text, at)
    return value


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()


def _value(text: str, at: int, depth: int, on_item: Callable[[], None]) -> tuple[Any, int]:
    """The value that begins at a place, and the place of what follows it."""
    start = text[at : at + 1]
    if not depth or start not in ("[", "{"):
        value, at = _DECODER.raw_decode(text, at)
        return value, _skip(text, at)
    end = "]" if start == "[" else "}"
    items: list[Any] = []
    at = _skip(text, at + 1)
    while text[at : at + 1] != end:
        if items:
            at = _after(text, at, ",")
        on_item()
        key: Any = None
        if start == "{":
            if text[at : at + 1] != '"':
                raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
            key, at = _DECODER.raw_decode(text, at)
            at = _after(text, _skip(text, at), ":")
        value, at = _value(text, at, depth - 1, on_item)
        items.append((key, value) if start == "{" else value)
    return dict(items) if start == "{" else items, _skip(text, at + 1)


def _after(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise json.JSONDecodeError(f"Expecting '{mark}' delimiter", text, at)
    return _skip(text, at + 1)
