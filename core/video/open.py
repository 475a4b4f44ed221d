"""open_source: a path becomes a Source."""

from __future__ import annotations

import threading
from pathlib import Path

from cachetools import LRUCache

from core.errors import SourceError
from core.video.image_folder import ImageFolder
from core.video.index import VideoIndex, build_index
from core.video.source import IsCancelled, OnProgress, Source, reading
from core.video.video_file import VideoFile

_FileIdentity = tuple[Path, int, int]
_KEPT_INDEXES = 8
_indexes: LRUCache[_FileIdentity, VideoIndex] = LRUCache(_KEPT_INDEXES)
"""Indexes of files opened lately: each thread that decodes opens its own Source, and none waits for an index twice."""
_indexes_lock = threading.Lock()


def open_source(
    path: str | Path, on_progress: OnProgress | None = None, cancelled: IsCancelled | None = None
) -> Source:
    """Opens a video file or a folder of images.

    Args:
        path: the file or folder.
        on_progress: called now and then with (done, total) while the index of the frames is built.
        cancelled: asked now and then; true ends the opening.

    Raises:
        SourceError: in one sentence, if it cannot be opened.
        Cancelled: if `cancelled()` turned true.
    """
    path = Path(path).expanduser().absolute()
    try:
        if path.is_dir():
            return ImageFolder(path, on_progress, cancelled)
        status = path.stat()
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}; choose where it is now.") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}); choose another file or folder.") from error
    if not path.is_file():
        raise SourceError(f"{path} is neither a file nor a folder; choose a video file or a folder of images.")
    return VideoFile(path, _index_of((path, status.st_size, status.st_mtime_ns), on_progress, cancelled))


def _index_of(identity: _FileIdentity, on_progress: OnProgress | None, cancelled: IsCancelled | None) -> VideoIndex:
    """The index of an unchanged file from the last time, or a new one."""
    with _indexes_lock:
        if identity in _indexes:
            return _indexes[identity]
    with reading(identity[0].name, "copy it again from where it came from"):
        index = build_index(identity[0], on_progress, cancelled)
    with _indexes_lock:
        _indexes[identity] = index
    return index
