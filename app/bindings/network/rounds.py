"""The dialog of rounds, kept in step with their controller."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.bindings.connecting import connect_actions
from app.controllers.network.rounds import KnownRound, RoundsController
from app.controllers.network.together import TogetherController
from app.controllers.session import Session
from app.ui.dialogs.round_pictures import ChangedPose
from app.ui.dialogs.rounds_dialog import JointTable, RoundRow, RoundsDialog
from app.ui.main_window import MainWindow
from app.ui.panels.finetune_panel import headline, percent

FILTER = "Weights (*.pth)"


class RoundsBinding(QObject):
    """Opens the dialog, fills it, and hands on what is asked for in it."""

    def __init__(
        self, session: Session, controller: RoundsController, together: TogetherController, window: MainWindow
    ) -> None:
        super().__init__(window)
        self._session = session
        self._controller = controller
        self.dialog = dialog = RoundsDialog(window)
        dialog.use_requested.connect(controller.use)
        dialog.delete_requested.connect(controller.delete)
        dialog.export_requested.connect(self._export)
        dialog.picture_wanted.connect(controller.ask_for_picture)
        dialog.frame_chosen.connect(session.playback.go_to)
        controller.picture.connect(dialog.show_picture)
        controller.changed.connect(self._draw)
        session.closing.connect(dialog.close)
        window.finetune_panel.rounds_requested.connect(self.open)
        connect_actions(window, {"action_rounds": self.open, "action_finetune_clips": together.start})

    def open(self) -> None:
        """Shows the dialog."""
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        self._draw()

    def _draw(self) -> None:
        if self.dialog.isVisible():
            self.dialog.set_rounds([_row(known) for known in self._controller.rounds()])

    def _export(self, number: int) -> None:
        project = self._session.project
        if project is None:
            return
        suggested = project.path.with_name(f"{project.path.stem}-round-{number}.pth")
        path, _ = QFileDialog.getSaveFileName(self.dialog, "Export weights", str(suggested), FILTER)
        if path:
            self._controller.export(number, Path(path).with_suffix(".pth"))


def _row(known: KnownRound) -> RoundRow:
    report = known.report
    before, after = float(report["before"]["mean"]), float(report["after"]["mean"])
    state = (
        "in use"
        if known.is_current
        else "deleted"
        if known.is_deleted
        else "file missing"
        if known.weights is None
        else "kept aside"
    )
    cells = (
        str(known.number),
        known.created,
        f"{len(report['train_frames'])} + {len(report['held_out_frames'])}",
        f"{percent(before)} → {percent(after)}",
        str(report.get("verdict", "")),
        state,
    )
    proof = report.get("proof", {})
    tables = tuple(
        JointTable(title, tuple(_joint(name, row) for name, row in _mean_first(proof[key]["joints"])))
        for key, title in (("held_out", "Held-out frames"), ("corrected", "Frames that taught"))
        if key in proof
    )
    sentence = " ".join([report.get("reason") or headline(before, after), *report.get("remarks", ())])
    return RoundRow(
        known.number,
        cells,
        sentence,
        tables,
        tuple(_pose(one) for one in report.get("changed", ())),
        can_use=known.weights is not None and not known.is_current,
        can_export=known.weights is not None,
        can_delete=not known.is_deleted and not known.is_current,
    )


def _mean_first(joints: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(joints.items(), key=lambda item: item[0] != "mean")


def _joint(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        "all joints" if name == "mean" else name.replace("_", " "),
        str(row["count"]),
        _spread(row["before"], row["spread_before"]),
        _spread(row["after"], row["spread_after"]),
        f"{row['before_px']:.1f}",
        f"{row['after_px']:.1f}",
        f"{row['pck_before']:.2f}",
        f"{row['pck_after']:.2f}",
    )


def _spread(error: float, spread: float | None) -> str:
    return percent(error) if spread is None else f"{100 * error:.1f} ± {percent(spread)}"


def _pose(one: Mapping[str, Any]) -> ChangedPose:
    return ChangedPose(
        int(one["frame"]),
        int(one["person"]),
        bool(one["held_out"]),
        float(one["before"]),
        float(one["after"]),
        one["box"],
        one["label_xy"],
        one["before_xy"],
        one["after_xy"],
    )
