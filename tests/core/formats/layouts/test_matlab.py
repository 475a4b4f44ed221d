"""MATLAB files: what scipy writes is read as scipy reads it; whatever is wrong in one is an error, never a crash."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import loadmat, savemat

from core.errors import FormatError
from core.formats.layouts.matlab import load_mat, plain


def cells(items):
    array = np.empty(len(items), object)
    for place, item in enumerate(items):
        array[place] = item
    return array


numbers = st.sampled_from(["f8", "f4", "u1", "i2", "i4", "i8", "bool"]).flatmap(
    lambda kind: st.lists(st.integers(0, 1), min_size=1, max_size=6).map(lambda values: np.array(values, kind))
)
words = st.text("abcß", min_size=1, max_size=9)
values = st.recursive(
    numbers | words,
    lambda inner: (
        st.dictionaries(st.sampled_from(["x", "is_visible", "point"]), inner, min_size=1)
        | st.lists(inner, min_size=1, max_size=3).map(cells)
    ),
    max_leaves=8,
)


@given(values, st.booleans())
def test_what_scipy_writes_is_read_as_scipy_reads_it(tmp_path_factory, value, compressed):
    path = tmp_path_factory.mktemp("mat") / "a.mat"
    savemat(path, {"other": 1.0, "wanted": value}, do_compression=compressed)
    assert plain(load_mat(path, "wanted")) == plain(loadmat(path)["wanted"])


def test_shapes_and_types_are_kept(tmp_path):
    masks = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    savemat(tmp_path / "a.mat", {"part_mask": masks, "no": np.zeros((0, 3))})
    found = load_mat(tmp_path / "a.mat", "part_mask")
    np.testing.assert_array_equal(found, masks)
    assert found.dtype == np.uint8 and load_mat(tmp_path / "a.mat", "no").size == 0


def element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def array(flags, shape, content, name=b"annolist"):
    head = element(6, struct.pack("<II", flags, 0)) + element(5, struct.pack(f"<{len(shape)}i", *shape))
    return element(14, head + element(1, name) + content)


def cell(count, *items):
    return array(1, (1, count), b"".join(items))


DEEP = array(6, (1, 1), element(9, bytes(8)), b"")
for _ in range(200):
    DEEP = cell(1, DEEP)
HOSTILE = {
    "a number less than its shape": array(6, (2, 1), element(9, bytes(8))),
    "a shape of petabytes": array(6, (2**31 - 1, 2**31 - 1), element(9, bytes(8))),
    "a billion cells": cell(2**30),
    "a negative shape": array(6, (-1, 1), element(9, b"")),
    "numbers stored as arrays": array(6, (1, 1), element(14, bytes(8))),
    "a number in a cell": cell(1, element(9, bytes(8))),
    "cells in cells": DEEP,
    "a struct whose fields have no length": array(2, (1, 1), element(5, bytes(4)) + element(1, b"abc")),
    "a field twice": array(2, (1, 1), element(5, struct.pack("<i", 1)) + element(1, b"aa") + cell(0) * 2),
    "an object of a class": array(3, (1, 1), element(1, b"double")),
    "a sparse matrix": array(5, (1, 1), element(5, bytes(4)) * 2),
    "complex numbers": array(6 | 0x800, (1, 1), element(9, bytes(8)) * 2),
    "a variable that is cut off": cell(1)[:-1],
    "no length": struct.pack("<II", 14, 2**32 - 1),
}


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_lies_of_itself_is_refused_with_its_place(tmp_path, what, compressed):
    content = HOSTILE[what]
    if compressed:
        packed = zlib.compress(content)
        content = struct.pack("<II", 15, len(packed)) + packed
    path = tmp_path / "train.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + content)
    with pytest.raises(FormatError, match=r"train\.mat is not a complete MATLAB file .* byte 128"):
        load_mat(path, "annolist")


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("core.formats.layouts.matlab._MOST_BYTES", 2**20)
    packed = zlib.compress(bytes(2**24))
    (tmp_path / "a.mat").write_bytes(
        b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 15, len(packed)) + packed
    )
    with pytest.raises(FormatError, match="too large to unpack"):
        load_mat(tmp_path / "a.mat", "annolist")
