"""Reads label files that are no JSON: of SLEAP, DeepLabCut, CVAT and JHMDB; says of others what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import FormatError
from core.formats.known import WRITTEN_FORMATS
from core.formats.layouts import csv_table, cvat, deeplabcut, jhmdb, sleap
from core.formats.texts.records import LabelFile

_ZIP, _MAT = b"PK\x03\x04", b"MATLAB"


class Reader(NamedTuple):
    """How a layout is recognised, and how it is read."""

    recognises: Callable[[Path], bool]
    parse: Callable[[Path], LabelFile]


class Advice(NamedTuple):
    """A JSON file of a program that is known and cannot be read, and which program writes what can.

    Attributes:
        recognises: whether a document is such a file.
        of: the program.
        do: what to do instead.
    """

    recognises: Callable[[Any], bool]
    of: str
    do: str


def _has(*keys: str) -> Callable[[Any], bool]:
    return lambda document: isinstance(document, dict) and all(key in document for key in keys)


def _is_via(document: object) -> bool:
    values = list(document.values()) if isinstance(document, dict) else []
    return any(isinstance(value, dict) and "regions" in value and "filename" in value for value in values)


VIA = "the VGG Image Annotator (VIA)"
LABEL_ELSEWHERE = "CVAT and Label Studio write people's joints as they can be read here"
OF_NOBODY = f"its COCO export does not say which points are one person's; {LABEL_ELSEWHERE}"
ADVICE = (
    Advice(_has("shapes", "imagePath"), "labelme", f"its labelme2coco leaves points out; {LABEL_ELSEWHERE}"),
    Advice(_is_via, VIA, OF_NOBODY),
    Advice(_has("_via_settings"), VIA, OF_NOBODY),
    Advice(
        _has("items", "categories"),
        "Datumaro",
        "convert its folder with Datumaro's 'datum convert -if datumaro -f coco_person_keypoints'",
    ),
)

COME_BACK = tuple(one.name for one in WRITTEN_FORMATS if one.is_read)
"""Formats that are written and read again."""
_HDF5 = b"\x89HDF"
READERS = (
    Reader(sleap.is_sleap, sleap.parse),
    Reader(deeplabcut.is_table, deeplabcut.parse),
    Reader(cvat.is_cvat, cvat.parse),
)


def parse_other_than_json(path: Path) -> LabelFile | None:
    """Reads a label file that is no JSON; None where it may be JSON, or is not there.

    Raises:
        FormatError: it is of a kind that is known and cannot be read; the sentence says what to do.
    """
    if not path.is_file():
        return None
    for reader in READERS:
        if reader.recognises(path):
            return reader.parse(path)
    start = _start(path)
    if start.startswith(_MAT):
        return jhmdb.parse(path)
    if start.startswith(_HDF5):
        raise FormatError(
            f"{path.name} is HDF5, but of neither SLEAP nor DeepLabCut: make an NWB file one of SLEAP's "
            f"with 'sio convert {path.name} -o labels.slp', of the package sleap-io."
        )
    if start.startswith(_ZIP):
        raise FormatError(f"{path.name} is a zip archive: unpack it, and choose the label file in it.")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise FormatError(f"{path.name} is XML, but not CVAT's: export it as COCO keypoints.")
    if start.lstrip(b"\xef\xbb\xbf").startswith(csv_table.COLUMNS[0].encode() + b","):
        raise FormatError(
            f"{path.name} is this program's own table for spreadsheets, which is only written: "
            f"export the project as one of {', '.join(COME_BACK)}, which are read again."
        )
    if path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        raise FormatError(
            f"{path.name} is a table, but not DeepLabCut's: its first line does not begin with 'scorer'; "
            "export the labels as COCO keypoints."
        )
    return None


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(64)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from error
