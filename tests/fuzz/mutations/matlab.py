"""MATLAB files whose values, shapes, tags and compressed bytes are wrong."""

import io
import json
import struct
import zlib
from functools import cache
from random import Random
from typing import Any

import numpy as np
from scipy.io import savemat

from tests.fuzz import documents
from tests.fuzz.mutations import raw_bytes
from tests.fuzz.mutations.values import NUMBERS, mutated_document

_HEADER = 128
_ODD = (
    np.zeros((0, 0)),
    np.zeros((0, 15, 3)),
    np.array([[1e308]]),
    np.array([[np.nan]]),
    np.zeros((1, 1), object),
    np.array(["x"]),
    np.zeros((2, 15), np.complex128),
    np.zeros((2, 15, 3), np.int8),
    np.full((2, 15, 3), np.inf),
    np.zeros((15, 2, 3)),
    np.zeros((2, 15, 3, 2)),
    np.array([[2**63 - 1]], np.int64),
    np.zeros((240, 320), bool),
    np.array(["a" * 5000]),
)


def save(variables: dict[str, Any], rng: Random) -> bytes:
    """A file of these variables, plain or packed, perhaps with changed bytes in it."""
    stream = io.BytesIO()
    savemat(stream, variables, do_compression=rng.random() < 0.3, format="5")
    content = stream.getvalue()
    action = rng.random()
    if action < 0.4:
        return content
    if action < 0.7:
        return content[:_HEADER] + raw_bytes.mutated(content[_HEADER:], rng)
    if action < 0.75:
        return raw_bytes.mutated(content, rng)
    return _packed_again(variables, rng)


def _packed_again(variables: dict[str, Any], rng: Random) -> bytes:
    """Changed bytes within a compressed variable, whose checksum is right."""
    stream = io.BytesIO()
    savemat(stream, variables)
    content = stream.getvalue()
    packed = zlib.compress(raw_bytes.mutated(content[_HEADER:], rng))
    return content[:_HEADER] + struct.pack("<II", 15, len(packed)) + packed


def odd(rng: Random) -> Any:
    """An array that nobody expects."""
    return rng.choice(_ODD)


@cache
def _annolist() -> str:
    return json.dumps(documents.posetrack17()[0]["annolist"])


def annolist(rng: Random) -> dict[str, Any]:
    """PoseTrack17's variable in one of its two layouts, with something wrong in it or not."""
    if rng.random() < 0.5:
        frames = json.loads(_annolist())
        if rng.random() < 0.7:
            frames = mutated_document(frames, rng)
        return {"annolist": _value(frames, rng)}
    point = {"id": 0, "x": 5.5, "y": 6.5, "is_visible": 1}
    person: Any = {"point": [point | {"id": number} for number in (0, 1, 9)], "head_rect": [1, 2, 3, 4]}
    video: Any = {"name": "v", "num_frames": 2, "num_persons": 1, "annopoints": None}
    if rng.random() < 0.5:
        person = mutated_document(person, rng)
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = _value(person, rng), odd(rng) if rng.random() < 0.3 else np.zeros((0, 0))
    if rng.random() < 0.3:
        video = mutated_document(video, rng)
    entry = _value(video, rng)
    if isinstance(entry, np.ndarray) and entry.dtype.names and "annopoints" in entry.dtype.names and rng.random() < 0.9:
        entry[0, 0]["annopoints"] = cells
    return {"annolist": entry}


def _value(value: Any, rng: Random) -> Any:
    """Lists of objects as struct arrays, as MATLAB has them; what it cannot hold becomes a number or text."""
    if value == {}:
        return np.zeros((0, 0))
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list) and value and all(isinstance(item, dict) and item for item in value):
        names = list(
            dict.fromkeys(str(key)[:20].encode("ascii", "ignore").decode() or "f" for item in value for key in item)
        )
        array = np.empty((1, len(value)), [(name, object) for name in names])
        for at, item in enumerate(value):
            for name in names:
                array[0, at][name] = _value(item.get(name, []), rng)
        return array
    if isinstance(value, list):
        if all(isinstance(item, (int, float)) for item in value):
            return np.array([[_number(item) for item in value]]) if value else np.zeros((0, 0))
        cells = np.empty((1, len(value)), object)
        for at, item in enumerate(value):
            cells[0, at] = _value(item, rng)
        return cells
    if isinstance(value, str):
        text = "".join(letter for letter in value if letter.isascii())[:300]
        return np.array([text]) if text else np.zeros((0, 0))
    return np.array([[_number(value if isinstance(value, (int, float)) else rng.choice(NUMBERS))]])


def _number(value: Any) -> float:
    try:
        return float(value)
    except (OverflowError, ValueError):
        return 1e308
