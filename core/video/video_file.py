"""VideoFile: frames of a video by number, decoded forward from the nearest key frame that proves right."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from cachetools import LRUCache
from numpy.typing import NDArray

from core.errors import SourceError
from core.video.container import open_container, oriented, video_stream
from core.video.index import ResumePoint, VideoIndex
from core.video.plain_decode import decode_tolerantly, tagged_packets
from core.video.source import Source

RECENT_BYTES = 64 * 2**20
"""Decoded frames kept unconverted, so that stepping back does not decode from the key frame each time."""

_Kept: TypeAlias = "VideoFrame | NDArray[np.uint8]"
_Run: TypeAlias = "Generator[tuple[int, VideoFrame], None, None]"
_Packets: TypeAlias = "Generator[tuple[int, av.Packet[VideoStream]], None, None]"


class VideoFile(Source):
    """A video file, read through its index. A decoder keeps running forward between calls."""

    def __init__(self, path: Path, index: VideoIndex) -> None:
        width, height = index.coded_size
        self.path = path
        self.kind = "video"
        self.size = (width, height) if index.orientation[0, 0] else (height, width)
        self.pixel_aspect = index.pixel_aspect
        self.timestamps = index.timestamps
        self.damaged = index.damaged
        self.notes = index.notes
        self.gaps = index.gaps
        self.num_listed = index.num_listed
        self.is_checked = index.plain is not None
        self._index = index
        self._container: InputContainer | None = None
        self._stream: VideoStream | None = None
        self._run: _Run | None = None
        self._next_index = 0
        self._point_indices = [point.frame_index for point in index.resume_points]
        self._failed_points: set[int] = set()
        self._run_point: ResumePoint | None = None
        self._is_spoilt = index.damaged is not None or (index.plain is not None and index.plain.is_spoilt)
        frame_bytes = width * height * (6 if self._is_spoilt else 3) // 2
        self._recent: LRUCache[int, _Kept] = LRUCache(max(1, RECENT_BYTES // frame_bytes))
        self._packet_of_key: dict[int, int] | None = None

    def _read(self, frame_index: int) -> NDArray[np.uint8]:
        kept = self._recent.get(frame_index)
        if kept is None:
            kept = self._decode(frame_index)
        return self._rgb(kept) if isinstance(kept, VideoFrame) else kept.copy()

    def frame_name(self, frame_index: int) -> str:
        """See Source.frame_name."""
        return f"{self._checked(frame_index):06d}.jpg"

    def close(self) -> None:
        """See Source.close."""
        self._stop_run()
        self._recent.clear()
        self._close_container()

    def _rgb(self, decoded: VideoFrame) -> NDArray[np.uint8]:
        """The one conversion, for every way to a frame."""
        width, height = self._index.coded_size
        if (decoded.width, decoded.height) == (width, height):
            rgb = decoded.to_ndarray(format="rgb24")
        else:  # the stream changes its size: labels need one size throughout
            rgb = decoded.to_ndarray(format="rgb24", width=width, height=height)
        return oriented(rgb.astype(np.uint8, copy=False), self._index.orientation)

    def _decode(self, frame_index: int) -> _Kept:
        """Goes on decoding, or resumes at ever earlier points until the very frame comes out.

        A damaged clip is always resumed at the last point before a frame, also when it is played: what its decoder
        does not paint shows what it painted before, which depends on the way.
        """
        point = self._resume_point(frame_index)
        reached = point.frame_index if point is not None else 0
        goes_on = self._run is not None and (not self._is_spoilt or point == self._run_point)
        if self._run is not None and goes_on and reached <= self._next_index <= frame_index:
            found = self._advance(self._run, frame_index)
            if found is not None:
                return found
        while True:
            self._stop_run()
            self._run, self._run_point = self._run_from(point), point
            found = self._advance(self._run, frame_index)
            if found is not None:
                return found
            if point is None:
                raise SourceError(
                    f"Frame {frame_index} of {self.path.name} can no longer be decoded; the file is damaged or was "
                    "changed: open it again."
                )
            self._failed_points.add(point.packet)
            point = self._resume_point(frame_index)

    def _resume_point(self, frame_index: int) -> ResumePoint | None:
        """The last resume point at or before a frame, in order of decoding too; None is the start."""
        if self._index.packet_of_frame is None:
            return None
        packet = self._index.packet_of_frame[frame_index]
        for at in range(bisect_right(self._point_indices, frame_index) - 1, -1, -1):
            point = self._index.resume_points[at]
            if point.packet <= packet and point.packet not in self._failed_points:
                return point
        return None

    def _advance(self, run: _Run, frame_index: int) -> _Kept | None:
        """Runs the decoder up to a frame; None if it ends or passes by without showing that frame."""
        for shown_index, decoded in run:
            self._next_index = shown_index + 1
            # A picture that is held keeps the decoder from painting over it, so that a damaged clip holds copies.
            kept = self._rgb(decoded) if self._is_spoilt else decoded
            self._recent[shown_index] = kept
            if shown_index == frame_index:
                return kept
            if shown_index > frame_index:
                break
        self._stop_run()
        return None

    def _stop_run(self) -> None:
        if self._run is not None:
            self._run.close()
            self._run = None

    def _run_from(self, point: ResumePoint | None) -> _Run:
        """Decodes from a resume point, or from the start: (frame_index, frame) in order of presentation.

        Ends early where the packets are not those of the index, a frame after a resume is marked as corrupt, or what
        the container calls a key frame is none.
        """
        if self._is_spoilt:
            self._close_container()  # a new decoder has painted nothing yet
        has_begun = point is None
        self._next_index = point.frame_index if point is not None else 0
        counted = -1
        for decoded in self._frames_of_packets(self._packets_from(point)):
            counted += 1
            if self._index.packet_of_frame is None:
                yield counted, decoded
                continue
            packet = -1 if decoded.pts is None else decoded.pts
            shown_index = int(self._index.frame_of_packet[packet]) if packet >= 0 else -1
            if shown_index < 0 or (point is not None and shown_index < point.frame_index):
                continue  # pictures before a key frame may lack what they refer to
            has_begun = has_begun or (point is not None and shown_index == point.frame_index and decoded.key_frame)
            if not has_begun or (point is not None and decoded.is_corrupt):
                return
            yield shown_index, decoded

    def _frames_of_packets(self, packets: _Packets) -> Iterator[VideoFrame]:
        """Decodes packets; each frame's pts is the ordinal of its packet."""
        for ordinal, packet in packets:
            packet.pts = packet.dts = ordinal
            yield from decode_tolerantly(packet.stream, packet)
            if ordinal + 1 == self._index.num_packets:
                yield from decode_tolerantly(packet.stream, None)
                return

    def _packets_from(self, point: ResumePoint | None) -> _Packets:
        """(ordinal, packet) in order of decoding, from a point on; ends where a packet is not the expected one."""
        keys = self._index.packet_keys
        start = point.packet if point is not None else 0
        try:
            numbered = self._landing(point) if point is not None else enumerate(self._packets_from_start())
            for ordinal, packet in numbered:
                if ordinal >= self._index.num_packets:
                    return
                if keys is not None and self._key(packet) != keys[ordinal]:
                    return
                if ordinal >= start:
                    yield ordinal, packet
        except av.FFmpegError:
            return  # the file ends here or was changed; whoever waits for a frame notices that it is missing

    def _packets_from_start(self) -> Iterator[av.Packet[VideoStream]]:
        self._close_container()
        container, stream = self._opened()
        return tagged_packets(container, stream)

    def _landing(self, point: ResumePoint) -> Iterable[tuple[int, av.Packet[VideoStream]]]:
        """Packets after a seek with their ordinals, the first at or before the point; none if no seek gets there."""
        container, stream = self._opened()
        for timestamp in point.seek_timestamps:
            container.seek(timestamp, stream=stream)
            packets = tagged_packets(container, stream)
            first = next(packets, None)
            ordinal = self._ordinal(first) if first is not None else -1
            if first is not None and 0 <= ordinal <= point.packet:
                return enumerate(chain([first], packets), ordinal)
        return ()

    def _opened(self) -> tuple[InputContainer, VideoStream]:
        if self._container is None or self._stream is None:
            self._container = open_container(self.path)
            self._stream = video_stream(self._container, self.path)
            if self._is_spoilt:
                self._stream.thread_type = "NONE"  # of damage, several threads make other pixels each time
        return self._container, self._stream

    def _close_container(self) -> None:
        self._stream = None
        if self._container is not None:
            self._container.close()
            self._container = None

    def _key(self, packet: av.Packet[VideoStream]) -> int | None:
        return packet.pos if self._index.keyed_by == "pos" else packet.pts

    def _ordinal(self, packet: av.Packet[VideoStream]) -> int:
        """Which packet of the index this is; -1 if none."""
        if self._packet_of_key is None:
            keys = self._index.packet_keys
            self._packet_of_key = {} if keys is None else {key: i for i, key in enumerate(keys.tolist())}
        key = self._key(packet)
        return -1 if key is None else self._packet_of_key.get(key, -1)
