"""The motion bench's result as tables for people, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.model.network.config import TABLE_6, TABLE_7
from core.training.bench.motion import LINES, BenchConfig, BenchRun
from core.training.bench.motion_clips import CLEAN, Cell
from core.training.bench.motion_rows import THRESHOLDS

TABLES = {"Table 6, the components": tuple(TABLE_6), "Table 7, the window": tuple(TABLE_7)}
_BASELINE = LINES[0]


def columns(config: BenchConfig) -> dict[str, Callable[[Cell], bool]]:
    """Name of each column, and which clips it is the mean of."""
    result: dict[str, Callable[[Cell], bool]] = {"all": lambda _: True}
    for kind in (None, "blurred", "occluded", "dark"):
        result[kind or CLEAN] = lambda cell, kind=kind: cell.degradation == kind  # type: ignore[misc]  # mypy can't infer it
    for speed in config.speeds:
        result[speed.name] = lambda cell, name=speed.name: cell.speed == name  # type: ignore[misc]  # mypy can't infer it
    result["spoilt and fast"] = lambda cell: cell.degradation is not None and cell.speed == config.speeds[-1].name
    return result


def trained_line(line: str) -> str:
    """The line whose runs stand for a line: those with the same switches are trained once."""
    tables = TABLE_6 | TABLE_7
    return next(name for name in LINES if tables[name] == tables[line])


def shares(runs: Sequence[BenchRun], line: str, threshold: float, chosen: Callable[[Cell], bool]) -> dict[int, float]:
    """By seed, the mean over the chosen kinds of clips of a line's PCK."""
    return {
        run.seed: float(np.mean([found.pck[threshold] for cell, found in run.measured.items() if chosen(cell)]))
        for run in runs
        if run.line == trained_line(line)
    }


def summary(runs: Sequence[BenchRun], config: BenchConfig) -> list[dict[str, Any]]:
    """One entry for each table, line, threshold and column: mean and spread over the seeds, and over the baseline.

    "gain" is the mean over seeds of the difference to the single frame with the same seed, "gain_spread" its
    standard deviation over seeds; a spread of one seed is NaN.
    """
    entries = []
    for table, lines in TABLES.items():
        for line in lines:
            for threshold in THRESHOLDS:
                for column, chosen in columns(config).items():
                    found = shares(runs, line, threshold, chosen)
                    before = shares(runs, _BASELINE, threshold, chosen)
                    gains = [found[seed] - before[seed] for seed in found]
                    entries.append(
                        {
                            "table": table,
                            "line": line,
                            "threshold": threshold,
                            "clips": column,
                            "seeds": len(found),
                            "mean": float(np.mean(list(found.values()))),
                            "spread": _spread(list(found.values())),
                            "gain": float(np.mean(gains)),
                            "gain_spread": _spread(gains),
                        }
                    )
    return entries


def _spread(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def as_text(entries: Sequence[dict[str, Any]]) -> str:
    """The tables as aligned text: PCK in percent, mean and spread over the seeds."""
    clips = list(dict.fromkeys(entry["clips"] for entry in entries))
    blocks = []
    for table, lines in TABLES.items():
        for threshold in THRESHOLDS:
            rows = [["", *clips]]
            for line in lines:
                cells_ = [
                    f"{100 * e['mean']:.1f} ± {100 * e['spread']:.1f}"
                    for e in entries
                    if (e["table"], e["line"], e["threshold"]) == (table, line, threshold)
                ]
                rows.append([line, *cells_])
            blocks.append(f"{table}: PCK@{threshold:g} of the torso, %\n" + _aligned(rows))
    return "\n\n".join(blocks)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns under each other, the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows]
    return "\n".join("  ".join(row) for row in padded)


def run_text(run: BenchRun, seconds_left: float) -> str:
    """One line about a run that has just ended."""
    mean = np.mean([found.pck[THRESHOLDS[0]] for found in run.measured.values()])
    left = f"{seconds_left / 60:.0f} min left" if seconds_left >= 60 else "less than a minute left"
    return f"{run.line}, seed {run.seed}: PCK@{THRESHOLDS[0]:g} {mean:.3f} in {run.seconds:.0f} s; {left}"


def motion_text(runs: Sequence[BenchRun]) -> str:
    """How Theta follows the true motion on clean clips: correlation and slope, mean over seeds."""
    rows = [["Theta's shift and the true one, clean clips", "correlation", "slope"]]
    for line in LINES:
        found = [m for run in runs if run.line == line for cell, m in run.measured.items() if cell.degradation is None]
        correlations, slopes = [m.motion_correlation for m in found], [m.motion_slope for m in found]
        if found and np.isfinite(correlations).all():
            rows.append([line, f"{np.mean(correlations):.2f}", f"{np.mean(slopes):.2f}"])
    return _aligned(rows)


def as_csv(entries: Sequence[dict[str, Any]]) -> str:
    """The summary as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(entries[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(entries)
    return text.getvalue()
