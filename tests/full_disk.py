"""Disks that are full, read-only or gone: a bound of the system, or small disks of memory where they may be made."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@contextmanager
def no_file_beyond(num_bytes: int) -> Iterator[None]:
    """Lets every write beyond `num_bytes` of a file fail."""
    resource = pytest.importorskip("resource", reason="only POSIX bounds the size of files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@dataclass
class SmallDisk:
    """A file system of a few megabytes.

    Attributes:
        folder: where it lies.
    """

    folder: Path

    def fill(self, leaving: int = 0) -> None:
        """Leaves room for so many bytes."""
        filler = self.folder / "filler"
        free = shutil.disk_usage(self.folder).free + (filler.stat().st_size if filler.exists() else 0)
        filler.unlink(missing_ok=True)
        with filler.open("wb") as file:
            file.write(bytes(max(free - leaving, 0)))

    def empty(self) -> None:
        """Makes room again."""
        (self.folder / "filler").unlink(missing_ok=True)

    def set_read_only(self, read_only: bool) -> None:
        """Nobody may write there, root neither."""
        _mount("-o", "remount,ro" if read_only else "remount,rw", str(self.folder))

    def vanish(self) -> None:
        """As a share whose server is gone: nothing is there any more, also for who has a file open."""
        subprocess.run(["umount", "-l", str(self.folder)], check=True, capture_output=True)


@contextmanager
def small_disk(folder: Path, num_bytes: int) -> Iterator[SmallDisk]:
    """A disk of that size at a folder; skips the test where none may be made."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ("-t", "tmpfs", "-o", f"size={num_bytes}", "none", str(folder))
    if not sys.platform.startswith("linux") or not _mount(*words):
        pytest.skip("no file system may be made here")
    try:
        yield SmallDisk(folder)
    finally:
        while subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True).returncode == 0:
            pass


def _mount(*words: str) -> bool:
    mount = shutil.which("mount")
    return mount is not None and subprocess.run([mount, *words], check=False, capture_output=True).returncode == 0
