"""Several processes, on one machine or many, through Lightning Fabric."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn

T = TypeVar("T")


class FabricEngine:
    """An Engine over torch's distributed data parallel: NCCL between GPUs, gloo between processors.

    Started by hand, Fabric starts the other processes of this machine by running the same command again. Started by
    torchrun, on one machine or many, it takes part.

    Args:
        accelerator: "cuda" or "cpu".
        devices: processes on each machine.
        nodes: machines.
        patience: how long a process waits for the others; None for torch's half hour.
    """

    def __init__(self, accelerator: str, devices: int, nodes: int, patience: timedelta | None = None) -> None:
        # Precision and clipping are the trainer's own, so that one process and many compute the same.
        strategy = DDPStrategy() if patience is None else DDPStrategy(timeout=patience)
        self._fabric = Fabric(accelerator=accelerator, devices=devices, num_nodes=nodes, strategy=strategy)
        self._fabric.launch()
        self.device = self._fabric.device
        self.rank, self.processes = self._fabric.global_rank, self._fabric.world_size
        self.local_processes = devices

    def wrap(self, module: nn.Module) -> nn.Module:  # noqa: D102 - as in Engine
        wrapped: nn.Module = self._fabric.setup_module(module)
        return wrapped

    def unsynchronised(self, wrapped: nn.Module) -> AbstractContextManager[None]:  # noqa: D102
        return self._fabric.no_backward_sync(wrapped)  # type: ignore[arg-type]

    def backward(self, loss: Tensor) -> None:  # noqa: D102
        self._fabric.backward(loss)

    def sum(self, values: Sequence[float] | Tensor) -> Tensor:  # noqa: D102
        total = torch.as_tensor(values, dtype=torch.float64).to(self.device)
        torch.distributed.all_reduce(total)
        return total.cpu()

    def gather(self, value: T) -> list[T]:  # noqa: D102
        values: list[T] = [value] * self.processes
        torch.distributed.all_gather_object(values, value)
        return values
