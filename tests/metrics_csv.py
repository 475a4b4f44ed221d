"""A training's metrics as tests look at them."""

import csv
from pathlib import Path

from core.training.trainer.metrics_log import CSV_NAME


def read_metrics(folder: Path) -> list[tuple[str, int, str, float]]:
    """The lines of a training's metrics: stage, samples, name, value."""
    with (folder / CSV_NAME).open(newline="", encoding="utf-8") as file:
        return [(row["stage"], int(row["samples"]), row["name"], float(row["value"])) for row in csv.DictReader(file)]
