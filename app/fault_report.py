"""A report of a fault that a person can read before they send it: no pixels, and no labels unless they say so."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

from app.doctor import Finding
from app.logs import Logs, without_home
from core import __version__
from core.files.replacing import replacing
from core.project import Project

NUM_LINES = 300


def report_text(logs: Logs, findings: Iterable[Finding]) -> str:
    """What this machine is, how the program crashed last, and the end of the log."""
    parts = [
        f"FAMI-Pose Review {__version__}, {time.strftime('%Y-%m-%d %H:%M:%S')}",
        "This report holds no pictures and no labels. File names may be in it: read it before you send it.",
        "What went wrong, and what you did before (please write it here):\n\n",
        "THIS MACHINE\n" + "\n".join(_line(finding) for finding in findings),
    ]
    crashes = logs.crashes()
    if crashes:
        told = crashes[-1].read_text(encoding="utf-8", errors="replace")
        parts.append(f"THE LAST CRASH ({crashes[-1].stem.removeprefix('crash-')})\n{told}")
    parts.append(f"THE LAST {NUM_LINES} LINES OF THE LOG\n" + "\n".join(logs.last_lines(NUM_LINES)))
    return without_home("\n\n".join(parts)) + "\n"


def _line(finding: Finding) -> str:
    return f"{'ok     ' if finding.fine else 'PROBLEM'}  {finding.name}: {finding.text}"


def save_report(path: Path, text: str, project: Project | None = None) -> None:
    """Writes a report; with a project's labels, as an archive that holds both.

    Raises:
        FamiError: it cannot be written.
    """
    with replacing(path) as draft:
        if project is None:
            draft.write_text(text, encoding="utf-8")
            return
        labels = draft.with_name(project.path.name)
        project.copy_to(labels)
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("report.txt", text)
            archive.write(labels, labels.name)
