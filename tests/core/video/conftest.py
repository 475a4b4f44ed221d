"""Plain decodes to compare with, and small clips of known make."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

PixelsHash = Callable[[np.ndarray], str]


@pytest.fixture(scope="session")
def pixels_hash() -> PixelsHash:
    """Hash of shape and pixels, apart from frame_proof, which is itself under test."""
    return lambda rgb: hashlib.sha1(str(rgb.shape).encode() + np.ascontiguousarray(rgb).tobytes()).hexdigest()


@pytest.fixture(scope="session")
def plain_decode(pixels_hash: PixelsHash) -> Callable[..., list[str]]:
    """plain_decode(path) hashes frames in the order in which a decode from the start shows them."""

    def decode(path: Path) -> list[str]:
        with av.open(str(path)) as container:
            pictures = (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
            return [pixels_hash(picture) for picture in pictures]

    return decode


def moving_pictures() -> list[np.ndarray]:
    """75 pictures of 96x64 that all differ: a drifting pattern and the frame's number in bars."""
    y, x = np.mgrid[0:64, 0:96]
    pictures = []
    for index in range(75):
        red = 127 + 100 * np.sin((x + 3 * index) / 7.0)
        green = 127 + 100 * np.cos((y - 2 * index) / 5.0)
        blue = np.full_like(red, 40.0)
        for bit in range(7):
            blue[:10, bit * 12 : bit * 12 + 10] = 230 if index >> bit & 1 else 20
        pictures.append(np.dstack([red, green, blue]).astype(np.uint8))
    return pictures


@pytest.fixture(scope="session")
def encode(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """encode(name, codec, options, container_options) writes the moving pictures and returns the file's path."""
    folder = tmp_path_factory.mktemp("encoded")

    def write(name: str, codec: str, options: dict[str, str], container_options: dict[str, str] | None = None) -> Path:
        path = folder / name
        with av.open(str(path), "w", container_options=container_options or {}) as container:
            stream = container.add_stream(codec, rate=25, options=options)
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
            for index, picture in enumerate(moving_pictures()):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return write
