"""Python's garbage collection on the window's thread alone."""

from __future__ import annotations

import gc
import sys
import time

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000
_LONG_S = 0.05


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
        self._num_modules = len(sys.modules)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(INTERVAL_MS)

    def stop(self) -> None:
        """Gives the automatic collection back; only once no worker thread runs any more."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()

    def _collect(self) -> None:
        """Collects what is due; of the oldest generation only what is no library.

        Libraries are loaded while the program runs, torch in a worker. With them, one look through the oldest
        generation would take a large part of a second and the window would stand still, so once they are there they
        are frozen; whatever else has grown so large that a look takes long is frozen too.
        """
        if len(sys.modules) != self._num_modules:
            self._num_modules = len(sys.modules)
            gc.collect(1)
            gc.freeze()
            return
        due = [count > threshold for count, threshold in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if not due[0]:
            return
        began_s = time.thread_time()
        gc.collect(2 if due[1] and due[2] else 1 if due[1] else 0)
        if time.thread_time() - began_s > _LONG_S:
            gc.freeze()
