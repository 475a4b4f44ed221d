"""How the process keeps memory that is free: large blocks go back to the system at once."""

from __future__ import annotations

import ctypes
import sys

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
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = ((_MMAP_THRESHOLD, LARGE_BYTES), (_TRIM_THRESHOLD, KEPT_FREE_BYTES), (_ARENA_MAX, ARENAS))
    return all(bool(mallopt(parameter, value)) for parameter, value in wanted)
