"""What a torch file may hold: nothing that takes more memory or time than the file is long."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

MOST_ITEMS = 1_000_000
"""Values, those of lists in lists each time they are met: checkpoints with their optimiser have ten thousand."""
DEEPEST = 60


def check_archive(path: Path) -> None:
    """Raises ValueError for a packed archive: torch packs nothing, and a few packed bytes can become any number."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError("it is a packed archive")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise ValueError("its parts are larger than it is")


def check_values(content: object) -> None:
    """Raises ValueError for tensors that are said to be larger than their numbers, and for lists without an end.

    A pickle can put one list into another so often that to print it takes for ever.
    """
    waiting: list[tuple[object, int]] = [(content, 0)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count > MOST_ITEMS or depth > DEEPEST:
            raise ValueError("it holds lists within lists without an end")
        if isinstance(value, Tensor):
            _check_tensor(value)
        elif isinstance(value, Mapping):
            waiting += [(item, depth + 1) for pair in value.items() for item in pair]
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting += [(item, depth + 1) for item in value]


def _check_tensor(tensor: Tensor) -> None:
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
        raise ValueError("numbers are stored in a way that is not read")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise ValueError(f"a tensor of {' x '.join(map(str, tensor.shape))} has fewer numbers than that")


def is_finite(tensor: Tensor) -> bool:
    """Whether a tensor holds only numbers; looked at one by one only where their sum is none."""
    return bool(tensor.sum(dtype=torch.float32).isfinite()) or bool(tensor.isfinite().all())
