"""What the program writes down of itself: a log of bounded size, and where it stood when it crashed.

The log is for whoever mends a fault. It holds no pixels and no labels; folders under a person's home are written as ~.
"""

from __future__ import annotations

import faulthandler
import io
import logging
import os
import platform
import re
import sys
import threading
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from core import __version__
from core.files import places

LOG_NAME = "program.log"
LOG_BYTES, OLDER_LOGS = 1_000_000, 4
"""So all logs together take five megabytes at most."""
MOST_CRASHES = 5
_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
_STANDING = re.compile(r"standing-(\d+)\.txt")

log = logging.getLogger("app")


class _QuietHandler(RotatingFileHandler):
    """A log that costs nothing but itself where it cannot be written: the disk is full, the folder is gone."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Nobody can be told: the log is where it would be said."""


class Logs:
    """The log of this process, and the file in which a crash of it would be found."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: the place that this system has for logs, if None."""
        self.folder = places.log_folder() if folder is None else folder
        self._handler: logging.Handler | None = None
        self._standing: io.TextIOWrapper | None = None
        self._hooks: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Writes from now on; a folder that cannot be written costs the log alone."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handler = _QuietHandler(
                self.folder / LOG_NAME, maxBytes=LOG_BYTES, backupCount=OLDER_LOGS, encoding="utf-8", errors="replace"
            )
            self._standing = (self.folder / f"standing-{os.getpid()}.txt").open("w", encoding="utf-8")
        except OSError:
            return
        handler.setFormatter(_HomelessFormatter(_FORMAT))
        self._handler = handler
        root = logging.getLogger()
        root.addHandler(handler)
        root.setLevel(min(root.level or logging.INFO, logging.INFO))
        self._take_hooks()
        faulthandler.enable(self._standing)
        log.info("Version %s on %s with Python %s", __version__, platform.platform(), platform.python_version())

    def stop(self) -> None:
        """Ends in order: nothing is left that would tell of a crash."""
        if self._handler is None or self._standing is None:
            return
        log.info("Closed")
        self._hooks()
        faulthandler.disable()
        self._standing.close()
        Path(self._standing.name).unlink(missing_ok=True)
        logging.getLogger().removeHandler(self._handler)
        self._handler.close()
        self._handler = None

    def take_crashes(self) -> list[Path]:
        """Keeps what processes that are no more wrote as they crashed; returns what is new, the newest last.

        A process that was killed, or whose machine lost its power, leaves an empty file and has nothing to tell.
        """
        found: list[tuple[float, Path]] = []
        for file in sorted(self.folder.glob("standing-*.txt")):
            named = _STANDING.fullmatch(file.name)
            if named is None or _is_running(int(named[1])):
                continue
            try:
                stat = file.stat()
                if not stat.st_size:
                    file.unlink()
                    continue
                moment = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(stat.st_mtime))
                found.append((stat.st_mtime, file.replace(self.folder / f"crash-{moment}-{named[1]}.txt")))
            except OSError:
                continue
        for old in self.crashes()[:-MOST_CRASHES]:
            old.unlink(missing_ok=True)
        return [path for _, path in sorted(found) if path.exists()]

    def crashes(self) -> list[Path]:
        """What is kept of crashes, the newest last."""
        return sorted(self.folder.glob("crash-*.txt"))

    def last_lines(self, count: int) -> list[str]:
        """The end of the log."""
        try:
            text = (self.folder / LOG_NAME).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return text.splitlines()[-count:]

    def _take_hooks(self) -> None:
        before = (sys.excepthook, threading.excepthook)

        def give_back() -> None:
            sys.excepthook, threading.excepthook = before

        def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            log.error("Nobody caught this", exc_info=(kind, error, trace))
            before[0](kind, error, trace)

        def uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None:
                log.error("Nobody caught this", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
            before[1](args)

        sys.excepthook, threading.excepthook = uncaught, uncaught_in_thread
        self._hooks = give_back


class _HomelessFormatter(logging.Formatter):
    """Writes ~ for the person's home."""

    def format(self, record: logging.LogRecord) -> str:
        """As logging calls it."""
        return without_home(super().format(record))


def without_home(text: str) -> str:
    """A text in which the person's home folder, whose name is the person's, is ~."""
    home = str(Path.home())
    return text if len(home) < 2 else text.replace(home, "~")


def _is_running(pid: int) -> bool:
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's, or a system that has no such question
        return True
    return True
