"""A disk with no more room, without a disk: the system bounds how far this process may let a file grow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
