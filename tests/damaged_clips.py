"""A clip with a destroyed frame in its middle, small, and opened as a long one is."""

from pathlib import Path

import av
import numpy as np
import pytest

from core.video import index as index_module

NUM_FRAMES = 75
DESTROYED = 40


def take_clips_for_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has only the head and the end of clips looked at when they are opened."""
    monkeypatch.setattr(index_module, "FULL_CHECK_PIXELS", 0)
    monkeypatch.setattr(index_module, "HEAD_CHECK_PACKETS", 32)


def whole_and_damaged(folder: Path) -> tuple[Path, Path]:
    """A clip of 75 frames that differ, and the same with the packet of frame 40 destroyed."""
    whole, damaged = folder / "whole.mp4", folder / "damaged.mp4"
    with av.open(str(whole), "w") as container:
        stream = container.add_stream(
            "libx264", rate=25, options={"x264-params": "keyint=15:bframes=0:scenecut=0:ref=1:log-level=none"}
        )
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(NUM_FRAMES):
            grey = np.full((64, 96, 3), 30 + 2 * index, np.uint8)
            grey[:, index : index + 8] = 250
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    with av.open(str(whole)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        at, size = packets[DESTROYED].pos, packets[DESTROYED].size
    assert at is not None
    content = bytearray(whole.read_bytes())
    content[at : at + size] = b"\xff" * size
    damaged.write_bytes(content)
    return whole, damaged
