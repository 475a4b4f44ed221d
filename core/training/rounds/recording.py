"""A round remembered with its project: the weights in its folder, the report in its list, in use where it is better."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import WeightsError
from core.files.replacing import replacing
from core.project import Project
from core.training.rounds.report import RoundReport


def placed(report: RoundReport, folder: Path) -> RoundReport:
    """The report of weights that lie in a project's own folder; they are copied there where they are not yet.

    Raises:
        WeightsError: they cannot be copied.
    """
    path = folder / f"{report.weights_sha256}.pth"
    if not path.is_file():
        with replacing(path, WeightsError, make_folder=True) as draft:
            shutil.copyfile(report.weights, draft)
    return replace(report, weights=str(path))


def record(project: Project, report: RoundReport) -> RoundReport:
    """Remembers a round, and predicts with its weights from now on where they are accepted.

    A round that got worse is remembered, too: what it held out stays held out.

    Returns:
        The report as it is remembered.

    Raises:
        ProjectError, WeightsError: it cannot be written.
    """
    report = placed(report, project.weights_folder)
    project.record_round(report.to_dict(), report.weights_sha256, report.parent_sha256)
    if report.accepted:
        project.set_active_weights(report.weights_sha256)
    return report


def together(reports: Sequence[RoundReport]) -> dict[str, Any]:
    """What a round did to several projects as one report: errors by joint over all labels, and each project's own.

    Returns:
        "before", "after", "pck_before", "pck_after", "weights", "weights_sha256", "parent_sha256", "accepted" (whether
        the mean over all held-out labels did not grow), and "projects", the reports.
    """
    tables = [report.proof["held_out"]["joints"] for report in reports]
    fields = {name: _over_all(tables, name) for name in ("before", "after", "pck_before", "pck_after")}
    first = reports[0]
    return {
        **fields,
        "weights": first.weights,
        "weights_sha256": first.weights_sha256,
        "parent_sha256": first.parent_sha256,
        "accepted": fields["after"]["mean"] <= fields["before"]["mean"],
        "projects": [report.to_dict() for report in reports],
    }


def _over_all(tables: Sequence[Mapping[str, Mapping[str, Any]]], value: str) -> dict[str, float]:
    names = list(dict.fromkeys(name for table in tables for name in table))
    return {
        name: sum(table[name][value] * table[name]["count"] for table in tables if name in table)
        / sum(table[name]["count"] for table in tables if name in table)
        for name in names
    }
