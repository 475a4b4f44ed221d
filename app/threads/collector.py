"""Python's garbage collection on the window's thread alone."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000


class WindowThreadCollector(QObject):
    """Collects cyclic garbage from a timer of the window's thread, in place of Python's automatic collection.

    The automatic one runs in whatever thread happens to allocate. Where that is a worker, it frees Qt objects that
    belong to the window's thread, under the window's hands, and the process dies.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        gc.freeze()  # what is there at the start (modules, mostly) is never looked through again
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(INTERVAL_MS)

    def stop(self) -> None:
        """Gives the automatic collection back; only once no worker thread runs any more."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()

    def _collect(self) -> None:
        """Collects the young generations where they are due.

        Never the oldest: with torch loaded that takes a large part of a second, and the window would stand still.
        What survives two collections and dies later in a cycle stays until the program ends; that is little.
        """
        young, middle, _ = gc.get_threshold()
        young_count, middle_count, _ = gc.get_count()
        if young_count > young:
            gc.collect(1 if middle_count > middle else 0)
