"""Where a training computes: one process on one device, or several through Lightning Fabric.

The trainer knows an Engine only. Fabric is imported where a training has several processes, and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

from core.errors import TrainingError
from core.model.device import available_device

T = TypeVar("T")
M = TypeVar("M", bound=nn.Module)


class Engine(Protocol):
    """What several processes need of each other.

    Attributes:
        device: where this process computes.
        rank: which of the processes this is, from 0; the first one writes the files.
        processes: how many there are.
        local_processes: how many of them are on this machine.
    """

    device: torch.device
    rank: int
    processes: int
    local_processes: int

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module, so that its gradients are the mean over the processes once `backward` returns."""
        ...

    def unsynchronised(self, wrapped: nn.Module) -> AbstractContextManager[None]:
        """Within it, gradients stay with their process: for all micro-batches of a step but the last."""
        ...

    def backward(self, loss: Tensor) -> None:
        """Adds the loss's gradients."""
        ...

    def sum(self, values: Sequence[float] | Tensor) -> Tensor:
        """The sums over the processes, float64 on the processor."""
        ...

    def gather(self, value: T) -> list[T]:
        """Every process's value, by rank."""
        ...


class PlainEngine:
    """One process and one device; nothing beyond torch."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.rank, self.processes, self.local_processes = 0, 1, 1

    def wrap(self, module: nn.Module) -> nn.Module:  # noqa: D102
        return module

    def unsynchronised(self, wrapped: nn.Module) -> AbstractContextManager[None]:  # noqa: D102
        return nullcontext()

    def backward(self, loss: Tensor) -> None:  # noqa: D102
        loss.backward()  # type: ignore[no-untyped-call]  # torch's stub

    def sum(self, values: Sequence[float] | Tensor) -> Tensor:  # noqa: D102
        return torch.as_tensor(values, dtype=torch.float64).cpu()

    def gather(self, value: T) -> list[T]:  # noqa: D102
        return [value]


def new_engine(device: str, devices: int, patience: timedelta | None = None) -> Engine:
    """The engine that the launcher which started this process asks for, else as many processes as wanted.

    Args:
        device: "auto", "cpu", "cuda" or "cuda:1".
        devices: processes on this machine; 0 for as many as it has GPUs.
        patience: how long a process waits for the others; None for torch's half hour.

    Raises:
        TrainingError: if several processes are asked for and Lightning Fabric is not installed, or there is no such
            device.
    """
    count, nodes = _launched() or (devices, 1)
    if count == 0:
        is_gpu = device != "cpu" and torch.cuda.is_available()
        count = torch.cuda.device_count() if is_gpu else 1
    if count * nodes == 1:
        return PlainEngine(available_device(device))
    try:
        from core.training.learning.fabric_engine import FabricEngine  # noqa: PLC0415 - only several processes need it
    except ImportError as error:
        raise TrainingError(
            "Several devices need Lightning Fabric: install it (pip install lightning-fabric), or ask for one device."
        ) from error
    accelerator = "cpu" if available_device(device.partition(":")[0]).type == "cpu" else "cuda"
    return FabricEngine(accelerator, count, nodes, patience)


def _launched() -> tuple[int, int] | None:
    """Processes on each machine, and machines, where torchrun, SLURM or another launcher started this process."""
    environment = os.environ
    if "SLURM_PROCID" in environment and int(environment.get("SLURM_NTASKS", 1)) > 1 and "RANK" not in environment:
        nodes = int(environment.get("SLURM_NNODES", 1))
        return int(environment["SLURM_NTASKS"]) // nodes, nodes
    if "RANK" not in environment or "WORLD_SIZE" not in environment:
        return None
    processes = int(environment["WORLD_SIZE"])
    local = int(environment.get("LOCAL_WORLD_SIZE", processes))
    return local, processes // local


def synchronised_statistics(module: M, engine: Engine) -> M:
    """The module, with batch norms whose statistics are those of the whole batch, over all processes.

    Raises:
        TrainingError: on several processes without GPUs, where torch has no such batch norm.
    """
    if engine.processes == 1 or not any(isinstance(child, nn.BatchNorm2d) for child in module.modules()):
        return module
    if engine.device.type != "cuda":
        raise TrainingError(
            "Several processes without GPUs cannot share the statistics of batch norms: set frozen_statistics = "
            '"all" in every stage, or devices = 1.'
        )
    converted: M = nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]  # torch's stub
    return converted
