"""Batches made in other processes while this one computes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch.utils.data import DataLoader, Dataset

from core.training.samples.batches import Batch

_MOST_PROCESSES = 12


class Sampler(Protocol):
    """An endless sequence of samples, each known by its number: the same number is always the same sample."""

    def batch(self, start: int, size: int) -> Batch:
        """Samples `start` to `start + size`."""
        ...


class _Pieces(Dataset[Batch]):
    def __init__(self, sampler: Sampler, pieces: Sequence[tuple[int, int]]) -> None:
        self.sampler, self.pieces = sampler, pieces

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, index: int) -> Batch:
        return self.sampler.batch(*self.pieces[index])


def load_batches(sampler: Sampler, pieces: Sequence[tuple[int, int]], sharers: int = 1) -> Iterator[Batch]:
    """The batches of the pieces (start, size), in order.

    Args:
        sampler: makes them, in forked processes.
        pieces: which samples.
        sharers: how many trainings share this machine's cores.
    """
    loader = DataLoader(
        _Pieces(sampler, pieces),
        batch_size=None,
        num_workers=max(loader_processes() // sharers, 1),
        prefetch_factor=4,
        multiprocessing_context="fork",
    )
    return iter(loader)


def loader_processes() -> int:
    """How many processes make samples: one for each of the processor's cores but one, at least one, at most 12."""
    return min(max((os.cpu_count() or 1) - 1, 1), _MOST_PROCESSES)


def step_pieces(start: int, stop: int, batch_size: int, rank: int = 0, processes: int = 1) -> list[tuple[int, int]]:
    """Which samples a process makes for each step, as (start, size): its part of every batch.

    The last batch may be smaller; where it has fewer samples than there are processes, it is left out.
    """
    pieces = []
    for first in range(start, stop, batch_size):
        count = min(batch_size, stop - first)
        if count >= processes:
            low, high = count * rank // processes, count * (rank + 1) // processes
            pieces.append((first + low, high - low))
    return pieces


def split_batch(batch: Batch, size: int) -> list[Batch]:
    """The batch in parts of at most `size` samples."""
    if len(batch) <= size:
        return [batch]
    columns = (batch.key, batch.supporting, batch.targets, batch.weights, batch.motion)
    return [Batch(*parts) for parts in zip(*(torch.split(column, size) for column in columns), strict=True)]
