"""What makes labels trusted: the list of what would be questioned, beside the export, and the ledger of effort."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.bindings.export_formats import EXPORT_FORMATS
from app.controllers.exporting import ExportController
from app.controllers.session import Session
from app.controllers.viewing.checks import ChecksController, ChecksState
from app.threads.tasks import TaskKind, TaskRunner
from app.ui.dialogs.dialogs import ExportDialog
from app.ui.dialogs.effort_dialog import EffortRow, show_effort
from app.ui.main_window import MainWindow
from app.ui.words import counted
from core.files import places
from core.project import Effort

MOVES = ("move_keypoint",)


class TrustBinding(QObject):
    """The checks panel, the export dialog's line about it, and the ledger."""

    def __init__(
        self,
        session: Session,
        tasks: TaskRunner,
        checks: ChecksController,
        exporting: ExportController,
        window: MainWindow,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._tasks = tasks
        self._checks = checks
        self._exporting = exporting
        self._window = window
        checks.changed.connect(self._show)
        window.checks_panel.check_requested.connect(checks.check)
        window.checks_panel.objection_chosen.connect(checks.go_to)
        window.action("action_check").triggered.connect(self._check)
        window.action("action_effort").triggered.connect(self._ask_for_effort)
        window.action("action_export").triggered.connect(self._export)
        self._show(checks.state)

    def _check(self) -> None:
        self._window.show_panel("checks")
        self._checks.check()

    def _show(self, state: ChecksState) -> None:
        panel = self._window.checks_panel
        can_check = self._session.project is not None and not state.running
        panel.show_sentence(in_words(state), can_check=can_check)
        panel.show_objections(state.objections or ())

    def _export(self) -> None:
        """Asks where to export to and what, and says meanwhile what would be questioned."""
        session, project = self._session, self._session.project
        if project is None:
            session.message.emit("There is nothing to export: open a clip first.")
            return
        path = places.export_folder_for(project.path) / project.path.with_suffix(".json").name
        dialog = ExportDialog(self._window, path, EXPORT_FORMATS, session.selected_range)
        dialog.objections_wanted.connect(lambda: self._window.show_panel("checks"))

        def tell(state: ChecksState) -> None:
            dialog.show_checked(in_words(state), any_found=bool(state.objections))

        connection = self._checks.changed.connect(tell)
        if self._checks.state.is_whole:  # the whole clip is decoded for it
            tell(self._checks.state)
        else:
            self._checks.check()
        agreed = dialog.agreed()
        self._checks.changed.disconnect(connection)
        dialog.deleteLater()
        if agreed:
            choice = dialog.options()
            self._exporting.export(
                choice.format_name, choice.path, choice.only_reviewed, choice.images_folder, choice.frames
            )

    def _ask_for_effort(self) -> None:
        project = self._session.project
        if project is None:
            self._session.message.emit("There is no work to count: open a clip first.")
            return
        self._tasks.run(
            TaskKind.COUNT_EFFORT,
            "Counting edits",
            lambda _: (project.effort_by_round(), project.effort()),
            on_project=True,
            succeeded=lambda found: show_effort(self._window, effort_rows(*found)),
        )


def in_words(state: ChecksState) -> str:
    """How far a check went and what it found."""
    if state.objections is None:
        return "Checking the labels…" if state.running else "Find what PoseTrack or a colleague would question."
    count = len(state.objections)
    found = f"{counted(count, 'thing')} in all labels would be questioned." if count else "Nothing would be questioned."
    if state.outdated and not state.running:
        return f"{found} Labels changed since: check again."
    if state.pictures_checked:
        return found
    return f"{found} Comparing pictures…" if state.running else f"{found} The pictures were not compared."


def effort_rows(by_round: list[Effort], all_work: Effort) -> list[EffortRow]:
    """The ledger's rows: before the first round and after each, where there were rounds, and all together."""
    rows = []
    if len(by_round) > 1:
        for number, effort in enumerate(by_round):
            rows.append(_row("Before round 1" if number == 0 else f"After round {number}", effort))
    return [*rows, _row("All", all_work)]


def _row(when: str, effort: Effort) -> EffortRow:
    moved = sum(effort.counts.get(action, 0) for action in MOVES)
    return EffortRow(when, effort.num_frames, moved, effort.num_edits, effort.active_s)
