"""HDF5 files that lead elsewhere or lie of their size, and label files in HDF5 that crash or bomb their readers."""

import h5py
import numpy as np
import pytest

from core.errors import FormatError, TrainingError
from core.files.hdf5 import check_contents, is_hdf5
from core.formats import read_labels
from core.training.photographs.pictures import Pictures
from tests.core.training.sources import starter_files
from tests.fuzz import documents
from tests.fuzz.neighbour_targets import write_table


def external_link(file):
    file["x"] = h5py.ExternalLink("other.h5", "/secret")


def soft_link(file):
    file["x"] = h5py.SoftLink("/x")


def content_elsewhere(file):
    file.create_dataset("x", shape=(4,), dtype="u1", external=[("/etc/passwd", 0, 4)])


def bomb(file):
    file.create_dataset("x", shape=(2**40,), dtype="f8", chunks=True)


def virtual(file):
    layout = h5py.VirtualLayout(shape=(4,), dtype="u1")
    layout[:] = h5py.VirtualSource("other.h5", "secret", shape=(4,))
    file.create_virtual_dataset("x", layout)


HOSTILE = [external_link, soft_link, content_elsewhere, bomb, virtual]


@pytest.mark.parametrize("make", HOSTILE)
def test_what_leads_elsewhere_or_is_not_there_is_refused(tmp_path, make):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["whole"] = np.arange(5)
        file["group/inside"] = np.arange(5)
        file["group/again"] = file["group"]  # a group within itself
        check_contents(file)
        make(file["group"])
        with pytest.raises(ValueError, match="'x'"):
            check_contents(file)


@pytest.mark.parametrize("make", HOSTILE)
def test_no_reader_of_hdf5_follows_it(tmp_path, make):
    slp, table, pictures = tmp_path / "a.slp", tmp_path / "a.h5", tmp_path / "pictures.h5"
    slp.write_bytes(documents.written("sleap", ".slp"))
    write_table(table)
    starter_files.write_pictures(pictures, 3)
    for path in (slp, table, pictures):
        with h5py.File(path, "r+") as file:
            make(file)
    for path in (slp, table):
        with pytest.raises(FormatError, match=rf"{path.name}.*'x'"):
            read_labels(path)
    with pytest.raises(TrainingError, match=r"pictures\.h5.*'x'"):
        Pictures(pictures)


def test_a_file_that_is_none_is_none(tmp_path):
    (tmp_path / "a").write_bytes(b"\x89HDF")
    assert not is_hdf5(tmp_path / "a") and not is_hdf5(tmp_path / "b")


@pytest.mark.parametrize("name", ["keypoints", "box", "end", "first"])
def test_training_pictures_of_other_shapes_are_refused_with_their_name(tmp_path, name):
    path = tmp_path / "pictures.h5"
    starter_files.write_pictures(path, 3)
    with h5py.File(path, "r+") as file:
        if name in file:
            values = file[name][()]
            del file[name]
            file[name] = values[::-1][:2]
    if name == "first":
        return
    with pytest.raises(TrainingError, match=r"pictures\.h5"):
        Pictures(path)
