"""The index of a video file: which packet holds frame n, and where decoding can resume.

A packet is known by its ordinal, its place in the file's order of decoding. The ordinal travels through the
decoder in place of the timestamp, so that each frame that comes out says which packet it came from, also
where a container has no timestamps or wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.errors import Cancelled, SourceError
from core.video.container import is_cut_short, open_container, orientation_of, video_stream
from core.video.source import IsCancelled, OnProgress

FULL_CHECK_PIXELS = 6e8
"""Up to this many pixels (about a second's work) a clip is decoded once in full to be sure of its index."""
HEAD_CHECK_PACKETS = 64
"""Of a longer clip this many packets are decoded, and the end from the last resume point on."""
TAIL_CHECK_PACKETS = 400

_COUNT_ONLY_FORMATS = {"avi", "h264", "hevc", "m4v", "mpegvideo", "vc1", "av1", "obu"}
"""Formats whose presentation times libavformat makes up: right without B-frames only."""

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class ResumePoint:
    """A key frame from which decoding can start.

    Attributes:
        packet: ordinal of the key frame's packet.
        frame_index: number of the key frame; only frames from it on are right after resuming here.
        seek_timestamps: in the stream's time base, where to seek to, the likeliest first.
    """

    packet: int
    frame_index: int
    seek_timestamps: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class VideoIndex:
    """What is known of a video file without holding any of its pixels.

    Attributes:
        packet_of_frame: (N,) ordinals of the packets in the order of presentation; None where the decoder does
            not tell which packet a frame came from: then frames are counted from the start.
        packet_keys: (P,) what recognises a packet after a seek, None where nothing does.
        keyed_by: "pos" (byte position) or "pts".
        num_packets: packets from the start that are fed to the decoder.
        resume_points: by rising frame index, the start excluded.
        timestamps: (N,) seconds.
        coded_size: width and height as coded, before rotation.
        orientation: (2, 2) of -1, 0, 1: turns and flips from coded to displayed axes.
        pixel_aspect: width / height of a pixel as displayed.
        damaged: a sentence, or None.
    """

    packet_of_frame: IntArray | None
    packet_keys: IntArray | None
    keyed_by: str
    num_packets: int
    resume_points: tuple[ResumePoint, ...]
    timestamps: NDArray[np.float64]
    coded_size: tuple[int, int]
    orientation: NDArray[np.int64]
    pixel_aspect: float
    damaged: str | None
    frame_of_packet: IntArray = field(init=False)

    def __post_init__(self) -> None:
        """Inverts `packet_of_frame`: (P,) frame index, -1 where a packet shows none."""
        inverse = np.full(self.num_packets, -1, np.int64)
        if self.packet_of_frame is not None:
            inverse[self.packet_of_frame] = np.arange(len(self.packet_of_frame))
        object.__setattr__(self, "frame_of_packet", inverse)


@dataclass
class _Packets:
    """Columns of the one pass over the packets."""

    pts: list[int | None] = field(default_factory=list)
    dts: list[int | None] = field(default_factory=list)
    pos: list[int] = field(default_factory=list)
    key: list[bool] = field(default_factory=list)
    discard: list[bool] = field(default_factory=list)
    corrupt: list[bool] = field(default_factory=list)
    broken_off: bool = False

    def __len__(self) -> int:
        return len(self.pts)

    def drop_corrupt_end(self) -> None:
        """Forgets packets at the end that hold only a part of their frame."""
        while self.corrupt and self.corrupt[-1]:
            self.broken_off = True
            for column in (self.pts, self.dts, self.pos, self.key, self.discard, self.corrupt):
                column.pop()

    def presentation_order(self) -> IntArray | None:
        """(N,) ordinals by rising pts; None if the pts are not all there and different."""
        shown = [i for i, hidden in enumerate(self.discard) if not hidden]
        pts = [self.pts[i] for i in shown]
        known = [value for value in pts if value is not None]
        if len(known) != len(pts) or len(set(known)) != len(known):
            return None
        return np.array(shown, np.int64)[np.argsort(np.array(known, np.int64), kind="stable")]

    def keys(self) -> tuple[IntArray | None, str]:
        """What recognises a packet after a seek, and its name."""
        if len(set(self.pos)) == len(self.pos) and min(self.pos, default=-1) >= 0:
            return np.array(self.pos, np.int64), "pos"
        known = [value for value in self.pts if value is not None]
        if len(known) == len(self.pts) == len(set(known)):
            return np.array(known, np.int64), "pts"
        return None, "pos"


def build_index(path: Path, on_progress: OnProgress | None = None, cancelled: IsCancelled | None = None) -> VideoIndex:
    """Reads through a video file once, and decodes as much of it as it takes to trust the index.

    Raises:
        SourceError: if the file holds no frame that can be decoded.
        Cancelled: if `cancelled()` turned true.
    """
    packets, announced, rate = _read_packets(path, on_progress, cancelled)
    packets.drop_corrupt_end()
    if not len(packets):
        raise SourceError(f"{path.name} has a video track without frames; copy it again from where it came from.")
    order = None if packets.broken_off else packets.presentation_order()
    with open_container(path) as container:
        stream = video_stream(container, path)
        first = _first_frame(path)
        made_up = not set(container.format.name.split(",")).isdisjoint(_COUNT_ONLY_FORMATS)
        suspicious = made_up or stream.codec_context.name == "vp8" or any(packets.corrupt)
        time_base = stream.time_base or Fraction(1, 1)
        aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    small = len(packets) * first.width * first.height <= FULL_CHECK_PIXELS
    if order is not None and (suspicious or small or not _spot_check(path, packets, order)):
        order = None
    failed = 0
    if order is not None:
        decoded = order
    else:
        decoded, failed = _decoded_order(path, len(packets), on_progress, cancelled)
    unique = len(set(decoded.tolist())) == len(decoded) and (len(decoded) == 0 or decoded.min() >= 0)
    if not len(decoded):
        raise SourceError(f"No frame of {path.name} can be decoded; copy it again from where it came from.")
    keys, keyed_by = packets.keys()
    orientation = orientation_of(first)
    pixel_aspect = float(aspect) if aspect else 1.0
    return VideoIndex(
        packet_of_frame=decoded if unique else None,
        packet_keys=keys,
        keyed_by=keyed_by,
        num_packets=len(packets),
        resume_points=_resume_points(packets, decoded) if unique and keys is not None else (),
        timestamps=_timestamps(packets, decoded, unique and not made_up, time_base, rate),
        coded_size=(first.width, first.height),
        orientation=orientation,
        pixel_aspect=pixel_aspect if orientation[0, 0] else 1.0 / pixel_aspect,
        damaged=_damage(path, len(decoded), announced, packets.broken_off or failed > 0),
    )


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
    except av.InvalidDataError:
        if failures is not None:
            failures.append(-1 if packet is None or packet.pts is None else packet.pts)
        return []


def _read_packets(
    path: Path, on_progress: OnProgress | None, cancelled: IsCancelled | None
) -> tuple[_Packets, int, Fraction]:
    """The columns of all packets, the number of frames that the header announces (0: none), the frame rate."""
    packets, total = _Packets(), path.stat().st_size
    with open_container(path) as container:
        stream = video_stream(container, path)
        try:
            for packet in tagged_packets(container, stream):
                packets.pts.append(packet.pts)
                packets.dts.append(packet.dts)
                packets.pos.append(-1 if packet.pos is None else packet.pos)
                packets.key.append(packet.is_keyframe)
                packets.discard.append(packet.is_discard)
                packets.corrupt.append(packet.is_corrupt)
                if len(packets) % 256 == 0:
                    _report(on_progress, cancelled, max(packets.pos[-1], 0), total)
        except av.FFmpegError:
            packets.broken_off = True
        rate = stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(25, 1)
        return packets, stream.frames, Fraction(rate)


def _report(on_progress: OnProgress | None, cancelled: IsCancelled | None, done: int, total: int) -> None:
    if cancelled is not None and cancelled():
        raise Cancelled
    if on_progress is not None:
        on_progress(min(done, total), total)


def _first_frame(path: Path) -> VideoFrame:
    """The first frame that can be decoded, for its size and orientation."""
    with open_container(path) as container:
        stream = video_stream(container, path)
        try:
            for packet in tagged_packets(container, stream):
                for frame in decode_tolerantly(stream, packet):
                    return frame
        except av.FFmpegError:
            pass  # a file cut off: what was read before may still hold a frame
        for frame in decode_tolerantly(stream, None):
            return frame
    raise SourceError(f"No frame of {path.name} can be decoded; copy it again from where it came from.")


def _decoded_order(
    path: Path, num_packets: int, on_progress: OnProgress | None, cancelled: IsCancelled | None
) -> tuple[IntArray, int]:
    """The order in which a plain decode shows the packets, and how many of them could not be decoded.

    Returns:
        (N,) ordinals, -1 where the decoder does not say which packet a frame came from; number of failures.
    """
    order: list[int] = []
    failures: list[int] = []
    with open_container(path) as container:
        stream = video_stream(container, path)
        for ordinal, packet in zip(range(num_packets), tagged_packets(container, stream), strict=False):
            packet.pts = packet.dts = ordinal
            order += [-1 if frame.pts is None else frame.pts for frame in decode_tolerantly(stream, packet, failures)]
            if ordinal % 16 == 0:
                _report(on_progress, cancelled, ordinal, num_packets)
        order += [-1 if frame.pts is None else frame.pts for frame in decode_tolerantly(stream, None, failures)]
    return np.array(order, np.int64), len(failures)


def _spot_check(path: Path, packets: _Packets, order: IntArray) -> bool:
    """True if the decoder shows the head and, after its last key frame, the end in the order of the index."""
    head, _ = _decoded_order(path, HEAD_CHECK_PACKETS, None, None)
    sure = len(head) - 16 if len(packets) > HEAD_CHECK_PACKETS else len(head)  # the rest still awaits its neighbours
    if sure <= 0 or not np.array_equal(head[:sure], order[:sure]):
        return False
    return _tail_holds(path, packets, order)


def _tail_holds(path: Path, packets: _Packets, order: IntArray) -> bool:
    """Decodes from the last key frame to the end; True also where that is too far."""
    keys = np.flatnonzero(packets.key)
    if not len(keys) or len(packets) - keys[-1] > TAIL_CHECK_PACKETS or packets.pts[keys[-1]] is None:
        return True
    start = int(keys[-1])
    shown: list[int | None] = []
    with open_container(path) as container:
        stream = video_stream(container, path)
        container.seek(int(packets.pts[start] or 0), stream=stream)
        for packet in tagged_packets(container, stream):
            shown += [frame.pts for frame in decode_tolerantly(stream, packet)]
        shown += [frame.pts for frame in decode_tolerantly(stream, None)]
    pts = np.array([packets.pts[packet] for packet in order[-TAIL_CHECK_PACKETS:].tolist()], np.int64)
    expected = pts[pts >= int(packets.pts[start] or 0)].tolist()
    return bool(shown[-len(expected) :] == expected)


def _resume_points(packets: _Packets, order: IntArray) -> tuple[ResumePoint, ...]:
    frame_of_packet = {int(packet): index for index, packet in enumerate(order)}
    points = []
    for packet in np.flatnonzero(packets.key).tolist():
        wanted = dict.fromkeys(t for t in (packets.pts[packet], packets.dts[packet]) if t is not None)
        if packet > 0 and packet in frame_of_packet and wanted:
            points.append(ResumePoint(packet, frame_of_packet[packet], tuple(wanted)))
    return tuple(sorted(points, key=lambda point: point.frame_index))


def _timestamps(
    packets: _Packets, order: IntArray, usable: bool, time_base: Fraction, rate: Fraction
) -> NDArray[np.float64]:
    """(N,) seconds: of presentation where they are known and rise, else index / rate."""
    if usable:
        pts = [packets.pts[packet] for packet in order.tolist()]
        if None not in pts:
            seconds = np.array(pts, np.float64) * float(time_base)
            if (np.diff(seconds) > 0).all():
                return seconds
    return np.arange(len(order)) / float(rate)


def _damage(path: Path, readable: int, announced: int, incomplete: bool) -> str | None:
    """What to tell people of a file of which something cannot be read; None for a whole file."""
    if not incomplete and not is_cut_short(path):
        return None
    of = f" of {announced}" if announced > readable else ""
    return (
        f"{path.name} is damaged: {readable}{of} frames can be read; copy it again from where it came from to get all."
    )
