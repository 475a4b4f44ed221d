"""How the process keeps memory that is free: large blocks go back to the system at once, the rest after work."""

from __future__ import annotations

import ctypes
import sys

_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None

LARGE_BYTES = 2**20
KEPT_FREE_BYTES = 64 * 2**20
ARENAS = 4
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # as glibc's malloc.h names them


def give_large_blocks_back() -> bool:
    """Has the C library return blocks of a megabyte and more, such as frames, as soon as they are freed.

    Left to itself, glibc raises that bound up to 32 MB after the first large block that is freed, and lays the frames
    of each clip between small things that live on: a window that opened one clip after the other grew by hundreds of
    megabytes that nobody used. What is kept free at the end of the heap is bounded too, not too tightly: predicting
    takes and frees the same blocks over and over. And threads that come and go share few heaps.

    Returns:
        Whether the C library is one that can be told so.
    """
    mallopt = getattr(_libc, "mallopt", None)
    if mallopt is None:
        return False
    wanted = ((_MMAP_THRESHOLD, LARGE_BYTES), (_TRIM_THRESHOLD, KEPT_FREE_BYTES), (_ARENA_MAX, ARENAS))
    return all(bool(mallopt(parameter, value)) for parameter, value in wanted)


def give_free_memory_back() -> None:
    """Returns to the system what lies free between blocks in use. For a worker, when its work is done.

    Predicting and finding people leave hundreds of megabytes of it, in small pieces that the C library would keep.
    Takes a few milliseconds for each hundred megabytes, in which other threads can go on.
    """
    malloc_trim = getattr(_libc, "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
