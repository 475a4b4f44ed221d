"""What counts as memory that ran out, and that less is computed at once then."""

import numpy as np
import pytest
import torch

from core.errors import PredictionError
from core.model.device import is_out_of_memory, within_memory


def torch_says() -> RuntimeError:
    """What torch really raises where the processor's memory runs out."""
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50)
    return caught.value


def test_memory_that_runs_out_is_told_on_every_device():
    assert is_out_of_memory(torch_says())
    with pytest.raises(MemoryError) as caught:
        np.empty(2**55)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))
    for sentence in (
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "[enforce fail at alloc_cpu.cpp:80] DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.",
        "std::bad_alloc",
    ):
        assert is_out_of_memory(RuntimeError(sentence)), sentence


def test_what_else_speaks_of_memory_is_another_fault():
    for sentence in (
        "CUDA error: an illegal memory access was encountered",
        "unsupported memory format option Preserve",
        "some elements of the input tensor and the written-to tensor refer to a single memory location",
        "unable to open shared memory object </torch_1> in read-write mode",
        "Trying to resize storage that is not resizable in memory",
    ):
        assert not is_out_of_memory(RuntimeError(sentence)), sentence
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(1, 2, 3).to(memory_format=torch.channels_last)
    assert not is_out_of_memory(caught.value)
    assert not is_out_of_memory(ValueError("out of memory"))


def test_less_is_computed_at_once_until_it_fits_and_another_fault_passes():
    sizes = [2**50]
    tried = []

    def compute():
        tried.append(sizes[-1])
        return len(torch.empty(sizes[-1], dtype=torch.uint8))

    def shrink():
        sizes.append(sizes[-1] // 2**30)
        return True

    cpu = torch.device("cpu")
    assert within_memory(compute, shrink, cpu, lambda: PredictionError("too little")) == 2**20 == tried[-1]
    with pytest.raises(PredictionError, match="too little") as caught:
        within_memory(lambda: torch.empty(2**50), lambda: False, cpu, lambda: PredictionError("too little"))
    assert is_out_of_memory(caught.value.__cause__)
    with pytest.raises(RuntimeError, match="illegal memory access"):
        within_memory(illegal_access, shrink, cpu, lambda: PredictionError("too little"))
    assert len(tried) == 2


def illegal_access():
    raise RuntimeError("CUDA error: an illegal memory access was encountered")
