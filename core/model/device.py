"""Where a network computes, and with how many threads."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from core.errors import PredictionError

ALL_THREADS = torch.get_num_threads()
"""What torch would use of this machine, or what OMP_NUM_THREADS says."""


@contextmanager
def intra_op_threads(count: int) -> Iterator[None]:
    """Lets this thread's operations of torch use `count` threads of the processor.

    Other threads keep their number; one that uses torch for the first time meanwhile starts with this one.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def available_device(name: str) -> torch.device:
    """The device that a person's choice means here.

    Args:
        name: "auto" for the first CUDA device if there is one and else the processor; "cpu", "cuda" or "cuda:N".

    Raises:
        PredictionError: if the name is none of these, or this machine has no such device.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda:0" if count else "cpu")
    if name == "cpu":
        return torch.device("cpu")
    match = re.fullmatch(r"cuda(?::(\d+))?", name)
    if match is None:
        raise PredictionError(f"There is no device {name!r}; choose auto, cpu or cuda:N.")
    index = int(match[1] or 0)
    if index >= count:
        there = f"only {count} CUDA device{'s' if count > 1 else ''}" if count else "no usable CUDA device"
        raise PredictionError(f"{name} is not available, this machine has {there}; choose auto or cpu.")
    return torch.device("cuda", index)


def has_fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware; elsewhere it is slower than float32."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
