"""Opening a video container with PyAV, and saying in a sentence why one cannot be opened."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.errors import SourceError
from core.video.soundness.wholeness import is_cut_off_mp4

_TEXT_CODECS = {"ansi", "bintext", "xbin", "idf"}
"""Decoders that paint text files as pictures."""
_MATRIX = SideDataType.DISPLAYMATRIX


_ELSEWHERE = {
    "concat", "dash", "hls", "imf", "rtp", "rtsp", "sap", "sdp", "smoothstreaming", "vobsub", "webm_dash_manifest",
    "alsa", "fbdev", "kmsgrab", "lavfi", "oss", "video4linux2,v4l2", "x11grab",
}  # fmt: skip
"""Formats that name other files or addresses, and devices."""
_OPENING = {"protocol_whitelist": "file", "format_whitelist": ",".join(sorted(av.formats_available - _ELSEWHERE))}


DECODING = {"max_pixels": str(2**26)}
"""Of every decoder: a frame has twice 8K's pixels at most; one that says more would take minutes and the memory."""


def open_container(path: Path) -> InputContainer:
    """Opens a local file for demuxing; one that only lists other files or addresses is none.

    Raises:
        SourceError: in one sentence, if it is missing, empty, cut off, not a video, or may not be read.
    """
    try:
        return av.open(str(path), options=dict(_OPENING), metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        raise SourceError(_why_not(path, error)) from error


def _why_not(path: Path, error: Exception) -> str:
    if not path.exists():
        return f"There is no file {path}; choose where it is now."
    if isinstance(error, PermissionError):
        return f"{path} may not be read; allow reading it, or choose another file."
    if path.stat().st_size == 0:
        return f"{path.name} is empty; copy it again from where it came from."
    return _no_video(path)


def _no_video(path: Path) -> str:
    if is_cut_off_mp4(path):
        return (
            f"{path.name} is cut off: the table of its frames, which is at its end, is incomplete; "
            "copy it again from where it came from."
        )
    return f"{path.name} is not a video that can be read; choose a video file or a folder of images."


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The default moving picture of a container, else the largest, set to decode on several threads.

    Raises:
        SourceError: if there is none.
    """
    name = container.format.name
    if name == "image2" or name.endswith("_pipe"):
        raise SourceError(f"{path.name} is a single image; choose the folder that holds it.")
    streams = _moving(container)
    if not streams and (container.streams.audio or container.streams.video):
        raise SourceError(f"{path.name} holds sound but no video; choose a video file.")
    stream = next((s for s in streams if s.disposition & Disposition.default), None)
    if stream is None or len({bool(s.disposition & Disposition.default) for s in streams}) == 1:
        stream = max(streams, key=_pixels, default=None)  # all or none is the default: the largest, the first of two
    if stream is None or stream.codec_context is None or stream.codec_context.name in _TEXT_CODECS:
        raise SourceError(_no_video(path))
    stream.codec_context.options = dict(DECODING)
    stream.thread_type = "AUTO"
    return stream


def _moving(container: InputContainer) -> list[VideoStream]:
    return [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]


def _pixels(stream: VideoStream) -> int:
    return stream.width * stream.height if stream.codec_context is not None else 0


def note_on_streams(container: InputContainer, taken: VideoStream, path: Path) -> tuple[str, ...]:
    """A sentence on which of several moving pictures was taken; nothing where there is one."""
    moving = [stream for stream in _moving(container) if stream.codec_context is not None]
    others = [stream for stream in moving if stream.index != taken.index]
    if not others:
        return ()
    is_default = taken.disposition & Disposition.default and not all(
        stream.disposition & Disposition.default for stream in others
    )
    size = f"{taken.width}x{taken.height}"
    if is_default:
        which = "the default one"
    elif all(_pixels(stream) < _pixels(taken) for stream in others):
        which = "the largest one"
    else:  # of equals the first
        which = "the first one"
    if all(f"{stream.width}x{stream.height}" == size for stream in others):
        return (f"{path.name} holds {len(others) + 1} videos of {size}: {which} was taken.",)
    sizes = ", ".join(f"{stream.width}x{stream.height}" for stream in others)
    return (f"{path.name} holds {len(others) + 1} videos: {which} of {size} was taken, not {sizes}.",)


def orientation_of(frame: VideoFrame) -> NDArray[np.int64]:
    """(2, 2) of -1, 0, 1 that maps coded to displayed axes: column x' y' = matrix @ x y.

    From the display matrix (a, b, u, c, d, v, x, y, w in fixed point): x' = a x + c y, y' = b x + d y. Angles
    between quarter turns count as the nearest of them.
    """
    side_data = [frame.side_data[at] for at in range(len(frame.side_data))]  # type: ignore[literal-required]  # PyAV types it as a TypedDict
    matrices = [item for item in side_data if item.type == _MATRIX]
    if not matrices:
        return np.eye(2, dtype=np.int64)
    a, b, _, c, d = np.frombuffer(bytes(matrices[0]), "=i4")[:5].tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return np.diag([-1 if a < 0 else 1, -1 if d < 0 else 1])
    return np.array([[0, -1 if c < 0 else 1], [-1 if b < 0 else 1, 0]])


def oriented(rgb: NDArray[np.uint8], orientation: NDArray[np.int64]) -> NDArray[np.uint8]:
    """A (H, W, 3) picture as displayed, contiguous."""
    if not orientation[0, 0]:
        rgb = rgb.transpose(1, 0, 2)
    flip_x, flip_y = (orientation.sum(axis=1) < 0).tolist()
    if flip_x:
        rgb = rgb[:, ::-1]
    if flip_y:
        rgb = rgb[::-1]
    return np.ascontiguousarray(rgb)
