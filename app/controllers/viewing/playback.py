"""Frames on screen: a thread that decodes, and the controller that steps, plays and scrubs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.controllers.viewing.pace import Pace
from app.threads.latest import LatestLoop
from core.errors import SourceError
from core.frame_range import FrameRange
from core.video import FrameCache, Source, frame_proof

log = logging.getLogger(__name__)

CACHE_BYTES = 1_000_000_000
PREFETCH_FRAMES = 12


@dataclass(frozen=True, eq=False)
class ShownFrame:
    """A decoded frame with the proof of its identity."""

    frame_index: int
    rgb: NDArray[np.uint8]
    proof: str


class Decoder(QObject):
    """The one thread that decodes for the window. The latest request wins; then it reads ahead.

    Signals:
        decoded: this decoder, a ShownFrame that was asked for.
        failed: this decoder, frame index, one sentence.

    Each names its decoder, as a signal on its way arrives even after it was disconnected: perhaps at another clip.
    """

    decoded = Signal(object, object)
    failed = Signal(object, int, str)

    def __init__(self, source: Source, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._cache = FrameCache(source, CACHE_BYTES)
        self._num_frames = len(source)
        self._proofs: dict[int, str] = {}
        """Of every frame decoded until now: the window's thread has no time for hashing while the hand drags."""
        self._loop = LatestLoop("decoder", self._show, at_end=self._let_go)

    def request(self, frame_index: int, direction: int) -> None:
        """Asks for a frame; an earlier request that is still waiting is dropped."""
        self._loop.request((frame_index, direction))

    def nearest(self, frame_index: int) -> ShownFrame | None:
        """The decoded frame nearest to `frame_index`, without waiting; None where none is decoded."""
        near = self._cache.nearest(frame_index)
        return None if near is None else self._proven(*near)

    def kept(self, frame_index: int) -> ShownFrame | None:
        """A frame if it is decoded, without waiting; for any thread."""
        rgb = self._cache.peek(frame_index)
        return None if rgb is None else self._proven(frame_index, rgb)

    def _proven(self, frame_index: int, rgb: NDArray[np.uint8]) -> ShownFrame:
        proof = self._proofs.get(frame_index)
        if proof is None:
            proof = self._proofs[frame_index] = frame_proof(rgb)
        return ShownFrame(frame_index, rgb, proof)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ends the thread, closes the source and forgets the frames."""
        self._loop.stop(timeout_s)

    def _let_go(self) -> None:
        """In the thread, last: also of the source that no frame was asked of."""
        self._cache.close()
        self._source.close()

    def _show(self, request: tuple[int, int]) -> None:
        frame_index, direction = request
        if self._serve(frame_index):
            self._read_ahead(frame_index, direction)

    def _serve(self, frame_index: int) -> bool:
        try:
            shown = self._proven(frame_index, self._cache.get(frame_index))
        except SourceError as error:
            self.failed.emit(self, frame_index, str(error))
            return False
        except MemoryError:
            self.failed.emit(
                self, frame_index, "There is not enough memory: close other programs and go to the frame again."
            )
            return False
        except Exception as error:
            # The thread lives on: the next frame may well be shown.
            log.exception("Frame %d could not be decoded", frame_index)
            self.failed.emit(
                self, frame_index, f"Frame {frame_index} cannot be shown ({type(error).__name__}: {error})."
            )
            return False
        self.decoded.emit(self, shown)
        return True

    def _read_ahead(self, frame_index: int, direction: int) -> None:
        for step in range(1, PREFETCH_FRAMES + 1):
            ahead = frame_index + direction * step
            if self._loop.is_overtaken() or not 0 <= ahead < self._num_frames:
                return
            try:
                self._proven(ahead, self._cache.get(ahead))
            except (SourceError, MemoryError) as error:
                log.info("reading ahead stopped at frame %d: %s", ahead, error)
                return
            except Exception:
                # Nobody waits for this frame yet: whoever asks for it is told then, by a thread that still lives.
                log.exception("Reading ahead stopped at frame %d", ahead)
                return


class Playback(QObject):
    """Which frame is wanted and which is shown; steps, plays and scrubs.

    Signals:
        frame_shown: a ShownFrame; everything else drawn must belong to its index.
        wanted_changed: the frame index asked for.
        playing_changed: True while playing.
        failed: one sentence.
    """

    frame_shown = Signal(object)
    wanted_changed = Signal(int)
    playing_changed = Signal(bool)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._decoder: Decoder | None = None
        self._timestamps: NDArray[np.float64] = np.zeros(0)
        self._wanted = 0
        self._shown: ShownFrame | None = None
        self._pace = Pace(self._timestamps)
        self._next = 0
        self.playing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._advance)

    @property
    def num_frames(self) -> int:
        """Frames of the open source, 0 without one."""
        return len(self._timestamps)

    @property
    def wanted(self) -> int:
        """The frame last asked for."""
        return self._wanted

    @property
    def shown(self) -> ShownFrame | None:
        """The frame on screen."""
        return self._shown

    def timestamp_s(self, frame_index: int) -> float:
        """The presentation time of a frame in seconds."""
        return float(self._timestamps[frame_index])

    def kept_frames(self) -> Callable[[int], ShownFrame | None]:
        """Gives, in any thread, the frames of the clip that are decoded already, None for the others."""
        return (lambda _: None) if self._decoder is None else self._decoder.kept

    def open(self, source: Source, frame_index: int = 0) -> None:
        """Takes a source over and shows a frame of it."""
        self.close()
        self._timestamps = np.asarray(source.timestamps, dtype=np.float64)
        pace, self._pace = self._pace, Pace(self._timestamps)
        self._pace.speed, self._pace.loop = pace.speed, pace.loop
        self._decoder = Decoder(source, self)
        self._decoder.decoded.connect(self._on_decoded)
        self._decoder.failed.connect(self._on_failed)
        self.go_to(frame_index)

    def close(self) -> None:
        """Ends the decoder."""
        self.pause()
        if self._decoder is not None:
            self._decoder.decoded.disconnect(self._on_decoded)
            self._decoder.failed.disconnect(self._on_failed)
            self._decoder.stop()
            self._decoder.deleteLater()
            self._decoder = None
        self._timestamps = np.zeros(0)
        self._shown = None

    def go_to(self, frame_index: int) -> None:
        """Shows a frame (the nearest that exists)."""
        frame_index = min(max(frame_index, 0), self.num_frames - 1)
        self._want(frame_index, -1 if frame_index < self._wanted else 1)

    def _want(self, frame_index: int, direction: int) -> None:
        if self._decoder is None:
            return
        self._wanted = frame_index
        self.wanted_changed.emit(frame_index)
        self._decoder.request(frame_index, direction)

    def step(self, frames: int) -> None:
        """Moves by a number of frames and stops playing."""
        self.pause()
        self.go_to(self._wanted + frames)

    def scrub(self, frame_index: int) -> None:
        """While the hand drags: the nearest decoded frame at once, the exact one as soon as it is decoded."""
        self.pause()
        if self._decoder is None:
            return
        self.go_to(frame_index)
        near = self._decoder.nearest(self._wanted)
        if near is not None and (self._shown is None or near.frame_index != self._shown.frame_index):
            self._show(near)

    def set_speed(self, speed: float) -> None:
        """Plays so many times as fast as the clip."""
        self._pace.speed = speed
        self._pace.begin(time.monotonic())

    def set_loop(self, frames: FrameRange | None) -> None:
        """Plays these frames over and over; None plays to the clip's end."""
        self._pace.loop = frames

    def toggle_playing(self) -> None:
        """Plays from the shown frame (from the start at the end, or where it is not in the loop), or pauses."""
        if self.playing:
            self.pause()
        elif self._decoder is not None:
            start = self._pace.start(self._wanted)
            if start != self._wanted:
                self._want(start, 1)
            self.playing = True
            self.playing_changed.emit(True)
            self._pace.begin(time.monotonic())
            if self._shown is not None and self._shown.frame_index == self._wanted:
                self._schedule_next()  # else it is on its way

    def pause(self) -> None:
        """Stops playing."""
        self._timer.stop()
        if self.playing:
            self.playing = False
            self.playing_changed.emit(False)

    def _advance(self) -> None:
        self._want(self._next, 1)

    def _schedule_next(self) -> None:
        """Plans the next frame at its time; at the clip's end playing stops."""
        now_s = time.monotonic()
        following = self._pace.following(self._wanted, now_s)
        if following is None:
            self.pause()
            return
        self._next, due_s = following
        self._timer.start(round((due_s - now_s) * 1000))

    def _on_decoded(self, decoder: Decoder, frame: ShownFrame) -> None:
        if decoder is not self._decoder:
            return
        # Also one that is no longer wanted: while a key is held, the hand sees where it is. The wanted one follows.
        self._show(frame)
        if self.playing and frame.frame_index == self._wanted:
            self._schedule_next()

    def _show(self, frame: ShownFrame) -> None:
        self._shown = frame
        self.frame_shown.emit(frame)

    def _on_failed(self, decoder: Decoder, frame_index: int, sentence: str) -> None:
        if decoder is self._decoder and frame_index == self._wanted:
            self.pause()
            self.failed.emit(sentence)
