"""How the hand moves through a clip: the speed of playing, the width of a jump, the loop, the labelled frames' ends."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from core.files import places
from core.frame_range import FrameRange
from core.project import Project

SPEEDS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0)
"""How many times as fast as the clip, rising."""
WIDEST_JUMP = 10_000
_JUMP_SETTING, _USUAL_JUMP = "jump_frames", 10


class MovingController(QObject):
    """Speed, jumps and the loop.

    Attributes:
        speed: one of SPEEDS.
        jump_frames: how many frames a jump goes; remembered for the next start.
        looping: whether playing begins anew at the end of the selected range, or of the clip.

    Signals:
        speed_changed(float), jump_changed(int), looping_changed(bool): the new value.
    """

    speed_changed = Signal(float)
    jump_changed = Signal(int)
    looping_changed = Signal(bool)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.speed = 1.0
        kept = places.read_settings().get(_JUMP_SETTING)
        self.jump_frames = kept if isinstance(kept, int) and 1 <= kept <= WIDEST_JUMP else _USUAL_JUMP
        self.looping = False
        session.range_changed.connect(lambda _: self._set_loop())
        session.opened.connect(self._set_loop)

    def set_speed(self, speed: float) -> None:
        """Plays at the speed of SPEEDS that is nearest."""
        self.speed = min(SPEEDS, key=lambda known: abs(known - speed))
        self._session.playback.set_speed(self.speed)
        self.speed_changed.emit(self.speed)

    def change_speed(self, steps: int) -> None:
        """Goes to a neighbouring speed, faster where `steps` is above 0."""
        index = min(max(SPEEDS.index(self.speed) + steps, 0), len(SPEEDS) - 1)
        self.set_speed(SPEEDS[index])
        self._session.message.emit(f"Plays at {self.speed:g}× speed.")

    def set_jump_frames(self, frames: int) -> None:
        """Makes jumps so wide from now on."""
        self.jump_frames = min(max(frames, 1), WIDEST_JUMP)
        places.write_setting(_JUMP_SETTING, self.jump_frames)
        self.jump_changed.emit(self.jump_frames)

    def jump(self, direction: int) -> None:
        """Goes a jump forward (1) or back (-1)."""
        self._session.playback.step(direction * self.jump_frames)

    def set_looping(self, looping: bool) -> None:
        """Begins anew at the end of the selected range (of the clip where none is selected), or plays on."""
        self.looping = looping
        self._set_loop()
        self.looping_changed.emit(looping)
        frames = self._session.selected_range
        if not looping:
            self._session.message.emit("Plays to the end of the clip.")
        elif frames is None:
            self._session.message.emit("Plays the whole clip over and over; select a range to loop that one.")
        else:
            self._session.message.emit(f"Plays {frames.words} over and over.")

    def go_to_labelled(self, end: int) -> None:
        """Goes to the first (0) or last (-1) frame with a person in it."""
        summary = self._session.read(Project.summary, None)
        if summary is None:
            return
        frames = np.flatnonzero(summary.num_people[: self._session.playback.num_frames])
        if not len(frames):
            self._session.message.emit("No frame of this clip is labelled yet.")
            return
        self._session.playback.pause()
        self._session.playback.go_to(int(frames[end]))

    def _set_loop(self) -> None:
        num_frames = self._session.playback.num_frames or len(self._session.timestamps_s)
        whole = FrameRange(0, num_frames) if num_frames else None
        self._session.playback.set_loop((self._session.selected_range or whole) if self.looping else None)
