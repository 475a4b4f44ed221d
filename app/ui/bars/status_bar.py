"""The line at the foot of the window: last message, running task, weights, device, read-only."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from app.ui import theme
from app.ui.words import time_left

MESSAGE_MS = 8000


class StatusBar(QStatusBar):
    """Messages that pass, and facts that stay.

    Qt's own message area would cover the rest of the line, so messages have a label of their own.
    """

    def __init__(self, cancel: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self.setSizeGripEnabled(False)
        self._message = QLabel(self)
        self._message.setObjectName("status_message")
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._message.setContentsMargins(theme.SPACING, 0, 0, 0)
        self._message.setToolTip("The latest message.")
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.timeout.connect(self._message.clear)
        self._progress = QProgressBar(self)
        self._progress.setObjectName("task_progress")
        self._progress.setToolTip("What is running, its progress, and the time left.")
        self._progress.setFixedWidth(330)
        self._cancel = QToolButton(self)
        self._cancel.setObjectName("button_cancel")
        self._cancel.setDefaultAction(cancel)
        self._cancel.setIconSize(QSize(14, 14))
        self._cancel.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._read_only = self._badge("read_only_badge", "Another program has this project open; here it is read-only.")
        self._read_only.setText("read-only")
        self._read_only.setProperty("badge", "warning")
        self._weights = self._badge("weights_badge", "The weights in use.")
        self._device = self._badge("device_badge", "Where the network computes.")
        self.addWidget(self._message, 1)
        for widget in (self._progress, self._cancel, self._read_only, self._weights, self._device):
            self.addPermanentWidget(widget)
            widget.hide()

    def _badge(self, object_name: str, tooltip: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(object_name)
        label.setToolTip(tooltip)
        label.setProperty("badge", True)
        return label

    def show_message(self, text: str) -> None:
        """Shows a message for a while."""
        self._message.setText(text)
        self._message.setToolTip(text)
        self._forget.start(MESSAGE_MS)

    def settle_message(self, text: str) -> None:
        """Takes a message away before its time, if it is the one that stands."""
        if self._message.text() == text:
            self._message.clear()
            self._message.setToolTip("The latest message.")

    def set_task(self, name: str | None, done: int, total: int, seconds_left: float | None) -> None:
        """Shows the running task; None where nothing runs. A total of 0 means that it is not known yet."""
        self._progress.setVisible(name is not None)
        self._cancel.setVisible(name is not None)
        if name is None:
            return
        self._progress.setRange(0, max(total, 0))
        self._progress.setValue(done)
        left = "" if seconds_left is None else f", {time_left(seconds_left)}"
        behind = f": {done:,} of {total:,}{left}" if total else " …"
        room = self._progress.width() - self._progress.fontMetrics().horizontalAdvance(behind) - 2 * theme.SPACING
        short = self._progress.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, room)
        self._progress.setFormat((short + behind).replace("%", "%%"))
        self._progress.setToolTip(f"{name}{behind}")

    def set_weights(self, name: str | None, why: str = "") -> None:
        """Shows the name of the weights that predict, and why these; None where there are none."""
        name = name or "no weights"
        self._weights.setText(self._weights.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 220))
        self._weights.setToolTip(f"The weights in use: {name}{f' ({why})' if why else ''}.")
        self._weights.setVisible(True)

    def set_device(self, text: str) -> None:
        """Shows where the network computes, nothing where it is empty."""
        self._device.setText(text)
        self._device.setVisible(bool(text))

    def set_read_only(self, read_only: bool) -> None:
        """Shows or hides the read-only badge."""
        self._read_only.setVisible(read_only)
