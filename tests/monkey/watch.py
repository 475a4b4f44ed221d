"""What the monkey must not find: exceptions, warnings of Qt, turns of the event loop that take too long, memory."""

import faulthandler
import logging
import os
import re
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
LONGEST_TURN_S = 0.2
_SAMPLE_EVERY_S = 0.02


class Faults:
    """What went wrong, by kind, with the step at which it did.

    Attributes:
        step: the monkey's, at this moment.
    """

    def __init__(self) -> None:
        self.step = 0
        self.found: dict[str, list[tuple[int, str]]] = {}
        self._lock = threading.Lock()
        self._told: set[str] = set()

    def add(self, kind: str, words: str) -> None:
        """Notes one; from any thread."""
        with self._lock:
            self.found.setdefault(kind, []).append((self.step, words))

    def fresh(self) -> list[str]:
        """Those that came since the last call, at most five."""
        with self._lock:
            every = [f"step {step}: {kind}: {words}" for kind, found in self.found.items() for step, words in found]
            fresh = [line for line in every if line not in self._told]
            self._told.update(fresh)
        return fresh[:5]

    def lines(self) -> list[str]:
        """Each different fault once, with how often and where it came first."""
        lines = []
        for kind, found in self.found.items():
            often = Counter(words for _, words in found)
            first = {words: step for step, words in reversed(found)}
            lines += [f"{kind} ({times} times, first at step {first[words]}): {words}"
                      for words, times in often.most_common()]  # fmt: skip
        return lines

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(map(len, self.found.values()))


class ErrorsHeard(logging.Handler):
    """Hears exceptions that nobody caught, in any thread, and errors and warnings in the program's log."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(logging.WARNING)
        self._faults = faults
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)

    def __enter__(self) -> "ErrorsHeard":
        logging.getLogger().addHandler(self)
        sys.excepthook = self._uncaught
        threading.excepthook = lambda args: self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)
        sys.unraisablehook = lambda args: self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Python's name for taking a line of the log."""
        if record.name.split(".")[0] in {"app", "core", "root"}:
            words = record.getMessage()
            if record.exc_info is not None and record.exc_info[1] is not None:
                words += f" <- {_in_words(record.exc_info[1])}"
            self._faults.add("logged", words)

    def _uncaught(self, kind: type[BaseException], error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None:
            self._faults.add("exception", _in_words(error))
        else:
            self._faults.add("exception", kind.__name__)


def _in_words(error: BaseException) -> str:
    places = [f"{_short(entry.filename)}:{entry.lineno}" for entry in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__}: {error} at {' < '.join(reversed(places[-4:]))}"


def _short(file: str) -> str:
    return str(Path(file).relative_to(ROOT)) if file.startswith(str(ROOT)) else "/".join(Path(file).parts[-2:])


class TurnWatch:
    """Measures the turns of the event loop by what the window's thread computes in each, and names the culprit.

    Wall time lies on a machine that is busy with something else, so a turn counts with the processor's time of its
    thread. A thread of its own looks at the stack while a turn is long.

    Attributes:
        longest_s: the longest turn.
    """

    def __init__(self, faults: Faults, longest_s: float = LONGEST_TURN_S) -> None:
        """To be made on the window's thread."""
        self._faults = faults
        self._limit_s = longest_s
        self._stacks = _Stacks(threading.get_ident())
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._samples: list[str] = []
        self._began_s = time.thread_time()
        self._began_wall_s = time.monotonic()
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="turn watch", daemon=True)
        self.longest_s = 0.0
        self.waits: Counter[str] = Counter()
        """Where the window's thread stood for more than half a second without computing."""
        self.doing = ""

    def __enter__(self) -> "TurnWatch":
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._sampler.join()
        self._stacks.close()

    def turned(self) -> None:
        """A turn has ended, and the next begins; on the window's thread."""
        took_s = time.thread_time() - self._began_s
        wall_s = time.monotonic() - self._began_wall_s
        self.longest_s = max(self.longest_s, took_s)
        where = Counter(self._samples).most_common(1)[0][0] if self._samples else "a place too short to be seen"
        if took_s > self._limit_s:
            self._faults.add(f"turn over {self._limit_s * 1000:.0f} ms", f"{where} [{self.doing}] {took_s:.2f} s")
        elif wall_s > 0.5:
            self.waits[f"{where} [{self.doing}]"] += 1
        self.skip()

    def skip(self) -> None:
        """The time until now is nobody's."""
        self._samples = []
        self._began_wall_s = time.monotonic()
        self._began_s = time.thread_time()

    def _sample(self) -> None:
        while not self._ended.wait(_SAMPLE_EVERY_S):
            if (
                time.clock_gettime(self._clock) - self._began_s > self._limit_s / 3
                or time.monotonic() - self._began_wall_s > 0.4
            ):
                self._samples.append(self._stacks.read())


class _Stacks:
    """Reads another thread's stack without holding its frames.

    `sys._current_frames` would hold them, and with them what their functions had in hand: where those functions end
    meanwhile, this thread would be the one to destroy it, timers and widgets of the window among it.
    """

    def __init__(self, ident: int) -> None:
        self._header = f"Thread 0x{ident:016x}"
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by `close`

    def close(self) -> None:
        """Closes its file."""
        self._file.close()

    def read(self, depth: int = 5) -> str:
        """The innermost functions of the thread, the innermost first."""
        self._file.seek(0)
        self._file.truncate()
        faulthandler.dump_traceback(self._file, all_threads=True)
        self._file.seek(0)
        of_thread = self._file.read().partition(self._header)[2].partition("\n\n")[0]
        places = [
            f"{_short(file)}:{line} {function}"
            for file, line, function in re.findall(r'File "(.+)", line (\d+) in (\S+)', of_thread)
            if not file.startswith(str(Path(__file__).parent))
        ]
        return " < ".join(places[:depth]) or "Qt"


class Memory:
    """What the process holds in memory, looked at where it should be the same again.

    Attributes:
        seen: (seconds since the start, megabytes) at each look.
    """

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self.seen: list[tuple[float, float]] = []

    def look(self) -> float:
        """Notes it, and returns the megabytes."""
        self.seen.append((time.monotonic() - self._began_s, resident_mb()))
        return self.seen[-1][1]

    def growth_mb(self, warm_up: float = 0.25) -> float:
        """By how much memory rose above what it was at the end of the warm-up (that share of the looks)."""
        looks = [mb for _, mb in self.seen]
        cut = max(1, round(len(looks) * warm_up))
        return max(looks[cut:], default=0.0) - max(looks[:cut]) if len(looks) > cut else 0.0


def resident_mb() -> float:
    """Memory of this process that is in use, without what its files are mapped to."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


def open_files() -> int:
    """How many files and sockets this process holds open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - its entries are no paths
