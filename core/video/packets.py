"""The packets of a video file, as one pass over the file finds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.video.container import open_container, video_stream
from core.video.plain_decode import report, tagged_packets
from core.video.source import IsCancelled, OnProgress

IntArray = NDArray[np.int64]

_AVI_CHUNK_HEADER = 8
"""Bytes between where AVI's table says that a frame lies and the frame itself."""

_TELL_DURATION = {"flv", "asf", "mxf"}


@dataclass
class Packets:
    """Columns of the one pass over the packets, and what the file's header promises.

    Attributes:
        pts, dts: times in the stream's time base; pos: place in the file in bytes, -1 where unknown.
        duration: how long each lasts in the stream's time base, 0 where unknown.
        key, discard, corrupt: key frames; packets that show nothing; packets of which a part is missing.
        broken_off: reading ended with an error.
        rate: frames a second; time_base: seconds of one unit of time.
        announced: the number of frames that the header promises, 0 where it promises none.
        announced_s: the length in seconds that the header promises for this stream, 0 where it promises none.
        lost_before: of each packet and of the end, how many frames the file's own table has before it that were not
            found; None where the file has no such table.
        times_are_durations: the file says of each frame how long it lasts (MP4): a long one is no gap.
    """

    pts: list[int | None] = field(default_factory=list)
    dts: list[int | None] = field(default_factory=list)
    pos: list[int] = field(default_factory=list)
    duration: list[int] = field(default_factory=list)
    key: list[bool] = field(default_factory=list)
    discard: list[bool] = field(default_factory=list)
    corrupt: list[bool] = field(default_factory=list)
    broken_off: bool = False
    rate: Fraction = Fraction(25)
    time_base: Fraction = Fraction(1)
    announced: int = 0
    announced_s: float = 0.0
    lost_before: IntArray | None = None
    times_are_durations: bool = False

    def __len__(self) -> int:
        return len(self.pts)

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


def read_packets(path: Path, on_progress: OnProgress | None, cancelled: IsCancelled | None) -> Packets:
    """Reads through a file. Raises SourceError if it cannot be opened, Cancelled if `cancelled()` turned true."""
    packets, total = Packets(), path.stat().st_size
    with open_container(path) as container:
        stream = video_stream(container, path)
        formats = container.format.name.split(",")
        # Now or never: reading packets lets the list grow, and what PyAV shows of it then is no longer there.
        table = (
            [entry.pos + _AVI_CHUNK_HEADER for entry in stream.index_entries if entry.size] if "avi" in formats else []
        )
        try:
            for packet in tagged_packets(container, stream):
                packets.pts.append(packet.pts)
                packets.dts.append(packet.dts)
                packets.pos.append(-1 if packet.pos is None else packet.pos)
                packets.duration.append(packet.duration or 0)
                packets.key.append(packet.is_keyframe)
                packets.discard.append(packet.is_discard)
                packets.corrupt.append(packet.is_corrupt)
                if len(packets) % 256 == 0:
                    report(on_progress, cancelled, max(packets.pos[-1], 0), total)
        except av.FFmpegError:
            packets.broken_off = True
        packets.rate = Fraction(stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(25, 1))
        packets.time_base = stream.time_base or Fraction(1)
        packets.announced = 0 if "gif" in formats else stream.frames  # of a GIF it is counted, not announced
        packets.announced_s = _announced_s(container, stream)
        packets.lost_before = _lost_before(table, packets.pos)
        packets.times_are_durations = "mov" in formats and "mp4" in formats
    return packets


def _announced_s(container: InputContainer, stream: VideoStream) -> float:
    """Seconds from the first frame on: of the stream in Matroska, else of a file whose video is all that it holds.

    0 where the header tells none; of other formats libavformat guesses it by what is there.
    """
    start = float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0
    parts = stream.metadata.get("DURATION", "").split(":")
    try:
        hours, minutes, seconds = (float(part) for part in parts)
    except ValueError:
        is_told = container.format.name in _TELL_DURATION and len(container.streams) == 1
        seconds = (container.duration or 0) / av.time_base if is_told else 0.0
        return max(0.0, seconds - (start if container.format.name == "flv" else 0.0))
    return max(0.0, hours * 3600 + minutes * 60 + seconds - start)


def _lost_before(table: list[int], found: list[int]) -> IntArray | None:
    """See Packets.lost_before: of the places that a file's table has, those at which no packet was found.

    A table of which less than half is found says nothing.
    """
    places = np.array(sorted(set(table)), np.int64)
    lost = places[~np.isin(places, found)]
    if not len(places) or 2 * len(lost) > len(places):
        return None
    at = np.searchsorted(np.maximum.accumulate(np.array(found, np.int64)), lost)
    return np.bincount(at, minlength=len(found) + 1)
