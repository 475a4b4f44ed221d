"""The weights in the window: listed, fetched, imported, measured and chosen, off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.controllers.network.weights_in_use import WeightsInUse
from app.threads.tasks import Task, TaskKind, TaskRunner
from app.weights.available import available_weights, catalogue_entry
from app.weights.choice import CHOSEN_SETTING
from core.errors import FamiError, KeypointsUnknownError
from core.files import places
from core.files.fetch import fetch

if TYPE_CHECKING:  # loads torch
    from app.weights.facts import WeightsFacts


class WeightsController(QObject):
    """Keeps the list of weights, and does what is asked of it, one thing at a time.

    Signals:
        listed: a list of WeightsFacts.
        progressed: what runs ("" when nothing does), done, total (0 if unknown), seconds left or None, the unit.
        told: one sentence of how something ended, and whether it went wrong.
        keypoints_wanted: the path of a file that does not say whose keypoints it locates.
    """

    listed = Signal(object)
    progressed = Signal(str, float, float, object, str)
    told = Signal(str, bool)
    keypoints_wanted = Signal(object)

    def __init__(
        self,
        weights_in_use: WeightsInUse,
        tasks: TaskRunner,
        device: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._weights_in_use = weights_in_use
        self._tasks = tasks
        self._device = device
        self._task: Task | None = None
        self._next: Callable[[], None] | None = None

    def refresh(self) -> None:
        """Looks at the weights anew; `listed` follows."""
        self._run("Reading the weights", lambda _: self._facts(), self.listed.emit)

    def fetch(self, name: str) -> None:
        """Brings weights of the catalogue here; goes on where an earlier fetch stopped."""

        def work(task: Task) -> str:
            entry = catalogue_entry(name)

            def on_progress(done: int, total: int, seconds_left: float | None) -> None:
                task.deliver((done / 1e6, (total or entry.megabytes * 1e6) / 1e6, seconds_left, "MB"))
                task.report(done // 1_000_000, max(total // 1_000_000, 1) if total else 0)

            fetch(entry.url, places.weights_folder() / entry.file_name, entry.sha256, on_progress, task.is_cancelled)
            return name

        kept = "Stopped; what was fetched so far is kept for the next time."
        self._run(f"Fetching {name}", work, self._on_fetched, kept, "Fetching weights, MB")

    def import_file(self, path: Path, keypoints: str = "auto") -> None:
        """Checks a file and keeps it; asks by `keypoints_wanted` where it does not say whose keypoints it locates."""

        def work(_: Task) -> str | Path:
            from app.weights.importing import import_weights  # noqa: PLC0415 - loads torch

            try:
                return import_weights(path, keypoints).name  # type: ignore[arg-type]  # the dialog offers these only
            except KeypointsUnknownError:
                return path

        self._run(f"Importing {path.name}", work, self._on_imported)

    def measure(self) -> None:
        """Measures every kind of network of the list on this machine."""

        def work(task: Task) -> list[WeightsFacts]:
            from app.weights.speeds import Speeds  # noqa: PLC0415 - loads torch

            speeds = Speeds(self._device)
            kinds = list(dict.fromkeys(facts.architecture for facts in self._facts() if facts.architecture))
            for done, kind in enumerate(kinds):
                task.deliver((done, len(kinds), None, "networks"))
                task.report(done, len(kinds))
                speeds.measure(kind, task.is_cancelled)
            return self._facts()

        self._run("Measuring speeds", work, self.listed.emit)

    def use(self, name: str) -> None:
        """Predicts with the weights of that name from now on, and where a project has none of its own."""
        try:
            weights = next((weights for weights in available_weights() if weights.name == name), None)
        except FamiError as error:
            self.told.emit(str(error), True)
            return
        if weights is None:
            self.told.emit(f"{name} is no longer on this machine; fetch or import it again.", True)
            self.refresh()
            return
        places.write_setting(CHOSEN_SETTING, name)
        self._weights_in_use.choose(weights.path)

    def use_best(self) -> None:
        """Leaves the choice to the program again: the project's own weights, else the best at hand."""
        places.write_setting(CHOSEN_SETTING, None)
        self._weights_in_use.choose_for_project()

    def cancel(self) -> None:
        """Stops what is running."""
        if self._task is not None:
            self._task.cancel()

    def _facts(self) -> list[WeightsFacts]:
        from app.weights.facts import all_facts  # noqa: PLC0415 - loads torch

        return all_facts(self._device)

    def _run(
        self,
        what: str,
        work: Callable[[Task], Any],
        succeeded: Callable[[Any], None],
        stopped: str = "Stopped.",
        short: str = "",
    ) -> None:
        def guarded(task: Task) -> Any:  # noqa: ANN401 - whatever the work gives
            try:
                return work(task)
            except FamiError as error:
                return error

        def on_result(result: object) -> None:
            if isinstance(result, FamiError):
                self.told.emit(str(result), True)
            else:
                succeeded(result)

        task = self._tasks.run(
            TaskKind.WEIGHTS,
            short or what,  # the foot of the window has little room
            guarded,
            delivered=lambda part: self.progressed.emit(what, *part),
            succeeded=on_result,
            ended=self._on_ended,
        )
        if task is None:
            self.told.emit("The list of weights is busy: wait, or cancel what is running.", True)
            return
        task.cancelled.connect(lambda: self.told.emit(stopped, False))
        self._task = task
        self.progressed.emit(what, 0.0, 0.0, None, "")

    def _on_ended(self) -> None:
        self._task = None
        self.progressed.emit("", 0.0, 0.0, None, "")
        following, self._next = self._next, None
        if following is not None:
            following()

    def _on_fetched(self, name: str) -> None:
        self.told.emit(f"{name} is here.", False)
        self._take_stock()

    def _on_imported(self, result: str | Path) -> None:
        if isinstance(result, Path):
            self._next = lambda: self.keypoints_wanted.emit(result)
            return
        self.told.emit(f"{result} was imported.", False)
        self._take_stock()

    def _take_stock(self) -> None:
        self._next = self.refresh
        self._weights_in_use.choose_again()
