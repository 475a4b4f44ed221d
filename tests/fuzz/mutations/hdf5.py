"""HDF5 files whose datasets, attributes, links and bytes are wrong."""

from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

from tests.fuzz.mutations import raw_bytes

_VALUES: tuple[Any, ...] = (
    0, -1, 2**31 - 1, 2**63 - 1, 1e308, np.nan, np.inf, "", "a" * 5000, b"\xff\xfe", "../../etc/passwd", [], [0] * 100,
    np.zeros((2, 0)), np.zeros((3, 2, 2)), np.array([b"x", b"y"]), np.array(["x"], dtype=h5py.string_dtype()), True,
    "[[]]", "{}", "[1, 2", '["nose", 3]', '{"nodes": [{"name": 5}], "skeletons": []}', "null", '{"version": 99}',
)  # fmt: skip


def mutate(path: Path, rng: Random) -> None:
    """Changes a file in one to three places, or its bytes."""
    if rng.random() < 0.6:
        with h5py.File(path, "r+") as file:
            for _ in range(rng.choice((1, 1, 2, 3))):
                _change(file, rng)
    if rng.random() < 0.55:
        path.write_bytes(raw_bytes.mutated(path.read_bytes(), rng))


def _change(file: Any, rng: Random) -> None:
    found: list[Any] = [file]
    file.visititems(lambda _, item: found.append(item))
    item = rng.choice(found)
    if len(item.attrs) and rng.random() < 0.4:
        _change_attribute(item, rng)
    elif isinstance(item, h5py.Dataset):
        _change_dataset(file, item, rng)
    elif item.name != "/" and rng.random() < 0.5:
        del file[item.name]
    else:
        _link(file, item.name.rstrip("/") + rng.choice(("/metadata", "/frames", "/x", "/keypoints")), rng)


def _change_attribute(item: Any, rng: Random) -> None:
    name = rng.choice(list(item.attrs))
    if rng.random() < 0.2:
        del item.attrs[name]
        return
    value = item.attrs[name]
    if isinstance(value, (bytes, np.bytes_)) and rng.random() < 0.5:
        item.attrs[name] = np.void(raw_bytes.mutated(bytes(value), rng) or b"x")
    elif isinstance(value, str) and rng.random() < 0.5:
        item.attrs[name] = raw_bytes.mutated(value.encode(), rng).decode("utf-8", "ignore").replace("\0", "")
    else:
        item.attrs[name] = rng.choice(_VALUES)


def _change_dataset(file: Any, dataset: Any, rng: Random) -> None:
    name, values = dataset.name, dataset[()] if dataset.nbytes < 2**20 else None
    action = rng.random()
    if action < 0.45 and isinstance(values, np.ndarray) and values.size:
        dataset[...] = _changed(values, rng)
        return
    attributes = dict(dataset.attrs)
    del file[name]
    if action < 0.55:
        return
    if action < 0.65:
        _link(file, name, rng)
    elif action < 0.72:  # says that it is large, and holds nothing
        file.create_dataset(name, shape=rng.choice(((2**40,), (2**20, 2**20), (2**33, 2))), dtype="f8", chunks=True)
    elif isinstance(values, np.ndarray) and values.size and action < 0.85:
        cut = values[: rng.randrange(len(values) + 1)] if values.ndim else values
        file.create_dataset(name, data=np.repeat(cut, 2, axis=0) if rng.random() < 0.5 and cut.ndim else cut)
    else:
        file.create_dataset(name, data=rng.choice(_VALUES))
    if name in file and rng.random() < 0.8:
        for key, value in attributes.items():
            file[name].attrs[key] = value


def _link(file: Any, name: str, rng: Random) -> None:
    if name in file:
        del file[name]
    file[name] = rng.choice(
        (
            h5py.ExternalLink("/etc/passwd", "/x"),
            h5py.ExternalLink("../other.h5", "/x"),
            h5py.SoftLink(name),
            h5py.SoftLink("/"),
        )
    )


def _changed(values: Any, rng: Random) -> Any:
    """The same array with one number in it that is odd; of records, in one field."""
    values = np.array(values, copy=True)
    flat = values.reshape(-1)
    at = rng.randrange(len(flat))
    if values.dtype.names:
        field = rng.choice(values.dtype.names)
        flat[field][at] = _odd_number(flat[field].dtype, rng)
    elif values.dtype.kind in "iufb":
        flat[at] = _odd_number(values.dtype, rng)
    elif values.dtype == object:
        flat[at] = rng.choice((b"", b"\xff\xff", b"{}", b"[1", "a" * 3000, b"[[[[[[[["))
    return values


def _odd_number(dtype: Any, rng: Random) -> Any:
    if dtype.kind == "f":
        return rng.choice((np.nan, np.inf, -np.inf, 1e30, -1.0, 0.0))
    if dtype.kind in "iu":
        information = np.iinfo(dtype)
        return rng.choice((information.min, information.max, information.max // 2, 0, 1, 100))
    return np.zeros((), dtype)[()]
