"""Taking back what a machine wrote: imports, predictions, followed boxes."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject

from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from core.project import Project, Run, RunKind, Touched

WORDS = {
    RunKind.IMPORT: "import",
    RunKind.PREDICT: "prediction",
    RunKind.TRACK: "tracking run",
    RunKind.MEND: "mending",
}


class RunsController(QObject):
    """Knows the runs of the open project, and takes the last one back.

    What was mended after a correction is none of them: it goes with its edit (`MendingController`).
    """

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks

    def last(self) -> Run | None:
        """The last run that was not taken back, None if there is none."""
        runs = self._session.read(Project.runs, ())
        asked_for = [run for run in runs if run.status != "removed" and run.kind != RunKind.MEND]
        return max(asked_for, key=lambda run: run.run_id, default=None)

    def in_words(self, run: Run) -> str:
        """A run as a person remembers it: "the 14:05 import"; more exactly where there are several such."""
        others = [other for other in self._session.read(Project.runs, ()) if other.run_id != run.run_id]
        for form in ("%H:%M", "%H:%M:%S"):
            words = _named(run, form)
            if all(_named(other, form) != words for other in others):
                return words
        return f"{words} (run {run.run_id})"

    def remove(self, run: Run) -> None:
        """Takes a run back; what a person set since stays."""
        session = self._session
        if self._tasks.running():
            session.message.emit("Something is still running: wait for it, or cancel it.")
            return
        clip = session.writable_clip()
        if clip is None:
            return
        project, _ = clip

        def work(_: Task) -> Touched:
            return project.remove_run(run.run_id)

        def tell(touched: Touched) -> None:
            session.touch(touched)
            session.message.emit(f"Undid {self.in_words(run)}: {len(touched.frame_indices)} frames changed.")

        self._tasks.run(TaskKind.REMOVE_RUN, "Undoing a run", work, on_project=True, succeeded=tell)


def origin_in_words(run: Run) -> str:
    """Where a run's joints come from: its time, and its weights; rounds have one name, and hashes of their own."""
    named, digest = run.settings.get("weights"), (run.weights_sha256 or "")[:8]
    weights = f", with the weights {named} ({digest})" if named and digest else ""
    return f"From {_named(run, '%H:%M')}{weights}."


def _named(run: Run, form: str) -> str:
    what = "search for people" if "every" in run.settings else WORDS[run.kind]
    return f"the {time.strftime(form, time.localtime(run.started_s))} {what}"
