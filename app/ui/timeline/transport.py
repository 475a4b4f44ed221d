"""The row above the timeline: play, step and jump, speed, the frame's number and time, and what the colours mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QSpinBox, QToolButton, QWidget

from app.ui import theme
from app.ui.timeline.legend import Legend
from app.ui.timeline.timeline import Timeline

BUTTONS = (
    "action_first_frame",
    "action_previous_frame",
    "action_play",
    "action_next_frame",
    "action_last_frame",
    "action_loop",
)
_NO_ARROWS = (  # the keys step
    "QSpinBox::up-button, QSpinBox::down-button { width: 0; }"
    "QSpinBox::up-arrow, QSpinBox::down-arrow { image: none; width: 0; }"
)


class NumberField(QSpinBox):
    """A number that is typed; Return ends it here, whatever else it does in the window."""

    def event(self, event: QEvent) -> bool:
        """Keeps Return from the window's actions while the number is typed."""
        is_return = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_return and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)


class Transport(QWidget):
    """Play and step buttons, speed, jump width, frame number, time and legend, in step with a timeline.

    Signals:
        frame_chosen(int): a number was typed or stepped to.
        speed_chosen(float): how many times as fast as the clip to play.
        jump_chosen(int): how many frames a jump is to go.
    """

    frame_chosen = Signal(int)
    speed_chosen = Signal(float)
    jump_chosen = Signal(int)

    def __init__(self, timeline: Timeline, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setObjectName("transport")
        self._timeline = timeline
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACING, 3, theme.SPACING, 1)
        row.setSpacing(2)
        for name in BUTTONS:
            button = QToolButton(self)
            button.setObjectName(name.replace("action", "button"))
            button.setDefaultAction(actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setIconSize(QSize(theme.ICON_PX, theme.ICON_PX))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        self._play = actions["action_play"]
        self._play.toggled.connect(self._show_playing)
        row.addWidget(self._speed_button())
        row.addWidget(self._jump_spin())
        row.addSpacing(theme.SPACING)
        row.addWidget(self._frame_spin())
        row.addSpacing(theme.SPACING)
        self._time = QLabel(self)
        self._time.setObjectName("frame_time")
        self._time.setProperty("muted", True)
        self._time.setToolTip("The time of this frame in the clip.")
        row.addWidget(self._time)
        row.addStretch(1)
        row.addSpacing(theme.SPACING_LARGE)
        row.addWidget(Legend(self))
        timeline.clip_changed.connect(self._show_clip)
        timeline.current_changed.connect(self._show_current)
        self._show_clip()

    def set_speeds(self, speeds: Sequence[float]) -> None:
        """Offers these speeds, as multiples of the clip's own."""
        menu = self._speed.menu()
        menu.clear()
        for speed in speeds:
            choice = menu.addAction(f"{speed:g}×")
            choice.setCheckable(True)
            choice.triggered.connect(lambda _checked=False, speed=speed: self.speed_chosen.emit(speed))

    def set_speed(self, speed: float) -> None:
        """Shows how fast the clip plays."""
        self._speed.setText(f"{speed:g}×")
        for choice in self._speed.menu().actions():
            choice.setChecked(choice.text() == self._speed.text())

    def set_jump_frames(self, frames: int) -> None:
        """Shows how wide a jump is."""
        self._jump.blockSignals(True)
        self._jump.setValue(frames)
        self._jump.blockSignals(False)

    def _speed_button(self) -> QToolButton:
        self._speed = QToolButton(self)
        self._speed.setObjectName("button_speed")
        self._speed.setAccessibleName("Speed")
        self._speed.setToolTip("How fast the clip plays, beside its own speed.")
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._speed.setMenu(QMenu(self._speed))
        self._speed.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._speed.setMinimumWidth(self.fontMetrics().horizontalAdvance("0.25×") + 18)
        return self._speed

    def _jump_spin(self) -> QSpinBox:
        self._jump = NumberField(self)
        self._jump.setObjectName("jump_spin")
        self._jump.setAccessibleName("Width of a jump in frames")
        self._jump.setToolTip("How many frames a jump goes.")
        self._jump.setPrefix("jump ")
        self._jump.setRange(1, 10_000)
        self._jump.setKeyboardTracking(False)
        self._jump.setStyleSheet(_NO_ARROWS)
        self._jump.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._jump.setMaximumWidth(self.fontMetrics().horizontalAdvance("jump 10000") + 12)
        self._jump.valueChanged.connect(self.jump_chosen)
        self._jump.editingFinished.connect(self._jump.clearFocus)
        return self._jump

    def _frame_spin(self) -> QSpinBox:
        self._spin = NumberField(self)
        self._spin.setObjectName("frame_spin")
        self._spin.setAccessibleName("Frame number")
        self._spin.setKeyboardTracking(False)
        self._spin.setStyleSheet(_NO_ARROWS)
        self._spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._spin.setMinimumWidth(104)
        self._spin.valueChanged.connect(self.frame_chosen)
        self._spin.editingFinished.connect(self._spin.clearFocus)
        return self._spin

    def _show_clip(self) -> None:
        last = max(self._timeline.num_frames - 1, 0)
        self._spin.blockSignals(True)
        self._spin.setEnabled(self._timeline.num_frames > 0)
        self._spin.setRange(0, last)
        self._spin.setSuffix(f" / {last}")
        self._spin.setToolTip(f"This frame's number, from 0 to {last}; type another to go there.")
        self._spin.blockSignals(False)
        self._show_current(self._timeline.current)

    def _show_current(self, frame_index: int) -> None:
        self._spin.blockSignals(True)
        self._spin.setValue(frame_index)
        self._spin.blockSignals(False)
        seconds = self._timeline.seconds(frame_index)
        end = self._timeline.seconds(self._timeline.num_frames - 1)
        self._time.setText("" if seconds is None or end is None else f"{clock(seconds)} / {clock(end)}")

    def _show_playing(self, playing: bool) -> None:
        self._play.setIcon(theme.icon("pause" if playing else "play"))


def clock(seconds: float) -> str:
    """Seconds as "1:04.25", with hours only where there are some."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{rest // 100:02d}.{rest % 100:02d}"
