"""How many processes a launcher started, as the engine understands it."""

import pytest
import torch

from core.training.learning import engine

TORCHRUN = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}
SLURM = {"SLURM_PROCID": "5", "SLURM_NTASKS": "8", "SLURM_NNODES": "2"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        (TORCHRUN, (4, 2)),
        (SLURM, (4, 2)),
        (SLURM | TORCHRUN, (4, 2)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "1"}, None),
        ({"RANK": "0", "WORLD_SIZE": "2"}, (2, 1)),
    ],
)
def test_launchers_say_how_many_processes_there_are(monkeypatch, environment, expected):
    for name in TORCHRUN | SLURM:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert engine._launched() == expected


def test_one_process_needs_nobody():
    alone = engine.new_engine("cpu", 1)
    assert (alone.rank, alone.processes, alone.device) == (0, 1, torch.device("cpu"))
    assert alone.gather("mine") == ["mine"]
