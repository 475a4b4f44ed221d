"""A round of fine-tuning as a process of its own: `python -m core.training.rounds.child JOB.json`.

It can run out of memory, crash or be killed, and labels and weights don't care. The job is a JSON object with the
paths "project", "weights" and "out", and optionally "settings". It says one JSON object a line on standard output:
events "progress", then one "report" or "error". What else anybody prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from core.errors import Cancelled, FamiError, TrainingError
from core.training.rounds.report import FinetuneSettings, RoundProgress


def main(job_path: Path, out: TextIO) -> int:
    """Runs the job and returns the exit status: 0 for a report, 1 for a sentence."""

    def say(event: str, **fields: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        out.write(json.dumps({"event": event, **fields}) + "\n")
        out.flush()

    try:
        job = _read_job(job_path)
        # Imported here: torch takes seconds, and an error in the job is told at once.
        from core.training.rounds.finetune import finetune  # noqa: PLC0415

        def on_progress(progress: RoundProgress) -> None:
            say(
                "progress",
                step=progress.step,
                steps=progress.steps,
                loss=progress.loss,
                seconds_left=progress.seconds_left,
                memory_bytes=progress.memory_bytes,
            )

        parent = os.getppid()
        report = finetune(
            job["project"],
            job["weights"],
            job["out"],
            FinetuneSettings.from_dict(job.get("settings", {})),
            on_progress,
            cancelled=lambda: os.getppid() != parent,  # nobody waits for the report any more
        )
    except Cancelled:
        return 1
    except FamiError as error:
        say("error", message=str(error))
        return 1
    say("report", **report.to_dict())
    return 0


def _read_job(path: Path) -> dict[str, Any]:
    try:
        job = json.loads(path.read_text(encoding="utf-8"))
        missing = [name for name in ("project", "weights", "out") if not isinstance(job[name], str)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"The job {path} cannot be read ({error}): start the round from the program.") from error
    if missing:
        raise TrainingError(f"The job {path} lacks {', '.join(missing)}: start the round from the program.")
    return dict(job)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m core.training.rounds.child JOB.json")
    with redirect_stdout(sys.stderr):
        status = main(Path(sys.argv[1]), sys.__stdout__ or sys.stdout)
    sys.exit(status)
