"""What the benchmarks have in common: each prints its numbers, and writes them to a file where one is named."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path


def tell(description: str | None, measure: Callable[[], Mapping[str, object]]) -> Mapping[str, object]:
    """Measures, once the command line was understood, and tells the result by name; returns it."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    result = measure()
    for name, value in result.items():
        print(f"{name:32} {value}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    return result
