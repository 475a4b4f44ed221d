"""The index of a video file: which packet holds frame n, and where decoding can resume.

A packet is known by its ordinal, its place in the file's order of decoding. The ordinal travels through the
decoder in place of the timestamp, so that each frame that comes out says which packet it came from, also
where a container has no timestamps or wrong ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.errors import SourceError
from core.video.container import note_on_streams, open_container, orientation_of, video_stream
from core.video.packets import IntArray, Packets, read_packets
from core.video.plain_decode import PlainDecode, decode_tolerantly, plain_decode, shown_by, tagged_packets
from core.video.soundness.damage import damage_in_words, damage_of
from core.video.soundness.gaps import Gap, gaps_of
from core.video.soundness.wholeness import wholeness_of
from core.video.source import IsCancelled, OnProgress

FULL_CHECK_PIXELS = 6e8
"""Up to this many pixels (about a second's work) a clip is decoded once in full to be sure of its index."""
HEAD_CHECK_PACKETS = 64
"""Of a longer clip this many packets are decoded, and the end from the last resume point on."""
TAIL_CHECK_PACKETS = 400

_COUNT_ONLY_FORMATS = {"avi", "h264", "hevc", "m4v", "mpegvideo", "vc1", "av1", "obu"}
"""Formats whose presentation times libavformat makes up: right without B-frames only."""
_PUT_TOGETHER_FORMATS = {"mpegts", "mpeg", "h264", "hevc", "m4v", "mpegvideo", "vc1", "av1", "obu"}
"""Formats whose packets are not frames: libavformat puts these together."""


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
        num_listed: frames that the file has as long as nobody tries to decode them.
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
    num_listed: int
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
    packets = read_packets(path, on_progress, cancelled)
    if not len(packets):
        raise SourceError(f"{path.name} has a video track without frames; copy it again from where it came from.")
    order = None if packets.broken_off else packets.presentation_order()
    with open_container(path) as container:
        stream = video_stream(container, path)
        first = _first_frame(path)
        made_up = not set(container.format.name.split(",")).isdisjoint(_COUNT_ONLY_FORMATS)
        is_put_together = not set(container.format.name.split(",")).isdisjoint(_PUT_TOGETHER_FORMATS)
        has_own_order = made_up or stream.codec_context.name == "vp8"  # times made up, or packets that show nothing
        suspicious = has_own_order or any(packets.corrupt)
        aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
        notes = note_on_streams(container, stream, path)
    if known is not None and known.order.max(initial=-1) >= len(packets):
        known = None
    checked = checked or order is None or suspicious or not _is_long(len(packets), (first.width, first.height))
    if known is None and (checked or order is None or not _spot_check(path, packets, order)):
        # Where frames are put together of packets, a mark says little: there the decoder has to tell.
        partial = () if is_put_together else np.flatnonzero(packets.corrupt).tolist()
        known = plain_decode(path, len(packets), on_progress, cancelled, partial=partial)
    decoded = known.order if known is not None else order
    if decoded is None or not len(decoded):
        raise SourceError(f"No frame of {path.name} can be decoded; copy it again from where it came from.")
    unique = len(set(decoded.tolist())) == len(decoded) and decoded.min() >= 0
    wholeness = wholeness_of(path)
    damage = damage_of(
        packets, None if has_own_order else order, decoded, known, wholeness, has_times=unique and not made_up
    )
    keys, keyed_by = packets.keys()
    orientation = orientation_of(first)
    pixel_aspect = float(aspect) if aspect else 1.0
    return VideoIndex(
        packet_of_frame=decoded if unique else None,
        packet_keys=keys,
        keyed_by=keyed_by,
        num_packets=len(packets),
        resume_points=_resume_points(packets, decoded) if unique and keys is not None else (),
        timestamps=_timestamps(packets, decoded, unique and not made_up),
        coded_size=(first.width, first.height),
        orientation=orientation,
        pixel_aspect=pixel_aspect if orientation[0, 0] else 1.0 / pixel_aspect,
        damaged=damage_in_words(path.name, len(decoded), damage),
        plain=known,
        gaps=gaps_of(damage.missing),
        num_listed=len(order) if order is not None else len(decoded),
        notes=notes,
    )


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


def _spot_check(path: Path, packets: Packets, order: IntArray) -> bool:
    """True if the decoder shows the head and, after its last key frame, the end in the order of the index."""
    head = np.array(shown_by(path, HEAD_CHECK_PACKETS), np.int64)
    sure = len(head) - 16 if len(packets) > HEAD_CHECK_PACKETS else len(head)  # the rest still awaits its neighbours
    if sure <= 0 or not np.array_equal(head[:sure], order[:sure]):
        return False
    return _tail_holds(path, packets, order)


def _tail_holds(path: Path, packets: Packets, order: IntArray) -> bool:
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


def _resume_points(packets: Packets, order: IntArray) -> tuple[ResumePoint, ...]:
    frame_of_packet = {int(packet): index for index, packet in enumerate(order)}
    points = []
    for packet in np.flatnonzero(packets.key).tolist():
        wanted = dict.fromkeys(t for t in (packets.pts[packet], packets.dts[packet]) if t is not None)
        if packet > 0 and packet in frame_of_packet and wanted:
            points.append(ResumePoint(packet, frame_of_packet[packet], tuple(wanted)))
    return tuple(sorted(points, key=lambda point: point.frame_index))


def _timestamps(packets: Packets, order: IntArray, usable: bool) -> NDArray[np.float64]:
    """(N,) seconds: of presentation where they are known and rise, else index / rate."""
    if usable:
        pts = [packets.pts[packet] for packet in order.tolist()]
        if None not in pts:
            seconds = np.array(pts, np.float64) * float(packets.time_base)
            if (np.diff(seconds) > 0).all():
                return seconds
    return np.arange(len(order)) / float(packets.rate)
