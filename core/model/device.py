"""Where a network computes, and with how many threads."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from core.errors import FamiError, PredictionError

T = TypeVar("T")

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


_OUT_OF_MEMORY_WORDS = (
    "out of memory",  # CUDA and its libraries
    "can't allocate memory",  # torch's allocator of the processor
    "not enough memory",  # the same on Windows
    "std::bad_alloc",
    "_STATUS_ALLOC_FAILED",  # cuBLAS and cuDNN
)
"""For these torch has no type of its own. Much else speaks of memory: an illegal access, a wrong memory format."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on whatever device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY_WORDS)


def within_memory(
    compute: Callable[[], T], shrink: Callable[[], bool], device: torch.device, too_little: Callable[[], FamiError]
) -> T:
    """What `compute` gives, tried again with less at once for as long as memory runs out.

    Args:
        compute: the work; it may be begun any number of times.
        shrink: makes the next try smaller; False where it is as small as it can be.
        device: where it computes.
        too_little: the sentence for a person, raised where `shrink` says False.

    Raises:
        FamiError: as `too_little` says. Any other error of `compute` passes.
    """
    while True:
        try:
            return compute()
        except (MemoryError, RuntimeError) as error:  # torch's OutOfMemoryError is a RuntimeError
            if not is_out_of_memory(error):
                raise
            if not shrink():
                raise too_little() from error
        # Outside the handler, which holds the failed attempt's tensors through its traceback.
        if device.type == "cuda":
            torch.cuda.empty_cache()
