"""What moves through the clip, connected to its controller: speed, jumps, the loop, the labelled frames' ends."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.bindings.connecting import Slot, connect_actions
from app.controllers.viewing.moving import SPEEDS, MovingController
from app.ui.main_window import MainWindow


class MovingBinding(QObject):
    """Connects the actions of moving, and shows speed and jump width beside the play button."""

    def __init__(self, window: MainWindow, moving: MovingController) -> None:
        super().__init__(window)
        slots: dict[str, Slot] = {
            "action_slower": lambda: moving.change_speed(-1),
            "action_faster": lambda: moving.change_speed(1),
            "action_normal_speed": lambda: moving.set_speed(1.0),
            "action_step_forward": lambda: moving.jump(1),
            "action_step_back": lambda: moving.jump(-1),
            "action_first_labelled": lambda: moving.go_to_labelled(0),
            "action_last_labelled": lambda: moving.go_to_labelled(-1),
        }
        connect_actions(window, slots)
        loop = window.action("action_loop")
        loop.triggered.connect(moving.set_looping)
        moving.looping_changed.connect(loop.setChecked)
        transport = window.transport
        transport.speed_chosen.connect(moving.set_speed)
        transport.jump_chosen.connect(moving.set_jump_frames)
        moving.speed_changed.connect(transport.set_speed)
        moving.jump_changed.connect(transport.set_jump_frames)
        transport.set_speeds(SPEEDS)
        transport.set_speed(moving.speed)
        transport.set_jump_frames(moving.jump_frames)
