"""The numbers of a training outlive what stops it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import TrainingError
from core.training.trainer.metrics_log import CSV_NAME, MetricsLog
from tests.full_disk import no_file_beyond
from tests.metrics_csv import read_metrics


def test_a_disk_that_is_full_at_the_start_costs_no_earlier_number(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path, tensorboard=False, samples=0, measured=False)
    for samples in range(50):
        log.write("single frame", samples, {"loss": 1 / (samples + 1)})
    before = read_metrics(tmp_path)
    with (
        no_file_beyond(500),
        pytest.raises(TrainingError, match=r"metrics\.csv cannot be written, as its disk is full"),
    ):
        MetricsLog(tmp_path, tensorboard=False, samples=49, measured=True)
    assert read_metrics(tmp_path) == before
    assert [entry.name for entry in tmp_path.iterdir()] == [CSV_NAME]
