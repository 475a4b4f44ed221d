"""Values that readers do not expect, and JSON text that can hold all of them."""

import copy
import json
import re
from random import Random
from typing import Any

_RAW: list[str] = []
_AGAIN = "@@again"


def Raw(text: str) -> str:  # noqa: N802 - reads as a type among values
    """A mark of text that is to stand in JSON as it is, right or wrong."""
    _RAW.append(text)
    return f"@@raw{len(_RAW) - 1}@@"


LONG_DIGITS = "7" * 5000
NUMBERS: tuple[Any, ...] = (
    0,
    1,
    -1,
    2,
    255,
    2**31,
    2**32,
    -(2**31),
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    2**64,
    10**30,
    10**400,
    -(10**400),
    0.5,
    1e-320,
    1e30,
    1e150,
    1e308,
    -1e308,
    1.7976931348623157e308,
    Raw("1e999"),
    Raw("-1e999"),
    Raw("NaN"),
    Raw("Infinity"),
    Raw("-Infinity"),
    Raw(LONG_DIGITS),
    Raw("-" + LONG_DIGITS),
    Raw("0." + LONG_DIGITS),
)
TEXTS = (
    "",
    " ",
    "7",
    "-7",
    "--5",
    "²",
    "٣",
    "1e5",
    "1_000",
    "0x10",
    "3.0",
    "nan",
    "inf",
    LONG_DIGITS,
    "a" * 256,
    "b" * 70000,
    "\x00",
    "a\x00b",
    "\ud800",
    "x\udfff.jpg",
    "\u202egpj.exe",
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "/",
    "//",
    "C:\\Windows\\x.png",
    "file:///etc/passwd",
    "http://127.0.0.1:9/x.jpg",
    "concat:a.ts|b.ts",
    "<b>bold</b><img src=x>",
    "'; DROP TABLE poses; --",
    "%s%n%x",
    "{0}",
    "${HOME}",
    "person",
    "corrected",
    "nose",
    "image%00.png",
    "http://[x",
    "a/" * 3000 + "b.jpg",
    "\N{COMBINING ACUTE ACCENT}" * 300,
    "🜁" * 64,
    "\r\n",
    "\ufeff",
)
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], [{}], {"": None}, [[[1]]], [0] * 5000)
DEPTHS = (60, 900, 3000, 120_000)
DEEP = (*(Raw("[" * depth + "]" * depth) for depth in DEPTHS), Raw('{"a":' * 2000 + "1" + "}" * 2000))


def extreme(rng: Random) -> Any:
    """One of the values."""
    return copy.deepcopy(rng.choice(rng.choice((NUMBERS, NUMBERS, TEXTS, TEXTS, OTHERS, DEEP))))


def text_of(value: Any) -> str:
    """JSON text of what `mutated_document` returns, also where no JSON holds it."""
    text = json.dumps(value).replace(f'{_AGAIN}"', '"')
    return re.sub(r'"@@raw(\d+)@@"', lambda mark: _RAW[int(mark[1])], text)


def mutated_document(document: Any, rng: Random) -> Any:
    """Makes one to four things wrong in a document of dicts and lists; returns it, or what it has been put into."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        place = _place(document, rng)
        if place is None:
            break
        document = _changed(document, *place, rng)
    return document


def _place(document: Any, rng: Random) -> tuple[Any, Any] | None:
    """(holder, key) of a value somewhere inside, None if there is none."""
    holder, place = document, None
    while isinstance(holder, (dict, list)) and holder:
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
        place = holder, key
        if rng.random() < 0.15:
            break
        holder = holder[key]
    return place


def _changed(document: Any, holder: Any, key: Any, rng: Random) -> Any:
    action = rng.random()
    value = holder[key]
    if action < 0.6:
        holder[key] = extreme(rng)
    elif action < 0.7:
        del holder[key]
    elif action < 0.76:
        holder[key] = [value]
    elif action < 0.8:
        holder[key] = value[0] if isinstance(value, list) and value else str(value)
    elif action < 0.85 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(value))
    elif action < 0.88 and isinstance(holder, list):
        rng.shuffle(holder)
    elif action < 0.92 and isinstance(holder, list):
        holder[:] = holder * rng.choice((0, 2, 40))
    elif isinstance(holder, dict):
        if rng.random() < 0.5:
            holder[rng.choice(TEXTS)] = holder.pop(key)
        else:
            holder[f"{key}{_AGAIN}"] = extreme(rng)
    else:
        return [document] if rng.random() < 0.1 else document
    return document
