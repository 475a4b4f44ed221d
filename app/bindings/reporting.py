"""The report of a fault: asked for, offered after a crash, read and saved."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.bindings.connecting import connect_actions
from app.controllers.reporting import ReportingController
from app.controllers.session import Session
from app.ui.dialogs.report_dialog import ReportDialog
from app.ui.main_window import MainWindow

CRASHED = "The program crashed the last time; every edit up to then is saved."


class ReportingBinding(QObject):
    """Connects the reports with the window."""

    def __init__(self, session: Session, reporting: ReportingController, window: MainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._reporting = reporting
        self._window = window
        connect_actions(window, {"action_report": reporting.make})
        reporting.ready.connect(self._show)
        session.opened.connect(self._offer)

    def _offer(self) -> None:
        """Once there is a clip to work on: opening one puts earlier messages away."""
        if self._session.project is not None and self._reporting.has_crashed():
            self._window.show_error(CRASHED, "Report…", self._reporting.make)

    def _show(self, text: str) -> None:
        dialog = ReportDialog(self._window, text, has_labels=self._session.project is not None)
        if not dialog.agreed():
            return
        name = "report.zip" if dialog.with_labels() else "report.txt"
        path, _ = QFileDialog.getSaveFileName(self._window, "Save the report", str(Path.home() / name))
        if path:
            self._reporting.save(Path(path), dialog.text(), with_labels=dialog.with_labels())
