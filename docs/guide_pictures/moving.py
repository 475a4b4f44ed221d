"""Pictures of docs/guide/moving.md."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from app.application import Program
from core.frame_range import FrameRange
from guide_pictures.stage import WRIST, act, go_to, label_a_little, over, require, strip, wait, whole_window


def moving_timeline(program: Program) -> QPixmap:
    """The timeline with people's rows in all their states and a selected range."""
    label_a_little(program)
    program.session.select_range(FrameRange(60, 90))
    go_to(program, 74)
    return strip(program)


def moving_speed(program: Program) -> QPixmap:
    """The speed of the selected joint in place of the scores, with the frames spread."""
    label_a_little(program)
    go_to(program, 40)
    program.session.select(program.session.project.track_ids()[0], WRIST)
    act(program, "speed_graph")
    program.window.timeline.zoom(2.5)
    wait(lambda: program.joint_speed.is_up_to_date, "the speed of the joint")
    return strip(program)


def moving_loop(program: Program) -> QPixmap:
    """A range is played over and over, at one of the speeds that the menu beside the play button offers."""
    label_a_little(program)
    program.session.select_range(FrameRange(24, 60))
    go_to(program, 30)
    act(program, "loop", "slower")
    require(program.window.action("action_loop").isChecked(), "the loop")
    window = program.window
    button = window.findChild(QToolButton, "button_speed")
    button.menu().popup(button.mapToGlobal(button.rect().bottomLeft()))
    QApplication.processEvents()
    menu = button.menu().grab()
    button.menu().close()
    picture, part = whole_window(program), window.findChild(QWidget, "timeline_strip")
    above = menu.deviceIndependentSize().toSize().height() + 8
    at = button.mapTo(window, QPoint(0, -above))
    top = part.mapTo(window, QPoint(0, 0)).y() - above - 8
    return over(picture, menu, at).copy(0, top, picture.width(), picture.height() - top)
