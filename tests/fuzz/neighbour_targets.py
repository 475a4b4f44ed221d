"""HDF5 label files: SLEAP's, and DeepLabCut's tables as pandas writes them."""

import os
import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

from core.files import in_child
from core.formats import read_labels
from core.formats.layouts import deeplabcut, sleap
from tests.fuzz import documents
from tests.fuzz.label_targets import check
from tests.fuzz.mutations import hdf5
from tests.fuzz.targets import Target


def forked(reader: Callable[[str], Any], path: str, **_: Any) -> Any:
    """As `read_in_child`, by a fork of this process, which has the libraries loaded: a hundred times as quick."""
    outlet, inlet = os.pipe()
    process = os.fork()
    if not process:
        in_child.answer_to(reader, path, os.fdopen(inlet, "w"))
        os._exit(0)
    os.close(inlet)
    with os.fdopen(outlet) as answers:
        text = answers.read()
    os.waitpid(process, 0)
    return in_child.value_of(text)


def _read(path: Path) -> None:
    for module in (sleap, deeplabcut):  # the real one, for one in thirty
        module.read_in_child = in_child.read_in_child if path.stat().st_size % 30 == 0 else forked
    check(read_labels(path))


def _sleap(rng: Random, folder: Path) -> Path:
    path = folder / "labels.slp"
    path.write_bytes(documents.written("sleap", ".slp"))
    hdf5.mutate(path, rng)
    return path


COLUMNS = [("net", part, coord) for part in ("nose", "leftwrist", "tail") for coord in ("x", "y", "likelihood")]


def write_table(path: Path) -> None:
    """Pandas' appendable layout, of three frames."""
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        group.attrs["pandas_type"] = np.bytes_("frame_table")
        table = np.zeros(3, [("index", "<i8"), ("values_block_0", "<f8", (len(COLUMNS),))])
        table["index"], table["values_block_0"] = np.arange(3), 5.5
        group["table"] = table
        group["table"].attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(COLUMNS, 0))


def write_fixed(path: Path) -> None:
    """Pandas' fixed layout, of two pictures."""
    with h5py.File(path, "w") as file:
        group = file.create_group("df")
        group.attrs["pandas_type"] = np.bytes_("frame")
        group.attrs["nblocks"] = 1
        levels = [sorted({names[level] for names in COLUMNS}) for level in range(3)]
        for axis in ("axis0", "block0_items"):
            group.attrs[f"{axis}_variety"], group.attrs[f"{axis}_nlevels"] = np.bytes_("multi"), 3
            for level, words in enumerate(levels):
                group[f"{axis}_level{level}"] = np.array(words, "S")
                group[f"{axis}_label{level}"] = [words.index(names[level]) for names in COLUMNS]
        group["axis1"] = np.array(["img0.png", "img1.png"], "S")
        group["block0_values"] = np.full((2, len(COLUMNS)), 7.5)


@cache
def _tables(folder: Path) -> tuple[bytes, ...]:
    contents = []
    for write in (write_table, write_fixed):
        write(folder / "base.h5")
        contents.append((folder / "base.h5").read_bytes())
    return tuple(contents)


def _deeplabcut(rng: Random, folder: Path) -> Path:
    path = folder / "labels.h5"
    path.write_bytes(rng.choice(_tables(folder)))
    hdf5.mutate(path, rng)
    return path


TARGETS = (
    Target("sleap", _sleap, _read, ci_cases=40, formats=("sleap",)),
    Target("deeplabcut_h5", _deeplabcut, _read),
)
