"""A round of fine-tuning as a process of its own: `python -m core.training.rounds.child JOB.json`.

It can run out of memory, crash or be killed, and labels and weights don't care. The job is a JSON object with
"project" (a path, or "projects", a list of them), "weights" and "out", and optionally "settings". It says one JSON
object a line on standard output: "plan", then events "progress", then a "report" for each project, or an "error". What
else anybody prints goes to standard error. The line "stop" on standard input ends the training early: what was best
until then is kept and measured.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from core.errors import Cancelled, FamiError, TrainingError
from core.training.rounds.report import FinetuneSettings, RoundWatch

STOP = "stop"


def main(job_path: Path, out: TextIO, asked: TextIO | None = None) -> int:
    """Runs the job and returns the exit status: 0 for a report, 1 for a sentence.

    Args:
        job_path: the job.
        out: takes the events.
        asked: where "stop" may come from.
    """

    def say(event: str, **fields: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        out.write(json.dumps({"event": event, **fields}) + "\n")
        out.flush()

    stop = threading.Event()
    if asked is not None:
        threading.Thread(target=_listen, args=(asked, stop), daemon=True).start()
    parent = os.getppid()
    try:
        job = _read_job(job_path)
        # Imported here: torch takes seconds, and an error in the job is told at once.
        from core.training.rounds.finetune import finetune_together  # noqa: PLC0415

        reports = finetune_together(
            job["projects"],
            job["weights"],
            job["out"],
            FinetuneSettings.from_dict(job.get("settings", {})),
            RoundWatch(
                on_plan=lambda plan: say("plan", **asdict(plan)),
                on_progress=lambda progress: say("progress", **asdict(progress)),
                cancelled=lambda: os.getppid() != parent,  # nobody waits for the report any more
                stopped=stop.is_set,
            ),
        )
    except Cancelled:
        return 1
    except FamiError as error:
        say("error", message=str(error))
        return 1
    for report in reports:
        say("report", **report.to_dict())
    return 0


def _listen(asked: TextIO, stop: threading.Event) -> None:
    for line in asked:
        if line.strip() == STOP:
            stop.set()


def _read_job(path: Path) -> dict[str, Any]:
    try:
        job = json.loads(path.read_text(encoding="utf-8"))
        job = {"projects": [job["project"]] if "project" in job else job["projects"], **job}
        missing = [name for name in ("weights", "out") if not isinstance(job[name], str)]
        if not job["projects"] or not all(isinstance(project, str) for project in job["projects"]):
            missing.append("projects")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"The job {path} cannot be read ({error}): start the round from the program.") from error
    if missing:
        raise TrainingError(f"The job {path} lacks {', '.join(missing)}: start the round from the program.")
    return dict(job)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m core.training.rounds.child JOB.json")
    with redirect_stdout(sys.stderr):
        status = main(Path(sys.argv[1]), sys.__stdout__ or sys.stdout, sys.__stdin__)
    # Not by the way of threads that still wait for a word on standard input.
    sys.stderr.flush()
    os._exit(status)
