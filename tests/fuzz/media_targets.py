"""Videos and pictures whose containers, packets, headers and bytes are wrong."""

import io
import struct
import tempfile
import zlib
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random

import av
import numpy as np
from PIL import Image

from core.video import open_source
from tests.fuzz.mutations import raw_bytes
from tests.fuzz.targets import MANY, Target

_CLIPS = (
    ("a.mp4", "libx264", "yuv420p"),
    ("a.mp4", "mpeg4", "yuv420p"),
    ("a.mkv", "libx264", "yuv420p"),
    ("a.avi", "mjpeg", "yuvj420p"),
    ("a.ts", "mpeg2video", "yuv420p"),
    ("a.webm", "libvpx", "yuv420p"),
    ("a.gif", "gif", "rgb8"),
    ("a.mov", "mjpeg", "yuvj420p"),
    ("a.flv", "flv", "yuv420p"),
    ("a.avi", "mpeg4", "yuv420p"),
    ("a.mkv", "ffv1", "yuv420p"),
    ("a.mp4", "libx265", "yuv420p"),
)
_SIZES = (0, 1, 2, 7, 8, 16, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 0x01000000)
_PLAYLISTS = (
    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n",
    "ffconcat version 1.0\nfile /etc/passwd\n",
    "[playlist]\nFile1=http://127.0.0.1:9/x\n",
    "<MPD><Period><BaseURL>file:///etc/passwd</BaseURL></Period></MPD>",
    "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
)


@cache
def clip(name: str, codec: str, layout: str) -> bytes:
    """Ten small frames; empty where this machine cannot encode so."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        try:
            with av.open(str(path), "w") as container:
                stream = container.add_stream(codec, rate=25)
                stream.width, stream.height, stream.pix_fmt = 64, 48, layout
                for index in range(10):
                    frame = av.VideoFrame.from_ndarray(_picture(index), format="rgb24").reformat(format=layout)
                    frame.pts, frame.time_base = index, Fraction(1, 25)
                    container.mux(stream.encode(frame))
                container.mux(stream.encode(None))
        except (av.FFmpegError, ValueError):
            return b""
        return path.read_bytes()


def _picture(index: int) -> np.ndarray:
    y, x = np.mgrid[0:48, 0:64]
    return np.dstack([x * 3 + index, y * 4, x + y + 9 * index]).astype(np.uint8)


def _video(rng: Random, folder: Path) -> Path:
    name, codec, layout = rng.choice(_CLIPS)
    content = clip(name, codec, layout)
    path = folder / name
    if not content or rng.random() < 0.02:
        path = folder / rng.choice(("a.mp4", "a.m3u8", "a.ffconcat", "a.avi", "a.mpd", "a.sdp"))
        path.write_text(rng.choice(_PLAYLISTS))
        return path
    data = bytearray(content)
    action = rng.random()
    if action < 0.45:  # the sizes in a container's boxes
        for _ in range(rng.choice((1, 1, 2, 4))):
            at = raw_bytes.place_in(len(data) - 8, rng)
            if name.endswith((".mp4", ".mov")):
                boxes = [i for i in range(4, len(data) - 4) if data[i : i + 4].isalpha()]
                at = rng.choice(boxes) - rng.choice((4, 4, -4, -8, -12)) if boxes else at
            at = max(0, min(at, len(data) - 4))
            struct.pack_into(rng.choice((">I", "<I")), data, at, rng.choice(_SIZES))
        content = bytes(data)
    elif action < 0.5:
        other = clip(*rng.choice(_CLIPS))
        content = content[: rng.randrange(len(content))] + other[len(other) // 2 :]
    else:
        content = raw_bytes.mutated(content, rng)
    path.write_bytes(content)
    return path


def _read_all(path: Path) -> None:
    with open_source(path) as source:
        assert len(source) > 0
        assert min(source.size) > 0
        assert np.isfinite(source.timestamps).all()
        for index in (0, len(source) - 1, len(source) // 2, 1, 0)[: len(source) + 1]:
            if index < len(source):
                frame = source.frame(index)
                assert frame.shape == (source.size[1], source.size[0], 3)


def picture(kind: str, index: int, *, deep: bool = False) -> bytes:
    """A small picture of a format that Pillow writes."""
    stream = io.BytesIO()
    pixels = _picture(index)
    image = Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 200) if deep else Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif} if kind in ("JPEG", "WEBP") and index % 2 else {}
    if kind == "TIFF" and index > 1:
        options = {"save_all": True, "append_images": [image, image]}
    image.save(stream, kind, **options)
    return stream.getvalue()


_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "BMP": ".bmp", "WEBP": ".webp", "TIFF": ".tif", "GIF": ".gif"}


def _images(rng: Random, folder: Path) -> Path:
    place = folder / "pictures"
    place.mkdir()
    kind = rng.choice(list(_SUFFIXES))
    deep = kind in ("PNG", "TIFF") and rng.random() < 0.3
    for index in range(rng.choice((1, 2))):
        content = picture(kind, index + rng.choice((0, 1)), deep=deep)
        if index == 0 or rng.random() < 0.5:
            content = _lying(kind, content, rng) if rng.random() < 0.35 else raw_bytes.mutated(content, rng)
        suffix = _SUFFIXES[kind] if rng.random() < 0.9 else rng.choice(list(_SUFFIXES.values()))
        (place / f"{index:03d}{suffix}").write_bytes(content)
    return place


def _lying(kind: str, content: bytes, rng: Random) -> bytes:
    """A header that lies about the size; of a PNG with the right checksum."""
    data = bytearray(content)
    size = rng.choice((0, 1, 63, 65, 20_000, 70_000, 2**31 - 1, 2**32 - 1))
    if kind == "PNG":
        struct.pack_into(">I", data, rng.choice((16, 20)), size)
        if rng.random() < 0.3:
            data[24 + rng.randrange(5)] = rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
        struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    elif kind == "BMP":
        struct.pack_into("<I", data, rng.choice((18, 22, 10, 14, 28)), size)
    elif kind == "JPEG":
        at = next((i for i in range(len(data) - 9) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC2)), 0)
        struct.pack_into(">H", data, at + rng.choice((5, 7)), size & 0xFFFF)
    elif kind == "GIF":
        struct.pack_into("<H", data, rng.choice((6, 8)), size & 0xFFFF)
    else:
        struct.pack_into("<I", data, rng.randrange(len(data) - 4), size)
    return bytes(data)


TARGETS = (
    Target("video", _video, _read_all, MANY),
    Target("images", _images, _read_all, MANY),
)
