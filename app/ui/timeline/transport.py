"""The row above the timeline: play and step, the frame's number and time, and what the timeline's colours mean."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QToolButton, QWidget

from app.ui import theme
from app.ui.timeline.columns import FrameState
from app.ui.timeline.lanes import REVIEWED_COLOUR, STATE_COLOURS, STATE_FILL
from app.ui.timeline.timeline import Timeline

BUTTONS = (
    "action_first_frame",
    "action_previous_frame",
    "action_play",
    "action_next_frame",
    "action_last_frame",
)


class Legend(QWidget):
    """The timeline's forms and colours with their words."""

    ENTRIES: tuple[tuple[str, QColor, float], ...] = (
        ("predicted", STATE_COLOURS[FrameState.PREDICTED], STATE_FILL[FrameState.PREDICTED]),
        ("accepted", STATE_COLOURS[FrameState.ACCEPTED], STATE_FILL[FrameState.ACCEPTED]),
        ("corrected", STATE_COLOURS[FrameState.CORRECTED], STATE_FILL[FrameState.CORRECTED]),
        ("reviewed", REVIEWED_COLOUR, 0.2),
        ("doubtful", theme.DOUBTFUL, -0.45),
    )
    """Word, colour, and how much of the height is filled: from the foot, or from the top where it is negative."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline_legend")
        self.setToolTip(
            "The colour and height of a bar show how much of a frame is done.\n"
            "A bright base: reviewed. An orange tick: needs a look.\n"
            "A dashed red line: frames of a damaged clip are missing there.\n"
            "Wheel: zoom. Double-click: the whole clip."
        )
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def _widths(self) -> list[int]:
        return [self.fontMetrics().horizontalAdvance(word) + 12 + 5 + 12 for word, _, _ in self.ENTRIES]

    def sizeHint(self) -> QSize:
        """Room for all words."""
        return QSize(sum(self._widths()), 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the entries in a row."""
        painter = QPainter(self)
        x = 0
        for (word, colour, fill), width in zip(self.ENTRIES, self._widths(), strict=True):
            box = QRectF(x, self.height() / 2 - 6, 12, 12)
            painter.fillRect(box, theme.CANVAS_BACKGROUND)
            height = box.height() * abs(fill)
            top = box.top() if fill < 0 else box.bottom() - height
            painter.fillRect(QRectF(box.left(), top, box.width(), height), colour)
            painter.setPen(theme.TEXT_MUTED)
            painter.drawText(QRectF(x + 17, 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
            x += width
        painter.end()


class Transport(QWidget):
    """Play and step buttons, frame number, time and legend, in step with a timeline.

    Signals:
        frame_chosen(int): a number was typed or stepped to.
    """

    frame_chosen = Signal(int)

    def __init__(self, timeline: Timeline, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        row.addSpacing(theme.SPACING)
        row.addWidget(self._frame_spin())
        row.addSpacing(theme.SPACING)
        self._time = QLabel(self)
        self._time.setObjectName("frame_time")
        self._time.setProperty("muted", True)
        self._time.setToolTip("The time of this frame in the clip.")
        row.addWidget(self._time)
        row.addStretch(1)
        row.addWidget(Legend(self))
        timeline.clip_changed.connect(self._show_clip)
        timeline.current_changed.connect(self._show_current)
        self._show_clip()

    def _frame_spin(self) -> QSpinBox:
        self._spin = QSpinBox(self)
        self._spin.setObjectName("frame_spin")
        self._spin.setAccessibleName("Frame number")
        self._spin.setKeyboardTracking(False)
        self._spin.setStyleSheet(  # no arrows: the arrow keys step
            "QSpinBox::up-button, QSpinBox::down-button { width: 0; }"
            "QSpinBox::up-arrow, QSpinBox::down-arrow { image: none; width: 0; }"
        )
        self._spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._spin.setMinimumWidth(118)
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
