"""open_source: a path becomes a Source."""

from __future__ import annotations

import threading
from pathlib import Path

from cachetools import LRUCache

from core.errors import SourceError
from core.video.image_folder import ImageFolder, gifs_in, image_names
from core.video.index import VideoIndex, build_index
from core.video.picture_stack import PictureStack
from core.video.pictures import is_stack, read_header
from core.video.plain_decode import FileIdentity, remember, remembered
from core.video.source import IsCancelled, OnProgress, Source, reading
from core.video.video_file import VideoFile

PICTURES_ELSEWHERE = {".webp", ".tif", ".tiff"}
"""Files of several pictures that FFmpeg does not read as a clip; it does animated GIF and PNG."""

_KEPT_INDEXES = 8
_indexes: LRUCache[FileIdentity, VideoIndex] = LRUCache(_KEPT_INDEXES)
"""Indexes of files opened lately: each thread that decodes opens its own Source, and none waits for an index twice."""
_indexes_lock = threading.Lock()


def open_source(
    path: str | Path,
    on_progress: OnProgress | None = None,
    cancelled: IsCancelled | None = None,
    *,
    checked: bool = False,
) -> Source:
    """Opens a video file, a file of several pictures, or a folder of images.

    Args:
        path: the file or folder.
        on_progress: called now and then with (done, total) while the index of the frames is built.
        cancelled: asked now and then; true ends the opening.
        checked: decodes also a long clip once in full, unless that was done before, so that a damaged one has its
            frames as a plain decode has them. Without it, only head and end of a long clip are looked at.

    Raises:
        SourceError: in one sentence, if it cannot be opened.
        Cancelled: if `cancelled()` turned true.
    """
    path = Path(path).expanduser().absolute()
    try:
        if path.is_dir():
            clip = _only_clip(path)  # one file with several pictures is what was meant
            if clip is None:
                return ImageFolder(path, on_progress, cancelled)
            path = clip
        status = path.stat()
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}; choose where it is now.") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}); choose another file or folder.") from error
    if not path.is_file():
        raise SourceError(f"{path} is neither a file nor a folder; choose a video file or a folder of images.")
    if path.suffix.lower() in PICTURES_ELSEWHERE or _is_gif_without_times(path):
        header = read_header(path)
        if is_stack(header):
            return PictureStack(path, header, on_progress, cancelled)
    return VideoFile(path, _index_of((path, status.st_size, status.st_mtime_ns), on_progress, cancelled, checked))


def _only_clip(folder: Path) -> Path | None:
    """The one picture file in a folder, if it holds several pictures."""
    names = image_names(folder)
    if len(names) == 1 and is_stack(read_header(folder / names[0])):
        return folder / names[0]
    gifs = gifs_in(folder)
    return folder / gifs[0] if not names and len(gifs) == 1 else None


def _is_gif_without_times(path: Path) -> bool:
    """FFmpeg takes the pictures of such a GIF for one."""
    with path.open("rb") as file:
        return file.read(6) == b"GIF87a"


def _index_of(
    identity: FileIdentity, on_progress: OnProgress | None, cancelled: IsCancelled | None, checked: bool
) -> VideoIndex:
    """The index of an unchanged file from the last time, or a new one."""
    with _indexes_lock:
        if identity in _indexes and (_indexes[identity].plain is not None or not checked):
            return _indexes[identity]
    with reading(identity[0].name, "copy it again from where it came from"):
        known = remembered(identity)
        index = build_index(identity[0], on_progress, cancelled, checked=checked, known=known)
    if index.plain is not None and known is None and index.is_long:
        remember(identity, index.plain)
    with _indexes_lock:
        _indexes[identity] = index
    return index
