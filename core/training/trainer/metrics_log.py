"""The numbers of a training, line by line, in a CSV file and for TensorBoard."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from core.errors import TrainingError
from core.files.replacing import replacing

CSV_NAME = "metrics.csv"
EVENTS_FOLDER = "tensorboard"
VALIDATION = "validation/"
"""What the names of measured values begin with."""
_COLUMNS = ("stage", "samples", "name", "value")

log = logging.getLogger(__name__)


class _Writer(Protocol):
    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...


class MetricsLog:
    """One number a line: the stage's name, samples seen in all stages, what it is, and its value.

    Raises TrainingError where the file that goes on cannot be written.

    Args:
        folder: takes `metrics.csv`, and a folder `tensorboard`.
        tensorboard: write events for TensorBoard too.
        samples: seen so far, in all stages; what a killed training wrote beyond them is taken out.
        measured: whether the measurement that may be due there is done, so that its values stay.
    """

    def __init__(self, folder: Path, *, tensorboard: bool, samples: int, measured: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / CSV_NAME
        self._forget_after(samples, measured)
        self._events: _Writer | None = None
        if tensorboard:
            self._events = _event_writer(folder / EVENTS_FOLDER, samples)

    def write(self, stage: str, samples: int, values: Mapping[str, float]) -> None:
        """Adds the values, on the disk before it returns."""
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([(stage, samples, name, f"{value:.6g}") for name, value in values.items()])
        if self._events is not None:
            for name, value in values.items():
                self._events.add_scalar(name, value, samples)
            self._events.flush()

    def close(self) -> None:
        """Ends TensorBoard's writer, which has a thread."""
        if self._events is not None:
            self._events.close()

    def _forget_after(self, samples: int, measured: bool) -> None:
        rows: list[dict[str, Any]] = []
        if self._path.is_file():
            with self._path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    # A line that was cut off by the end of the process lacks its last columns.
                    is_whole = row["value"] is not None and int(row["samples"]) <= samples
                    is_due_again = (
                        not measured and int(row["samples"]) == samples and row["name"].startswith(VALIDATION)
                    )
                    if is_whole and not is_due_again:
                        rows.append(row)
        with replacing(self._path, TrainingError) as draft, draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, _COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


def _event_writer(folder: Path, samples: int) -> _Writer | None:
    """TensorBoard's writer, None with a note where it is not installed: the CSV file has the same numbers."""
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - only a training that asks for it needs it
    except ImportError:
        log.warning("TensorBoard is not installed (pip install tensorboard): the metrics go to %s only", CSV_NAME)
        return None
    new_writer: Callable[..., _Writer] = SummaryWriter
    return new_writer(str(folder), purge_step=samples + 1)
