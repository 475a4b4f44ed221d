"""The catalogue of weights that can be fetched: what each is, how good, under which terms, and where it lies."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from core.errors import WeightsError


@dataclass(frozen=True)
class CatalogueEntry:
    """Weights that somebody published.

    Attributes:
        name: what a person calls them.
        url: where the file lies, http or https; its last part is the file's name at home too.
        sha256: the file's SHA-256, or the first hex digits of it (at least 8).
        megabytes: about the file's size.
        backbone: a name in core.model.BACKBONES.
        input_size_wh: width and height of the crop in pixels.
        keypoints: whose keypoints the heatmaps are, "posetrack" or "coco".
        summary: accuracy in three words, for a table.
        accuracy: the numbers, on what, and by whom.
        licence: its short name.
        terms: licence of the weights and terms of what they were trained on.
    """

    name: str
    url: str
    sha256: str
    megabytes: int
    backbone: str
    input_size_wh: tuple[int, int]
    keypoints: str
    summary: str
    accuracy: str
    licence: str
    terms: str

    @property
    def file_name(self) -> str:
        """The name that the file has everywhere."""
        return self.url.rpartition("/")[2]


def read_catalogue(path: Path) -> tuple[CatalogueEntry, ...]:
    """The entries of a catalogue file (TOML), from the most to the least accurate.

    Raises:
        WeightsError: the file cannot be read, or an entry lacks something.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["weights"]
        return tuple(_entry(table) for table in tables)
    except OSError as error:
        raise WeightsError(
            f"The catalogue of weights {path} cannot be read ({error.strerror}); check its path."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"The catalogue of weights {path} is damaged ({error}); correct it, or get the checkout again."
        ) from error


def _entry(table: dict[str, object]) -> CatalogueEntry:
    missing = {field.name for field in fields(CatalogueEntry)} - set(table)
    if missing:
        raise ValueError(f"{table.get('name', 'an entry')} lacks {', '.join(sorted(missing))}")
    entry = CatalogueEntry(**table)  # type: ignore[arg-type]  # the kinds of values are checked next
    width, height = entry.input_size_wh
    if len(entry.sha256) < 8 or not entry.url.startswith(("http://", "https://")) or width <= 0 or height <= 0:
        raise ValueError(f"{entry.name} needs an http address, 8 digits of SHA-256 and a size")
    return CatalogueEntry(**{**table, "input_size_wh": (int(width), int(height))})  # type: ignore[arg-type]
