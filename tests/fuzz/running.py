"""Runs cases in a child within 20 seconds and 4 GB each; a crash, a hang or a foreign error is a failure."""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

CASE_S = 20.0
"""Of a processor: on a busy machine a case waits, and that is not the reader's fault."""
HANGS_S = 120.0
"""A case that takes so long by the clock waits for what never comes; so does a reader that does not load."""
CASE_BYTES = 4 * 2**30
MEMORY_DISK = Path("/dev/shm")
"""Where cases are written if it is there: a disk would take longer than the reading."""
CASES_PER_CHILD = 2000
ROOT = Path(__file__).parents[2]
READ, REFUSED, FAILED = "read", "refused", "failed"


@dataclass
class Outcome:
    """How many cases ended in which way; (number, reason) of those that failed."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)

    @property
    def in_words(self) -> str:
        """One line."""
        total = sum(self.counts.values())
        return f"{total} cases: {', '.join(f'{self.counts[kind]} {kind}' for kind in (READ, REFUSED, FAILED))}"


class Fuzzer:
    """A child that tries cases, begun anew when one ended it; for a `with` statement.

    Args:
        seed: of the cases.
        keep: where failing cases are kept, in folders named by reader, seed and number.
        say: told of every failure.
    """

    def __init__(self, seed: int, keep: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self._seed, self._keep, self._say = seed, keep, say
        self._folder = Path(
            tempfile.mkdtemp(prefix="fuzz-", dir=MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else None)
        )
        self._child: subprocess.Popen[bytes] | None = None
        self._loaded: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, reader: str, cases: Sequence[int]) -> Outcome:
        """Tries cases of a reader."""
        outcome = Outcome()
        for done, number in enumerate(cases):
            if done % CASES_PER_CHILD == CASES_PER_CHILD - 1:
                self._end()
            if reader not in self._loaded and self._tried(reader, -1) is None:
                raise SystemExit(f"the reader {reader} does not load: {self._last_words()}")
            self._loaded.add(reader)
            kind, reason = self._tried(reader, number) or (FAILED, f"the child ended: {self._end()}")
            outcome.counts[kind] += 1
            if kind == FAILED:
                outcome.failures.append((number, reason))
                place = self._kept(reader, number)
                again = f"--reader {reader} --seed {self._seed} --case {number}"
                self._say(f"case {number} failed: {reason}\n  kept in {place}; again: {again}")
        return outcome

    def _kept(self, reader: str, number: int) -> Path:
        place = self._keep / f"{reader}-seed{self._seed}-case{number}"
        shutil.rmtree(place, ignore_errors=True)
        if (self._folder / "case").exists():
            shutil.copytree(self._folder / "case", place, symlinks=True)
        return place

    def _begun(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(self._folder / "home")}
            environment |= {"OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}
            environment |= {
                f"XDG_{kind}_HOME": str(self._folder / kind.lower()) for kind in ("DATA", "CONFIG", "CACHE")
            }
            with (self._folder / "stderr").open("wb") as errors:
                self._child = subprocess.Popen(
                    [sys.executable, "-m", "tests.fuzz.child", str(self._seed), str(self._folder)],
                    cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                )  # fmt: skip
        return self._child

    def _end(self) -> str:
        """Ends the child; how it ended, and what it said last."""
        if self._child is None:
            return ""
        child, self._child, self._loaded = self._child, None, set()
        try:
            status = f"status {child.wait(0.5)}"  # it died
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            status = f"a case took more than {CASE_S:.0f} s"
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        return f"{status}: {self._last_words()}"

    def _last_words(self) -> str:
        return (self._folder / "stderr").read_text(errors="replace")[-1500:].strip()

    def _tried(self, reader: str, number: int) -> tuple[str, str] | None:
        """How a case ended, and why; None where the child ended, or the case took too long."""
        child = self._begun()
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(f"{reader} {number}\n".encode())
            child.stdin.flush()
        except BrokenPipeError:
            return None
        began, until = _processor_s(child.pid), time.monotonic() + HANGS_S
        while time.monotonic() < until and _processor_s(child.pid) - began < CASE_S:
            if select.select([child.stdout], [], [], 1.0)[0]:
                line = child.stdout.readline()
                kind, reason = json.loads(line) if line else ("", "")
                return (kind, reason) if line else None
        return None


def _processor_s(process: int) -> float:
    """Seconds of a processor that a process, and what it started and saw ending, has had."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # another system: the clock alone counts
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
