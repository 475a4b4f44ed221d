"""Pictures of docs/guide/finding_the_way.md."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent, QPixmap
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListWidget, QMenu, QProgressBar, QPushButton, QWidget

from app.application import Program
from app.ui import theme
from app.ui.dialogs.command_palette import CommandPalette
from app.ui.dialogs.dialogs import FrameDialog
from app.ui.dialogs.key_sheet import KeySheet
from core.files import places
from guide_pictures.stage import (
    act,
    beside,
    dialog,
    go_to,
    label_a_little,
    open_clip,
    over,
    reach_for_wrist,
    require,
    settle,
    wait,
    whole_window,
)

SMALL_WH = (1024, 700)


def finding_commands(program: Program) -> QPixmap:
    """The commands that a word leaves, with their keys."""

    def typed(palette: CommandPalette) -> bool:
        palette.findChild(QLineEdit, "palette_field").setText("swap")
        return True

    places.write_setting("recent_projects", [])  # the demo's own lies where this script put it, for once
    return dialog(CommandPalette, program.window.action("action_commands").trigger, typed)


def finding_key_sheet(program: Program) -> QPixmap:
    """All keys on a page."""
    return dialog(KeySheet, program.window.action("action_key_sheet").trigger)


def finding_start_page(program: Program) -> QPixmap:
    """The start page with projects of before."""
    folder = Path(tempfile.gettempdir()) / "friday"  # its name is seen
    folder.mkdir()
    try:
        for name in ("stairs", "corridor", "entrance"):
            open_clip(program, Path(shutil.copy(places.DEMO_CLIP, folder / f"{name}.mp4")))
        recent = [str(path) for path in places.recent_projects() if path.parent == folder]
        places.write_setting("recent_projects", recent)  # the demo's own lies where this script put it, for once
        act(program, "start_page")
        listed = program.window.start_page.findChild(QListWidget, "start_recent")
        require(listed.count() == len(recent) == 3, "three projects of before")
        return whole_window(program)
    finally:
        program.window.close()
        shutil.rmtree(folder)


def finding_tour(program: Program) -> QPixmap:
    """The third step of the tour, over the picture."""
    label_a_little(program)
    go_to(program, 40)
    act(program, "tour")
    tour = program.window.tour
    wait(tour.isVisible, "the tour")
    for _ in range(2):
        tour.findChild(QPushButton, "tour_next").click()
    require(tour.findChild(QLabel, "tour_title").text().startswith("3 of 6"), "the third step")
    return whole_window(program)


def finding_small_and_light(program: Program) -> QPixmap:
    """The smallest window, light, with a dialog whose number is selected and waits to be typed over."""
    program.window.resize(*SMALL_WH)
    label_a_little(program)
    go_to(program, 40)
    act(program, "look_light")
    require(theme.look_name() == "light", "the light look")
    asked = dialog(
        FrameDialog,
        program.window.action("action_go_to_frame").trigger,
        lambda it: it.findChild(QLineEdit).hasSelectedText() and it.focusWidget() is not None,
    )
    return over(whole_window(program), asked)


def finding_menus(program: Program) -> QPixmap:
    """The context menus of a selected joint's person and of the timeline."""
    canvas, (x, y) = reach_for_wrist(program)
    return beside(
        _context_menu(canvas.viewport(), canvas.viewport_position(x + 8, y + 8)),
        _context_menu(program.window.timeline, QPoint(100, 20)),
    )


def finding_waiting(program: Program) -> QPixmap:
    """A second prediction that waits until the first is done, as the foot of the window says."""
    go_to(program, 40)
    wait(lambda: program.network.weights_path is not None and not program.tasks.running(), "the weights")
    progress = program.window.findChild(QProgressBar, "task_progress")
    act(program, "predict")
    wait(lambda: progress.maximum() > 0, "the progress of the first")
    act(program, "predict_from_here")
    said = program.window.findChild(QLabel, "status_message")
    require("waits until this is done" in said.text(), "work that waits")
    picture = program.window.grab()
    act(program, "cancel")
    settle(program)
    top = program.window.findChild(QWidget, "timeline_strip").mapTo(program.window, QPoint(0, 0)).y()
    return picture.copy(0, top, picture.width(), picture.height() - top)


def _context_menu(owner: QWidget, at: QPoint) -> QPixmap:
    """The menu that opens there."""
    asked_for = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, owner.mapToGlobal(at))
    QApplication.sendEvent(owner, asked_for)
    menu = QApplication.activePopupWidget()
    require(isinstance(menu, QMenu), "a menu")
    picture = menu.grab()
    menu.close()
    return picture
