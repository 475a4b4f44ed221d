"""The catalogue of weights that can be fetched: what each is, how good, under which terms, and where it lies."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path

from core.errors import WeightsError
from core.files.small_files import toml_table

LONGEST_SIDE = 2048
"""Of a crop, in pixels: five times the largest that anybody published."""


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
        tables = toml_table(path)["weights"]
        return tuple(_entry(table) for table in tables)
    except OSError as error:
        raise WeightsError(
            f"The catalogue of weights {path} cannot be read ({error.strerror}); check its path."
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            f"The catalogue of weights {path} is damaged ({error}); correct it, or get the checkout again."
        ) from error


def _entry(table: dict[str, object]) -> CatalogueEntry:
    missing = {field.name for field in fields(CatalogueEntry)} - set(table)
    if missing:
        raise ValueError(f"{table.get('name', 'an entry')} lacks {', '.join(sorted(missing))}")
    words = [str(field.name) for field in fields(CatalogueEntry) if field.type == "str"]
    wrong = [name for name in words if not isinstance(table[name], str)]
    if wrong or not isinstance(table["megabytes"], int):
        raise ValueError(f"{table['name']} has values of the wrong kind ({', '.join(wrong) or 'megabytes'})")
    entry = CatalogueEntry(**table)  # type: ignore[arg-type]  # the kinds of values were checked, but for the next
    width, height = entry.input_size_wh
    if not re.fullmatch(r"[0-9a-fA-F]{8,64}", entry.sha256) or not entry.url.startswith(("http://", "https://")):
        raise ValueError(f"{entry.name} needs an http address and 8 digits of SHA-256")
    if not all(isinstance(side, int) and 32 <= side <= LONGEST_SIDE for side in (width, height)):
        raise ValueError(f"{entry.name} needs the width and height of its crop, from 32 to {LONGEST_SIDE} pixels")
    if not re.fullmatch(r"[^/\\\x00-\x1f?#]*[^/\\\x00-\x1f?#.][^/\\\x00-\x1f?#]*", entry.file_name):
        raise ValueError(f"{entry.name} needs an address that ends in a file's name")
    return CatalogueEntry(**{**table, "input_size_wh": (width, height)})  # type: ignore[arg-type]
