"""Tables of results like the paper's Tables 1, 6 and 7, as text, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import FormatError
from core.metrics.groups import GROUP_NAMES

COMPONENTS = {"use_gtm": "Global transformation", "use_lcm": "Local calibration", "mutual_information": "MI loss"}
"""The switches of Table 6 by their names in a result's "run", and what the column is called."""
COMPONENT_GROUPS = ("Wrist", "Ankle", "Mean")
METRICS = {
    "ap": ("groups",),
    "mota": ("mota_groups",),
    "pck": ("pck", "box_groups"),
    "pck-torso": ("pck", "torso_groups"),
}
"""Where each metric's numbers by group stand in a result."""

Cell = str | bool | float | None


@dataclass(frozen=True)
class Result:
    """One run's numbers.

    Attributes:
        name: of the method, the first column.
        groups: percent by the names in `GROUP_NAMES`, None where it is not known.
        run: the settings that made it: "use_gtm", "use_lcm", "mutual_information", "supporting_offsets".
    """

    name: str
    groups: Mapping[str, float | None]
    run: Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A table: `rows` of cells under `header`. A cell is text, a tick or none, a percentage, or nothing."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def result_of(name: str, document: object, metric: str = "ap") -> Result:
    """A result out of what `evaluate --json` wrote.

    Raises:
        FormatError: the document has no numbers of that metric.
    """
    found: Any = document
    for key in METRICS[metric]:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not any(group in found for group in GROUP_NAMES):
        raise FormatError(f"{name} has no {metric.upper()} by groups of joints; write it with `evaluate --json` first.")
    numbers = {group: float(v) for group in GROUP_NAMES if isinstance(v := found.get(group), int | float)}
    run = document.get("run") if isinstance(document, dict) else None
    return Result(name, {group: numbers.get(group) for group in GROUP_NAMES}, run if isinstance(run, dict) else {})


def methods_table(results: Sequence[Result]) -> Table:
    """Like Table 1: a method a row, the groups of joints as columns."""
    return Table(("Method", *GROUP_NAMES), tuple((r.name, *map(r.groups.get, GROUP_NAMES)) for r in results))


def components_table(results: Sequence[Result]) -> Table:
    """Like Table 6: which parts of the network a run has, and its wrists, ankles and mean.

    Raises:
        FormatError: a result does not say what made it.
    """
    _check_run(results, COMPONENTS)
    rows = ((r.name, *(bool(r.run[key]) for key in COMPONENTS), *map(r.groups.get, COMPONENT_GROUPS)) for r in results)
    return Table(("Method", *COMPONENTS.values(), *COMPONENT_GROUPS), tuple(rows))


def windows_table(results: Sequence[Result]) -> Table:
    """Like Table 7: the window of supporting frames, and the groups of joints.

    Raises:
        FormatError: a result does not say what made it.
    """
    _check_run(results, ("supporting_offsets",))
    rows = ((_window(r.run["supporting_offsets"]), *map(r.groups.get, GROUP_NAMES)) for r in results)
    return Table(("Supporting frames", *GROUP_NAMES), tuple(rows))


KINDS = {"methods": methods_table, "components": components_table, "windows": windows_table}


def _check_run(results: Sequence[Result], keys: Sequence[str] | Mapping[str, str]) -> None:
    for result in results:
        missing = [key for key in keys if key not in result.run]
        if missing:
            raise FormatError(
                f"{result.name} does not say its {missing[0]}; evaluate it with --config, the file it was trained with."
            )


def _window(offsets: Sequence[int]) -> str:
    return "{" + ", ".join(map(str, offsets)) + "}"


def _best(table: Table) -> list[float]:
    """The highest number of each column, as it is printed; NaN where there is none."""
    columns = list(zip(*table.rows, strict=True))
    return [max((round(c, 1) for c in column if _is_number(c)), default=math.nan) for column in columns]


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, float) and not math.isnan(cell)


def _text(cell: Cell, tick: str = "x", missing: str = "-") -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return tick if cell else ""
    return f"{cell:.1f}" if cell is not None and _is_number(cell) else missing


def to_text(table: Table) -> str:
    """Aligned columns, for a terminal."""
    cells = [table.header, *(tuple(map(_text, row)) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *(line.rstrip() for line in lines[1:])]) + "\n"


def to_csv(table: Table) -> str:
    """Comma-separated values in full precision; a tick is 1 or 0, what is not known is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.header)
    for row in table.rows:
        writer.writerow(
            [int(c) if isinstance(c, bool) else c if isinstance(c, str) or _is_number(c) else "" for c in row]
        )
    return stream.getvalue()


def to_latex(table: Table) -> str:
    r"""A tabular in the style of the booktabs package; the best of each column is bold."""
    best = _best(table)
    lines = [r"\begin{tabular}{l" + "c" * (len(table.header) - 1) + "}", r"\toprule"]
    lines += [" & ".join(map(_escaped, table.header)) + r" \\", r"\midrule"]
    for row in table.rows:
        cells = []
        for cell, highest in zip(row, best, strict=True):
            text = _text(cell, r"\checkmark", "--")
            is_best = _is_number(cell) and round(float(cell or 0), 1) == highest
            cells.append(rf"\textbf{{{text}}}" if is_best else _escaped(text) if isinstance(cell, str) else text)
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _escaped(text: str) -> str:
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(c, "\\" + c if c in "&%$#_{}" else c) for c in text)


FORMATS = {"text": to_text, "csv": to_csv, "latex": to_latex}
