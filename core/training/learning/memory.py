"""How much memory a training step needs, and how much there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor

_MEMINFO = Path("/proc/meminfo")


def kept_bytes(forward: Callable[[], object], parameters: Iterable[Tensor]) -> int:
    """The bytes that a forward pass keeps for the backward one, beyond the parameters; of real or of fake tensors."""
    kept: dict[int, tuple[int, Tensor]] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage.nbytes(), tensor  # the tensor too, so that no other takes its place
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        forward()
    ours = {parameter.untyped_storage()._cdata for parameter in parameters}
    return sum(size for place, (size, _) in kept.items() if place not in ours)


def available_memory(device: torch.device) -> int | None:
    """Bytes free on the device; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if not _MEMINFO.is_file():
        return None
    for line in _MEMINFO.read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None
