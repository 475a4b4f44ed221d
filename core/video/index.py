"""The index of a video file: which packet holds frame n, and where decoding can resume.

A packet is known by its ordinal, its place in the file's order of decoding. The ordinal travels through the
decoder in place of the timestamp, so that each frame that comes out says which packet it came from, also
where a container has no timestamps or wrong ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.errors import SourceError
from core.video.container import is_cut_short, note_on_streams, open_container, orientation_of, video_stream
from core.video.gaps import Gap, gaps_of, in_words
from core.video.plain_decode import PlainDecode, decode_tolerantly, plain_decode, report, shown_by, tagged_packets
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
        plain: what a plain decode of the whole file showed, None where only head and end were looked at.
        gaps: where frames are missing, from the start on.
        notes: sentences on what was decided.
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
    plain: PlainDecode | None
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    frame_of_packet: IntArray = field(init=False)

    def __post_init__(self) -> None:
        """Inverts `packet_of_frame`: (P,) frame index, -1 where a packet shows none."""
        inverse = np.full(self.num_packets, -1, np.int64)
        if self.packet_of_frame is not None:
            inverse[self.packet_of_frame] = np.arange(len(self.packet_of_frame))
        object.__setattr__(self, "frame_of_packet", inverse)

    @property
    def is_long(self) -> bool:
        """Whether decoding it takes so long that what comes out is worth remembering."""
        return _is_long(self.num_packets, self.coded_size)


def _is_long(num_packets: int, size: tuple[int, int]) -> bool:
    return num_packets * size[0] * size[1] > FULL_CHECK_PIXELS


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


def build_index(
    path: Path,
    on_progress: OnProgress | None = None,
    cancelled: IsCancelled | None = None,
    *,
    checked: bool = False,
    known: PlainDecode | None = None,
) -> VideoIndex:
    """Reads through a video file once, and decodes as much of it as it takes to trust the index.

    Args:
        path: of the file.
        on_progress: see `open_source`.
        cancelled: see `open_source`.
        checked: also a long clip is decoded in full.
        known: what a plain decode of this very file showed, which then isn't done again.

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
        notes = note_on_streams(container, stream, path)
    if known is not None and known.order.max(initial=-1) >= len(packets):
        known = None
    checked = checked or order is None or suspicious or not _is_long(len(packets), (first.width, first.height))
    if known is None and (checked or order is None or not _spot_check(path, packets, order)):
        known = plain_decode(path, len(packets), on_progress, cancelled)
    decoded = known.order if known is not None else order
    if decoded is None or not len(decoded):
        raise SourceError(f"No frame of {path.name} can be decoded; copy it again from where it came from.")
    failed = known.failed if known is not None else ()
    unique = len(set(decoded.tolist())) == len(decoded) and decoded.min() >= 0
    missing = _missing(decoded, None if suspicious else order, failed) if unique and failed else ()
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
        damaged=_damage(path, decoded, announced, missing, known, broken_off=packets.broken_off),
        plain=known,
        gaps=gaps_of(missing),
        notes=notes,
    )


def _missing(decoded: IntArray, order: IntArray | None, failed: tuple[int, ...]) -> tuple[int, ...]:
    """Which numbers the missing frames would have, in a count that has them.

    Args:
        decoded: (N,) packets as they are shown.
        order: (M,) packets as they would be shown if all could be decoded, None where only `failed` tells.
        failed: packets that could not be decoded.
    """
    shown = set(decoded.tolist())
    if order is None:
        order = np.array(sorted(shown | set(failed)), np.int64)
    return tuple(number for number, packet in enumerate(order.tolist()) if packet not in shown)


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
                    report(on_progress, cancelled, max(packets.pos[-1], 0), total)
        except av.FFmpegError:
            packets.broken_off = True
        rate = stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(25, 1)
        return packets, stream.frames, Fraction(rate)


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


def _spot_check(path: Path, packets: _Packets, order: IntArray) -> bool:
    """True if the decoder shows the head and, after its last key frame, the end in the order of the index."""
    head = np.array(shown_by(path, HEAD_CHECK_PACKETS), np.int64)
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


def _damage(
    path: Path,
    decoded: IntArray,
    announced: int,
    missing: tuple[int, ...],
    known: PlainDecode | None,
    *,
    broken_off: bool,
) -> str | None:
    """What to tell people of a file of which something cannot be read; None for a whole file."""
    failed = known is not None and len(known.failed) > 0
    spoilt = known.spoilt if known is not None else ()
    if not (broken_off or failed or spoilt or is_cut_short(path)):
        return None
    readable = len(decoded)
    total = max(announced, readable + len(missing))
    of = f" of {total}" if total > readable else ""
    gone = f", {in_words(missing, 'is missing', 'are missing')}" if missing else ""
    shown = {packet: number for number, packet in enumerate(decoded.tolist())}
    bad = sorted(shown[packet] for packet in spoilt if packet in shown)
    seen = f", {in_words(tuple(bad), 'is spoilt', 'are spoilt')}" if bad else ""
    return (
        f"{path.name} is damaged: {readable}{of} {'frame' if total == 1 else 'frames'} can be read{gone}{seen}; "
        "copy it again from where it came from to get all."
    )
