"""A plain decode of a whole video file: which frames there are, counted as every other program counts them."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.errors import Cancelled, FamiError
from core.files import places
from core.files.replacing import replacing
from core.files.small_files import json_value
from core.video.container import DECODING, open_container, video_stream
from core.video.source import IsCancelled, OnProgress

IntArray = NDArray[np.int64]

FileIdentity = tuple[Path, int, int]
"""Path, size in bytes and time of the last change in nanoseconds: another file in the same place has another one."""
_REVISION = 3
"""Of what is remembered; a program that decodes otherwise counts it up."""

_OUTSPOKEN = {
    "h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vp9", "av1", "libdav1d", "mjpeg", "png", "prores", "gif",
}  # fmt: skip
"""Decoders that notice damage; what the others leave unpainted in silence is found by decoding twice."""
_HELD_BYTES = 256 * 2**20
"""Pictures held in the second of these passes: new ones are then painted where nothing was painted before."""


@dataclass(frozen=True, eq=False)
class PlainDecode:
    """What came out of decoding all packets of a file in their order.

    Attributes:
        order: (N,) ordinals of the packets in the order in which their frames are shown, -1 where the decoder does
            not say which packet a frame came from.
        failed: packets that could not be decoded.
        spoilt: packets that are damaged, and whose frames are shown all the same.
    """

    order: IntArray
    failed: tuple[int, ...] = ()
    spoilt: tuple[int, ...] = ()

    @property
    def is_spoilt(self) -> bool:
        """Whether anything is damaged: then decoders on several threads make other pixels of it each time."""
        return bool(self.failed or self.spoilt)


def plain_decode(
    path: Path,
    num_packets: int,
    on_progress: OnProgress | None = None,
    cancelled: IsCancelled | None = None,
    *,
    partial: Iterable[int] = (),
) -> PlainDecode:
    """Decodes a file from its first packet to its last.

    The first pass refuses every packet with an error in it. Only a file with such packets is decoded a second time as
    every program does it, which shows what it can of them. Both on one thread: on several, what comes out of damage is
    another one each time.

    Args:
        path: of the file.
        num_packets: how many of its packets are decoded.
        on_progress: see `open_source`.
        cancelled: see `open_source`.
        partial: packets of which a part is missing, as their file tells.

    Raises:
        Cancelled: if `cancelled()` turned true.
    """
    strict = _decode(path, num_packets, on_progress, cancelled, strictly=True)
    marked = set(partial)
    if not strict.failed and not strict.corrupt and not marked.intersection(strict.order) and strict.is_outspoken:
        return PlainDecode(np.array(strict.order, np.int64))
    plain = _decode(path, num_packets, on_progress, cancelled, hashed=not strict.is_outspoken)
    lost = set(range(num_packets)) - set(strict.order)
    spoilt = ((lost | marked) & set(plain.order)) | set(plain.corrupt)
    if not strict.is_outspoken:
        held = _decode(path, num_packets, on_progress, cancelled, hashed=True, held=True)
        pairs = zip(plain.order, plain.hashes, held.hashes, strict=False)
        spoilt |= {packet for packet, one, other in pairs if one != other}
    return PlainDecode(np.array(plain.order, np.int64), tuple(sorted(set(plain.failed))), tuple(sorted(spoilt)))


def shown_by(path: Path, num_packets: int) -> list[int]:
    """The packets that the first `num_packets` show, in the order of presentation."""
    return _decode(path, num_packets, None, None).order


class _Pass:
    """What one pass found: packets shown, failed, and shown with a mark of damage; hashes of what is shown."""

    def __init__(self) -> None:
        self.is_outspoken = True
        self.hashes: list[int] = []
        self.order: list[int] = []
        self.failed: list[int] = []
        self.corrupt: list[int] = []


def _decode(
    path: Path,
    num_packets: int,
    on_progress: OnProgress | None,
    cancelled: IsCancelled | None,
    *,
    strictly: bool = False,
    hashed: bool = False,
    held: bool = False,
) -> _Pass:
    found = _Pass()
    holding: deque[VideoFrame] = deque()
    with open_container(path) as container:
        stream = video_stream(container, path)
        stream.thread_type = "NONE"  # decoders on several threads overlook some damage, by chance
        found.is_outspoken = stream.codec_context.name in _OUTSPOKEN
        num_held = _HELD_BYTES // max(1, stream.width * stream.height * 3) if held else 0
        if strictly:
            stream.codec_context.options = {**DECODING, "err_detect": "explode"}
        numbered = zip(range(num_packets), tagged_packets(container, stream), strict=False)
        for ordinal, packet in chain(numbered, [(num_packets, None)]):
            if packet is not None:
                packet.pts = packet.dts = ordinal
            for frame in decode_tolerantly(stream, packet, found.failed):
                shown = -1 if frame.pts is None else frame.pts
                found.order.append(shown)
                if frame.is_corrupt:
                    found.corrupt.append(shown)
                if hashed:
                    found.hashes.append(zlib.crc32(np.ascontiguousarray(frame.to_ndarray(format="rgb24")).data))
                if num_held:
                    holding.append(frame)
                if len(holding) > num_held:
                    holding.popleft()
            if ordinal % 16 == 0:
                report(on_progress, cancelled, ordinal, num_packets)
    return found


def tagged_packets(container: av.container.InputContainer, stream: VideoStream) -> Iterator[av.Packet[VideoStream]]:
    """The packets of a stream without the empty one at its end."""
    for packet in container.demux(stream):
        if packet.size:
            yield packet


def decode_tolerantly(
    stream: VideoStream, packet: av.Packet[VideoStream] | None, failures: list[int] | None = None
) -> list[VideoFrame]:
    """The frames that come out for a packet (None: the last ones); none for a packet that cannot be decoded.

    What is missing is noticed by its number, as each frame carries its packet's ordinal; `failures` collects
    the timestamps of packets that failed.
    """
    try:
        return stream.codec_context.decode(packet)
    except av.EOFError:
        return []
    except MemoryError:
        raise
    except av.FFmpegError:  # whichever: some decoders say of damage that the operation is not permitted
        if failures is not None:
            failures.append(-1 if packet is None or packet.pts is None else packet.pts)
        return []


def report(on_progress: OnProgress | None, cancelled: IsCancelled | None, done: int, total: int) -> None:
    """Says how far a pass is. Raises Cancelled if it is to end."""
    if cancelled is not None and cancelled():
        raise Cancelled
    if on_progress is not None:
        on_progress(min(done, total), total)


# ---- remembered from one run of the program to the next ----


def remembered(identity: FileIdentity) -> PlainDecode | None:
    """What an earlier check found of this very file; None where there was none."""
    try:
        record = json_value(_record_of(identity))
        return PlainDecode(np.array(record["order"], np.int64), tuple(record["failed"]), tuple(record["spoilt"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None  # not checked yet, or what was kept is damaged: it can be found out again


def remember(identity: FileIdentity, found: PlainDecode) -> None:
    """Keeps what a check found in the cache folder; where that cannot be written, it is found out again."""
    record = {"order": found.order.tolist(), "failed": found.failed, "spoilt": found.spoilt}
    target = _record_of(identity)
    try:
        with replacing(target, make_folder=True, forced=False) as draft:
            draft.write_text(json.dumps(record), encoding="utf-8")
    except FamiError:
        return


def _record_of(identity: FileIdentity) -> Path:
    digest = hashlib.sha256(repr((_REVISION, av.__version__, *map(str, identity))).encode()).hexdigest()[:24]
    return places.cache_folder() / "clips" / f"{digest}.json"
